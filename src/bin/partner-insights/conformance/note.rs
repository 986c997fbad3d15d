//! Stores the initial state of an exercised report in a file, so that it can be restored even if the process is killed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use partner_center_insights::{ReportId, ReportStatus};
use serde::{Deserialize, Serialize};

/// The state to restore.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub report_id: ReportId,
    pub status: ReportStatus,
    /// Distinguishes services, which may have reports with the same ID. `None` for the public service.
    base_url: Option<String>,
}

impl Note {
    pub fn new(report_id: ReportId, status: ReportStatus, base_url: Option<&str>) -> Self {
        Self { report_id, status, base_url: base_url.map(str::to_owned) }
    }

    /// Returns the notes about reports of a service. Ignores unreadable files.
    pub fn all(base_url: Option<&str>) -> Vec<Self> {
        let files = folder().and_then(fs::read_dir).into_iter().flatten().flatten();
        let read = |file: fs::DirEntry| serde_json::from_str(&fs::read_to_string(file.path()).ok()?).ok();
        files.filter_map(read).filter(|note: &Self| note.base_url.as_deref() == base_url).collect()
    }

    /// Writes the note, and waits until it is on disk.
    pub fn write(&self) -> io::Result<()> {
        fs::create_dir_all(folder()?)?;
        let mut file = File::create(self.path()?)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()
    }

    pub fn remove(&self) -> io::Result<()> {
        fs::remove_file(self.path()?)
    }

    fn path(&self) -> io::Result<PathBuf> {
        Ok(folder()?.join(format!("{}.json", self.report_id)))
    }
}

fn folder() -> io::Result<PathBuf> {
    let folder = dirs::state_dir().or_else(dirs::data_local_dir);
    let folder = folder.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no home directory"))?;
    Ok(folder.join("partner-insights").join("exercise"))
}
