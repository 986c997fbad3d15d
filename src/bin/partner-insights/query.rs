//! `query`: lists, shows, checks, tries, creates and deletes queries.

use std::path::Path;

use comfy_table::Cell;
use partner_center_insights::query::{Finding, Query};
use partner_center_insights::{Dataset, InsightsClient, NewQuery, ReportQuery, TryQuery};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::{self, Global, QueryCreate, QueryDelete, QueryList, Text};
use crate::change::selection;
use crate::confirm::{confirm, require_terminal};
use crate::exit::{self, Failure};
use crate::output::{Format, Output, Row};
use crate::quota;
use crate::session::{Session, Warnings};
use crate::table::{reports, text, visible};
use crate::{ids, input};

pub async fn run(global: &Global, command: args::Query, output: &Output) -> Result<u8, Failure> {
    // Stays alive until the end: dropping it stops the in-process emulator.
    let session = Session::open(global, output).await?;
    let client = session.client.clone();
    match command {
        args::Query::List(command) => {
            return list(&session, command, output).await;
        }
        args::Query::Show { id } => {
            let query = stored(&client, &id).await?;
            match output.format() {
                Format::Table => output.text(&format!("{}\n", query.query.as_deref().unwrap_or_default()))?,
                _ => output.rows(&[QueryRow::new(query, &session.warnings)])?,
            }
        }
        args::Query::Check(command) => {
            let text = query_text(&client, &command).await?;
            return report(&findings(&session, &parse(&text)?).await?, output);
        }
        args::Query::Try(command) => {
            let query = match command.id {
                Some(id) => TryQuery::id(id),
                None => TryQuery::text(query_text(&client, &command).await?),
            };
            print_rows(
                serde_json::to_value(client.try_query(query).await?).map_err(Failure::unexpected)?,
                output,
            )?;
        }
        args::Query::Create(command) => return create(&session, command, output).await,
        args::Query::Delete(command) => return delete(&session, command, output).await,
    }
    Ok(exit::OK)
}

async fn list(session: &Session, command: QueryList, output: &Output) -> Result<u8, Failure> {
    let client = &session.client;
    let mut list = client.queries();
    if let Some(name) = &command.name {
        list = list.name_matches(name);
    }
    if command.own {
        list = list.own();
    } else if command.system {
        list = list.system();
    }
    let row = |query| QueryRow::new(query, &session.warnings);
    let rows: Vec<_> = list.await?.into_iter().map(row).collect();
    output.rows(&rows)?;
    if !rows.is_empty() {
        return Ok(exit::OK);
    }
    if let Some(name) = &command.name {
        // If a query has the name, that it is not an own or a system query is a result.
        if client.queries().name_matches(name).await?.is_empty() {
            let all = client.queries().await?;
            let names = all.iter().filter_map(|query| query.name.as_deref());
            let otherwise = "`partner-insights query list` shows the names; wildcards are * and ?";
            let hint = selection::similar_names(name, names).unwrap_or_else(|| otherwise.to_owned());
            return Err(Failure::no_match(format!("no query matches --name {name:?}")).hint(hint));
        }
    }
    output.note("No matching queries.");
    Ok(exit::OK)
}

async fn stored(client: &InsightsClient, id: &str) -> Result<ReportQuery, Failure> {
    let found =
        client.queries().id(id).await?.into_iter().find(|query| query.query_id.eq_ignore_ascii_case(id));
    found.ok_or_else(|| {
        Failure::not_found(format!("there is no query {id:?}"))
            .hint("`partner-insights query list` lists them")
    })
}

/// Returns the dataset that a query reads. Looks up the text of the query if it is not given. Returns `None` if the
/// dataset is not found: the service decides then.
pub async fn dataset_of(
    client: &InsightsClient,
    id: &str,
    text: Option<String>,
) -> Result<Option<Dataset>, Failure> {
    let text = if let Some(text) = text {
        text
    } else {
        let mut queries = client.queries().id(id).await?.into_iter();
        let query = queries.find(|query| query.query_id.eq_ignore_ascii_case(id));
        query.and_then(|query| query.query).unwrap_or_default()
    };
    let Ok(query) = Query::parse(&text) else { return Ok(None) };
    Ok(client.datasets().name(query.table()).await?.into_iter().next())
}

pub async fn query_text(client: &InsightsClient, text: &Text) -> Result<String, Failure> {
    match (&text.query, &text.query_file, &text.id) {
        (Some(id), ..) if ids::report_id(id).is_ok() => {
            Err(Failure::usage("this is an ID, not a query").hint(format!("pass it as --id {id}")))
        }
        (Some(text), ..) => Ok(text.clone()),
        (_, Some(file), _) => read(file).await,
        (_, _, Some(id)) => Ok(stored(client, id).await?.query.unwrap_or_default()),
        _ => Err(Failure::usage("no query given")),
    }
}

async fn read(file: &Path) -> Result<String, Failure> {
    input::read_file(file).await.map_err(|error| Failure::usage(format!("{}: {error}", input::name(file))))
}

pub fn parse(text: &str) -> Result<Query, Failure> {
    Query::parse(text).map_err(|error| Failure::usage(format!("{error}\n{}", visible_lines(&error.caret()))))
}

fn visible_lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

