//! Downloads to a full disk. A limit of the file size stands for it: it fails a write in the middle of a file, too.

use std::fs::OpenOptions;
use std::process::Stdio;

use tokio::process::Command;

use crate::store::{ETAG, Store, TO_FILE, gzip, serve, text};
use crate::{TOKEN, finish};

/// The unit of `ulimit -f`.
const BLOCK: usize = 512;

/// Fails to download a file for lack of space for more than this many bytes.
async fn fail(store: &Store, bytes: usize) {
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / BLOCK);
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_partner-insights"), "download", crate::store::REPORT]);
    command.env("PARTNER_CENTER_BASE_URL", store.server.url()).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
    let finished = finish(command.args(TO_FILE).current_dir(store.folder.path())).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{finished:?}");
    let expected = "error: file system: cannot write sales.csv: File too large (os error 27)\n\
                    hint: check the folder, its permissions and the free space\n";
    assert_eq!(finished.stderr, expected);
}

#[tokio::test]
async fn download_continues_after_a_full_disk() {
    let stored = gzip(&text());
    // The compressed file does not fit, or only the decompressed one.
    for (bytes, part) in [(stored.len() / 2, stored.len() / 2 / BLOCK * BLOCK), (200_000, stored.len())] {
        let served = stored.clone();
        let store = Store::start(move |_, request| serve(&served, request, ETAG)).await;
        fail(&store, bytes).await;
        assert_eq!(store.files(), [".sales.csv.etag", ".sales.csv.part"], "{bytes}");
        assert_eq!(store.part(), part as u64, "{bytes}");

        let finished = store.download(&TO_FILE).await;
        assert_eq!(finished.code, Some(0), "{bytes}: {finished:?}");
        assert_eq!(store.ranges(), [None, Some(format!("bytes={part}-"))], "{bytes}");
        assert!(store.file() == text() && store.files() == ["sales.csv"], "{bytes}");
    }
}

#[tokio::test]
async fn full_disk_leaves_no_useless_part() {
    // A file without an ETag cannot be continued, and neither can one whose ETag could not be saved.
    for (headers, bytes) in [("", 10_000), (ETAG, 0)] {
        let store = Store::start(move |_, request| serve(&gzip(&text()), request, headers)).await;
        fail(&store, bytes).await;
        assert!(store.files().is_empty(), "{headers}: {:?}", store.files());
    }
}

#[tokio::test]
async fn full_disk_keeps_the_earlier_file() {
    let store = Store::start(|_, request| serve(&text(), request, ETAG)).await;
    std::fs::write(store.folder.path().join("sales.csv"), "earlier").unwrap();
    fail(&store, 10_000).await;
    assert_eq!(store.file(), b"earlier");
}

#[tokio::test]
async fn full_disk_behind_stdout_is_an_error() {
    let store = Store::start(|_, request| serve(&text(), request, ETAG)).await;
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = store.cli().args(["-O", "-"]).stdout(Stdio::from(full)).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr, "error: standard output: No space left on device (os error 28)\n");
}

#[tokio::test]
async fn lost_output_ends_a_download_of_several_reports() {
    let emulator = crate::emulator().start().await.unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = crate::cli(&emulator);
    command.args(["download", "--name", "*", "--output", "jsonl"]).current_dir(folder.path());
    let child = command.stdout(Stdio::from(full)).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.matches("No space left").count()), (Some(1), 1), "{stderr}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
