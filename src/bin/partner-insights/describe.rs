//! Commands that need no service: `spec`, `schema`, `completions`, `man`.

use clap::CommandFactory;
use clap_complete::Shell;
use partner_center_insights::{Execution, Report, spec};
use schemars::schema_for;

use crate::args::{self, Args, SchemaCommand};
use crate::auth::CheckRow;
use crate::change::Changes;
use crate::download::DownloadRow;
use crate::exit::{self, ErrorDocument, Failure};
use crate::health::HealthRow;
use crate::output::Output;

pub fn spec(command: &args::Spec, output: &Output) -> Result<u8, Failure> {
    output.text(if command.wire { spec::WIRE_JSON } else { spec::YAML })?;
    Ok(exit::OK)
}

pub fn schema(command: SchemaCommand, output: &Output) -> Result<u8, Failure> {
    output.json(&match command {
        SchemaCommand::Error => schema_for!(ErrorDocument<'static>),
        SchemaCommand::List => schema_for!(Vec<Report>),
        SchemaCommand::Resume | SchemaCommand::Pause => schema_for!(Changes<'static>),
        SchemaCommand::Executions | SchemaCommand::Wait => schema_for!(Vec<Execution>),
        SchemaCommand::Health => schema_for!(Vec<HealthRow>),
        SchemaCommand::Download => schema_for!(Vec<DownloadRow>),
        SchemaCommand::AuthCheck => schema_for!(Vec<CheckRow>),
    })?;
    Ok(exit::OK)
}

pub fn completions(shell: Shell, output: &Output) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "partner-insights", &mut script);
    // clap_complete 4.6 splits the CLI's name at its hyphen in half of the bash script (clap-rs/clap#6421).
    output
        .text(&String::from_utf8_lossy(&script).replace("partner__subcmd__insights", "partner__insights"))?;
    Ok(exit::OK)
}

pub fn man(command: &[String], output: &Output) -> Result<u8, Failure> {
    let mut root = Args::command();
    root.build();
    let mut described = &root;
    for name in command {
        described = described.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!("unknown command {name:?}"))
                .hint("`partner-insights -h` lists the commands")
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(described.clone()).render(&mut page).map_err(Failure::unexpected)?;
    output.text(&String::from_utf8_lossy(&page))?;
    Ok(exit::OK)
}
