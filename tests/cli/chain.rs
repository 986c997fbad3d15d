//! From a dataset to a report and back, by the CLI alone, against one emulator.

use serde_json::Value;

use crate::{emulator, run};

const TEXT: &str = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";

#[tokio::test]
async fn chain_from_dataset_to_report_and_back() {
    // With the real clock, because the CLI compares the start of a report with it.
    let emulator = emulator().clock(std::time::SystemTime::now).start().await.unwrap();
    let rows = async |args: &[&str]| {
        let finished = run(&emulator, &[args, &["--output", "json"]].concat()).await;
        assert_eq!(finished.code, Some(0), "{args:?}: {finished:?}");
        let document: Value = serde_json::from_str(&finished.stdout).unwrap();
        // The documents of resume and pause have a summary next to the rows.
        document.get("reports").unwrap_or(&document).as_array().unwrap().clone()
    };
    let text = |row: &Value, name: &str| row[name].as_str().map(str::to_owned).unwrap_or_default();

    assert_eq!(rows(&["dataset", "show", "officeusage"]).await[0]["datasetName"], "OfficeUsage");
    assert!(rows(&["query", "check", TEXT]).await.is_empty());
    assert!(rows(&["query", "try", TEXT]).await[0].get("CustomerName").is_some());
    let query = text(&rows(&["query", "create", "Office usage", TEXT]).await[0], "queryId");
    assert_eq!(rows(&["query", "show", &query]).await[0]["query"], TEXT);

    let create = ["create", "Office", "--query-id", &query, "--every", "1d", "--earliest", "--count", "10"];
    let report = text(&rows(&create).await[0], "reportId");
    let shown = async || rows(&["show", &report]).await.remove(0);
    assert_eq!(shown().await["recurrenceInterval"], 24);
    rows(&["pause", &report]).await;
    assert_eq!(shown().await["reportStatus"], "Paused");
    assert!(shown().await["hint"].as_str().is_some_and(|hint| hint.contains("resume")));
    rows(&["resume", &report]).await;
    assert_eq!(shown().await["reportStatus"], "Active");
    rows(&["update", &report, "--every", "1w"]).await;
    assert_eq!(shown().await["recurrenceInterval"], 168);

    assert_eq!(rows(&["delete", &report, "--dry-run"]).await[0]["outcome"], "would-delete");
    assert_eq!(run(&emulator, &["delete", &report]).await.code, Some(2));
    assert_eq!(rows(&["delete", &report, "--yes"]).await[0]["outcome"], "deleted");
    assert_eq!(run(&emulator, &["show", &report]).await.code, Some(3));
    assert_eq!(run(&emulator, &["delete", &report, "--yes"]).await.code, Some(3));
    rows(&["query", "delete", &query, "--yes"]).await;
    assert_eq!(run(&emulator, &["query", "show", &query]).await.code, Some(3));
}

#[tokio::test]
async fn id_in_place_of_a_query_is_named() {
    let id = "d8349f7b-a7d1-467e-b26d-434d4a50f26a";
    let finished = run(&emulator().start().await.unwrap(), &["query", "check", id]).await;
    let hint = format!("hint: pass it as --id {id}");
    assert!(finished.code == Some(2) && finished.stderr.contains(&hint), "{finished:?}");
}

#[tokio::test]
async fn invalid_query_shows_the_position() {
    let emulator = emulator().start().await.unwrap();
    let parsed = run(&emulator, &["query", "check", "SELECT a FROM b LIMIT 0"]).await;
    assert_eq!(parsed.code, Some(2));
    assert!(parsed.stderr.contains("LIMIT 0\n                      ^"), "{}", parsed.stderr);
    let checked = run(&emulator, &["query", "check", "SELECT Nope FROM Profile"]).await;
    assert_eq!(checked.code, Some(6));
    assert!(checked.stdout.contains("unknown-column"), "{}", checked.stdout);
}
