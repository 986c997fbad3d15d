//! The cost of the CLI: start to exit without a network, one resume compared with `curl` sending the same request, and
//! the size of the binary.

mod support;

use std::process::{Command, Stdio};
use std::time::Instant;

use partner_center_insights::emulator::Emulator;

const CLI: &str = env!("CARGO_BIN_EXE_partner-insights");
const ROUNDS: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !support::is_bench() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let emulator = runtime.block_on(Emulator::start())?;
    let report = emulator.reports()[0].report_id.to_string();
    let url = format!("{}/insights/v1/mpn/ScheduledReport/resume/{report}", emulator.base_url());

    let mut nothing = || milliseconds(&mut Command::new("true"));
    let mut version = || milliseconds(Command::new(CLI).arg("--version"));
    let mut curl = || {
        milliseconds(
            Command::new("curl")
                .args(["--silent", "--show-error", "--fail", "--request", "PUT"])
                .args(["--header", &format!("Authorization: Bearer {}", emulator.token())])
                .args(["--header", "Content-Type: application/json", "--header", "Content-Length: 0"])
                .args(["--header", "MS-RequestId: 3d3a3a5b-7d0f-4c8c-9a3e-0f6f5a1c2b4d"])
                .args(["--header", "MS-CorrelationId: 5b1d7e5e-2c47-4f0e-8a6b-b6d3f0a9c8e7", &url]),
        )
    };
    let mut resume = || {
        milliseconds(
            Command::new(CLI)
                .args(["resume", &report, "--no-verify", "--auth", "token"])
                .env("PARTNER_CENTER_BASE_URL", emulator.base_url())
                .env("PARTNER_CENTER_ACCESS_TOKEN", emulator.token()),
        )
    };
    let results = support::rounds(ROUNDS, &mut [&mut nothing, &mut version, &mut curl, &mut resume]);
    let [nothing, version, curl, resume] = &results[..] else { return Err("expected four results".into()) };

    let mut table = support::table(&["start to exit", "ms", "ratio", "to"]);
    for (name, own, base, against) in [
        ("true", nothing, nothing, "true"),
        ("partner-insights --version", version, nothing, "true"),
        ("curl, one PUT", curl, curl, "curl"),
        ("partner-insights resume ID --no-verify", resume, curl, "curl"),
    ] {
        let (time, ratio) = (support::Spread::of(own), support::Spread::of_ratio(own, base));
        table.add_row([name.to_owned(), time.to_string(), ratio.to_string(), against.to_owned()]);
    }
    println!("{table}");
    let kilobytes = std::fs::metadata(CLI)?.len() / 1000;
    println!("binary: {}.{:02} MB", kilobytes / 1000, kilobytes % 1000 / 10);
    Ok(())
}

fn milliseconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let time = start.elapsed();
    // A failed command would look fast.
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
    time.as_secs_f64() * 1e3
}
