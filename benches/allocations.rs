//! Allocations of one call, for each of the four clients.

mod support;
mod ways;

use allocation_counter::{AllocationInfo, measure};
use ways::generated::{envelope, hooks, report};
use ways::server::{Server, serve_if_requested};
use ways::{Ready, Way};

const CALLS: usize = 1_000;

fn main() {
    serve_if_requested();
    ways::check();
    if !support::is_bench() {
        return;
    }
    let server = Server::start().expect("a server");
    let counts = Way::ALL.map(|way| allocations(way, &server));
    let by_hand = &counts[1];
    let mut table =
        support::table(&["way", "allocations a call", "by hand = 1", "bytes a call", "by hand = 1"]);
    for (way, count) in Way::ALL.iter().zip(&counts) {
        let a_call = |count: u64| format!("{:.1}", count as f64 / CALLS as f64);
        let ratio = |count: u64, of: u64| format!("{:.3}", count as f64 / of as f64);
        table.add_row([
            way.name().to_owned(),
            a_call(count.count_total),
            ratio(count.count_total, by_hand.count_total),
            a_call(count.bytes_total),
            ratio(count.bytes_total, by_hand.bytes_total),
        ]);
    }
    println!("\n{CALLS} calls\n\n{table}");
}

fn allocations(way: Way, server: &Server) -> AllocationInfo {
    let runtime = ways::runtime();
    let ready = runtime.block_on(Ready::new(way, server.address, 1));
    // The first calls open the connection and allocate buffers.
    runtime.block_on(ready.calls(100, 1));
    measure(|| runtime.block_on(ready.calls(CALLS, 1)))
}
