//! `download`: downloads the files of reports.

use std::collections::HashSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use comfy_table::Cell;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use partner_center_insights::{Execution, InsightsClient, Report, ReportId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::change::selection;
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::Session;
use crate::table::text;
use crate::target;

/// Maximum length of a part of a file name in bytes: file systems allow 255 for three parts and the extension.
const MAX_NAME_PART: usize = 80;

pub async fn run(global: &Global, command: args::Download, output: &Output) -> Result<u8, Failure> {
    if command.output_file.is_some() || command.choice.execution.is_some() {
        let [id] = command.ids[..] else {
            return Err(Failure::usage("--output-file and --execution need exactly one report ID"));
        };
        if let Some(file) = command.output_file.clone() {
            return one(global, id, &file, &command, output).await;
        }
    }
    let session = Session::open(global, output).await?;
    let reports = reports(&session.client, &command).await?;
    let present = file_names(&command.output_dir)?;
    let (mut rows, mut codes) = (Vec::new(), Vec::new());
    // The other files are still of use.
    let mut fail = |failure: Failure| {
        if reports.len() == 1 {
            return Err(failure);
        }
        output.failure(&failure);
        codes.push(failure.code);
        Ok(())
    };
    for (id, report) in &reports {
        let chosen = chosen(&session.client, *id, &command).await.and_then(|executions| {
            let is_missing = executions.is_empty() && !command.choice.new;
            if is_missing { Err(nothing(*id, &command)) } else { Ok(executions) }
        });
        let executions = match chosen {
            Ok(executions) => executions,
            Err(failure) => {
                fail(failure)?;
                continue;
            }
        };
        for execution in &executions {
            if command.choice.new && present.iter().any(|name| is_file_of(name, execution)) {
                continue;
            }
            let path = command.output_dir.join(file_name(report.as_ref(), execution, command.raw));
            match save(&session, *id, execution, &path, &command, output).await {
                Ok(row) => {
                    output.row(&row)?;
                    rows.push(row);
                }
                Err(failure) => fail(failure)?,
            }
        }
    }
    output.end(&rows)?;
    if rows.is_empty() && codes.is_empty() {
        output.note("No new files.");
    }
    Ok(exit::of_failures(&codes, rows.is_empty()))
}

/// Writes one file, to a path or to standard output.
async fn one(
    global: &Global,
    id: ReportId,
    file: &Path,
    command: &args::Download,
    output: &Output,
) -> Result<u8, Failure> {
    let is_stdout = file.as_os_str() == "-";
    if !is_stdout {
        target::check_replaceable(file)?;
    }
    let session = Session::open(global, output).await?;
    let client = &session.client;
    let executions = chosen(client, id, command).await?;
    let Some(execution) = executions.first() else { return Err(nothing(id, command)) };
    if is_stdout {
        return print(client, execution, command.raw, output).await;
    }
    output.rows(&[save(&session, id, execution, file, command, output).await?])?;
    Ok(exit::OK)
}

/// The selected reports, which may be unknown if they were selected by ID.
async fn reports(
    client: &InsightsClient,
    command: &args::Download,
) -> Result<Vec<(ReportId, Option<Report>)>, Failure> {
    Ok(match command.ids[..] {
        [] => {
            let reports = command.filter.apply(client.reports()).await?;
            if reports.is_empty() {
                return Err(selection::no_match_of(client, &command.filter).await?);
            }
            reports.into_iter().map(|report| (report.report_id, Some(report))).collect()
        }
        [id] => vec![(id, client.report(id).await?)],
        // List once instead of looking up each report.
        _ => {
            let listed = client.reports().await?;
            let find = |id: &ReportId| listed.iter().find(|report| report.report_id == *id).cloned();
            let mut seen = HashSet::new();
            command.ids.iter().filter(|id| seen.insert(**id)).map(|id| (*id, find(id))).collect()
        }
    })
}

/// The executions to download, oldest first.
async fn chosen(
    client: &InsightsClient,
    id: ReportId,
    command: &args::Download,
) -> Result<Vec<Execution>, Failure> {
    let mut executions = client.executions(id);
    if let Some(id) = &command.choice.execution {
        executions = executions.execution_id(id);
    } else if !command.choice.all && !command.choice.new {
        executions = executions.latest();
    }
    let mut executions = executions.await?;
    executions.retain(|execution| {
        execution.is_completed()
            && command.choice.execution.as_ref().is_none_or(|id| *id == execution.execution_id)
    });
    executions.sort_by_key(Execution::generated);
    Ok(executions)
}

/// Returns the failure for a report without a file.
fn nothing(id: ReportId, command: &args::Download) -> Failure {
    let none = format!("report {id} has no completed execution");
    match &command.choice.execution {
        Some(execution) => Failure::not_found(format!("{none} {execution}"))
            .hint(format!("`partner-insights executions {id} --all` lists them")),
        None => Failure::not_found(none).hint(format!("`partner-insights show {id}` says when one is due")),
    }
}

pub async fn print(
    client: &InsightsClient,
    execution: &Execution,
    raw: bool,
    output: &Output,
) -> Result<u8, Failure> {
    let download = client.download(execution);
    let mut file = if raw { download.raw() } else { download }.open().await?;
    while let Some(part) = file.chunk().await? {
        if !output.bytes(&part)? {
            break;
        }
    }
    Ok(exit::OK)
}

async fn save(
    session: &Session,
    id: ReportId,
    execution: &Execution,
    path: &Path,
    command: &args::Download,
    output: &Output,
) -> Result<DownloadRow, Failure> {
    let bar = output.progress_of_bytes();
    let download = session.client.download(execution);
    let download = if command.raw { download.raw() } else { download };
    let shown = bar.clone();
    let save = download.save(path).on_progress(move |progress| {
        if let Some(size) = progress.stored_size {
            shown.set_length(size);
        }
        shown.set_position(progress.received);
    });
    let saved = save.await;
    bar.finish_and_clear();
    let saved = saved?;
    if saved.is_header_only {
        output.note(format_args!(
            "warning: {} has column names only. Usual causes: TIMESPAN LAST_MONTH before the data of the month is \
             available, or a filter on True or False instead of 1 or 0.",
            saved.path.display()
        ));
    }
    Ok(DownloadRow {
        report_id: id,
        execution_id: execution.execution_id.clone(),
        report_generated_time: execution.report_generated_time.clone(),
        path: saved.path,
        bytes: saved.bytes,
        continued_from: saved.continued_from,
        header_only: saved.is_header_only,
        warnings: session.warnings.of_both(id, Some(&execution.execution_id)),
    })
}

/// Returns the names of the files in a folder, without empty files, which a power failure may leave: even a report
/// without data has column names. Creates the folder if necessary.
fn file_names(folder: &Path) -> Result<Vec<String>, Failure> {
    let names = || {
        fs::create_dir_all(folder)?;
        let mut names = Vec::new();
        for file in fs::read_dir(folder)? {
            let file = file?;
            if file.metadata()?.len() > 0 {
                names.push(file.file_name().to_string_lossy().into_owned());
            }
        }
        Ok::<_, io::Error>(names)
    };
    names().map_err(|error| Failure::unexpected(format!("{}: {error}", folder.display())))
}

/// Builds a file name from report name, time and execution ID: sortable by time, unique, and not reserved on any
/// system.
fn file_name(report: Option<&Report>, execution: &Execution, raw: bool) -> String {
    let name = report.and_then(|report| report.report_name.as_deref()).unwrap_or("report");
    let time = execution.report_generated_time.as_ref().map_or("", Timestamp::as_str).replace(':', "");
    let format = execution.format.as_deref().unwrap_or("csv").to_lowercase();
    let suffix = if raw { ".stored" } else { "" };
    format!("{}_{}_{}.{}{suffix}", plain(name), plain(&time), plain(&execution.execution_id), plain(&format))
}

/// Whether a file belongs to an execution, even if the report had another name.
fn is_file_of(name: &str, execution: &Execution) -> bool {
    !name.starts_with('.') && name.contains(&format!("_{}.", plain(&execution.execution_id)))
}

/// Replaces characters that are special to a file system or a shell, and truncates the text to 80 bytes.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let mut text: String = text.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    while text.len() > MAX_NAME_PART {
        text.pop();
    }
    text
}

/// A file that was downloaded.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DownloadRow {
    report_id: ReportId,
    execution_id: String,
    /// When the service wrote the file.
    report_generated_time: Option<Timestamp>,
    path: PathBuf,
    /// The size of the saved file.
    bytes: u64,
    /// How many bytes of the stored file an earlier, interrupted download had received.
    continued_from: u64,
    /// Whether the file has column names only.
    header_only: bool,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl Row for DownloadRow {
    const HEADINGS: &'static [&'static str] = &["EXECUTION", "BYTES", "FILE"];

    fn cells(&self) -> Vec<Cell> {
        vec![text(Some(&self.execution_id)), Cell::new(self.bytes), text(self.path.to_str())]
    }

    /// Returns the path, which scripts need more than an ID.
    fn id(&self) -> Option<String> {
        Some(self.path.display().to_string())
    }
}

impl Output {
    /// Returns a progress bar with bytes and rate. It is hidden if quiet or without a terminal.
    fn progress_of_bytes(&self) -> ProgressBar {
        let bar = self.progress(1).clone();
        if !self.is_quiet() && io::stderr().is_terminal() {
            if let Ok(style) =
                ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}")
            {
                bar.set_style(style);
            }
            bar.reset();
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar
    }
}
