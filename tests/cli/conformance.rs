//! `conformance`: what it sends, and which deviations it names.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    CORRELATION_ID, EMPTY_LIST, NO_ITEM_FOUND, REPORT_ID, Request, Server, Step, html, json as json_response,
    response,
};
use crate::{ACTIVE, Finished, TOKEN, bare, emulator, finish, run};

/// A report that conforms to the spec.
fn report() -> Value {
    json!({ "reportId": REPORT_ID, "reportName": "Secret sales", "reportStatus": "Active", "recurrenceInterval": 24,
        "query": "SELECT Secret FROM Secrets", "user": "secret@partner.example" })
}

fn list(report: Value) -> Value {
    json!({ "value": [report], "totalCount": 1, "message": null, "statusCode": 200, "nextLink": null })
}

/// The response that the spec documents for a request.
fn documented(request: &Request) -> Vec<u8> {
    let refusal = |status: u16| {
        json!({ "value": [], "totalCount": 0, "message": "Refused.", "statusCode": status }).to_string()
    };
    let target = &request.target;
    if request.header("authorization").is_none() {
        return json_response(401, &refusal(401));
    }
    if target.contains("not-a-uuid") {
        return json_response(400, &refusal(400));
    }
    if target.contains("Dataset") || target.contains("Queries") {
        return json_response(200, EMPTY_LIST);
    }
    let is_known = !target.contains("execution") && (target.contains(REPORT_ID) || !target.contains('?'));
    if is_known { json_response(200, &list(report()).to_string()) } else { json_response(404, NO_ITEM_FOUND) }
}

/// A server that sends this response to the list of reports, and documented responses to all other requests.
async fn listing(reports: Vec<u8>) -> Server {
    Server::with_responder(None, move |number, request| {
        vec![Step::Send(if number == 0 { reports.clone() } else { documented(request) })]
    })
    .await
}

/// Runs the command, and returns its result and its rows.
async fn conformance(server: &Server) -> (Finished, Vec<Value>) {
    conformance_with(server, &[]).await
}

async fn conformance_with(server: &Server, args: &[&str]) -> (Finished, Vec<Value>) {
    let mut command = bare();
    command.env("PARTNER_CENTER_BASE_URL", server.url()).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
    let finished = finish(command.args(["conformance", "--output", "json"]).args(args)).await;
    let rows = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    (finished, rows)
}

fn is_deviation(row: &Value) -> bool {
    row["verdict"] == "differs" || row["verdict"] == "undocumented"
}

/// The rows as evidence has them: without the found values, and without the name of the unknown field.
fn without_values(rows: &[Value]) -> Vec<Value> {
    let without = |row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove("found");
        if row["place"] == "value[].tier" {
            row["place"] = "value[].unknown-1".into();
        }
        row
    };
    rows.iter().map(without).collect()
}

#[tokio::test]
async fn every_check_passes_on_the_emulator() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["conformance", "--output", "json"]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let rows: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
    let confirmed = rows.iter().filter(|row| row["verdict"] == "as-documented");
    let checks: BTreeSet<_> = confirmed.map(|row| row["check"].as_str().unwrap()).collect();
    let all = [
        "assumption",
        "content-type",
        "count",
        "fields",
        "header",
        "json",
        "paging",
        "request",
        "schema",
        "spelling",
        "status",
        "words",
    ];
    assert_eq!(checks, BTreeSet::from(all));
    // The sample has an undocumented status on purpose.
    let deviations: Vec<_> = rows.iter().filter(|row| is_deviation(row)).map(|row| &row["found"]).collect();
    assert_eq!(deviations, ["Suspended"]);
    let answered: Vec<_> = rows.iter().filter(|row| row["check"] == "assumption").collect();
    assert_eq!(answered.len(), 4, "{answered:?}");
    assert!(finished.stderr.contains("Not tried: components.responses.Forbidden: "), "{finished:?}");
}

#[tokio::test]
async fn each_read_is_sent_once_in_order() {
    let emulator = emulator().start().await.unwrap();
    run(&emulator, &["conformance"]).await;
    let sent: Vec<_> = emulator.requests().iter().map(|request| request.operation.unwrap().id).collect();
    let (list, executions) = ("getReports", "getReportExecutions");
    let queries = ["getDatasets", "getReportQueries"];
    let lookups = [list, executions, list, executions, list, executions, list];
    assert_eq!(sent, [&[list][..], &queries, &lookups].concat());
}

#[tokio::test]
async fn documented_service_has_no_deviation() {
    let server = listing(json_response(200, &list(report()).to_string())).await;
    let (finished, rows) = conformance(&server).await;
    assert_eq!(
        finished.code,
        Some(0),
        "{:?}",
        rows.iter().filter(|row| is_deviation(row)).collect::<Vec<_>>()
    );
    let authorized = server.requests().iter().filter(|r| r.header("authorization").is_some()).count();
    assert_eq!((server.count(), authorized), (10, 9));
}

