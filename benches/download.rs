//! Downloads of 200 MB, plain and compressed, compared with curl: throughput, CPU time and peak memory.
//!
//! The emulator, the CLI and curl run as separate processes; the CLI and curl write into the same folder.

mod support;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use partner_center_insights::emulator::{Emulator, Files};
use support::Spread;
use tempfile::TempDir;

const CLI: &str = env!("CARGO_BIN_EXE_partner-insights");
/// An active report of the sample.
const REPORT: &str = "9531985d-5d9d-49f8-9818-e811892f902b";
const MEGABYTES: u64 = 200;
const ROUNDS: usize = 7;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["emulate", megabytes, kind] => emulate(megabytes.parse()?, kind == "gzip"),
        _ if support::is_bench() => measure(),
        _ => Ok(()),
    }
}

/// Serves until standard input ends. Prints the address, and a link to the file.
#[tokio::main]
async fn emulate(megabytes: u64, is_gzip: bool) -> Result<()> {
    let files = Files::new().size(megabytes * 1_000_000);
    let files = if is_gzip { files } else { files.plain() };
    let emulator = Emulator::builder().files(files).start().await?;
    let client = partner_center_insights::InsightsClient::builder().base_url(emulator.base_url());
    let executions = client.token(emulator.token()).build()?.executions(REPORT).latest().await?;
    let link = executions.first().and_then(|execution| execution.report_access_secure_link.as_ref());
    println!("{} {}", emulator.base_url(), link.ok_or("no link")?.expose());
    let wait = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    tokio::task::spawn_blocking(wait).await??;
    Ok(())
}

struct Server {
    process: Child,
    url: String,
    link: String,
}

impl Server {
    fn start(megabytes: u64, kind: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let command = command.args(["emulate", &megabytes.to_string(), kind]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (url, link) = line.trim().split_once(' ').ok_or("no link")?;
        Ok(Self { url: url.to_owned(), link: link.to_owned(), process })
    }

    fn cli(&self, folder: &Path) -> Command {
        let mut command = Command::new(CLI);
        command.args(["download", REPORT, "--auth", "token", "-O", "cli.csv"]).current_dir(folder);
        command
            .env("PARTNER_CENTER_BASE_URL", &self.url)
            .env("PARTNER_CENTER_ACCESS_TOKEN", "emulator-token");
        command
    }

    fn curl(&self, folder: &Path) -> Command {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--compressed", "-o", "curl.csv", &self.link]);
        command.current_dir(folder);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `wait` closes standard input, which ends the emulator.
        let _ = self.process.wait();
    }
}

fn measure() -> Result<()> {
    let folder = TempDir::new()?;
    let folder = folder.path();
    let mut table =
        support::table(&["download", "ms", "curl, ms", "throughput, curl = 1", "CPU time, curl = 1"]);
    for kind in ["plain", "gzip"] {
        let server = Server::start(MEGABYTES, kind)?;
        let (mut own_cpu, mut curl_cpu) = (Vec::new(), Vec::new());
        let mut own = || run(&mut server.cli(folder), folder, "cli.csv", &mut own_cpu);
        let mut curl = || run(&mut server.curl(folder), folder, "curl.csv", &mut curl_cpu);
        let results = support::rounds(ROUNDS, &mut [&mut own, &mut curl]);
        let [own, curl] = &results[..] else { return Err("expected two results".into()) };
        table.add_row([
            format!("{MEGABYTES} MB, {kind}"),
            format!("{:.0}", Spread::of(own)),
            format!("{:.0}", Spread::of(curl)),
            Spread::of_ratio(curl, own).to_string(),
            // The first round was a warm-up.
            Spread::of_ratio(&own_cpu[1..], &curl_cpu[1..]).to_string(),
        ]);
    }
    println!("{table}");
    for (megabytes, kind) in [(20, "plain"), (MEGABYTES, "plain"), (MEGABYTES, "gzip"), (1000, "gzip")] {
        let server = Server::start(megabytes, kind)?;
        println!("peak memory, {megabytes} MB, {kind}: {:.1} MB", peak(&mut server.cli(folder))?);
    }
    Ok(())
}

/// Returns the milliseconds that a command takes, and appends its CPU time to `cpu`.
fn run(command: &mut Command, folder: &Path, name: &str, cpu: &mut Vec<f64>) -> f64 {
    let before = cpu_of_children();
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let time = start.elapsed();
    cpu.push(cpu_of_children() - before);
    let size = fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    // A failed command would look fast.
    assert!(
        status.is_ok_and(|status| status.success()) && size > (MEGABYTES - 1) * 1_000_000,
        "{command:?} failed"
    );
    time.as_secs_f64() * 1e3
}

/// The CPU time, user and system, of all child processes that have ended, in clock ticks.
fn cpu_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(13).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum()
}

/// Runs the command, polls its peak memory, and returns the last value in MB.
fn peak(command: &mut Command) -> Result<f64> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0.0_f64;
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB"));
        peak = peak.max(kilobytes.and_then(|text| text.trim().parse().ok()).unwrap_or_default());
        thread::sleep(Duration::from_millis(1));
    }
    Ok(peak * 1024.0 / 1e6)
}
