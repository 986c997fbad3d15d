//! Four clients for the same call. [`check`] verifies that they send the same request and return the same report.

// No benchmark uses all of it.
#![allow(dead_code)]

pub mod by_hand;
pub mod generated;
pub mod hyper_alone;
pub mod report;
pub mod server;

use std::cell::RefCell;
use std::hint::black_box;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use partner_center_insights::{InsightsClient, ReportId};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use uuid::{Uuid, uuid};

pub const ID: Uuid = uuid!("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4");
const BASE_PATH: &str = "/insights/v1/mpn";
/// The library's own settings, for all clients.
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);

/// Each client runs on one thread.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A token of realistic length.
fn token() -> String {
    "eyJ0eXAiOiJKV1Qi".repeat(100)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    HyperAlone,
    ByHand,
    Generated,
    Client,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::HyperAlone, Self::ByHand, Self::Generated, Self::Client];

    pub fn name(self) -> &'static str {
        match self {
            Self::HyperAlone => "hyper alone",
            Self::ByHand => "reqwest and serde by hand",
            Self::Generated => "the generated client",
            Self::Client => "the library",
        }
    }
}

/// A client, which connects on its first calls.
pub enum Ready {
    HyperAlone(hyper_alone::Client),
    ByHand(by_hand::Client),
    Generated(generated::Client),
    Client(InsightsClient),
}

impl Ready {
    pub async fn new(way: Way, address: SocketAddr, in_flight: usize) -> Self {
        let origin = format!("http://{address}");
        let base_url = format!("{origin}{BASE_PATH}");
        match way {
            Way::HyperAlone => Self::HyperAlone(hyper_alone::Client::new(address, in_flight).await),
            Way::ByHand => Self::ByHand(by_hand::Client::new(base_url, token())),
            Way::Generated => Self::Generated(generated::new(&base_url, &token())),
            Way::Client => {
                let client = InsightsClient::builder().base_url(origin).token(token()).build();
                Self::Client(client.expect("a client"))
            }
        }
    }

    /// Makes `count` calls, `in_flight` of them at a time.
    pub async fn calls(&self, count: usize, in_flight: usize) {
        let id = ReportId::from(ID);
        match self {
            Self::HyperAlone(client) => repeat(count, in_flight, async |n| client.resume(n, ID).await).await,
            Self::ByHand(client) => repeat(count, in_flight, async |_| client.resume(ID).await).await,
            Self::Generated(client) => {
                repeat(count, in_flight, async |_| client.resume_report_executions(&id).await).await;
            }
            Self::Client(client) => repeat(count, in_flight, async |_| client.resume(id).await).await,
        }
    }

    /// Requests a list, and returns the number of its reports.
    pub async fn list(&self) -> usize {
        match self {
            Self::HyperAlone(_) => unreachable!("not measured"),
            Self::ByHand(client) => black_box(client.reports().await.expect("a list")).len(),
            Self::Generated(client) => {
                let response = client.get_reports(None, None, None).await.expect("a list");
                black_box(response.into_inner().value).expect("reports").len()
            }
            Self::Client(client) => black_box(client.reports().await.expect("a list")).len(),
        }
    }

    /// The report that one call returns, as JSON.
    async fn report(&self) -> Value {
        let id = ReportId::from(ID);
        let report = match self {
            Self::HyperAlone(client) => serde_json::to_value(client.resume(0, ID).await.expect("a response")),
            Self::ByHand(client) => serde_json::to_value(client.resume(ID).await.expect("a response")),
            Self::Generated(client) => {
                let response = client.resume_report_executions(&id).await.expect("a response");
                serde_json::to_value(&response.value.as_ref().expect("reports")[0])
            }
            Self::Client(client) => serde_json::to_value(client.resume(id).await.expect("a response")),
        };
        report.expect("a report can be serialized")
    }
}

/// Repeats a call. The cost of the loop is negligible.
async fn repeat<T, E: std::fmt::Debug>(
    count: usize,
    in_flight: usize,
    call: impl AsyncFn(usize) -> Result<T, E>,
) {
    let one_after_another = |worker| {
        let call = &call;
        async move {
            for _ in 0..count / in_flight {
                black_box(call(worker).await.expect("a response"));
            }
        }
    };
    if in_flight == 1 {
        one_after_another(0).await;
    } else {
        join_all((0..in_flight).map(one_after_another)).await;
    }
}

/// Panics unless the four send the same request and return the same report.
pub fn check() {
    runtime().block_on(async {
        let (listener, address) = server::listen().await;
        let body = server::list(1);
        let heads = Rc::new(RefCell::new(Vec::new()));
        let seen = heads.clone();
        let calls = async {
            let mut reports = Vec::new();
            for way in Way::ALL {
                reports.push(plain_report(Ready::new(way, address, 1).await.report().await));
            }
            reports
        };
        let reports = tokio::select! {
            reports = calls => reports,
            () = server::serve(listener, &body, move |head| seen.borrow_mut().push(plain_head(head))) => unreachable!(),
        };
        let heads = heads.borrow();
        for (n, way) in Way::ALL.iter().enumerate() {
            assert_eq!(heads[n], heads[0], "{} sends a different request", way.name());
            assert_eq!(reports[n], reports[0], "{} returns a different report", way.name());
        }
        assert_eq!(heads.len(), Way::ALL.len());
    });
}

/// The sorted lines of a head, with the length in place of the random ids.
fn plain_head(head: &str) -> Vec<String> {
    let plain = |line: &str| match line.split_once(": ") {
        Some((name @ ("ms-requestid" | "ms-correlationid"), id)) => format!("{name}: {} bytes", id.len()),
        _ => line.to_owned(),
    };
    let mut lines: Vec<_> = head.lines().map(plain).collect();
    lines[1..].sort();
    lines
}

/// A report without null members, and with names in camelCase.
pub fn plain_report(report: Value) -> Value {
    let Value::Object(members) = report else { return report };
    let camel = |name: String| name[..1].to_ascii_lowercase() + &name[1..];
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (camel(name), value))
        .collect()
}
