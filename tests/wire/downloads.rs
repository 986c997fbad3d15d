//! Downloads of plain and compressed files, from a store with all kinds of failures.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use partner_center_insights::{Error, ErrorKind, Execution, ExecutionStatus, InsightsClient, SavedFile};
use tempfile::TempDir;

use crate::support::{REPORT_ID, Request, Script, Server, Step, TOKEN, raw_response, response};
use crate::{builder, quick_retries};

const SECOND: Duration = Duration::from_secs(1);
const SIGNATURE: &str = "c2lnbmF0dXJl";

fn text() -> Vec<u8> {
    (0..2000).flat_map(|row| format!("{row},Contoso\r\n").into_bytes()).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A response with the whole file and these further headers.
fn whole(file: &[u8], headers: &str) -> Script {
    vec![Step::Send(response(200, headers, file))]
}

/// A response that breaks off after `at` bytes.
fn cut(file: &[u8], at: usize, headers: &str) -> Script {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}", file.len());
    vec![Step::Send(raw_response(&head, &file[..at]))]
}

/// A response with the rest from this position.
fn rest(file: &[u8], from: usize, headers: &str) -> Script {
    let range = format!("Content-Range: bytes {from}-{}/{}\r\n", file.len() - 1, file.len());
    vec![Step::Send(response(206, &format!("{range}{headers}"), &file[from..]))]
}

fn error(status: u16, code: &str) -> Script {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Signature did not match sig={SIGNATURE}</Message></Error>"
    );
    vec![Step::Send(response(status, &format!("x-ms-error-code: {code}\r\n"), body))]
}

const ETAG: &str = "ETag: \"0x8DC\"\r\n";

/// A server that is the store and the service, a client, and a folder for the file.
struct Fixture {
    server: Server,
    client: InsightsClient,
    execution: Execution,
    folder: TempDir,
}

impl Fixture {
    /// Serves these scripts in turn.
    async fn start(scripts: Vec<Script>) -> Self {
        Self::of(Server::start(scripts).await)
    }

