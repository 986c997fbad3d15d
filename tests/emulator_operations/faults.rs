//! Scenarios, and what is logged.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use partner_center_insights::emulator::Scenario;
use reqwest::Method;
use serde_json::Value;

use crate::{Service, once, refused};

/// A writer that collects the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn partial_scenario_refuses_every_third_change() {
    let service = Service::with(|builder| builder.scenario(Scenario::Partial)).await;
    let path = format!("ScheduledReport/resume/{}", service.emulator.reports()[0].report_id);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(service.send(Method::PUT, &path, None).await.0);
    }
    assert_eq!(statuses, [200, 200, 403, 200, 200, 403]);
}

#[tokio::test]
async fn expired_token_scenario_refuses_every_request() {
    let service = Service::with(|builder| builder.scenario(Scenario::ExpiredToken)).await;
    refused(service.get("ScheduledReport").await, 401, "Unauthorized");
}

#[tokio::test]
async fn slow_scenario_takes_two_seconds() {
    let service = Service::with(|builder| builder.scenario(Scenario::Slow)).await;
    let began = Instant::now();
    assert_eq!(service.get("ScheduledReport").await.0, 200);
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn errors_scenario_has_each_documented_status() {
    let service = Service::with(|builder| builder.scenario(Scenario::Errors)).await;
    let url = format!("{}/insights/v1/mpn/ScheduledReport", service.emulator.base_url());
    let mut responses = Vec::new();
    for _ in 0..7 {
        let response = service.http.get(&url).bearer_auth(service.emulator.token()).send().await.unwrap();
        let status = response.status().as_u16();
        let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        let body: Value = response.json().await.unwrap();
        responses.push((status, body["statusCode"].as_u64().unwrap(), wait));
        assert_eq!(body["message"].is_string(), responses.len() != 6, "{body}");
    }
    let wait = Some("1".to_owned());
    let expected = [(400, 400, None), (403, 403, None), (429, 429, wait), (500, 500, None)];
    assert_eq!(responses[..4], expected);
    assert_eq!(responses[4..], [(200, 404, None), (200, 200, None), (400, 400, None)]);
}

#[tokio::test]
async fn log_has_method_template_and_status() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG);
    let subscriber = subscriber.with_ansi(false).with_writer(move || writer.clone()).finish();
    // Global, because a concurrent test without a subscriber could disable the event for all threads.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = Service::start().await;
    let id = service.create(&once()).await;
    service.delete(&format!("ScheduledReport/{id}")).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("DELETE /ScheduledReport/{reportId} -> 200"), "{text}");
    assert!(!text.contains(&id) && !text.contains(service.emulator.token()), "{text}");
}

#[tokio::test]
async fn malformed_header_is_refused_by_name() {
    let service = Service::start().await;
    let url = format!("{}/insights/v1/mpn/ScheduledQueries", service.emulator.base_url());
    let status = async |name: &str, value: &str| {
        let request = service.http.get(&url).bearer_auth(service.emulator.token()).header(name, value);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let uuid = "2f7a9c14-6e0b-4d35-8a91-c3d2e5f60718";
    for (name, good, bad, expected) in [
        ("MS-RequestId", uuid, ["", "{}"], "must be a UUID"),
        ("MS-CorrelationId", uuid, ["", "sales"], "must be a UUID"),
        ("ValidateMfa", "true", ["", "1"], "must be true or false"),
    ] {
        assert_eq!(status(name, good).await.0, 200, "{name}");
        for bad in bad {
            let (refused, body) = status(name, bad).await;
            assert_eq!(refused, 400, "{name}: {bad}");
            assert!(body.contains(&format!("Parameter '{name}' {expected}.")), "{body}");
        }
    }
}
