//! The wire edition, and the names with which generated types serialize.

use serde_json::{Value, json};

use crate::pipeline::{dialect, wire};
use crate::{edited, operation, run, spec};

const REPORT: &str = "/components/schemas/Report";

fn edition(edits: &[(&str, Value)]) -> Value {
    serde_json::from_str(&run(&edited(edits)).unwrap().wire).unwrap()
}

/// Restores the formats of times, which have another key, and a pattern in requests.
fn restore_times(value: &mut Value) {
    if let Some(map) = value.as_object_mut() {
        map.remove("pattern");
        let format = map.remove("x-format");
        map.extend(format.map(|format| ("format".to_owned(), format)));
        map.values_mut().for_each(restore_times);
    }
}

#[test]
fn response_names_are_respelled_everywhere() {
    let wire = edition(&[]);
    let envelope = &wire["components"]["schemas"]["ReportEnvelope"]["properties"];
    assert!(envelope["value"].is_object() && envelope["Value"].is_null(), "{envelope}");
    let report = &wire["components"]["schemas"]["Report"];
    assert_eq!(report["required"], json!(["reportId"]));
    assert_eq!(report["properties"]["reportStatus"]["$ref"], "#/components/schemas/ReportStatus");
    let list = wire.pointer(&operation("getReportExecutions")).unwrap();
    let example = &list["responses"]["200"]["content"]["application/json"]["example"];
    assert!(example["value"][0]["executionId"].is_string(), "{example}");
    assert!(example["Value"].is_null(), "{example}");
    let shared = &wire["components"]["responses"]["NotFound"]["content"]["application/json"]["example"];
    assert!(shared["statusCode"] == 404 && shared["StatusCode"].is_null(), "{shared}");
}

#[test]
fn everything_but_names_enums_and_times_stays() {
    fn values(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.values().for_each(|value| values(value, found)),
            Value::Array(items) => items.iter().for_each(|value| values(value, found)),
            other => found.push(other.to_string().to_lowercase()),
        }
    }
    let document: Value = serde_saphyr::from_str(spec()).unwrap();
    let mut edition = edition(&[]);
    restore_times(&mut edition);
    for open in ["/components/schemas/ReportStatus", "/components/schemas/ExecutionStatus"] {
        *edition.pointer_mut(open).unwrap() = document.pointer(open).unwrap().clone();
    }
    let status = format!("{}/parameters/2/schema", operation("getReportExecutions"));
    *edition.pointer_mut(&status).unwrap() = document.pointer(&status).unwrap().clone();
    let (mut wire, mut written) = (Vec::new(), Vec::new());
    values(&edition, &mut wire);
    values(&document, &mut written);
    wire.sort();
    written.sort();
    assert_eq!(wire, written);
}

#[test]
fn enums_of_responses_are_open() {
    let wire = edition(&[]);
    for (name, words) in [
        ("ReportStatus", json!(["Active", "Paused", "Inactive"])),
        ("ExecutionStatus", json!(["Pending", "Running", "Paused", "Completed"])),
    ] {
        let status = &wire["components"]["schemas"][name];
        assert!(status["type"] == "string" && status["enum"].is_null(), "{status}");
        assert_eq!(status["x-extensible-enum"], words);
        let description = status["description"].as_str().unwrap();
        assert!(
            description.contains("values: `") && description.ends_with("There may be others."),
            "{status}"
        );
    }
}

#[test]
fn enums_of_requests_stay_closed() {
    let wire = edition(&[]);
    assert_eq!(wire["components"]["schemas"]["ReportFormat"]["enum"], json!(["csv", "tsv"]));
    // Its component is open, because responses use it too.
    let list = wire.pointer(&operation("getReportExecutions")).unwrap();
    let mut parameters = list["parameters"].as_array().unwrap().iter();
    let status = parameters.find(|parameter| parameter["name"] == "executionStatus").unwrap();
    assert_eq!(status["schema"]["enum"], json!(["Pending", "Running", "Paused", "Completed"]));
}

#[test]
fn request_names_stay_as_documented() {
    let document: Value = serde_saphyr::from_str(spec()).unwrap();
    let mut wire = edition(&[]);
    restore_times(&mut wire);
    let schema = "/components/schemas/CreateReportRequest";
    assert_eq!(wire.pointer(schema), document.pointer(schema));
    let body = format!("{}/requestBody", operation("createReport"));
    assert_eq!(wire.pointer(&body), document.pointer(&body));
    let reach = wire::reach(&dialect::parse(&document).unwrap(), &document);
    assert!(
        reach.requests.contains("CreateReportRequest") && !reach.responses.contains("CreateReportRequest")
    );
}

#[test]
fn free_form_members_of_examples_stay() {
    let of = |id| format!("{}/responses/200/content/application~1json/example", operation(id));
    let pointer = format!("{}/FreeForm", of("getReportExecutions"));
    let free_form = json!({ "MonthStartDate": 1 });
    let wire = edition(&[(&pointer, free_form.clone())]);
    assert_eq!(wire.pointer(&pointer), Some(&free_form));
    let row = wire.pointer(&format!("{}/value/0/CustomerTenantId", of("tryReportQuery")));
    assert!(row.is_some_and(Value::is_string), "{row:?}");
}

#[test]
fn shared_examples_are_respelled_once() {
    let wire = edition(&[]);
    let shared = &wire["components"]["examples"]["Report"]["value"];
    assert!(shared["value"][0]["reportId"].is_string() && shared["Value"].is_null(), "{shared}");
}

#[test]
fn respelled_names_follow_the_spec() {
    let field = json!({ "type": "string", "nullable": true, "description": "Color of the cover." });
    let wire = edition(&[(&format!("{REPORT}/properties/CoverColor"), field.clone())]);
    assert_eq!(wire.pointer(&format!("{REPORT}/properties/coverColor")), Some(&field));
}

#[test]
fn times_of_requests_have_the_documented_pattern() {
    let wire = edition(&[]);
    for schema in ["CreateReportRequest", "UpdateReportRequest"] {
        let time = &wire["components"]["schemas"][schema]["properties"]["StartTime"];
        assert!(time["type"] == "string" && time["format"].is_null(), "{time}");
        assert_eq!(time["x-format"], "date-time");
        let pattern = jsonschema::validator_for(time).unwrap();
        assert!(pattern.is_valid(&json!("2026-11-30T13:23:46Z")), "{time}");
        for refused in
            ["2026-11-30T13:23:46+00:00", "2026-11-30T13:23:46.5Z", "2026-11-30", "2026-13-30T13:23:46Z"]
        {
            assert!(!pattern.is_valid(&json!(refused)), "{time} {refused}");
        }
    }
}

#[test]
fn times_of_responses_are_plain_texts() {
    let wire = edition(&[]);
    for (schema, name) in
        [("Report", "createdTime"), ("Execution", "reportGeneratedTime"), ("ReportQuery", "createdTime")]
    {
        let time = &wire["components"]["schemas"][schema]["properties"][name];
        assert!(time["type"] == "string" && time["format"].is_null() && time["pattern"].is_null(), "{time}");
        assert_eq!(time["x-format"], "date-time");
    }
    assert!(!wire.to_string().contains(r#""format":"date-time""#));
}
