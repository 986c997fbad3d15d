//! Many reports at once: reports a second, requests a report and peak memory, and how they grow.
//!
//! The emulator and the client have a process each, so that the memory is the client's alone.

mod support;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{Event, InsightsClient, Outcome, Report, Selection};
use support::{Spread, table};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SIZES: [u32; 4] = [100, 1000, 10_000, 100_000];
/// Latency in milliseconds, and the concurrency that goes with it.
const LATENCIES: [(u64, usize); 2] = [(0, 16), (50, 256)];
const ROUNDS: usize = 3;
/// The largest size is measured once: it takes as long as all others together.
const LARGEST_ROUNDS: usize = 1;

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

/// What one run came to.
struct Outturn {
    seconds: f64,
    requests: f64,
    /// The most memory until the plan was made, and until the end, in KiB.
    planned: f64,
    peak: f64,
}

fn measure() -> Result<()> {
    let mut table = table(&[
        "reports",
        "latency",
        "under way",
        "reports a second",
        "requests a report",
        "peak of the plan, MiB",
        "peak of all, MiB",
        "of that for 1000, without the ids",
    ]);
    for (latency, concurrency) in LATENCIES {
        let mut outturns: Vec<Vec<Outturn>> = SIZES.map(|_| Vec::new()).into();
        for round in 0..ROUNDS {
            for (size, outturns) in SIZES.into_iter().zip(&mut outturns) {
                if size < 100_000 || round < LARGEST_ROUNDS {
                    outturns.push(run(size, latency, concurrency)?);
                }
            }
        }
        let apart_from_ids = |size: u32, outturn: &Outturn| outturn.peak - f64::from(size) * 16.0 / 1024.0;
        let thousand: Vec<_> = outturns[1].iter().map(|outturn| apart_from_ids(1000, outturn)).collect();
        let thousand = Spread::of(&thousand).median;
        for (size, outturns) in SIZES.into_iter().zip(&outturns) {
            let spread =
                |of: &dyn Fn(&Outturn) -> f64| Spread::of(&outturns.iter().map(of).collect::<Vec<_>>());
            table.add_row([
                size.to_string(),
                format!("{latency} ms"),
                concurrency.to_string(),
                format!("{:.0}", spread(&|outturn| f64::from(size) / outturn.seconds)),
                format!("{:.4}", spread(&|outturn| outturn.requests / f64::from(size))),
                format!("{:.1}", spread(&|outturn| outturn.planned / 1024.0)),
                format!("{:.1}", spread(&|outturn| outturn.peak / 1024.0)),
                format!("{:.2}", spread(&|outturn| apart_from_ids(size, outturn) / thousand)),
            ]);
        }
    }
    println!("{table}");
    Ok(())
}

/// Runs an emulator and a client against it, each in a process of its own.
fn run(reports: u32, latency: u64, concurrency: usize) -> Result<Outturn> {
    let (mut emulator, mut input, mut output) =
        start(&["emulate", &reports.to_string(), &latency.to_string()])?;
    let address = line(&mut output)?;
    let (mut client, _, mut outturn) = start(&["resume", &address, &concurrency.to_string()])?;
    let outturn = line(&mut outturn)?;
    if !client.wait()?.success() {
        return Err("not every report was resumed".into());
    }
    writeln!(input)?;
    let requests = line(&mut output)?.parse()?;
    drop(input);
    emulator.wait()?;
    let numbers = outturn.split(' ').map(str::parse).collect::<std::result::Result<Vec<f64>, _>>()?;
    let [seconds, planned, peak] = numbers[..] else { return Err("three numbers were expected".into()) };
    Ok(Outturn { seconds, requests, planned, peak })
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

/// Serves paused reports, and says how many requests came when it is asked.
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

/// Resumes all reports, confirmation included, and says how many seconds and how much memory that took.
#[tokio::main]
async fn resume(address: &str, concurrency: usize) -> Result<()> {
    let client = InsightsClient::builder()
        .base_url(address)
        .token("emulator-token")
        .max_response_bytes(64 << 20)
        .build()?;
    let began = Instant::now();
    let plan = client.resume_all(Selection::all()).concurrency(concurrency).plan().await?;
    let planned = peak()?;
    let mut run = plan.run();
    while let Some(event) = run.next().await {
        if let Event::Finished { report } = event
            && report.outcome != Outcome::Resumed
        {
            return Err(format!("{}: {:?}", report.report_id, report.error).into());
        }
    }
    println!("{} {planned} {}", began.elapsed().as_secs_f64(), peak()?);
    Ok(())
}

/// The most memory that this process ever held, in KiB.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(peak.ok_or("no peak reported")?.trim().trim_end_matches(" kB").parse()?)
}
