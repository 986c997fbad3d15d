//! Bulk changes: reports per second, requests per report and peak memory, by number of reports.
//!
//! The emulator and the client run in separate processes, so that the memory is the client's alone.

mod support;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{InsightsClient, Outcome, Report, Selection};
use support::{Spread, table};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Numbers of reports: the quota of active ones, two lists with old one-time reports, and one list close to the default
/// response limit.
const SIZES: [u32; 4] = [50, 1000, 5000, 20_000];
/// Latency in milliseconds, and the concurrency that suits it.
const LATENCIES: [(u64, usize); 2] = [(0, 16), (50, 256)];
const ROUNDS: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["emulate", reports, latency] => emulate(reports.parse()?, latency.parse()?),
        ["resume", address, concurrency] => resume(address, concurrency.parse()?),
        _ if support::is_bench() => measure(),
        _ => Ok(()),
    }
}

/// The measurements of one run.
struct Measurement {
    seconds: f64,
    requests: f64,
    /// Peak memory in KiB, after planning and at the end.
    planned: f64,
    peak: f64,
}

fn measure() -> Result<()> {
    let mut table = table(&[
        "reports",
        "latency",
        "concurrency",
        "reports per second",
        "requests per report",
        "peak of the plan, MiB",
        "peak of the run, MiB",
    ]);
    for (latency, concurrency) in LATENCIES {
        for size in SIZES {
            let runs = (0..ROUNDS).map(|_| run(size, latency, concurrency)).collect::<Result<Vec<_>>>()?;
            let spread =
                |of: &dyn Fn(&Measurement) -> f64| Spread::of(&runs.iter().map(of).collect::<Vec<_>>());
            table.add_row([
                size.to_string(),
                format!("{latency} ms"),
                concurrency.to_string(),
                format!("{:.0}", spread(&|run| f64::from(size) / run.seconds)),
                format!("{:.4}", spread(&|run| run.requests / f64::from(size))),
                format!("{:.1}", spread(&|run| run.planned / 1024.0)),
                format!("{:.1}", spread(&|run| run.peak / 1024.0)),
            ]);
        }
    }
    println!("{table}");
    Ok(())
}

/// Runs an emulator and a client, each in its own process.
fn run(reports: u32, latency: u64, concurrency: usize) -> Result<Measurement> {
    let (mut emulator, mut input, mut output) =
        start(&["emulate", &reports.to_string(), &latency.to_string()])?;
    let address = line(&mut output)?;
    let (mut client, _, mut results) = start(&["resume", &address, &concurrency.to_string()])?;
    let numbers = line(&mut results)?;
    if !client.wait()?.success() {
        return Err("not every report was resumed".into());
    }
    writeln!(input)?;
    let requests = line(&mut output)?.parse()?;
    drop(input);
    emulator.wait()?;
    let numbers = numbers.split(' ').map(str::parse).collect::<std::result::Result<Vec<f64>, _>>()?;
    let [seconds, planned, peak] = numbers[..] else { return Err("three numbers were expected".into()) };
    Ok(Measurement { seconds, requests, planned, peak })
}

fn start(arguments: &[&str]) -> Result<(Child, ChildStdin, BufReader<ChildStdout>)> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    Ok((child, input.ok_or("no input")?, BufReader::new(output.ok_or("no output")?)))
}

fn line(output: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Serves paused reports; prints the number of requests after a line on standard input.
#[tokio::main]
async fn emulate(reports: u32, latency: u64) -> Result<()> {
    let report = |number: u32| {
        let id = Uuid::from_u128(0x3f0c_2a5e_6c1b_4d7f_9a43_0000_0000_0000 + u128::from(number));
        serde_json::from_value::<Report>(serde_json::json!({
            "ReportId": id, "ReportName": format!("Report {number}"), "ReportStatus": "Paused",
            "StartTime": "2026-01-01T00:00:00Z", "RecurrenceInterval": 24, "RecurrenceCount": 100, "Format": "csv",
        }))
    };
    let builder =
        Emulator::builder().reports((0..reports).map(report).collect::<std::result::Result<Vec<_>, _>>()?);
    let emulator = builder.fault(Fault::delay(Duration::from_millis(latency))).start().await?;
    println!("{}", emulator.base_url());
    tokio::task::spawn_blocking(|| line(&mut std::io::stdin().lock()).map_err(|error| error.to_string()))
        .await??;
    println!("{}", emulator.request_count());
    Ok(())
}

/// Resumes and verifies all reports; prints the seconds and the peak memory.
#[tokio::main]
async fn resume(address: &str, concurrency: usize) -> Result<()> {
    let client = InsightsClient::builder()
        .base_url(address)
        .token("emulator-token")
        .max_response_bytes(64 << 20)
        .build()?;
    let began = Instant::now();
    let plan = client.resume_all(Selection::changeable()).concurrency(concurrency).plan().await?;
    let planned = peak()?;
    let outcomes = plan.run().outcomes().await;
    if let Some(report) = outcomes.iter().find(|report| report.outcome != Outcome::Resumed) {
        return Err(format!("{}: {:?}", report.report_id, report.error).into());
    }
    println!("{} {planned} {}", began.elapsed().as_secs_f64(), peak()?);
    Ok(())
}

/// Returns the peak memory of this process in KiB.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(peak.ok_or("no peak reported")?.trim().trim_end_matches(" kB").parse()?)
}
