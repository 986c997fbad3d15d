//! Logs of all layers, at trace level.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use partner_center_insights::InsightsClient;
use partner_center_insights::auth::RefreshToken;
use serde_json::json;
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Metadata, Subscriber, dispatcher};

use crate::fake::{self, Response, Server};
use crate::{ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN, REPORT, entra, holds_no_secret, rotated};

static LINES: Mutex<String> = Mutex::new(String::new());

/// Collects records of `log`, and events and spans of `tracing`.
struct Collector(AtomicU64);

static LOGGER: Collector = Collector(AtomicU64::new(1));

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(LINES.lock().unwrap(), "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

fn collect(metadata: &Metadata<'_>, fields: Fields) {
    let _ = writeln!(LINES.lock().unwrap(), "{} {}{}", metadata.target(), metadata.name(), fields.0);
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        collect(span.metadata(), fields);
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        let _ = writeln!(LINES.lock().unwrap(), "{}", fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        collect(event.metadata(), fields);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn no_layer_logs_a_secret_at_trace_level() {
    log::set_logger(&LOGGER).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let _guard = dispatcher::set_default(&Dispatch::new(Collector(AtomicU64::new(1))));

    let body = json!({"value": [], "totalCount": 0, "message": null, "statusCode": 200});
    let api = Server::start(vec![Response::json(200, &body)]).await;
    let entra_server = Server::start(vec![rotated(ACCESS_TOKEN, "0.AXoA-refresh.R2")]).await;
    let source = RefreshToken::new(entra(&entra_server), REFRESH_TOKEN).client_secret(CLIENT_SECRET);
    let client = InsightsClient::builder().token_source(source).base_url(api.url());
    client.root_certificate(fake::root()).build().unwrap().resume(REPORT).await.unwrap();
    assert_eq!((entra_server.count(), api.count()), (1, 1));

    let lines = LINES.lock().unwrap().clone();
    assert!(lines.contains("localhost"), "nothing was logged: {lines}");
    holds_no_secret(&lines);
}
