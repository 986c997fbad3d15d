//! JSON output matches what `schema` prints.

use std::collections::{BTreeMap, BTreeSet};

use partner_center_insights::emulator::{Emulator, Fault};
use serde_json::Value;

use crate::parity::COMMANDS;
use crate::{ACTIVE, INACTIVE, MONTHLY, PAUSED, RESUME, UNKNOWN, bare, emulator, finish, run};

async fn schema(command: &str) -> Value {
    let finished = finish(bare().args(["schema", command])).await;
    serde_json::from_str(&finished.stdout).unwrap()
}

async fn assert_schema(emulator: &Emulator, args: &[&str]) {
    assert_schema_of(args[0], emulator, args).await;
}

async fn assert_schema_of(command: &str, emulator: &Emulator, args: &[&str]) {
    let finished = run(emulator, &[args, &["--output", "json"]].concat()).await;
    let json: Value = serde_json::from_str(&finished.stdout).unwrap();
    let rows = json.get("reports").unwrap_or(&json);
    assert!(!rows.as_array().unwrap().is_empty(), "{args:?}");
    validate_as(command, args, &json).await;
}

/// Validates the JSON output of a command.
pub async fn validate(args: &[&str], json: &Value) {
    validate_as(&name(args), args, json).await;
}

async fn validate_as(command: &str, args: &[&str], json: &Value) {
    let mut schema = schema(command).await;
    // Otherwise, members that the schema does not name would pass.
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<_> = validator.iter_errors(json).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{args:?}: {problems:?}");
}

/// The name of a command in `schema`.
fn name(args: &[&str]) -> String {
    match args[0] {
        "query" | "dataset" => args[..2].join("-"),
        command => command.to_owned(),
    }
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
    assert_schema(&emulator, &["list"]).await;
    assert_schema(&emulator, &["resume", "--all-paused", "--dry-run"]).await;
    assert_schema(&emulator, &["resume", PAUSED, ACTIVE, INACTIVE, UNKNOWN]).await;
    assert_schema(&emulator, &["pause", ACTIVE]).await;
    assert_schema(&emulator, &["executions", MONTHLY, "--all", "--show-links"]).await;
    let create = ["create", "Sales", "--query-id", "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11", "--once"];
    assert_schema(&emulator, &create).await;
    assert_schema(&emulator, &[&create[..], &["--dry-run"]].concat()).await;
    assert_schema(&emulator, &["update", ACTIVE, "--count", "9", "--dry-run"]).await;
    assert_schema(&emulator, &["delete", ACTIVE, UNKNOWN, "--dry-run"]).await;
    assert_schema(&emulator, &["health"]).await;
    assert_schema(&emulator, &["conformance"]).await;
    assert_schema(&emulator, &["wait", MONTHLY, "--after", "2026-01-01"]).await;
}

#[tokio::test]
async fn output_of_each_operation_matches_its_schema() {
    for (_, args) in COMMANDS {
        assert_schema_of(&name(args), &emulator().start().await.unwrap(), args).await;
    }
}

/// The JSON of a transcript's standard output: a document, or rows, which are an array in the schema.
fn json(command: &str, output: &str) -> Option<Value> {
    if !output.starts_with(['{', '[']) {
        return None;
    }
    if matches!(command, "resume" | "pause") {
        return Some(crate::document(output));
    }
    let line = |line| serde_json::from_str::<Value>(line).unwrap();
    let lines = || output.lines().map(line).collect();
    Some(serde_json::from_str(output).ok().filter(Value::is_array).unwrap_or_else(lines))
}

/// Validates the JSON of every golden transcript, including standard error. JSON is recognized by its first character,
/// whatever the arguments are.
#[tokio::test]
async fn golden_json_matches_its_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/golden");
    let mut schemas = BTreeMap::new();
    for name in names().await {
        let mut schema = schema(&name).await;
        close(&mut schema);
        schemas.insert(name, (jsonschema::validator_for(&schema).unwrap(), 0));
    }
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for run in text.split("$ partner-insights ").skip(1) {
            let (args, output) = run.split_once('\n').unwrap();
            // The output of `schema` is a schema itself.
            if args.starts_with("schema ") {
                continue;
            }
            let output = output.split("exit: ").next().unwrap();
            let (errors, data): (Vec<_>, Vec<_>) =
                output.lines().partition(|line| line.starts_with("stderr: "));
            let mut words = args.split(' ');
            let (first, second) = (words.next().unwrap(), words.next().unwrap_or_default());
            let nested = format!("{first}-{second}");
            let command = if schemas.contains_key(&nested) { &nested } else { first };
            let json = json(command, &data.join("\n"));
            let errors = errors.iter().filter_map(|line| line.strip_prefix("stderr: "));
            let errors = errors.filter(|line| line.starts_with(['{', '[']));
            let errors = errors.map(|line| ("error", serde_json::from_str(line).unwrap()));
            for (command, json) in json.map(|json| (command, json)).into_iter().chain(errors) {
                let (validator, count) =
                    schemas.get_mut(command).unwrap_or_else(|| panic!("no schema for: {args}"));
                *count += 1;
                let problems: Vec<_> =
                    validator.iter_errors(&json).map(|problem| problem.to_string()).collect();
                assert!(problems.is_empty(), "{args}: {problems:?}");
            }
        }
    }
    for command in ["download", "error", "executions", "health", "list", "pause", "resume"] {
        assert!(schemas[command].1 > 1, "{command}");
    }
}

/// The names that `schema` accepts.
async fn names() -> Vec<String> {
    let help = finish(bare().args(["schema", "-h"])).await.stdout;
    let values = help.split("[possible values: ").nth(1).and_then(|rest| rest.split(']').next());
    values.unwrap().split([',', ' ', '\n']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_command_that_prints_json_has_a_schema() {
    let groups = ["auth", "query", "dataset"];
    let nested = [
        "auth-check",
        "query-list",
        "query-show",
        "query-check",
        "query-try",
        "query-create",
        "query-delete",
        "dataset-list",
        "dataset-show",
    ];
    // These print nothing, a script, a page, the spec or schemas.
    let without = ["emulator", "spec", "schema", "completions", "man", "help"];
    let commands = crate::parity::commands().await.into_iter();
    let commands = commands.filter(|name| !groups.contains(&&**name) && !without.contains(&&**name));
    let expected: BTreeSet<_> =
        commands.chain(nested.into_iter().chain(["error"]).map(str::to_owned)).collect();
    assert_eq!(names().await.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn all_rows_have_the_same_name_for_the_same_thing() {
    fn check(command: &str, schema: &Value) {
        if let Some(members) = schema["properties"].as_object() {
            let is_error = members.contains_key("serviceCode");
            assert!(
                is_error || !members.contains_key("status"),
                "{command}: reportStatus or executionStatus"
            );
            assert!(!members.contains_key("help"), "{command}: hint");
            assert!(!members.contains_key("generated"), "{command}: reportGeneratedTime");
            let has_words = |reason: &Value| reason.get("enum").is_some();
            assert!(members.get("reason").is_none_or(has_words), "{command}: a sentence is a message");
            let error = members.get("error").map_or(String::new(), |error| error["type"].to_string());
            assert!(!error.contains("string"), "{command}: an error is an object, its text is the message");
        }
        match schema {
            Value::Object(members) => members.values().for_each(|value| check(command, value)),
            Value::Array(items) => items.iter().for_each(|value| check(command, value)),
            _ => {}
        }
    }
    for command in names().await {
        check(&command, &schema(&command).await);
    }
}
