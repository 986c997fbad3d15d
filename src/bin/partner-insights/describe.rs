//! Commands by which the program describes itself: `spec`, `schema`, `completions`, `man`.

use clap::CommandFactory;
use clap_complete::Shell;
use partner_center_insights::spec;
use schemars::schema_for;

use crate::args::{Args, Described};
use crate::auth::CheckRow;
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::rows::{ChangeRow, ExecutionRow, ReportRow};

pub fn spec(output: &mut Output) -> Result<u8, Failure> {
    output.text(spec::YAML)?;
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
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 splits a program's name at its hyphen in one half of the bash script (clap-rs/clap#6421).
    output.text(&script.replace("partner__subcmd__insights", "partner__insights"))?;
    Ok(exit::OK)
}

pub fn man(command: &[String], output: &mut Output) -> Result<u8, Failure> {
    let mut program = Args::command();
    program.build();
    let mut described = &program;
    for name in command {
        let unknown =
            || Failure::usage(format!("there is no command {name:?}; see `partner-insights --help`"));
        described = described.find_subcommand(name).ok_or_else(unknown)?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(described.clone()).render(&mut page).map_err(Failure::unexpected)?;
    output.text(&String::from_utf8_lossy(&page))?;
    Ok(exit::OK)
}
