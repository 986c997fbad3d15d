//! Commands by which the program describes itself: `spec`, `schema`, `completions`, `man`.

use clap::CommandFactory;
use clap_complete::Shell;
use partner_center_insights::contract;
use schemars::schema_for;

use crate::args::{Args, Described};
use crate::auth::CheckRow;
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::rows::{ChangeRow, ExecutionRow, ReportRow};

pub fn spec(output: &mut Output) -> Result<u8, Failure> {
    output.text(contract::YAML)?;
    Ok(exit::OK)
}

pub fn schema(command: Described, output: &mut Output) -> Result<u8, Failure> {
    let schema = match command {
        Described::List => schema_for!(Vec<ReportRow>),
        Described::Resume | Described::Pause => schema_for!(Vec<ChangeRow>),
        Described::Executions => schema_for!(Vec<ExecutionRow>),
        Described::AuthCheck => schema_for!(Vec<CheckRow>),
    };
    let json = serde_json::to_string_pretty(&schema).map_err(Failure::unexpected)?;
    output.text(&format!("{json}\n"))?;
    Ok(exit::OK)
}

pub fn completions(shell: Shell, output: &mut Output) -> Result<u8, Failure> {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(exit::OK)
}

pub fn man(command: Option<&str>, output: &mut Output) -> Result<u8, Failure> {
    let mut program = Args::command();
    program.build();
    let described = match command {
        None => program,
        Some(name) => {
            let unknown =
                || Failure::usage(format!("there is no command {name:?}; see `partner-insights --help`"));
            program.find_subcommand(name).cloned().ok_or_else(unknown)?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(described).render(&mut page).map_err(Failure::unexpected)?;
    output.text(&String::from_utf8_lossy(&page))?;
    Ok(exit::OK)
}
