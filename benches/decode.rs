//! Decoding speed of a list of reports in either spelling, compared with a hand-written struct for one spelling.

mod support;
mod ways;

use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;
use support::Spread;
use ways::generated::types::ReportEnvelope;
use ways::generated::{envelope, hooks, report};
use ways::report::{camel, pascal};
use ways::server::list;

const ROUNDS: usize = 21;
/// Reports decoded in one round: in one long list, or in many short ones.
const REPORTS: usize = 50_000;

fn main() {
    let spellings: [(&str, fn(usize) -> String, fn(&str)); 2] = [
        ("camelCase", list, decode::<camel::Envelope>),
        ("PascalCase", in_pascal_case, decode::<pascal::Envelope>),
    ];
    check(&list(3), |by_hand: camel::Envelope| by_hand.value);
    check(&in_pascal_case(3), |by_hand: pascal::Envelope| by_hand.value);
    if !support::is_bench() {
        return;
    }
    let mut table = support::table(&["list", "by hand, MB/s", "the library, MB/s", "by hand = 1"]);
    for reports in [50, REPORTS] {
        for (spelling, list, by_hand) in spellings {
            let (list, lists) = (list(reports), REPORTS / reports);
            let mut measure = [by_hand, decode::<ReportEnvelope>].map(|decode| {
                let list = &list;
                move || {
                    let began = Instant::now();
                    (0..lists).for_each(|_| decode(list));
                    began.elapsed().as_secs_f64()
                }
            });
            let mut measure = measure.each_mut().map(|m| m as &mut dyn FnMut() -> f64);
            let seconds = support::rounds(ROUNDS, &mut measure);
            let rate = |seconds: &[f64]| {
                let rates: Vec<_> = seconds.iter().map(|s| (list.len() * lists) as f64 / s / 1e6).collect();
                format!("{:.0}", Spread::of(&rates))
            };
            table.add_row([
                format!("{reports} in {spelling}, {} kB", list.len() / 1000),
                rate(&seconds[0]),
                rate(&seconds[1]),
                Spread::of_ratio(&seconds[1], &seconds[0]).to_string(),
            ]);
        }
    }
    println!("\n{ROUNDS} rounds of {REPORTS} reports\n\n{table}");
}

/// Decodes a list and drops it.
fn decode<T: DeserializeOwned>(list: &str) {
    drop(black_box(serde_json::from_slice::<T>(list.as_bytes()).expect("a list")));
}

/// The list in the documented spelling.
fn in_pascal_case(reports: usize) -> String {
    let mut pieces: Vec<_> = list(reports).split('"').map(str::to_owned).collect();
    // Every other piece was in quotes; it is a name if a colon follows.
    for n in (1..pieces.len() - 1).step_by(2) {
        if pieces[n + 1].starts_with(':') {
            pieces[n][..1].make_ascii_uppercase();
        }
    }
    pieces.join("\"")
}

/// Panics unless the hand-written struct and the library read the same.
fn check<T: DeserializeOwned, R: Serialize>(list: &str, reports: fn(T) -> Vec<R>) {
    fn plain(reports: Vec<impl Serialize>) -> Vec<serde_json::Value> {
        let json = |report| serde_json::to_value(report).expect("a report can be serialized");
        reports.into_iter().map(|report| ways::plain_report(json(report))).collect()
    }
    let by_hand = plain(reports(serde_json::from_str(list).expect("a list")));
    let library = serde_json::from_str::<ReportEnvelope>(list).expect("a list");
    assert_eq!(by_hand, plain(library.value.expect("reports")));
    assert!(!by_hand.is_empty());
}
