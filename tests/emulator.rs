//! The emulator as a test tool. The contract tests compare its responses with the spec.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use partner_center_insights::emulator::{Emulator, Fault, Scenario};
use partner_center_insights::{ErrorKind, InsightsClient, Report, ReportStatus, RetryPolicy, spec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_012_800)
}

fn report(number: u128, status: ReportStatus) -> Report {
    Report::new(uuid::Uuid::from_u128(number).into()).with_status(status)
}

fn client(emulator: &Emulator) -> InsightsClient {
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// Sends raw bytes, and reads until the connection is closed.
async fn raw(emulator: &Emulator, request: &str) -> String {
    let mut stream = TcpStream::connect(emulator.base_url().trim_start_matches("http://")).await.unwrap();
    let _ = stream.write_all(request.as_bytes()).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

fn get(emulator: &Emulator, path: &str) -> String {
    let token = emulator.token();
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn header_of_a_refusal_can_be_set() {
    let fault = Fault::refuse(429).header("Retry-After", "1");
    let emulator = Emulator::builder().fault(fault).start().await.unwrap();
    let error = client(&emulator).reports().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(Duration::from_secs(1))));
}

#[tokio::test]
async fn dropped_emulator_stops_and_others_continue() {
    let (first, second) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    let stopped = client(&first);
    stopped.reports().await.unwrap();
    drop(first);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(stopped.reports().await.unwrap_err().kind(), ErrorKind::Connect);
    client(&second).reports().await.unwrap();
}

#[tokio::test]
async fn same_seed_and_clock_repeat_every_response() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let builder = Emulator::builder().clock(noon).seed(7).scenario(Scenario::Flaky);
        let emulator = builder.start().await.unwrap();
        let id = emulator.reports()[0].report_id;
        let mut responses = Vec::new();
        for path in ["", &format!("/execution/{id}?getLatestExecution=false"), "/execution/none"].repeat(10) {
            let request = get(&emulator, &format!("/insights/v1/mpn/ScheduledReport{path}"));
            let response = raw(&emulator, &request).await;
            // hyper sets the date header from the real clock.
            let lines: Vec<_> = response.lines().filter(|line| !line.starts_with("date: ")).collect();
            responses.push(lines.join("\n"));
        }
        runs.push(responses);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].iter().any(String::is_empty), "no connection was closed");
}

#[tokio::test]
async fn sample_has_paused_and_active_reports() {
    let sample = Emulator::start().await.unwrap().reports();
    assert!(sample.iter().filter(|report| report.is_paused()).count() >= 2);
    assert!(sample.iter().any(Report::is_active));
}

#[tokio::test]
async fn resume_sets_status_and_modified_time() {
    let emulator =
        Emulator::builder().clock(noon).reports([report(1, ReportStatus::Paused)]).start().await.unwrap();
    let id = emulator.reports()[0].report_id;
    let resumed = client(&emulator).resume(id).await.unwrap().unwrap();
    assert_eq!(resumed.report_status, Some(ReportStatus::Active));
    assert_eq!(resumed.modified_time.as_ref().unwrap().to_system_time(), Some(noon()));
    assert_eq!(emulator.report(id), Some(resumed));
}

#[tokio::test]
async fn executions_missed_in_a_pause_are_not_repeated() {
    let today = Arc::new(AtomicU32::new(0));
    let day = today.clone();
    let clock = move || noon() + DAY * day.load(Ordering::Relaxed) + DAY / 2;
    let report = report(1, ReportStatus::Active).with_schedule(noon(), 24, 100);
    let id = report.report_id;
    let emulator = Emulator::builder().reports([report]).clock(clock).start().await.unwrap();
    let client = client(&emulator);
    let completed = async || client.executions(id).await.unwrap().len();
    let count = async |status: &str| client.executions(id).status(status.into()).await.unwrap().len();

    today.store(2, Ordering::Relaxed);
    assert_eq!(completed().await, 3);
    client.pause(id).await.unwrap();
    today.store(5, Ordering::Relaxed);
    assert_eq!((completed().await, count("Paused").await), (3, 1));
    client.resume(id).await.unwrap();
    assert_eq!((completed().await, count("Pending").await), (3, 1));
    today.store(6, Ordering::Relaxed);
    assert_eq!(completed().await, 4);
}

