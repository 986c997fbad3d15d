//! `download` against a store that behaves, and fails, like Azure Storage.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use crate::store::{ETAG, Store, TO_FILE, begun, error, gzip, serve, text};
use crate::support::{Request, Script, Step, raw_response, response};
use crate::until;

/// The response to the nth request for a file.
type Fault = Box<dyn Fn(usize, &Request) -> Script + Send + Sync>;

#[tokio::test]
async fn recoverable_faults_yield_the_whole_file() {
    let (text, stored) = (Arc::new(text()), Arc::new(gzip(&text())));
    let middle = stored.len() / 2;
    let coded = format!("{ETAG}Content-Encoding: gzip\r\n");
    let serve = move |request: &Request| serve(&stored, request, &coded);
    let stored = Arc::new(gzip(&text));
    let cut = {
        let stored = stored.clone();
        move |headers: &str| vec![begun(&stored, middle, headers)]
    };
    let faults: Vec<(&str, Fault)> = vec![
        (
            "none",
            Box::new({
                let serve = serve.clone();
                move |_, request| serve(request)
            }),
        ),
        (
            "cut",
            Box::new({
                let (serve, cut) = (serve.clone(), cut.clone());
                move |number, request| {
                    if number == 0 { cut(ETAG) } else { serve(request) }
                }
            }),
        ),
        (
            "expired",
            Box::new({
                let serve = serve.clone();
                move |number, request| {
                    if number == 0 { error(403, "AuthenticationFailed") } else { serve(request) }
                }
            }),
        ),
        (
            "busy",
            Box::new({
                let serve = serve.clone();
                move |number, request| match number {
                    0 => error(503, "ServerBusy"),
                    1 => error(500, "InternalError"),
                    _ => serve(request),
                }
            }),
        ),
        (
            "changed",
            Box::new({
                let (serve, cut) = (serve.clone(), cut.clone());
                move |number, request| match number {
                    0 => cut("ETag: \"old\"\r\n"),
                    1 => error(412, "ConditionNotMet"),
                    _ => serve(request),
                }
            }),
        ),
        (
            "changed and shorter",
            Box::new({
                let (serve, cut) = (serve.clone(), cut.clone());
                move |number, request| match number {
                    0 => cut("ETag: \"old\"\r\n"),
                    1 => vec![Step::Send(response(416, "Content-Range: bytes */5\r\n", ""))],
                    _ => serve(request),
                }
            }),
        ),
        (
            "no ranges",
            Box::new({
                let (cut, stored) = (cut.clone(), stored.clone());
                move |number, _| {
                    if number == 0 { cut(ETAG) } else { vec![Step::Send(response(200, ETAG, &*stored))] }
                }
            }),
        ),
        (
            "no validator",
            Box::new({
                let (cut, stored) = (cut.clone(), stored.clone());
                move |number, _| {
                    if number == 0 { cut("") } else { vec![Step::Send(response(200, "", &*stored))] }
                }
            }),
        ),
        (
            "too long by its header",
            Box::new({
                let stored = stored.clone();
                move |number, request| {
                    if number > 0 {
                        return serve(request);
                    }
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{ETAG}", stored.len() + 100);
                    vec![Step::Send(raw_response(&head, &*stored))]
                }
            }),
        ),
        (
            "slow",
            Box::new({
                let stored = stored.clone();
                move |_, _| {
                    let rest = Step::Send(stored[middle..].to_vec());
                    vec![begun(&stored, middle, ETAG), Step::Wait(Duration::from_millis(500)), rest]
                }
            }),
        ),
        (
            "not gzip",
            Box::new({
                let text = text.clone();
                move |_, _| vec![Step::Send(response(200, "Content-Encoding: gzip\r\n", &*text))]
            }),
        ),
    ];
    for (fault, file) in faults {
        let store = Store::start(file).await;
        let finished = store.download(&TO_FILE).await;
        assert_eq!(finished.code, Some(0), "{fault}: {finished:?}");
        assert!(store.file() == *text, "{fault}");
        assert_eq!(store.files(), ["sales.csv"], "{fault}");
    }
}

#[tokio::test]
async fn unrecoverable_faults_leave_no_file() {
    let stored = Arc::new(gzip(&text()));
    let half = stored[..stored.len() / 2].to_vec();
    let whole = stored.clone();
    let md5 = "Content-MD5: XrY7u+Ae7tCTyyK7j1rNww==\r\n";
    let faults: Vec<(&str, i32, &str, Fault)> = vec![
        ("expired twice", 5, "AuthenticationFailed", Box::new(|_, _| error(403, "AuthenticationFailed"))),
        ("deleted", 3, "BlobNotFound", Box::new(|_, _| error(404, "BlobNotFound"))),
        (
            "redirect",
            5,
            "redirect",
            Box::new(|_, _| vec![Step::Send(response(302, "Location: /store/other\r\n", ""))]),
        ),
        ("wrong checksum", 8, "MD5", Box::new(move |_, request| serve(&whole, request, md5))),
        ("half a file", 8, "damaged", Box::new(move |_, request| serve(&half, request, ETAG))),
    ];
    for (fault, code, message, file) in faults {
        let store = Store::start(file).await;
        let finished = store.download(&TO_FILE).await;
        assert_eq!(finished.code, Some(code), "{fault}: {finished:?}");
        assert!(finished.stderr.contains(message), "{fault}: {finished:?}");
        assert!(store.files().is_empty(), "{fault}: {:?}", store.files());
    }
}

