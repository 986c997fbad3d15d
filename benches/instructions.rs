//! Instructions of one call, and of a list, for each client, counted by callgrind.
//!
//! Each client runs in a process of its own, once with `CALLS` calls and once with twice as many: the difference
//! excludes the startup. The kernel and the server are not counted. Counts hardly vary, so there are no rounds.

mod support;
mod ways;

use std::net::SocketAddr;
use std::process::Command;
use std::{env, io};

use ways::generated::{envelope, hooks, report};
use ways::server::{Server, serve_if_requested};
use ways::{Ready, Way};

const CALLS: usize = 300;
/// The argument that starts the process whose instructions are counted.
const MAKE: &str = "--make";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Resume,
    List,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::List => "list",
        }
    }

    fn ways(self) -> &'static [Way] {
        match self {
            Self::Resume => &Way::ALL,
            Self::List => &[Way::ByHand, Way::Generated, Way::Client],
        }
    }
}

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
    let mut table = support::table(&["task", "way", "instructions", "by hand = 1"]);
    for (label, task, reports) in
        [("resume", Task::Resume, 1), ("list of 1", Task::List, 1), ("list of 50", Task::List, 50)]
    {
        let server = Server::of_list(reports).expect("a server");
        let of = |way| {
            let count = |calls| instructions(way, task, calls, server.address).expect("a count");
            (count(2 * CALLS) - count(CALLS)) as f64 / CALLS as f64
        };
        let by_hand = of(Way::ByHand);
        for way in task.ways() {
            let count = of(*way);
            let ratio = format!("{:.3}", count / by_hand);
            table.add_row([label.to_owned(), way.name().into(), format!("{count:.0}"), ratio]);
        }
    }
    println!("\n{CALLS} calls\n\n{table}");
}

/// Makes the calls and exits, if this process was started for that.
fn make_if_requested() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [make, way, task, calls, address] = &arguments[..] else { return };
    if make != MAKE {
        return;
    }
    let way = Way::ALL.into_iter().find(|known| known.name() == way).expect("a way");
    let (calls, address) = (calls.parse().expect("a number"), address.parse().expect("an address"));
    ways::runtime().block_on(async {
        let ready = Ready::new(way, address, 1).await;
        if task == Task::Resume.name() {
            return ready.calls(calls, 1).await;
        }
        for _ in 0..calls {
            ready.list().await;
        }
    });
    std::process::exit(0);
}

fn instructions(way: Way, task: Task, calls: usize, address: SocketAddr) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([MAKE, way.name(), task.name(), &calls.to_string(), &address.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.ok_or_else(|| io::Error::other(report))
}
