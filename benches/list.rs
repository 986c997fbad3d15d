//! Time and memory of a list of reports over HTTP, compared with reqwest and serde by hand.

mod support;
mod ways;

use std::time::Instant;

use allocation_counter::measure;
use support::Spread;
use tokio::runtime::Runtime;
use ways::generated::{envelope, hooks, report};
use ways::server::{Server, serve_if_requested};
use ways::{Ready, Way};

const WAYS: [Way; 2] = [Way::ByHand, Way::Client];
const ROUNDS: usize = 51;
/// Number of reports in the longest list, and the maximum in all lists of one round.
const REPORTS: usize = 20_000;

fn main() {
    serve_if_requested();
    if !support::is_bench() {
        return;
    }
    let mut table = support::table(&[
        "reports in a list",
        "by hand, lists a second",
        "the library, lists a second",
        "by hand = 1",
        "by hand, peak memory in KiB",
        "the library, peak memory in KiB",
    ]);
    for reports in [1, 50, REPORTS] {
        let server = Server::of_list(reports).expect("a server");
        let runtime = ways::runtime();
        let ready = WAYS.map(|way| runtime.block_on(Ready::new(way, server.address, 1)));
        let lists = (REPORTS / reports).min(1000);
        let mut seconds_a_list = ready.each_ref().map(|way| {
            || {
                let began = Instant::now();
                (0..lists).for_each(|_| list(&runtime, way, reports));
                began.elapsed().as_secs_f64() / lists as f64
            }
        });
        let mut measured = seconds_a_list.each_mut().map(|m| m as &mut dyn FnMut() -> f64);
        let seconds = support::rounds(ROUNDS, &mut measured);
        let rate = |seconds: &[f64]| {
            let rates: Vec<_> = seconds.iter().map(|seconds| 1.0 / seconds).collect();
            format!("{:.0}", Spread::of(&rates))
        };
        let peak = |way| measure(|| list(&runtime, way, reports)).bytes_max / 1024;
        table.add_row([
            reports.to_string(),
            rate(&seconds[0]),
            rate(&seconds[1]),
            Spread::of_ratio(&seconds[1], &seconds[0]).to_string(),
            peak(&ready[0]).to_string(),
            peak(&ready[1]).to_string(),
        ]);
    }
    println!("\n{ROUNDS} rounds\n\n{table}");
}

/// Reads a list and drops it.
fn list(runtime: &Runtime, way: &Ready, reports: usize) {
    assert_eq!(runtime.block_on(way.list()), reports);
}
