//! Commands that need no service: `spec`, `schema`, `completions`, `man`.

use clap::CommandFactory;
use clap_complete::Shell;
use partner_center_insights::spec;
use schemars::schema_for;

use crate::args::{self, Args, SchemaCommand, help};
use crate::auth::CheckRow;
use crate::change::Changes;
use crate::conformance::ConformanceRow;
use crate::dataset::DatasetRow;
use crate::delete::DeleteRow;
use crate::download::DownloadRow;
use crate::executions::ExecutionRow;
use crate::exit::{self, ErrorDocument, Failure};
use crate::export::ExportRow;
use crate::health::HealthRow;
use crate::list::ReportRow;
use crate::output::{Format, Output};
use crate::query::{FindingRow, QueryRow};
use crate::show::ShowRow;

pub fn spec(command: &args::Spec, output: &Output) -> Result<u8, Failure> {
    let is_json = matches!(output.format(), Format::Json | Format::Jsonl);
    output.text(match (command.wire, is_json) {
        (true, _) => spec::WIRE_JSON,
        (false, true) => spec::JSON,
        (false, false) => spec::YAML,
    })?;
    Ok(exit::OK)
}

pub fn schema(command: SchemaCommand, output: &Output) -> Result<u8, Failure> {
    output.json(&match command {
        SchemaCommand::Show => schema_for!(Vec<ShowRow>),
        SchemaCommand::Delete => schema_for!(Vec<DeleteRow>),
        SchemaCommand::QueryList => schema_for!(Vec<QueryRow>),
        SchemaCommand::QueryCheck => schema_for!(Vec<FindingRow>),
        SchemaCommand::DatasetList => schema_for!(Vec<DatasetRow>),
        SchemaCommand::List | SchemaCommand::Create | SchemaCommand::Update => schema_for!(Vec<ReportRow>),
        SchemaCommand::Executions | SchemaCommand::Wait => schema_for!(Vec<ExecutionRow>),
        SchemaCommand::Error => schema_for!(ErrorDocument<'static>),
        SchemaCommand::Resume | SchemaCommand::Pause => schema_for!(Changes<'static>),
        SchemaCommand::Health => schema_for!(Vec<HealthRow>),
        SchemaCommand::Export => schema_for!(Vec<ExportRow>),
        SchemaCommand::Download => schema_for!(Vec<DownloadRow>),
        SchemaCommand::Conformance => schema_for!(Vec<ConformanceRow>),
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
    clap_mangen::Man::new(described.clone())
        .source(format!("partner-insights {}", help::version()))
        .render(&mut page)
        .map_err(Failure::unexpected)?;
    let mut page = sections(&String::from_utf8_lossy(&page));
    if ["resume", "pause"].iter().any(|name| command == [*name]) {
        page += ".SH \"EXIT STATUS\"\n.nf\n";
        for (code, meaning, _) in exit::TABLE {
            page += &format!("{code:>3}  {meaning}\n");
        }
        page += ".fi\n";
    }
    output.text(&page)?;
    Ok(exit::OK)
}

/// Gives the parts of the text after the options their usual headings, and keeps their lines.
fn sections(page: &str) -> String {
    page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n")
        .replace(".SH EXTRA\n", ".SH NOTES\n.nf\n")
        .replace("\nExamples:\n", "\n.fi\n.SH EXAMPLES\n.nf\n")
        .replace("\nExit codes:\n", "\n.fi\n.SH \"EXIT STATUS\"\n.nf\n")
        .replace("\n.SH VERSION", "\n.fi\n.SH VERSION")
        .trim_end()
        .to_owned()
        + "\n.fi\n"
}
