//! `download`: downloads the files of a report.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use comfy_table::Cell;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use partner_center_insights::{Execution, InsightsClient, Report, ReportId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::Session;
use crate::table::text;
use crate::target;

/// Maximum length of a part of a file name in bytes: file systems allow 255 for three parts and the extension.
const MAX_NAME_PART: usize = 80;

pub async fn run(global: &Global, command: args::Download, output: &Output) -> Result<u8, Failure> {
    if let Some(file) = command.output_file.as_deref().filter(|file| file.as_os_str() != "-") {
        target::check_replaceable(file)?;
    }
    let session = Session::open(global, output).await?;
    let client = &session.client;
    let executions = chosen(client, &command).await?;
    if let Some(file) = &command.output_file {
        let Some(execution) = executions.first() else { return nothing(output, &command) };
        if file.as_os_str() == "-" {
            return print(client, execution, command.raw, output).await;
        }
        let row = save(&session, execution, file, &command, output).await?;
        output.rows(&[row])?;
        return Ok(exit::OK);
    }
    let report = client.report(command.id).await?;
    let present = file_names(&command.output_dir)?;
    let mut rows = Vec::new();
    for execution in &executions {
        if command.choice.new && present.iter().any(|name| is_file_of(name, execution)) {
            continue;
        }
        let path = command.output_dir.join(file_name(report.as_ref(), execution, command.raw));
        let row = save(&session, execution, &path, &command, output).await?;
        output.row(&row)?;
        rows.push(row);
    }
    output.end(&rows)?;
    if rows.is_empty() {
        return nothing(output, &command);
    }
    Ok(exit::OK)
}

/// The executions to download, oldest first.
async fn chosen(client: &InsightsClient, command: &args::Download) -> Result<Vec<Execution>, Failure> {
    let mut executions = client.executions(command.id);
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

/// Reports that there is nothing to download, which is a success with --new.
fn nothing(output: &Output, command: &args::Download) -> Result<u8, Failure> {
    if command.choice.new {
        output.note("No new files.");
        return Ok(exit::OK);
    }
    let none = format!("report {} has no completed execution", command.id);
    Err(match &command.choice.execution {
        Some(execution) => Failure::not_found(format!("{none} {execution}"))
            .hint(format!("`partner-insights executions {} --all` lists them", command.id)),
        None => Failure::not_found(none)
            .hint(format!("`partner-insights show {}` says when one is due", command.id)),
    })
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
        report_id: command.id,
        execution_id: execution.execution_id.clone(),
        generated: execution.report_generated_time.clone(),
        path: saved.path,
        bytes: saved.bytes,
        continued_from: saved.continued_from,
        header_only: saved.is_header_only,
        warnings: session.warnings.of_both(command.id, Some(&execution.execution_id)),
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
    generated: Option<Timestamp>,
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
