//! `export`: downloads the rows of a query, through a temporary query and a temporary one-time report.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use comfy_table::Cell;
use partner_center_insights::{
    Error, ErrorKind, Execution, InsightsClient, NewQuery, NewReport, ReportId, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Export, Global};
use crate::download;
use crate::exit::{self, Failure};
use crate::interrupt::Interrupts;
use crate::output::{Output, Row};
use crate::query;
use crate::session::Session;
use crate::table::text;
use crate::{target, wait};

pub async fn run(global: &Global, command: Export, output: &Output) -> Result<u8, Failure> {
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    let file = command.output_file.as_deref().filter(|file| file.as_os_str() != "-");
    if let Some(file) = file {
        target::check_replaceable(file)?;
    }
    let prepare = async {
        let session = Session::open(global, output).await?;
        let text = query::query_text(&session.client, &command.text()).await?;
        if !command.no_check {
            let findings = query::findings(&session, &query::parse(&text)?).await?;
            if let Some(finding) = findings.first() {
                return Err(Failure::refused(&finding.message)
                    .hint("`partner-insights query check` shows all problems"));
            }
        }
        Ok((session, text))
    };
    let (session, query) = interrupts.or_interrupted(prepare).await?;
    let client = &session.client;
    let mut temporary = Temporary::new();
    let result = rows(&session, &command, query, file, &mut temporary, &mut interrupts, output).await;
    let is_clean = temporary.delete(client, &mut interrupts, output).await;
    match result {
        Ok(code) if is_clean => Ok(code),
        Ok(_) => Ok(exit::SOME_FAILED),
        Err(failure) => Err(failure),
    }
}

/// The temporary query and report, which have to be deleted.
struct Temporary {
    /// The name of the query and of the report.
    name: String,
    query: Item<String>,
    report: Item<ReportId>,
}

enum Item<I> {
    Absent,
    Present(I),
    /// A request was sent, but it is unknown whether the service carried it out.
    Unknown,
}

impl Temporary {
    fn new() -> Self {
        // Only letters, digits and spaces, as in all published names.
        let plain = |time: String| time.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let time = plain(Timestamp::from(SystemTime::now()).to_string());
        let name = format!("partner insights export {time} {}", std::process::id());
        Self { name, query: Item::Absent, report: Item::Absent }
    }

    /// Deletes query and report, and prints what was not deleted. Ctrl-C stops it. Returns whether nothing is left.
    async fn delete(&self, client: &InsightsClient, interrupts: &mut Interrupts, output: &Output) -> bool {
        if let (Item::Present(query), Item::Unknown) = (&self.query, &self.report) {
            // The report would lose its query: what happens to it then is not documented.
            output.prompt(format_args!(
                "warning: the report {:?} may have been created, so its query {query} was not deleted",
                self.name
            ));
            output.prompt(format_args!(
                "hint: `partner-insights delete --query-id {query}` deletes the report if it exists, and \
                 `partner-insights query delete {query}` the query"
            ));
            return false;
        }
        let report = async {
            match &self.report {
                Item::Present(id) => ignore_not_found(client.delete_report(*id).await.map(drop)),
                Item::Absent | Item::Unknown => Ok(()),
            }
        };
        let is_report_gone = finished("report", report, interrupts, output).await;
        let query = async {
            match &self.query {
                Item::Present(id) => ignore_not_found(client.delete_query(id).await.map(drop)),
                Item::Absent | Item::Unknown => Ok(()),
            }
        };
        let is_query_gone = finished("query", query, interrupts, output).await;
        let left = [
            (!is_report_gone, self.report.id(), "delete"),
            (!is_query_gone, self.query.id(), "query delete"),
        ];
        for (_, id, command) in left.iter().filter(|(is_left, ..)| *is_left) {
            let id = id.as_deref().unwrap_or_default();
            output.prompt(format_args!("hint: `partner-insights {command} {id}` deletes it"));
        }
        let is_unknown = matches!(self.query, Item::Unknown);
        if is_unknown {
            output.prompt(format_args!(
                "warning: the query {:?} may have been created; `partner-insights query list --name '{}'` lists it",
                self.name, self.name
            ));
        }
        is_report_gone && is_query_gone && !is_unknown
    }
}

impl<I: ToString> Item<I> {
    fn id(&self) -> Option<String> {
        match self {
            Self::Present(id) => Some(id.to_string()),
            Self::Absent | Self::Unknown => None,
        }
    }
}

