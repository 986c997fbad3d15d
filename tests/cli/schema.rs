//! JSON output matches what `schema` prints.

use std::collections::BTreeMap;

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
    let rows = json.get("reports").unwrap_or(&json);
    assert!(!rows.as_array().unwrap().is_empty(), "{args:?}");
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

/// Validates the JSON of every golden transcript, standard error included.
#[tokio::test]
async fn golden_json_matches_its_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/golden");
    let mut seen = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for run in text.split("$ partner-insights ").skip(1) {
            let (args, output) = run.split_once('\n').unwrap();
            let is_lines = args.contains("jsonl");
            if !args.contains("json") {
                continue;
            }
            let (output, _) = output.split_once("exit: ").unwrap();
            let (errors, data): (Vec<_>, Vec<_>) =
                output.lines().partition(|line| line.starts_with("stderr: "));
            let command = args.split(' ').next().unwrap();
            let is_change = matches!(command, "resume" | "pause");
            let json = match data.join("\n") {
                data if data.is_empty() => None,
                data if is_change => Some(crate::document(&data)),
                data if is_lines => {
                    Some(data.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect())
                }
                data => Some(serde_json::from_str(&data).unwrap()),
            };
            let errors = errors.iter().filter_map(|line| line.strip_prefix("stderr: {"));
            let errors = errors.map(|line| ("error", serde_json::from_str(&format!("{{{line}")).unwrap()));
            for (command, json) in json.map(|json| (command, json)).into_iter().chain(errors) {
                if !seen.contains_key(command) {
                    let mut schema = schema(command).await;
                    close(&mut schema);
                    seen.insert(command.to_owned(), (jsonschema::validator_for(&schema).unwrap(), 0));
                }
                let (validator, count) = seen.get_mut(command).unwrap();
                *count += 1;
                let problems: Vec<_> =
                    validator.iter_errors(&json).map(|problem| problem.to_string()).collect();
                assert!(problems.is_empty(), "{args}: {problems:?}");
            }
        }
    }
    let counts: Vec<_> = seen.iter().map(|(command, (_, count))| (command.as_str(), *count > 1)).collect();
    assert_eq!(counts, ["error", "executions", "list", "pause", "resume"].map(|command| (command, true)));
}