#[tokio::test]
async fn header_only_file_is_a_warning() {
    let store = Store::start(|_, request| serve(&gzip(b"Month,Customer\r\n"), request, ETAG)).await;
    let finished = store.download(&TO_FILE).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("column names only"), "{finished:?}");
}

/// Kills a download halfway, and runs it again. The first response never ends.
async fn killed(supports_range: bool) -> Store {
    let stored = gzip(&text());
    let middle = stored.len() / 2;
    let store = Store::start(move |number, request| match number {
        0 => vec![begun(&stored, middle, ETAG), Step::Hang],
        _ if supports_range => serve(&stored, request, ETAG),
        _ => vec![Step::Send(response(200, "", &stored))],
    })
    .await;
    let mut child = store.cli().args(TO_FILE).spawn().unwrap();
    until("half of the file is there", || store.part() == middle as u64).await;
    // Sends SIGKILL.
    child.kill().await.unwrap();
    assert_eq!(store.files(), [".sales.csv.etag", ".sales.csv.part"]);

    let finished = store.download(&TO_FILE).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(store.file() == text());
    assert_eq!(store.files(), ["sales.csv"]);
    store
}

#[tokio::test]
async fn killed_download_fetches_only_the_rest() {
    let rest = format!("bytes={}-", gzip(&text()).len() / 2);
    assert_eq!(killed(true).await.ranges(), [None, Some(rest)]);
}

#[tokio::test]
async fn killed_download_restarts_without_range() {
    let ranges = killed(false).await.ranges();
    // The second request asks for the rest; its response has no validator, so a third one starts over.
    assert_eq!(ranges.len(), 3);
    assert_eq!(ranges[2], None);
}

#[tokio::test]
async fn bytes_of_another_execution_are_not_continued() {
    let store = Store::start(|_, request| serve(&text(), request, ETAG)).await;
    let left = |name: &str, content: &str| fs::write(store.folder.path().join(name), content).unwrap();
    left(".sales.csv.part", "other bytes");
    left(".sales.csv.etag", "\"0x8DC\"\ne-2");
    assert_eq!(store.download(&TO_FILE).await.code, Some(0));
    assert_eq!(store.ranges(), [None]);
    assert!(store.file() == text());
}

#[tokio::test]
async fn second_download_of_a_file_is_an_error() {
    let store = Store::start(|number, request| match number {
        0 => vec![begun(&text(), 1000, ETAG), Step::Hang],
        _ => serve(&text(), request, ETAG),
    })
    .await;
    let mut first = store.cli().args(TO_FILE).spawn().unwrap();
    until("the first download has begun", || store.part() == 1000).await;
    let second = store.download(&TO_FILE).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("another download is writing"), "{second:?}");
    assert_eq!(store.part(), 1000);
    // Another target can be written at the same time.
    assert_eq!(store.download(&["-O", "other.csv"]).await.code, Some(0));
    first.kill().await.unwrap();
}

#[tokio::test]
async fn closed_pipe_ends_the_download() {
    let file = Arc::new(text());
    let store = Store::start(move |_, _| vec![begun(&file, file.len() - 1, ETAG), Step::Hang]).await;
    let mut child = store.cli().args(["-O", "-"]).spawn().unwrap();
    let mut line = [0; 15];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"Number,Customer");
    drop(stdout);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}

#[tokio::test]
async fn unusual_report_names_are_file_names() {
    for name in
        ["Sales/2026\\..: *?\"<>|", "CON", "  ", "..", "-rf", &"報告".repeat(120), "a\u{0}b\n\u{1b}[31m"]
    {
        let store = Store::named(name, |_, request| serve(&text(), request, ETAG)).await;
        let finished = store.download(&["--new"]).await;
        assert_eq!(finished.code, Some(0), "{name:?}: {finished:?}");
        let files = store.files();
        assert!(files.len() == 1 && files[0].ends_with("_2026-11-23T060000Z_e-1.csv"), "{files:?}");
        let again = store.download(&["--new"]).await;
        assert_eq!((again.code, again.stderr.as_str()), (Some(0), "No new files.\n"));
    }
}

#[tokio::test]
async fn empty_file_is_replaced() {
    let store = Store::start(|_, request| serve(&text(), request, ETAG)).await;
    assert_eq!(store.download(&["--new"]).await.code, Some(0));
    let path = store.folder.path().join(&store.files()[0]);
    // What a power failure may leave of a new file.
    std::fs::write(&path, "").unwrap();
    assert_eq!(store.download(&["--new"]).await.code, Some(0));
    assert_eq!(std::fs::read(&path).unwrap(), text());
}

#[tokio::test]
async fn long_file_name_is_usable() {
    let store = Store::start(|_, request| serve(&text(), request, ETAG)).await;
    let name = "n".repeat(255);
    assert_eq!(store.download(&["-O", &name]).await.code, Some(0));
    assert_eq!(store.files(), [name]);
}

#[tokio::test]
async fn unwritable_targets_are_explained() {
    let store = Store::start(|_, request| serve(&text(), request, ETAG)).await;
    for (target, message) in [
        ("missing/sales.csv", "cannot write missing/sales.csv: "),
        #[cfg(unix)]
        ("/dev/null", "/dev/null is not a regular file"),
        (".", ". is not a regular file"),
    ] {
        let finished = store.download(&["-O", target]).await;
        assert_eq!(finished.code, Some(2), "{target}: {finished:?}");
        assert!(finished.stderr.contains(message), "{target}: {finished:?}");
    }
    assert!(store.server.requests().is_empty() && store.files().is_empty());
}
