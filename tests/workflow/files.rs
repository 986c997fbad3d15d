//! Downloads from the emulator's store, with each of its faults.

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, FileFault, Files};
use partner_center_insights::{Error, ErrorKind, InsightsClient, SavedFile};
use tempfile::TempDir;

use crate::{client, id, report};

/// Downloads the latest file, and returns its content.
async fn downloaded(files: Files) -> Result<(SavedFile, String), Error> {
    let emulator = Emulator::builder().reports([report(1, "Active")]).files(files).start().await.unwrap();
    let client = client(&emulator, 3);
    save(&client).await
}

async fn save(client: &InsightsClient) -> Result<(SavedFile, String), Error> {
    let folder = TempDir::new().unwrap();
    let executions = client.executions(id(1)).latest().await?;
    let saved = client.download(&executions[0]).save(folder.path().join("file.csv")).await?;
    let text = std::fs::read_to_string(&saved.path).unwrap();
    assert_eq!(text.len() as u64, saved.bytes);
    Ok((saved, text))
}

fn assert_whole(text: &str) {
    assert!(
        text.starts_with("Month,CustomerName,Quantity\r\n2026-02-01,CustomerName 1,7\r\n"),
        "{text:.100}"
    );
    assert!(text.ends_with("CustomerName 1000,7000\r\n"), "{}", text.len());
    assert_eq!(text.lines().count() % 1000, 1);
}

#[tokio::test]
async fn file_is_whole_whatever_the_fault() {
    use FileFault::*;
    for fault in [None, Some(CutAfter(1000)), Some(Expired), Some(ChangedAfter(1000)), Some(NotGzip)] {
        for files in [Files::new(), Files::new().size(1 << 20), Files::new().size(1 << 20).plain()] {
            let files = fault.into_iter().fold(files, Files::fault);
            assert_whole(&downloaded(files).await.unwrap().1);
        }
    }
}

#[tokio::test]
async fn damaged_and_deleted_files_are_errors() {
    let rows = [(FileFault::WrongMd5, ErrorKind::FileDamaged), (FileFault::Deleted, ErrorKind::FileNotFound)];
    for (fault, kind) in rows {
        assert_eq!(downloaded(Files::new().fault(fault)).await.unwrap_err().kind(), kind, "{fault:?}");
    }
}

#[tokio::test]
async fn file_without_rows_is_reported() {
    let (saved, text) = downloaded(Files::new().fault(FileFault::HeaderOnly)).await.unwrap();
    assert!(saved.is_header_only);
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test]
async fn link_expires_and_is_renewed() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::SystemTime;

    let now = Arc::new(AtomicU64::new(1_795_420_800));
    let clock = now.clone();
    let clock = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst));
    let builder = Emulator::builder().reports([report(1, "Active")]).clock(clock);
    let emulator = builder.files(Files::new().validity(Duration::from_secs(60))).start().await.unwrap();
    let client = client(&emulator, 3);
    let executions = client.executions(id(1)).latest().await.unwrap();
    now.fetch_add(61, Ordering::SeqCst);
    let folder = TempDir::new().unwrap();
    client.download(&executions[0]).save(folder.path().join("file.csv")).await.unwrap();
}