/// Treats a query or report that does not exist as deleted.
fn ignore_not_found(deleted: Result<(), Error>) -> Result<(), Error> {
    match deleted {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        deleted => deleted,
    }
}

/// Waits for a deletion, and prints a warning if it fails. Returns whether it succeeded.
async fn finished(
    noun: &str,
    deletion: impl Future<Output = Result<(), Error>>,
    interrupts: &mut Interrupts,
    output: &Output,
) -> bool {
    let result = interrupts.or_interrupted(async { deletion.await.map_err(Failure::from) }).await;
    if let Err(failure) = &result {
        output.prompt(format_args!("warning: the temporary {noun} was not deleted"));
        output.prompt(failure);
    }
    result.is_ok()
}

/// Creates the query and the report, waits for the file, and writes its rows.
async fn rows(
    session: &Session,
    command: &Export,
    query: String,
    file: Option<&Path>,
    temporary: &mut Temporary,
    interrupts: &mut Interrupts,
    output: &Output,
) -> Result<u8, Failure> {
    let client = &session.client;
    let new =
        NewQuery::new(&temporary.name, query).description("Temporary; deleted by partner-insights export");
    let created = finish(client.create_query(new), interrupts, output).await;
    if created.is_unknown {
        temporary.query = Item::Unknown;
    }
    let query = created.result?;
    temporary.query = Item::Present(query.query_id.clone());
    if created.is_stopped {
        return Err(Failure::interrupted());
    }
    output.note("Created a temporary query.");

    let new = NewReport::once(&temporary.name, &query.query_id).format(command.format);
    let created = finish(client.create_report(new), interrupts, output).await;
    if created.is_unknown {
        temporary.report = Item::Unknown;
    }
    let report = created.result?.report_id;
    temporary.report = Item::Present(report);
    if created.is_stopped {
        return Err(Failure::interrupted());
    }
    output.note(format_args!("Created the one-time report {report}; waiting for its file."));

    let work = async {
        let wait = client.wait_for_execution(report).timeout(command.timeout);
        let execution = wait.await.map_err(|error| match error.kind() {
            ErrorKind::Timeout => wait::undelivered(error).hint("pass a longer --timeout"),
            _ => error.into(),
        })?;
        write(session, report, &execution, file, output).await
    };
    interrupts.or_interrupted(work).await
}

/// The result of a request that creates something.
struct Created<T> {
    result: Result<T, Failure>,
    /// Whether it is unknown if the service carried it out.
    is_unknown: bool,
    is_stopped: bool,
}

/// Waits for the response even after a first Ctrl-C, because it has the ID to delete. A second Ctrl-C aborts the wait.
async fn finish<T>(
    request: impl Future<Output = Result<T, Error>>,
    interrupts: &mut Interrupts,
    output: &Output,
) -> Created<T> {
    let mut request = std::pin::pin!(request);
    let mut is_stopped = false;
    loop {
        tokio::select! {
            result = &mut request => {
                let is_unknown = result.as_ref().is_err_and(Error::may_be_done);
                return Created { result: result.map_err(Failure::from), is_unknown, is_stopped };
            }
            () = interrupts.next() => {
                if is_stopped {
                    return Created { result: Err(Failure::interrupted()), is_unknown: true, is_stopped };
                }
                is_stopped = true;
                output.note("Waiting for the request in flight; press Ctrl-C again to abort.");
            }
        }
    }
}

async fn write(
    session: &Session,
    report: ReportId,
    execution: &Execution,
    file: Option<&Path>,
    output: &Output,
) -> Result<u8, Failure> {
    let client = &session.client;
    let Some(file) = file else {
        return download::print(client, execution, false, output).await;
    };
    let saved = client.download(execution).save(file).await?;
    if saved.is_header_only {
        output.note(format_args!("warning: {} has column names only", saved.path.display()));
    }
    output.rows(&[ExportRow {
        path: saved.path,
        bytes: saved.bytes,
        header_only: saved.is_header_only,
        warnings: session.warnings.of_both(report, Some(&execution.execution_id)),
    }])?;
    Ok(exit::OK)
}

/// A file with rows; not printed if the rows go to standard output.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportRow {
    path: PathBuf,
    bytes: u64,
    /// Whether the file has column names only.
    header_only: bool,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl Row for ExportRow {
    const HEADINGS: &'static [&'static str] = &["BYTES", "FILE"];

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::new(self.bytes), text(self.path.to_str())]
    }

    /// Returns the path, which scripts need more than an ID.
    fn id(&self) -> Option<String> {
        Some(self.path.display().to_string())
    }
}
