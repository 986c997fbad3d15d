//! `spec` and `schema`: print the OpenAPI spec, and the JSON schemas of the CLI's output.

use partner_center_insights::spec;
use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value};

use crate::args::{self, SchemaCommand};
use crate::auth::CheckRow;
use crate::change::Changes;
use crate::conformance::ConformanceRow;
use crate::dataset::DatasetRow;
use crate::delete::DeleteRow;
use crate::download::DownloadRow;
use crate::edit::EditRow;
use crate::executions::ExecutionRow;
use crate::exit::{self, ErrorDocument, Failure};
use crate::export::ExportRow;
use crate::health::HealthRow;
use crate::list::ReportRow;
use crate::output::{Format, Output};
use crate::query::{FindingRow, QueryRow};
use crate::show::ShowRow;

/// What `query create` prints: the stored query, or why it would be refused.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code)]
enum CreatedQuery {
    Stored(QueryRow),
    Problem(FindingRow),
}

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
        SchemaCommand::QueryList | SchemaCommand::QueryShow | SchemaCommand::QueryDelete => {
            schema_for!(Vec<QueryRow>)
        }
        SchemaCommand::QueryCheck => schema_for!(Vec<FindingRow>),
        SchemaCommand::QueryCreate => schema_for!(Vec<CreatedQuery>),
        // The members of a row are the columns of the query, so that there are no warnings.
        SchemaCommand::QueryTry => schema_for!(Vec<Map<String, Value>>),
        SchemaCommand::DatasetList | SchemaCommand::DatasetShow => schema_for!(Vec<DatasetRow>),
        SchemaCommand::List => schema_for!(Vec<ReportRow>),
        SchemaCommand::Create | SchemaCommand::Update => schema_for!(Vec<EditRow>),
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
