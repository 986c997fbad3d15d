//! Time of one call, one at a time and with 64 in flight, for each of the four clients.

mod support;
mod ways;

use std::time::Instant;

use support::Spread;
use ways::generated::{envelope, hooks, report};
use ways::server::{Server, serve_if_requested};
use ways::{Ready, Way};

const ROUNDS: usize = 101;

fn main() {
    serve_if_requested();
    ways::check();
    if !support::is_bench() {
        return;
    }
    let server = Server::start().expect("a server");
    for (in_flight, calls) in [(1, 400), (64, 1_280)] {
        let seconds = seconds_a_call(&server, in_flight, calls);
        let by_hand = &seconds[1];
        let mut table =
            support::table(&["way", "µs a call", "calls a second", "calls a second, by hand = 1"]);
        for (way, seconds) in Way::ALL.iter().zip(&seconds) {
            let micros: Vec<_> = seconds.iter().map(|s| s * 1e6).collect();
            table.add_row([
                way.name().to_owned(),
                format!("{:.1}", Spread::of(&micros)),
                format!("{:.0}", 1.0 / Spread::of(seconds).median),
                Spread::of_ratio(by_hand, seconds).to_string(),
            ]);
        }
        println!("\n{in_flight} in flight, {ROUNDS} rounds of {calls} calls\n\n{table}");
    }
}

fn seconds_a_call(server: &Server, in_flight: usize, calls: usize) -> Vec<Vec<f64>> {
    let runtime = ways::runtime();
    let ready = Way::ALL.map(|way| runtime.block_on(Ready::new(way, server.address, in_flight)));
    let mut measure = ready.each_ref().map(|way| {
        || {
            let began = Instant::now();
            runtime.block_on(way.calls(calls, in_flight));
            began.elapsed().as_secs_f64() / calls as f64
        }
    });
    support::rounds(ROUNDS, &mut measure.each_mut().map(|m| m as &mut dyn FnMut() -> f64))
}