    fn of(server: Server) -> Self {
        let client = builder(&server).retry(quick_retries()).build().unwrap();
        let link = format!("{}/store/Sales_1.csv?sp=r&sig={SIGNATURE}", server.url());
        let execution = Execution::new("e1").with_report_id(REPORT_ID.parse().unwrap());
        let execution =
            execution.with_status(ExecutionStatus::Completed).with_file(link, "2026-01-12T14:00:00Z");
        Self { server, client, execution, folder: TempDir::new().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("sales.csv")
    }

    async fn save(&self) -> Result<SavedFile, Error> {
        self.client.download(&self.execution).save(self.path()).await
    }

    /// Saves the file, and returns its content. Nothing else may be left in the folder.
    async fn saved(&self) -> Vec<u8> {
        self.save().await.unwrap();
        assert_eq!(self.files(), ["sales.csv"]);
        fs::read(self.path()).unwrap()
    }

    async fn failure(&self) -> Error {
        let error = self.save().await.unwrap_err();
        assert!(!self.path().exists(), "{error}");
        let texts = [format!("{error}"), format!("{error:#}"), format!("{error:?}")];
        assert!(texts.iter().all(|text| !text.contains(SIGNATURE)), "{texts:?}");
        error
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.server.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn plain_and_compressed_files_are_saved() {
    let gzipped = gzip(&text());
    for (file, headers) in [
        (&text(), ""),
        (&gzipped, "Content-Encoding: gzip\r\n"),
        (&gzipped, ""),
        (&text(), "Content-Encoding: gzip\r\n"),
        (&[&gzipped[..], &gzip(b"last")].concat(), "Content-Encoding: gzip\r\n"),
    ] {
        let store = Fixture::start(vec![whole(file, headers)]).await;
        assert!(store.saved().await.starts_with(&text()), "{headers:?}");
    }
}

#[tokio::test]
async fn raw_download_keeps_the_stored_bytes() {
    let store = Fixture::start(vec![whole(&gzip(&text()), "Content-Encoding: gzip\r\n")]).await;
    store.client.download(&store.execution).raw().save(store.path()).await.unwrap();
    assert_eq!(fs::read(store.path()).unwrap(), gzip(&text()));
}

#[tokio::test]
async fn store_receives_no_token() {
    let store = Fixture::start(vec![whole(&text(), "")]).await;
    store.saved().await;
    let requests = store.server.requests();
    assert!(!format!("{requests:?}").contains(TOKEN), "{requests:?}");
    assert_eq!(requests[0].header("authorization"), None);
}

#[tokio::test]
async fn interrupted_download_continues_with_range() {
    for file in [text(), gzip(&text())] {
        let store = Fixture::start(vec![cut(&file, 1000, ETAG), rest(&file, 1000, ETAG)]).await;
        assert_eq!(store.saved().await, text());
        assert_eq!(store.ranges(), [None, Some("bytes=1000-".to_owned())]);
        assert_eq!(store.server.requests()[1].header("if-match"), Some("\"0x8DC\""));
    }
}

#[tokio::test]
async fn ignored_range_continues_at_the_position() {
    let store = Fixture::start(vec![cut(&text(), 1000, ETAG), whole(&text(), ETAG)]).await;
    assert_eq!(store.saved().await, text());
}

#[tokio::test]
async fn file_without_etag_starts_again() {
    let store = Fixture::start(vec![cut(&text(), 1000, ""), whole(&text(), "")]).await;
    assert_eq!(store.saved().await, text());
    assert_eq!(store.ranges(), [None, None]);
}

#[tokio::test]
async fn changed_file_starts_again() {
    let changed = b"other".repeat(1000);
    for second in [error(412, "ConditionNotMet"), whole(&changed, "ETag: \"0x8DD\"\r\n")] {
        let scripts = vec![cut(&text(), 1000, ETAG), second, whole(&changed, "ETag: \"0x8DD\"\r\n")];
        assert_eq!(Fixture::start(scripts).await.saved().await, changed);
    }
}

#[tokio::test]
async fn changed_file_ends_a_stream() {
    let store = Fixture::start(vec![cut(&text(), 1000, ETAG), error(412, "ConditionNotMet")]).await;
    let mut file = store.client.download(&store.execution).open().await.unwrap();
    assert_eq!(file.chunk().await.unwrap().unwrap(), text()[..1000]);
    assert_eq!(file.chunk().await.unwrap_err().kind(), ErrorKind::FileDamaged);
}

#[tokio::test]
async fn dropped_download_is_continued_later() {
    let file = gzip(&text());
    let store =
        Fixture::start(vec![vec![Step::Send(cut_bytes(&file, 3000)), Step::Hang], rest(&file, 3000, ETAG)])
            .await;
    let (sender, received) = tokio::sync::watch::channel(0);
    let save = store.client.download(&store.execution).save(store.path());
    let save = save.on_progress(move |progress| sender.send(progress.received).unwrap());
    let mut received = received;
    tokio::select! {
        saved = async { save.await } => panic!("{saved:?}"),
        _ = received.wait_for(|received| *received == 3000) => {}
    }
    assert_eq!(store.files(), [".sales.csv.etag", ".sales.csv.part"]);
    let saved = store.save().await.unwrap();
    assert_eq!(saved.continued_from, 3000);
    assert_eq!(fs::read(store.path()).unwrap(), text());
    assert_eq!(store.files(), ["sales.csv"]);
}

fn cut_bytes(file: &[u8], at: usize) -> Vec<u8> {
    let Step::Send(bytes) = cut(file, at, ETAG).remove(0) else { unreachable!() };
    bytes
}

#[tokio::test]
async fn expired_link_is_renewed_once() {
    let file = Arc::new(text());
    let server = Server::with_responder(None, move |_, request: &Request| {
        let host = request.header("host").unwrap();
        if request.target.contains("/execution/") {
            let link = format!("http://{host}/store/Sales_1.csv?sig=renewed");
            let list = format!(
                r#"{{"value":[{{"executionId":"e1","executionStatus":"Completed","reportAccessSecureLink":"{link}"}}],"totalCount":1,"statusCode":200}}"#
            );
            return vec![Step::Send(crate::support::json(200, &list))];
        }
        if request.target.ends_with("renewed") { whole(&file, "") } else { error(403, "AuthenticationFailed") }
    })
    .await;
    let store = Fixture::of(server);
    assert_eq!(store.saved().await, text());
    assert_eq!(store.server.count(), 3);
}

#[tokio::test]
async fn failed_downloads_are_explained() {
    let md5 = |text: &[u8]| format!("Content-MD5: {}\r\n", BASE64_STANDARD.encode(md5::compute(text).0));
    let half = &gzip(&text())[..500];
    let rows: [(Script, ErrorKind, &str); 5] = [
        (error(404, "BlobNotFound"), ErrorKind::FileNotFound, "BlobNotFound"),
        (whole(half, "Content-Encoding: gzip\r\n"), ErrorKind::FileDamaged, ""),
        (whole(&text(), &md5(b"other")), ErrorKind::FileDamaged, "MD5"),
        (vec![Step::Send(response(302, "Location: /elsewhere\r\n", ""))], ErrorKind::LinkRefused, "redirect"),
        (vec![Step::Send(response(503, "", ""))], ErrorKind::Unavailable, ""),
    ];
    for (script, kind, message) in rows {
        let store = Fixture::start(vec![script]).await;
        let error = store.failure().await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(store.files().is_empty(), "{:?}", store.files());
    }
}

/// A refusal of the store that asks to wait this many seconds.
fn busy(status: u16, seconds: u32) -> Script {
    vec![Step::Send(response(status, &format!("Retry-After: {seconds}\r\n"), ""))]
}

#[tokio::test]
async fn wait_that_the_store_requests_is_honored() {
    let scripts = vec![busy(503, 1), cut(&text(), 1000, ETAG), busy(429, 1), rest(&text(), 1000, ETAG)];
    let mut store = Fixture::start(scripts).await;
    let (sender, waits) = std::sync::mpsc::channel();
    let client = builder(&store.server).retry(quick_retries());
    store.client = client.on_wait(move |wait| sender.send(wait.duration).unwrap()).build().unwrap();
    let start = Instant::now();
    assert_eq!(store.saved().await, text());
    assert!(start.elapsed() >= 2 * SECOND, "{:?}", start.elapsed());
    let waits: Vec<_> = waits.try_iter().collect();
    assert!(waits.len() == 3 && waits[0] == SECOND && waits[2] == SECOND, "{waits:?}");
}

#[tokio::test]
async fn wait_beyond_the_retry_policy_is_an_error() {
    let store = Fixture::start(vec![busy(503, 60)]).await;
    let error = store.failure().await;
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Unavailable, Some(60 * SECOND)));
    assert_eq!(store.server.count(), 1);
}

#[tokio::test]
async fn right_checksum_is_accepted() {
    let md5 = BASE64_STANDARD.encode(md5::compute(text()).0);
    let headers = format!("{ETAG}x-ms-blob-content-md5: {md5}\r\n");
    let store = Fixture::start(vec![cut(&text(), 1000, &headers), rest(&text(), 1000, &headers)]).await;
    assert_eq!(store.saved().await, text());
}

#[tokio::test]
async fn unusable_links_are_not_requested() {
    let mut store = Fixture::start(vec![whole(&text(), "")]).await;
    for link in ["http://store.example/f?sig=c2lnbmF0dXJl", "ftp://127.0.0.1/f", "no link"] {
        store.execution.report_access_secure_link = Some(link.into());
        assert_eq!(store.failure().await.kind(), ErrorKind::LinkRefused);
    }
    store.execution.report_access_secure_link = None;
    assert_eq!(store.failure().await.kind(), ErrorKind::FileNotFound);
    assert_eq!(store.server.count(), 0);
}

#[tokio::test]
async fn header_only_file_is_reported() {
    for (file, expected) in [
        ("Month,Customer\r\n", true),
        ("Month", true),
        ("", true),
        ("Month\n\n", true),
        ("Month\nJAN\n", false),
    ] {
        for stored in [file.as_bytes().to_vec(), gzip(file.as_bytes())] {
            let store = Fixture::start(vec![whole(&stored, "")]).await;
            assert_eq!(store.save().await.unwrap().is_header_only, expected, "{file:?}");
        }
    }
}

#[tokio::test]
async fn unwritable_folder_is_an_io_error() {
    let store = Fixture::start(vec![whole(&text(), "")]).await;
    let save = store.client.download(&store.execution).save(store.folder.path().join("missing/sales.csv"));
    assert_eq!(save.await.unwrap_err().kind(), ErrorKind::Io);
}
