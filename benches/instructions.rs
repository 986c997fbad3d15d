//! Instructions of one call, for each of the four clients, counted by callgrind.
//!
//! Each client runs in a process of its own, once with `CALLS` calls and once with twice as many: the difference
//! excludes the startup. The kernel and the server are not counted.

mod support;
mod ways;

use std::net::SocketAddr;
use std::process::Command;
use std::{env, io};

use support::Spread;
use ways::generated::{envelope, hooks, report};
use ways::server::{Server, serve_if_requested};
use ways::{Ready, Way};

const ROUNDS: usize = 5;
const CALLS: usize = 500;
/// The argument that starts the process whose instructions are counted.
const MAKE: &str = "--make";

fn main() {
    serve_if_requested();
    make_if_requested();
    ways::check();
    if !support::is_bench() {
        return;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: no instructions are counted");
        return;
    }
    let server = Server::start().expect("a server");
    let mut measure = Way::ALL.map(|way| {
        let count = move |calls| instructions(way, calls, server.address).expect("callgrind counts") as f64;
        move || (count(2 * CALLS) - count(CALLS)) / CALLS as f64
    });
    let counts = support::rounds(ROUNDS, &mut measure.each_mut().map(|m| m as &mut dyn FnMut() -> f64));
    let mut table = support::table(&["way", "instructions a call", "by hand = 1"]);
    for (way, counts_of_way) in Way::ALL.iter().zip(&counts) {
        let ratio = Spread::of_ratio(counts_of_way, &counts[1]);
        table.add_row([
            way.name().into(),
            format!("{:.0}", Spread::of(counts_of_way)),
            format!("{ratio:.3}"),
        ]);
    }
    println!("\n{ROUNDS} rounds of {CALLS} calls\n\n{table}");
}

/// Makes the calls and exits, if this process was started for that.
fn make_if_requested() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [make, way, calls, address] = &arguments[..] else { return };
    if make != MAKE {
        return;
    }
    let way = Way::ALL.into_iter().find(|known| known.name() == way).expect("a way");
    let (calls, address) = (calls.parse().expect("a number"), address.parse().expect("an address"));
    ways::runtime().block_on(async { Ready::new(way, address, 1).await.calls(calls, 1).await });
    std::process::exit(0);
}

fn instructions(way: Way, calls: usize, address: SocketAddr) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([MAKE, way.name(), &calls.to_string(), &address.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.ok_or_else(|| io::Error::other(report))
}