#[tokio::test]
async fn report_without_interval_has_one_execution() {
    let mut report = report(1, ReportStatus::Active);
    report.start_time = Some(noon().into());
    let id = report.report_id;
    let clock = || noon() + DAY * 30;
    let emulator = Emulator::builder().reports([report]).clock(clock).start().await.unwrap();
    assert_eq!(client(&emulator).executions(id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn reports_json_accepts_lists_and_envelopes() {
    let sample = Emulator::start().await.unwrap().reports();
    let list = serde_json::to_string(&sample).unwrap();
    let envelope = format!(r#"{{"value":{list},"statusCode":200}}"#);
    for json in [list, envelope] {
        let emulator = Emulator::builder().reports_json(&json).unwrap().start().await.unwrap();
        assert_eq!(emulator.reports(), sample);
    }
}

#[test]
fn reports_json_says_what_is_wrong() {
    for (bad, expected) in [
        ("", "EOF"),
        ("7", "invalid type"),
        ("{}", "missing field `value`"),
        (r#"{"reports":[]}"#, "missing field `value`"),
        (r#"[{"reportName":"no id"}]"#, "reportId"),
        (r#"{"value":[{"reportName":"no id"}]}"#, "reportId"),
    ] {
        let error = Emulator::builder().reports_json(bad).unwrap_err().to_string();
        assert!(error.contains(expected), "{bad}: {error}");
    }
}

#[tokio::test]
async fn unspecified_address_has_a_usable_base_url() {
    let emulator = Emulator::builder().listen(([0, 0, 0, 0], 0).into()).start().await.unwrap();
    let client =
        InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build().unwrap();
    assert_eq!(client.reports().await.unwrap(), emulator.reports());
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let emulator = Emulator::start().await.unwrap();
    let target = "/insights/v1/mpn/ScheduledReport";
    let head = get(&emulator, target);
    let long = get(&emulator, &format!("{target}?reportName={}", "a".repeat(1_000_000)));
    let many = head.replace("\r\nhost", &format!("\r\n{}host", "x: y\r\n".repeat(10_000)));
    let body = head.replace("connection", "content-length: 3\r\nconnection") + "{}\n";
    let chunked =
        head.replace("connection", "transfer-encoding: chunked\r\nconnection") + "2\r\n{}\r\n0\r\n\r\n";
    for (name, request, expected) in [
        ("a long target", long, vec!["", "414", "431"]),
        ("many headers", many, vec!["", "431"]),
        ("a body", body, vec!["400"]),
        ("a chunked body", chunked, vec!["400"]),
        ("not HTTP", "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(), vec!["", "400"]),
        ("a parameter twice", get(&emulator, &format!("{target}?queryId=a&queryId=b")), vec!["400"]),
        ("bytes that are not UTF-8", get(&emulator, &format!("{target}?reportName=%ff%00")), vec!["404"]),
        ("dots in the path", get(&emulator, &format!("{target}/execution/..%2f..")), vec!["400"]),
    ] {
        let response = raw(&emulator, &request).await;
        let status = response.split(' ').nth(1).unwrap_or_default();
        assert!(expected.contains(&status), "{name}: {response:.200}");
    }
    client(&emulator).reports().await.unwrap();
}

#[tokio::test]
async fn body_of_more_than_two_megabytes_is_refused() {
    let emulator = Emulator::start().await.unwrap();
    let length = (2 << 20) + 1;
    let head = get(&emulator, "/insights/v1/mpn/ScheduledReport").replace("GET", "POST");
    let head = head.replace("connection: close", &format!("content-length: {length}"));
    let response = raw(&emulator, &(head + &" ".repeat(length))).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response:.200}");
    assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
    assert!(response.contains("The request payload is larger than 2 MB."), "{response}");
}

#[tokio::test]
async fn request_without_a_path_is_refused() {
    let emulator = Emulator::start().await.unwrap();
    let response = raw(&emulator, &get(&emulator, "*").replace("GET", "OPTIONS")).await;
    assert!(response.starts_with("HTTP/1.1 404 "), "{response:.200}");
    let path = "/insights/v1/mpn/ScheduledReport/resume/%ff";
    let response = raw(&emulator, &get(&emulator, path).replace("GET", "PUT")).await;
    assert!(response.starts_with("HTTP/1.1 400 "), "{response:.200}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_concurrent_clients_are_served() {
    let reports = (0..1000).map(|number| report(number, ReportStatus::Paused));
    let emulator = &Emulator::builder().reports(reports).start().await.unwrap();
    let calls = emulator.reports().into_iter().map(async |report| {
        let path = format!("/insights/v1/mpn/ScheduledReport/resume/{}", report.report_id);
        let request = get(emulator, &path).replace("GET", "PUT");
        raw(emulator, &request.replace("connection", "content-length: 0\r\nconnection")).await
    });
    let responses = futures_util::future::join_all(calls).await;
    assert!(responses.iter().all(|response| response.starts_with("HTTP/1.1 200 ")));
    assert!(emulator.reports().iter().all(Report::is_active));
}

#[tokio::test]
async fn failed_assertion_lists_the_requests() {
    let emulator = Emulator::builder().fault(Fault::refuse(500)).start().await.unwrap();
    client(&emulator).reports().await.unwrap_err();
    emulator.assert_requests(&spec::GET_REPORTS, 1);
    assert_eq!(emulator.request_count(), 1);
    let failed = catch_unwind(AssertUnwindSafe(|| emulator.assert_requests(&spec::GET_REPORTS, 2)));
    let message = *failed.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("expected 2 × getReports, got 1"), "{message}");
    assert!(message.contains("GET /insights/v1/mpn/ScheduledReport -> 500"), "{message}");
}

#[tokio::test]
async fn fault_on_an_operation_spares_the_others() {
    let fault = Fault::refuse(500).on(&spec::PAUSE_REPORT_EXECUTIONS);
    let reports = [report(1, ReportStatus::Paused)];
    let emulator = Emulator::builder().reports(reports).fault(fault).start().await.unwrap();
    let (client, id) = (client(&emulator), emulator.reports()[0].report_id);
    client.resume(id).await.unwrap();
    assert_eq!(client.pause(id).await.unwrap_err().status(), Some(500));
    assert_eq!(emulator.requests()[1].operation, Some(&spec::PAUSE_REPORT_EXECUTIONS));
}

/// The schemas describe what `Serialize` writes, because that is what users validate.
#[cfg(feature = "schemars")]
#[tokio::test]
async fn json_schemas_describe_serialized_values() {
    let mut report = report(1, ReportStatus::Active).with_schedule(noon(), 24, 100);
    report.format = Some("csv".to_owned());
    let id = report.report_id;
    let emulator = Emulator::builder().reports([report]).clock(|| noon() + DAY).start().await.unwrap();
    let execution = client(&emulator).executions(id).await.unwrap().remove(0);

    let check = |schema: schemars::Schema, mut value: serde_json::Value, field: &str| {
        let validator = jsonschema::validator_for(&schema.into()).unwrap();
        assert_eq!(validator.validate(&value).map_err(|error| error.to_string()), Ok(()));
        value[field] = serde_json::json!(7);
        assert!(!validator.is_valid(&value), "{field}");
    };
    let report = serde_json::to_value(&emulator.reports()[0]).unwrap();
    check(schemars::schema_for!(Report), report, "startTime");
    let execution = serde_json::to_value(execution).unwrap();
    check(schemars::schema_for!(partner_center_insights::Execution), execution, "reportAccessSecureLink");
}

#[cfg(all(feature = "emulator-tls", feature = "rustls"))]
#[tokio::test]
async fn tls_requires_trust_in_the_authority() {
    let emulator = Emulator::builder().tls().start().await.unwrap();
    assert!(emulator.base_url().starts_with("https://localhost:"));
    let error = client(&emulator).reports().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1));
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let trusting = builder.root_certificate(emulator.root_certificate().unwrap()).build().unwrap();
    let paused = trusting.reports().status(ReportStatus::Paused).await.unwrap();
    assert!(trusting.resume(paused[0].report_id).await.unwrap().unwrap().is_active());
}
