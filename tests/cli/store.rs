//! A store of files that behaves, and fails, like Azure Storage.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{Request, Script, Server, Step, json, raw_response, response};
use crate::{Finished, TOKEN, bare, finish};

pub const REPORT: &str = crate::support::REPORT_ID;
pub const SIGNATURE: &str = "c2lnbmF0dXJl";
pub const ETAG: &str = "ETag: \"0x8DC\"\r\nAccept-Ranges: bytes\r\nx-ms-blob-type: BlockBlob\r\n";

/// A file of about 400 kB.
pub fn text() -> Vec<u8> {
    let rows = (0..20_000).flat_map(|row| format!("{row},Contoso {}\r\n", row % 97).into_bytes());
    b"Number,Customer\r\n".iter().copied().chain(rows).collect()
}

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// An error of the store, with the signature in its text.
pub fn error(status: u16, code: &str) -> Script {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>Refused.\nTime:now \
         sig={SIGNATURE}</Message></Error>"
    );
    let headers = format!("Content-Type: application/xml\r\nx-ms-error-code: {code}\r\n");
    vec![Step::Send(response(status, &headers, body))]
}

/// What the store sends for a request: the file, or the part of it that is requested.
pub fn serve(file: &[u8], request: &Request, headers: &str) -> Script {
    let range = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    match range.map(|start| start.parse().unwrap()) {
        None => vec![Step::Send(response(200, headers, file))],
        Some(start) if start >= file.len() => {
            let range = format!("Content-Range: bytes */{}\r\n", file.len());
            vec![Step::Send(response(416, &range, ""))]
        }
        Some(start) => {
            let range = format!("Content-Range: bytes {start}-{}/{}\r\n", file.len() - 1, file.len());
            vec![Step::Send(response(206, &format!("{range}{headers}"), &file[start..]))]
        }
    }
}

/// The head of a response with the whole file, followed by only some of its bytes.
pub fn begun(file: &[u8], bytes: usize, headers: &str) -> Step {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}", file.len());
    Step::Send(raw_response(&head, &file[..bytes]))
}

/// The service and its store, and a folder for the files.
pub struct Store {
    pub server: Server,
    pub folder: TempDir,
}

impl Store {
    /// Lists one execution, and lets `file` respond to the requests for its file, numbered from 0.
    pub async fn start(file: impl Fn(usize, &Request) -> Script + Send + Sync + 'static) -> Self {
        Self::named("Sales", file).await
    }

    pub async fn named(name: &str, file: impl Fn(usize, &Request) -> Script + Send + Sync + 'static) -> Self {
        let served = std::sync::atomic::AtomicUsize::new(0);
        let name = serde_json::to_string(name).unwrap();
        let server = Server::with_responder(None, move |_, request| {
            let host = request.header("host").unwrap();
            if request.target.contains("/store/") {
                return file(served.fetch_add(1, std::sync::atomic::Ordering::SeqCst), request);
            }
            let element = if request.target.contains("/execution/") {
                let link = format!("http://{host}/store/Sales%20%C3%BC%231%252.csv?sp=r&sig={SIGNATURE}");
                format!(
                    r#"{{"executionId":"e-1","executionStatus":"Completed","reportGeneratedTime":"2026-11-23T06:00:00Z","reportAccessSecureLink":"{link}"}}"#
                )
            } else {
                format!(r#"{{"reportId":"{REPORT}","reportName":{name},"reportStatus":"Active"}}"#)
            };
            let body = format!(r#"{{"value":[{element}],"totalCount":1,"statusCode":200}}"#);
            vec![Step::Send(json(200, &body))]
        });
        Self { server: server.await, folder: TempDir::new().unwrap() }
    }

    pub fn cli(&self) -> Command {
        let mut command = bare();
        command.env("PARTNER_CENTER_BASE_URL", self.server.url()).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
        command.args(["download", REPORT]).current_dir(self.folder.path());
        command
    }

    /// Runs `download`. Its output has no secrets.
    pub async fn download(&self, args: &[&str]) -> Finished {
        let finished = finish(self.cli().args(args)).await;
        for secret in [TOKEN, SIGNATURE] {
            assert!(!finished.stdout.contains(secret) && !finished.stderr.contains(secret), "{finished:?}");
        }
        finished
    }

    pub fn file(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("sales.csv")).unwrap()
    }

    pub fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The `Range` headers that the store has received.
    pub fn ranges(&self) -> Vec<Option<String>> {
        let requests = self.server.requests();
        let files = requests.iter().filter(|request| request.target.contains("/store/"));
        files.map(|request| request.header("range").map(str::to_owned)).collect()
    }

    pub fn part(&self) -> u64 {
        fs::metadata(self.folder.path().join(".sales.csv.part")).map_or(0, |part| part.len())
    }
}

pub const TO_FILE: [&str; 2] = ["-O", "sales.csv"];
