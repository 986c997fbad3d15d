//! The emulator as a tool: what tests that stand on it rely on. What it answers is held to the contract elsewhere.

use std::time::{Duration, SystemTime};

use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, Scenario};
use partner_center_insights::{ErrorKind, InsightsClient, Report, ReportStatus, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn reports(count: u128) -> Vec<Report> {
    let report = |number| {
        let id = uuid::Uuid::from_u128(number);
        serde_json::from_value(serde_json::json!({ "reportId": id, "reportStatus": "Paused" })).unwrap()
    };
    (1..=count).map(report).collect()
}

fn client(emulator: &Emulator) -> InsightsClient {
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// Sends bytes as they are, and reads until the connection ends.
async fn raw(emulator: &Emulator, request: &str) -> String {
    let mut stream = TcpStream::connect(emulator.base_url().trim_start_matches("http://")).await.unwrap();
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(emulator: &Emulator, path: &str) -> String {
    let token = emulator.token();
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn several_run_at_once_and_each_stops_when_it_is_dropped() {
    let (first, second) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    assert_ne!(first.base_url(), second.base_url());
    let gone = client(&first);
    gone.reports().await.unwrap();
    drop(first);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(gone.reports().await.unwrap_err().kind(), ErrorKind::Connect);
    client(&second).reports().await.unwrap();
}

#[tokio::test]
async fn the_same_seed_and_clock_give_the_same_answers_byte_for_byte() {
    let builder = || -> EmulatorBuilder {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
        Emulator::builder().clock(move || noon).seed(7).scenario(Scenario::Flaky)
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let emulator = builder().start().await.unwrap();
        let id = emulator.reports()[0].report_id;
        let mut answers = Vec::new();
        for path in ["", &format!("/execution/{id}?getLatestExecution=false"), "/execution/none"].repeat(10) {
            let answer =
                raw(&emulator, &get(&emulator, &format!("/insights/v1/mpn/ScheduledReport{path}"))).await;
            // The server's own clock is nobody's to set.
            answers.push(
                answer.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n"),
            );
        }
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].iter().any(String::is_empty), "no connection was dropped");
}

#[tokio::test]
async fn a_change_is_seen_in_status_and_time_and_the_sample_has_something_to_do() {
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    let emulator = Emulator::builder().clock(move || noon).start().await.unwrap();
    let paused: Vec<_> = emulator.reports().into_iter().filter(Report::is_paused).collect();
    assert!(paused.len() >= 2 && emulator.reports().iter().any(Report::is_active));
    let id = paused[0].report_id;
    let resumed = client(&emulator).resume(id).await.unwrap().unwrap();
    assert_eq!(resumed.report_status, Some(ReportStatus::Active));
    assert_eq!(resumed.modified_time.as_ref().unwrap().to_system_time(), Some(noon));
    assert_eq!(emulator.report(id), Some(resumed));
}

#[tokio::test]
async fn what_was_due_in_a_pause_is_not_made_up_for() {
    let day = Duration::from_secs(24 * 60 * 60);
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_012_800);
    let today = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let clock = {
        let today = today.clone();
        move || start + day * today.load(std::sync::atomic::Ordering::Relaxed) + day / 2
    };
    let mut report = reports(1).remove(0);
    (report.report_status, report.recurrence_interval) = (Some(ReportStatus::Active), Some(24));
    report.start_time = Some(start.into());
    let id = report.report_id;
    let emulator = Emulator::builder().reports([report]).clock(clock).start().await.unwrap();
    let client = client(&emulator);
    let set = |number| today.store(number, std::sync::atomic::Ordering::Relaxed);
    let completed = async || client.executions(id).await.unwrap().len();

    set(2);
    assert_eq!(completed().await, 3);
    client.pause(id).await.unwrap();
    set(5);
    assert_eq!(completed().await, 3);
    assert_eq!(client.executions(id).status("Paused".into()).await.unwrap().len(), 1);
    client.resume(id).await.unwrap();
    assert_eq!(completed().await, 3);
    assert_eq!(client.executions(id).status("Pending".into()).await.unwrap().len(), 1);
    set(6);
    assert_eq!(completed().await, 4);
}

#[tokio::test]
async fn a_report_without_an_interval_has_one_execution_at_most() {
    let mut report = reports(1).remove(0);
    report.start_time = Some("2026-09-03T12:26:18Z".into());
    report.modified_time = Some("2026-09-03T12:00:00Z".into());
    let id = report.report_id;
    let emulator = Emulator::builder().reports([report]).start().await.unwrap();
    assert_eq!(client(&emulator).executions(id).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_written_out_can_be_read_back() {
    let sample = Emulator::start().await.unwrap().reports();
    let list = serde_json::to_string(&sample).unwrap();
    let envelope = format!(r#"{{"value":{list},"statusCode":200}}"#);
    for json in [list, envelope] {
        let emulator = Emulator::builder().reports_json(&json).unwrap().start().await.unwrap();
        assert_eq!(emulator.reports(), sample);
    }
    for (bad, said) in [
        ("", "EOF"),
        ("7", "invalid type"),
        ("{}", "missing field `value`"),
        (r#"{"reports":[]}"#, "missing field `value`"),
        (r#"[{"reportName":"no id"}]"#, "ReportId"),
        (r#"{"value":[{"reportName":"no id"}]}"#, "ReportId"),
    ] {
        let error = Emulator::builder().reports_json(bad).unwrap_err().to_string();
        assert!(error.contains(said), "{bad}: {error}");
    }
}

#[tokio::test]
async fn at_all_interfaces_it_tells_an_address_that_can_be_called() {
    let emulator = Emulator::builder().listen(([0, 0, 0, 0], 0).into()).start().await.unwrap();
    let client =
        InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build().unwrap();
    assert_eq!(client.reports().await.unwrap(), emulator.reports());
}

#[tokio::test]
async fn requests_beyond_all_bounds_end_without_harm() {
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
        ("no HTTP", "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(), vec!["", "400"]),
        ("a parameter twice", get(&emulator, &format!("{target}?queryId=a&queryId=b")), vec!["400"]),
        ("bytes that are no text", get(&emulator, &format!("{target}?reportName=%ff%00")), vec!["404"]),
        ("dots in the path", get(&emulator, &format!("{target}/execution/..%2f..")), vec!["400"]),
    ] {
        let answer = raw(&emulator, &request).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(expected.contains(&status), "{name}: {answer:.200}");
    }
    client(&emulator).reports().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_at_once_are_served_without_an_error() {
    let emulator = Emulator::builder().reports(reports(1000)).start().await.unwrap();
    let calls = emulator.reports().into_iter().map(|report| {
        let path = format!("/insights/v1/mpn/ScheduledReport/resume/{}", report.report_id);
        let request = get(&emulator, &path)
            .replace("GET", "PUT")
            .replace("connection", "content-length: 0\r\nconnection");
        let emulator = &emulator;
        async move { raw(emulator, &request).await }
    });
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")));
    assert!(emulator.reports().iter().all(Report::is_active));
}

#[tokio::test]
async fn an_assertion_that_fails_says_what_was_expected_and_what_came() {
    let emulator = Emulator::builder().fault(Fault::refuse(500)).start().await.unwrap();
    client(&emulator).reports().await.unwrap_err();
    emulator.assert_requests("getReports", 1);
    assert_eq!(emulator.request_count(), 1);
    let failed =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| emulator.assert_requests("getReports", 2)));
    let message = *failed.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("expected 2 × getReports, got 1"), "{message}");
    assert!(message.contains("GET /insights/v1/mpn/ScheduledReport -> 500"), "{message}");
}

#[cfg(all(feature = "emulator-tls", feature = "rustls"))]
#[tokio::test]
async fn over_tls_only_those_who_trust_its_authority_get_through() {
    let emulator = Emulator::builder().tls().start().await.unwrap();
    assert!(emulator.base_url().starts_with("https://localhost:"));
    let error = client(&emulator).reports().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1));
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let trusting = builder.root_certificate(emulator.root_certificate().unwrap()).build().unwrap();
    let paused = trusting.reports().status(ReportStatus::Paused).await.unwrap();
    assert!(trusting.resume(paused[0].report_id).await.unwrap().unwrap().is_active());
}
