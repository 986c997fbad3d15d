//! A minimal server: it responds to every request with the same list, and keeps the connection open.
//!
//! It runs in a process of its own, so that only the client is measured.

use std::io::BufRead;
use std::net::SocketAddr;
use std::process::{self, Child, Command, Stdio};
use std::{env, io, thread};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// The response to a resume, in the spelling of recorded traffic.
const BODY: &str = concat!(
    r#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","reportName":"Azure usage, weekly","#,
    r#""description":"Usage by subscription, for the finance team","queryId":"d23f0824-128b-4f33-8c5c-7fd0a6a3a450","#,
    r#""query":"SELECT MonthStartDate, CustomerName, UsageQuantity FROM AzureUsage TIMESPAN LAST_MONTH","#,
    r#""user":"reports@partner.example","createdTime":"2026-01-11T09:30:00Z","modifiedTime":"2026-02-02T14:07:31Z","#,
    r#""executeNow":false,"queryStartTime":null,"queryEndTime":null,"startTime":"2026-01-12T06:00:00Z","#,
    r#""reportStatus":"Active","recurrenceInterval":168,"recurrenceCount":104,"callbackUrl":null,"#,
    r#""callbackMethod":null,"format":"csv"}],"totalCount":1,"message":null,"statusCode":200,"nextLink":null,"#,
    r#""dataRedacted":false}"#
);

/// A list of reports that differ in their ids.
pub fn list(reports: usize) -> String {
    let (before, rest) = BODY.split_once('[').expect("a list");
    let (report, after) = rest.rsplit_once(']').expect("a list");
    let id = super::ID.to_string();
    let reports: Vec<_> = (0..reports).map(|_| report.replace(&id, &Uuid::new_v4().to_string())).collect();
    let after = after.replace(r#""totalCount":1"#, &format!(r#""totalCount":{}"#, reports.len()));
    format!("{before}[{}]{after}", reports.join(","))
}

/// The argument that starts a benchmark as the server, followed by the number of reports.
const SERVE: &str = "--serve";

/// A server in a process of its own, which ends when this is dropped.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Serves the response to a resume.
    pub fn start() -> io::Result<Self> {
        Self::of_list(1)
    }

    pub fn of_list(reports: usize) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let mut process = command
            .args([SERVE, &reports.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            io::BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `wait` closes standard input, which ends the server.
        let _ = self.process.wait();
    }
}

/// Serves until standard input ends, if this process was started as the server.
pub fn serve_if_requested() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [SERVE, reports] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] else { return };
    let list = list(reports.parse().expect("a number"));
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    super::runtime().block_on(async {
        let (listener, address) = listen().await;
        println!("{address}");
        serve(listener, &list, |_| {}).await;
    });
}

pub async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let address = listener.local_addr().expect("a bound address");
    (listener, address)
}

/// Responds to every request, and passes its head to `show`.
pub async fn serve(listener: TcpListener, body: &str, show: impl Fn(&str) + Clone + 'static) {
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-type: application/json; charset=utf-8\r\n\
         date: Mon, 02 Feb 2026 14:07:31 GMT\r\nms-correlationid: 5d8e1f90-2b47-4c6a-9a0d-7e31c5b8f246\r\n\
         ms-requestid: 0b1d6c6e-8a0d-4d5b-b5fb-3a5f6a1c9d27\r\nstrict-transport-security: max-age=31536000\r\n\r\n{body}",
        body.len()
    );
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => connections.push(respond(stream, &response, show.clone())),
            Some(_) = connections.next() => {}
        }
    }
}

async fn respond(stream: TcpStream, response: &str, show: impl Fn(&str)) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while stream.read_line(&mut head).await? > 0 {
        if head.ends_with("\r\n\r\n") {
            show(&head);
            head.clear();
            stream.write_all(response.as_bytes()).await?;
        }
    }
    Ok(())
}
