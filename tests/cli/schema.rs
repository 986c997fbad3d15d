//! JSON output matches what `schema` prints.

use partner_center_insights::emulator::{Emulator, Fault};
use serde_json::Value;

use crate::{ACTIVE, INACTIVE, MONTHLY, PAUSED, RESUME, UNKNOWN, bare, emulator, finish, run};

async fn schema(command: &str) -> Value {
    let finished = finish(bare().args(["schema", command])).await;
    serde_json::from_str(&finished.stdout).unwrap()
}

async fn fits(emulator: &Emulator, args: &[&str]) {
    let mut schema = schema(args[0]).await;
    // Otherwise, members that the schema does not name would pass.
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let finished = run(emulator, &[args, &["--output", "json"]].concat()).await;
    let json: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert!(!json.as_array().unwrap().is_empty(), "{args:?}");
    let problems: Vec<_> = validator.iter_errors(&json).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{args:?}: {problems:?}");
}

/// Forbids members that the schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[tokio::test]
async fn json_output_matches_its_schema() {
    let body = r#"{"code":"900329","description":"Not for applications."}"#;
    let fault = Fault::respond(403, "application/json", body).header("retry-after", "5").on(RESUME);
    let emulator = emulator().fault(fault).start().await.unwrap();
    fits(&emulator, &["list"]).await;
    fits(&emulator, &["resume", "--all-paused", "--dry-run"]).await;
    fits(&emulator, &["resume", PAUSED, ACTIVE, INACTIVE, UNKNOWN]).await;
    fits(&emulator, &["pause", ACTIVE]).await;
    fits(&emulator, &["executions", MONTHLY, "--all", "--show-links"]).await;
    fits(&emulator, &["health"]).await;
    fits(&emulator, &["conformance"]).await;
    fits(&emulator, &["wait", MONTHLY, "--after", "2026-01-01"]).await;
}
