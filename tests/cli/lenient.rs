//! Responses that do not match the spec: what is printed, and the exit code.

use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault};
use partner_center_insights::spec::{self, GET_REPORT_EXECUTIONS};
use serde_json::{Value, json};

use crate::parity::OWN_QUERY;
use crate::{ACTIVE, ALSO_PAUSED, LIST, PAUSED, RESUME, run};

/// An emulator that lists these reports.
async fn listing(reports: Value, more: Value) -> Emulator {
    let mut body = json!({ "value": reports, "statusCode": 200 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let list = Fault::respond(200, "application/json", body.to_string());
    crate::emulator().fault(list.on(LIST)).start().await.unwrap()
}

fn odd_list() -> Value {
    json!([
        { "reportId": PAUSED, "reportStatus": "Active" },
        { "reportId": ALSO_PAUSED, "reportStatus": "Active", "recurrenceInterval": "24" },
    ])
}

#[tokio::test]
async fn partial_list_exits_with_8() {
    for more in [json!({ "totalCount": 31 }), json!({ "@nextLink": "https://example.com/2" })] {
        let emulator = listing(odd_list(), more.clone()).await;
        for args in [&["list"][..], &["resume", "--all-paused", "--yes"]] {
            let finished = run(&emulator, args).await;
            assert_eq!((finished.code, &*finished.stdout), (Some(8), ""), "{more} {}", finished.stderr);
        }
    }
}

#[tokio::test]
async fn odd_field_is_a_warning() {
    let emulator = listing(odd_list(), json!({})).await;
    for args in [&["list"][..], &["resume", PAUSED], &["resume", "--all-paused", "--yes"]] {
        let finished = run(&emulator, args).await;
        assert_eq!(finished.code, Some(0), "{args:?} {}", finished.stderr);
        let warning = format!("warning: {ALSO_PAUSED}: value[1].recurrenceInterval: a string instead of");
        assert_eq!(finished.stderr.matches(&warning).count(), 1, "{args:?} {}", finished.stderr);
    }
}

#[tokio::test]
async fn warnings_are_in_json_rows() {
    let emulator = listing(odd_list(), json!({})).await;
    for args in [&["list", "--output", "json"][..], &["resume", PAUSED, ALSO_PAUSED, "--output", "json"]] {
        let finished = run(&emulator, args).await;
        let document: Value = serde_json::from_str(&finished.stdout).unwrap();
        let rows = document.get("reports").unwrap_or(&document);
        assert_eq!(rows[0].get("warnings"), None, "{rows}");
        let warning = rows[1]["warnings"][0].as_str().unwrap();
        assert!(warning.starts_with("value[1].recurrenceInterval: "), "{warning}");
    }
    let body = r#"{"value":[{"executionId":"e1","recurrenceCount":"7","executionStatus":"Completed"}]}"#;
    let executions = Fault::respond(200, "application/json", body).on(&GET_REPORT_EXECUTIONS);
    let emulator = crate::emulator().fault(executions).start().await.unwrap();
    for args in [&["executions", PAUSED][..], &["show", ACTIVE], &["health"]] {
        let finished = run(&emulator, &[args, &["--output", "json"]].concat()).await;
        let rows: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
        assert!(rows.iter().any(|row| row["warnings"][0].is_string()), "{args:?} {rows:?}");
        assert!(finished.stderr.contains("warning: e1: value[0].recurrenceCount"), "{}", finished.stderr);
    }
}

/// Runs a command against an emulator with faults, and returns the warnings in the rows.
async fn warnings(faults: Vec<Fault>, args: &[&str]) -> Vec<String> {
    let builder = faults.into_iter().fold(crate::emulator(), EmulatorBuilder::fault);
    let emulator = builder.start().await.unwrap();
    let finished = run(&emulator, &[args, &["--output", "json"]].concat()).await;
    let rows: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    crate::schema::validate(args, &rows).await;
    let rows = rows.as_array().unwrap().iter().filter_map(|row| row["warnings"].as_array().cloned());
    rows.flatten().map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn query_and_dataset_rows_have_warnings() {
    let respond = |body: Value, operation| {
        Fault::respond(200, "application/json", json!({ "value": [body] }).to_string()).on(operation)
    };
    let query = json!({ "queryId": OWN_QUERY, "name": "Top", "query": "SELECT a FROM b", "description": 5 });
    let dataset = json!({ "datasetName": "Profile", "selectableColumns": ["MPNId"],
        "minimumRecurrenceInterval": "24" });
    let faults = |operation| vec![respond(query.clone(), operation)];
    let (read, create) = (&spec::GET_REPORT_QUERIES, &spec::CREATE_REPORT_QUERY);
    let text = "SELECT MPNId FROM Profile";
    for (faults, args, field) in [
        (faults(read), &["query", "list"][..], "description"),
        (faults(read), &["query", "show", OWN_QUERY], "description"),
        (faults(read), &["query", "delete", OWN_QUERY, "--dry-run"], "description"),
        (faults(read), &["query", "delete", OWN_QUERY, "--yes"], "description"),
        (faults(create), &["query", "create", "Top", text], "description"),
        (vec![respond(dataset.clone(), &spec::GET_DATASETS)], &["dataset", "list"], "minimumRecurrence"),
        (vec![respond(dataset.clone(), &spec::GET_DATASETS)], &["dataset", "show", "Profile"], "minimum"),
        (
            vec![respond(dataset, &spec::GET_DATASETS)],
            &["query", "check", "SELECT PartnerName FROM Profile"],
            "minimumRecurrenceInterval",
        ),
    ] {
        let warnings = warnings(faults, args).await;
        assert_eq!(warnings.len(), 1, "{args:?} {warnings:?}");
        assert!(warnings[0].starts_with(&format!("value[0].{field}")), "{args:?} {warnings:?}");
    }
}

#[tokio::test]
async fn rows_of_delete_have_warnings() {
    for option in ["--dry-run", "--yes"] {
        let body = json!({ "value": odd_list(), "statusCode": 200 }).to_string();
        let fault = Fault::respond(200, "application/json", body).on(LIST);
        let warnings = warnings(vec![fault], &["delete", PAUSED, ALSO_PAUSED, option]).await;
        assert_eq!(warnings.len(), 1, "{option} {warnings:?}");
    }
    let body = format!(r#"{{"value":[{{"reportId":"{PAUSED}","recurrenceInterval":"24"}}]}}"#);
    let fault = Fault::respond(200, "application/json", body).on(&spec::DELETE_REPORT);
    assert_eq!(warnings(vec![fault], &["delete", PAUSED, "--yes"]).await.len(), 1);
}

#[tokio::test]
async fn odd_response_to_a_change_is_a_warning() {
    let body = format!(r#"{{"value":[{{"reportId":"{PAUSED}","recurrenceInterval":"24"}}]}}"#);
    let fault = Fault::respond(200, "application/json", body).on(RESUME);
    let emulator = crate::emulator().fault(fault).start().await.unwrap();
    let finished = run(&emulator, &["resume", PAUSED, "--no-verify", "--output", "json"]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(
        finished.stderr.contains(&format!("warning: {PAUSED}: value[0].recurrence")),
        "{}",
        finished.stderr
    );
    let document: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(document["reports"][0]["warnings"].as_array().map(Vec::len), Some(1), "{document}");
}

#[tokio::test]
async fn unreadable_report_fails_a_bulk_change() {
    let reports = json!([{ "reportId": PAUSED, "reportStatus": "Active" }, { "reportId": null }]);
    let emulator = listing(reports, json!({})).await;
    for (args, code) in [
        (&["list"][..], 0),
        (&["resume", PAUSED], 0),
        (&["resume", ALSO_PAUSED], 8),
        (&["resume", "--all-paused", "--yes"], 8),
        (&["resume", "--all-paused", "--dry-run"], 8),
    ] {
        let finished = run(&emulator, args).await;
        assert_eq!(finished.code, Some(code), "{args:?} {}", finished.stderr);
        assert!(finished.stderr.contains("warning: value[1].reportId: null"), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn report_without_a_status_fails_a_bulk_change() {
    let emulator = listing(json!([{ "reportId": PAUSED, "reportStatus": 1 }]), json!({})).await;
    let finished = run(&emulator, &["resume", "--all-paused", "--yes"]).await;
    assert_eq!(finished.code, Some(6), "{}", finished.stderr);
    assert!(finished.stdout.contains("not-resumable"), "{}", finished.stdout);
}

#[tokio::test]
async fn failure_in_202_is_not_resumed() {
    let body = r#"{"value":[],"statusCode":404,"message":"gone"}"#;
    let fault = Fault::respond(202, "application/json", body).on(RESUME);
    let emulator = crate::emulator().fault(fault).start().await.unwrap();
    let finished = run(&emulator, &["resume", PAUSED, "--no-verify"]).await;
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
}