pub async fn findings(session: &Session, query: &Query) -> Result<Vec<FindingRow>, Failure> {
    let datasets = session.client.datasets().await?;
    let dataset = datasets.iter().find(|dataset| dataset.dataset_name.eq_ignore_ascii_case(query.table()));
    let Some(dataset) = dataset else {
        let known: Vec<_> = datasets.iter().map(|dataset| &*dataset.dataset_name).collect();
        let message = format!("unknown dataset {:?}; expected one of {}", query.table(), known.join(", "));
        return Ok(vec![FindingRow { problem: "unknown-table".to_owned(), message, warnings: Vec::new() }]);
    };
    let warnings = session.warnings.of(&dataset.dataset_name);
    Ok(query.check(dataset).iter().map(|finding| FindingRow::new(finding, warnings.clone())).collect())
}

fn report(findings: &[FindingRow], output: &Output) -> Result<u8, Failure> {
    output.rows(findings)?;
    if findings.is_empty() {
        output.note("The query is valid.");
        return Ok(exit::OK);
    }
    Ok(exit::REFUSED)
}

async fn create(session: &Session, command: QueryCreate, output: &Output) -> Result<u8, Failure> {
    let text = match (command.query, command.query_file) {
        (_, Some(file)) => read(&file).await?,
        (text, None) => text.unwrap_or_default(),
    };
    let client = &session.client;
    let findings = findings(session, &parse(&text)?).await?;
    if command.dry_run || !findings.is_empty() {
        return report(&findings, output);
    }
    let mut query = NewQuery::new(command.name, text);
    if let Some(description) = command.description {
        query = query.description(description);
    }
    match client.create_query(query).await {
        Ok(query) => output.rows(&[QueryRow::new(query, &session.warnings)])?,
        Err(error) => return Err(quota::failure(client, error).await),
    }
    Ok(exit::OK)
}

async fn delete(session: &Session, command: QueryDelete, output: &Output) -> Result<u8, Failure> {
    let client = &session.client;
    let query = stored(client, &command.id).await?;
    let users = client.reports().query_id(&query.query_id).await?.len();
    let name = visible(query.name.as_deref().unwrap_or_default());
    if command.caution.dry_run {
        output.rows(&[QueryRow::new(query, &session.warnings)])?;
        output.note(format_args!(
            "Would delete query {name:?}, used by {}; nothing was changed.",
            reports(users)
        ));
        return Ok(exit::OK);
    }
    if !command.caution.yes && !session.is_emulated() {
        require_terminal("delete")?;
        confirm(&format!("Delete query {name:?}, used by {}?", reports(users))).await?;
    }
    client.delete_query(&query.query_id).await?;
    output.rows(&[QueryRow::new(query, &session.warnings)])?;
    output.note("Deleted.");
    Ok(exit::OK)
}

/// Prints the rows of a query, with its columns.
fn print_rows(rows: Value, output: &Output) -> Result<(), Failure> {
    let rows: Vec<Map<String, Value>> = serde_json::from_value(rows).map_err(Failure::unexpected)?;
    match output.format() {
        Format::Json => output.json(&rows),
        Format::Jsonl => rows.iter().try_for_each(|row| output.json_line(row)),
        Format::Table | Format::Ids => {
            let Some(first) = rows.first() else {
                output.note("No rows.");
                return Ok(());
            };
            let names: Vec<String> = first.keys().map(|name| visible(name)).collect();
            let headings: Vec<_> = names.iter().map(String::as_str).collect();
            let cell = |value: Option<&Value>| match value {
                Some(Value::String(value)) => text(Some(value)),
                Some(Value::Null) | None => text(None),
                Some(value) => Cell::new(value),
            };
            output.table(
                &headings,
                rows.iter().map(|row| first.keys().map(|name| cell(row.get(name))).collect()),
            )
        }
    }
}

/// A stored query.
#[derive(Serialize, JsonSchema)]
pub struct QueryRow {
    #[serde(flatten)]
    query: ReportQuery,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl QueryRow {
    fn new(query: ReportQuery, warnings: &Warnings) -> Self {
        let warnings = warnings.of(&query.query_id);
        Self { query, warnings }
    }
}

impl Row for QueryRow {
    const HEADINGS: &'static [&'static str] = &["QUERY", "TYPE", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let ReportQuery { query_id, type_, name, .. } = &self.query;
        vec![text(Some(query_id)), text(type_.as_deref()), text(name.as_deref())]
    }

    fn id(&self) -> Option<String> {
        Some(self.query.query_id.clone())
    }
}

/// A reason why the service would reject a query.
#[derive(Serialize, JsonSchema)]
pub struct FindingRow {
    /// unknown-table, select-all, unknown-column, unusable-metric or unknown-timespan.
    problem: String,
    /// The problem in one sentence.
    pub message: String,
    /// Fields of the dataset that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl FindingRow {
    fn new(finding: &Finding, warnings: Vec<String>) -> Self {
        let problem = match finding {
            Finding::UnknownTable { .. } => "unknown-table",
            Finding::SelectAll => "select-all",
            Finding::UnknownColumn { .. } => "unknown-column",
            Finding::UnusableMetric { .. } => "unusable-metric",
            _ => "unknown-timespan",
        };
        Self { problem: problem.to_owned(), message: finding.to_string(), warnings }
    }
}

impl Row for FindingRow {
    const HEADINGS: &'static [&'static str] = &["PROBLEM", "MESSAGE"];

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::new(&self.problem), text(Some(&self.message))]
    }

    fn id(&self) -> Option<String> {
        None
    }
}