#[tokio::test]
async fn each_deviation_is_named() {
    let with = |name: &str, value: Value| {
        let mut report = report();
        report[name] = value;
        list(report)
    };
    let around = |name: &str, value: Value| {
        let mut list = list(report());
        list[name] = value;
        list
    };
    let headers = "Content-Type: application/json\r\nSet-Cookie: session=secret\r\n";
    let text = |body: Value| response(200, headers, body.to_string());
    let renamed = list(report()).to_string().replace("reportId", "id");
    let pascal = list(report()).to_string().replace("value", "Value").replace("reportStatus", "ReportStatus");
    let rows = [
        (json_response(200, &renamed), "schema", "value[].reportId", "differs", "absent"),
        (
            text(with("recurrenceInterval", json!("24"))),
            "schema",
            "value[].recurrenceInterval",
            "differs",
            "string",
        ),
        (json_response(409, EMPTY_LIST), "status", "", "differs", "409 (undocumented)"),
        (json_response(200, &pascal), "spelling", "value[].reportStatus", "differs", "ReportStatus"),
        (
            text(around("nextLink", json!("https://secret.example/2"))),
            "paging",
            "nextLink",
            "undocumented",
            "string",
        ),
        (text(around("totalCount", json!(31))), "count", "totalCount", "differs", "31"),
        (html(200, "<html>secret</html>"), "content-type", "Content-Type", "differs", "text/html"),
        (
            text(with("reportStatus", json!("Suspended"))),
            "words",
            "value[].reportStatus",
            "undocumented",
            "Suspended",
        ),
        (text(with("tier", json!("secret"))), "fields", "value[].tier", "undocumented", "string"),
        (
            anonymous(json_response(200, &list(report()).to_string())),
            "header",
            "MS-CorrelationId",
            "differs",
            "absent",
        ),
    ];
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for (reports, check, place, verdict, found) in rows {
        let server = listing(reports).await;
        let (finished, rows) = conformance_with(&server, &["--evidence", path]).await;
        let named = json!({ "operation": "getReports", "request": "all", "check": check, "place": place,
            "verdict": verdict, "found": found });
        let is_named =
            |row: &Value| named.as_object().unwrap().iter().all(|(name, value)| row[name] == *value);
        let deviations: Vec<_> = rows.iter().filter(|row| is_deviation(row)).collect();
        assert!(deviations.iter().any(|row| is_named(row)), "{named}: {deviations:?}");
        assert!(deviations.iter().all(|row| row["request"] == "all"), "{named}: {deviations:?}");
        // Undocumented values do not contradict the spec.
        let code = if verdict == "differs" { 8 } else { 0 };
        assert_eq!(finished.code, Some(code), "{named}");
        let sent = server.count();
        let (replayed, again) = conformance_with(&server, &["--replay", path]).await;
        assert_eq!((replayed.code, server.count()), (finished.code, sent), "{named}");
        assert_eq!(without_values(&again), without_values(&rows), "{named}");
        let evidence = std::fs::read_to_string(path).unwrap();
        assert!(evidence.contains(r#""source": "other""#) && !evidence.contains("tier"), "{evidence}");
        assert_eq!(
            finished.stderr.contains("their names are not in the evidence: value[].tier."),
            check == "fields",
            "{finished:?}"
        );
        let output = (finished.stdout + &finished.stderr + &evidence).to_lowercase();
        assert!(
            !output.contains("secret") && !output.contains(TOKEN) && !output.contains(REPORT_ID),
            "{output}"
        );
    }
}

/// The response without its correlation ID.
fn anonymous(response: Vec<u8>) -> Vec<u8> {
    let response = String::from_utf8(response).unwrap();
    let without = response.replace(&format!("MS-CorrelationId: {CORRELATION_ID}\r\n"), "");
    assert_ne!(without, response);
    without.into_bytes()
}

#[tokio::test]
async fn refusal_without_correlation_id_is_no_deviation() {
    let server = Server::with_responder(None, |_, request| {
        let response = documented(request);
        let is_success = response.starts_with(b"HTTP/1.1 200");
        vec![Step::Send(if is_success { response } else { anonymous(response) })]
    })
    .await;
    let (finished, rows) = conformance(&server).await;
    let of_id = rows.iter().filter(|row| row["place"] == "MS-CorrelationId");
    let verdicts: BTreeSet<_> = of_id.map(|row| row["verdict"].as_str().unwrap()).collect();
    assert_eq!((finished.code, verdicts), (Some(0), BTreeSet::from(["as-documented", "not-seen"])));
}

#[tokio::test]
async fn invalid_evidence_exits_with_2() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let foreign = r#"{"spec":"1.1.0","source":"other","exchanges":[{"operation":"getReports","request":"twice",
        "method":"GET","path":"/ScheduledReport","sent":null,"response":null}]}"#;
    for (text, problem) in [("[]", "invalid evidence"), (foreign, "unknown request in evidence")] {
        std::fs::write(file.path(), text).unwrap();
        let finished = finish(bare().args(["conformance", "--replay"]).arg(file.path())).await;
        assert_eq!((finished.code, &*finished.stdout), (Some(2), ""), "{finished:?}");
        let name = file.path().display();
        let expected = format!("error: {name} is not an evidence file: {problem}");
        assert!(finished.stderr.starts_with(&expected), "{finished:?}");
    }
}

#[tokio::test]
async fn missing_evidence_exits_with_2() {
    let finished = finish(bare().args(["conformance", "--replay", "no/such/file"])).await;
    assert_eq!((finished.code, &*finished.stdout), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.starts_with("error: no/such/file: "), "{finished:?}");
}

#[tokio::test]
async fn unwritable_evidence_is_refused_before_requests() {
    let (emulator, folder) = (emulator().start().await.unwrap(), tempfile::tempdir().unwrap());
    let missing = folder.path().join("missing").join("evidence.json");
    for file in [&*missing, folder.path()] {
        let args = ["conformance", "--exercise", ACTIVE, "--yes", "--evidence", file.to_str().unwrap()];
        let finished = run(&emulator, &args).await;
        assert_eq!((finished.code, emulator.requests().len()), (Some(2), 0), "{finished:?}");
        let expected = format!("error: cannot write the evidence to {}: ", file.display());
        assert!(finished.stderr.starts_with(&expected), "{finished:?}");
    }
}
