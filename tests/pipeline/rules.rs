//! The rules of the dialect, each with edits that break it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::pipeline::dialect::rules;
use crate::{FILE, edited, operation, run};

const REPORT: &str = "/components/schemas/Report";

/// Name of the rule, reported place, JSON pointer to the edit, and new value.
fn rows() -> Vec<(&'static str, &'static str, String, Value)> {
    let resume = |key: &str| format!("{}/{key}", operation("resumeReportExecutions"));
    let list = |key: &str| format!("{}/{key}", operation("getReports"));
    let create = |key: &str| format!("{}/{key}", operation("createReport"));
    let request = |key: &str| format!("/components/schemas/CreateReportRequest/properties/{key}");
    let report = |key: &str| format!("{REPORT}/{key}");
    let at = str::to_owned;
    let text = json!({ "type": "string", "description": "A text." });
    let field = |more: Value| {
        let mut field = text.clone();
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        field
    };
    let parameter = |more: Value| {
        let mut parameter = json!({ "name": "top", "in": "query", "description": "A number.", "schema": { "type": "integer" } });
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([parameter])
    };
    let response = |media_type: &str| json!({ "description": "A response.", "content": { media_type: { "schema": { "type": "string" } } } });
    let content = json!([{ "name": "top", "in": "query", "description": "A number.",
        "content": { "application/json": { "schema": { "type": "integer" } } } }]);
    let id_in_path = "/components/parameters/ReportIdInPath";
    vec![
        ("openapi-3.0", "document", at("/openapi"), json!("3.1.0")),
        ("structure", "document", at("/info/version"), json!(1.0)),
        (
            "structure",
            "/ScheduledReport/resume/{reportId}",
            resume("responses/409"),
            json!({ "content": {} }),
        ),
        ("structure", "ReportIdInPath", format!("{id_in_path}/in"), Value::Null),
        ("server", "servers", at("/servers"), json!([])),
        ("server", "servers", at("/servers/0/url"), json!("http://host.example/{version}/{program}")),
        ("server", "servers", at("/servers/0/url"), json!("https://host.example/{version}/{program}/")),
        ("server", "servers", at("/servers/0/url"), json!("https://host.example/{version}")),
        ("server", "servers", at("/servers/0/variables/version/enum"), json!(["v2"])),
        ("server", "servers", at("/servers/0/x-version-of-program"), json!({ "mpn": "v1" })),
        ("reference", "paths", resume("responses/404"), json!({ "$ref": "#/components/responses/Nowhere" })),
        ("reference", "components", report("properties/Owner"), json!({ "$ref": "other.yaml#/User" })),
        ("operation-id", "PUT /ScheduledReport/resume/{reportId}", resume("operationId"), Value::Null),
        ("operation-id", "resumeReportExecutions", list("operationId"), json!("resume_report_executions")),
        ("operation-id", "new", list("operationId"), json!("new")),
        ("operation-id", "baseurl", list("operationId"), json!("baseurl")),
        ("operation-id", "paths", at("/paths"), json!({})),
        ("security", "resumeReportExecutions", resume("security"), json!([])),
        ("security", "resumeReportExecutions", resume("security"), json!([{}])),
        ("security", "resumeReportExecutions", resume("security"), json!([{ "apiKey": [] }])),
        ("described", "resumeReportExecutions", resume("summary"), Value::Null),
        ("described", "resumeReportExecutions", resume("description"), json!("")),
        ("described", "Report", report("description"), Value::Null),
        ("described", "Report.User", report("properties/User/description"), Value::Null),
        ("external-docs", "resumeReportExecutions", resume("externalDocs"), Value::Null),
        ("external-docs", "resumeReportExecutions", resume("externalDocs/url"), json!("http://docs.example")),
        ("request-body", "resumeReportExecutions", resume("requestBody"), json!({ "content": {} })),
        ("request-body", "createReport", create("requestBody/required"), Value::Null),
        ("request-body", "createReport", create("requestBody/content/text~1json"), json!({})),
        (
            "request-body",
            "createReport",
            create("requestBody/content/application~1json/schema"),
            json!({ "type": "object" }),
        ),
        (
            "one-direction",
            "Report",
            resume("requestBody"),
            json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Report" } } } }),
        ),
        ("parameter-style", "getReports", list("parameters"), content),
        ("path-parameter", "pauseReportExecutions", format!("{id_in_path}/required"), Value::Null),
        ("parameter-location", "getReports", list("parameters"), parameter(json!({ "in": "cookie" }))),
        (
            "parameter-type",
            "getReports",
            list("parameters"),
            parameter(json!({ "schema": { "type": "array", "items": { "type": "string" } } })),
        ),
        (
            "open-enum",
            "getReports",
            list("parameters"),
            parameter(json!({ "schema": { "type": "string", "enum": ["a", "b"] } })),
        ),
        (
            "parameter-style",
            "getReports",
            list("parameters"),
            parameter(json!({ "style": "spaceDelimited" })),
        ),
        ("parameter-style", "getReports", list("parameters"), parameter(json!({ "explode": false }))),
        ("path-template", "resumeReportExecutions", format!("{id_in_path}/name"), json!("reportID")),
        ("path-template", "resumeReportExecutions", resume("parameters"), json!([])),
        ("status", "resumeReportExecutions", resume("responses/default"), response("application/json")),
        ("status", "resumeReportExecutions", resume("responses/4XX"), response("application/json")),
        ("media-type", "resumeReportExecutions", resume("responses/409"), response("Application/JSON")),
        ("media-type", "resumeReportExecutions", resume("responses/409"), response("text/plain")),
        ("one-success", "resumeReportExecutions", resume("responses/202"), response("application/json")),
        ("one-success", "resumeReportExecutions", resume("responses/200"), Value::Null),
        ("named-response", "resumeReportExecutions", resume("responses/200"), response("application/json")),
        ("property-name", "Report.coverColor", report("properties/coverColor"), text.clone()),
        ("property-name", "Report.Cover-Color", report("properties/Cover-Color"), text.clone()),
        ("property-name", "Report.ReportId", report("properties/ReportID"), text.clone()),
        ("required", "Report", report("required"), json!(["ReportId", "Nothing"])),
        ("required", "Report.ModifiedTime", report("required"), json!(["ReportId", "ModifiedTime"])),
        ("schema-type", "Report", REPORT.to_owned(), json!({ "$ref": "#/components/schemas/Report" })),
        (
            "schema-keyword",
            "getReports",
            list("parameters"),
            parameter(json!({ "schema": { "type": "string", "pattern": "x" } })),
        ),
        ("schema-keyword", "Report", report("additionalProperties"), json!(false)),
        ("schema-keyword", "Report", report("additionalProperties"), json!(true)),
        (
            "schema-keyword",
            "CreateReportRequest.Format",
            request("Format"),
            field(json!({ "default": "csv" })),
        ),
        (
            "schema-keyword",
            "CreateReportRequest.ReportName",
            request("ReportName"),
            field(json!({ "pattern": "[^;]*" })),
        ),
        ("schema-keyword", "Report.Url", report("properties/Url"), field(json!({ "maxLength": 9 }))),
        ("schema-keyword", "Report.Url", report("properties/Url"), field(json!({ "oneOf": [text] }))),
        (
            "schema-keyword",
            "ReportEnvelope.Value items",
            at("/components/schemas/ReportEnvelope/properties/Value/items"),
            json!({ "type": "string", "pattern": "x" }),
        ),
        ("schema-type", "Report.Share", report("properties/Share"), field(json!({ "type": "number" }))),
        ("schema-type", "Report.Count", report("properties/Count"), field(json!({ "type": "integer" }))),
        ("schema-type", "Report.Url", report("properties/Url"), field(json!({ "format": "uri" }))),
        // Only properties are lowered; anywhere else, a date-time would be a strict type.
        (
            "schema-type",
            "Report.Times items",
            report("properties/Times"),
            json!({ "type": "array", "description": "Times.", "items": { "type": "string", "format": "date-time" } }),
        ),
        ("schema-type", "Moment", at("/components/schemas/Moment"), field(json!({ "format": "date-time" }))),
        ("schema-type", "Report.More", report("properties/More"), field(json!({ "type": "object" }))),
        ("open-enum", "Report.Format", report("properties/Format/enum"), json!(["csv", "tsv"])),
        // Closed enums are for requests only.
        (
            "open-enum",
            "ReportFormat",
            report("properties/Format"),
            json!({ "$ref": "#/components/schemas/ReportFormat" }),
        ),
        // Only the name `ReportStatus` has an open type.
        (
            "open-enum",
            "Status",
            at("/components/schemas/Status"),
            field(json!({ "enum": ["Active", "Paused"] })),
        ),
    ]
}

#[test]
fn broken_rule_is_reported_with_its_place() {
    for (rule, place, pointer, value) in rows() {
        let problems = run(&edited(&[(&pointer, value.clone())])).err();
        let problems = problems.unwrap_or_else(|| panic!("{rule}: {pointer} = {value} is accepted"));
        let (start, end) = (format!("{FILE}: {place}: "), format!("(rule {rule})"));
        let found = problems.iter().any(|p| p.starts_with(&start) && p.ends_with(&end) && !p.contains('\n'));
        assert!(found, "{rule} at {place} is not among {problems:#?}");
    }
}

#[test]
fn header_parameters_and_limits_are_not_generated() {
    let parameters = format!("{}/parameters", operation("getDatasets"));
    let header = json!([{ "name": "X-Color", "in": "header", "description": "A color.",
        "schema": { "type": "string" } }]);
    let limited = json!({ "type": "string", "description": "A color.", "minLength": 1, "maxLength": 9 });
    let color = "/components/schemas/CreateReportRequest/properties/Color";
    let output = run(&edited(&[(&parameters, header), (color, limited)])).unwrap();
    let methods = output.client.split("pub async fn get_datasets").nth(1).unwrap();
    let arguments = methods.split(')').next().unwrap();
    assert!(!arguments.contains("color"), "{arguments}");
    assert!(output.client.contains("pub color: ::std::option::Option<::std::string::String>"));
    assert!(
        output.constants.contains("CREATE_REPORT_REQUEST_COLOR_MAX_LENGTH: i64 = 9"),
        "{}",
        output.constants
    );
}

#[test]
fn all_violations_are_reported_at_once() {
    let mut rows = rows();
    // Two edits of one place would leave only the last one.
    let mut seen = BTreeSet::new();
    rows.retain(|(_, place, pointer, _)| place.starts_with("Report.") && seen.insert(pointer.clone()));
    assert!(rows.len() > 5);
    let edits: Vec<_> = rows.iter().map(|(_, _, pointer, value)| (pointer.as_str(), value.clone())).collect();
    let problems = run(&edited(&edits)).err().unwrap();
    for (rule, place, ..) in &rows {
        let found = problems.iter().any(|p| p.contains(&format!(" {place}: ")) && p.contains(rule));
        assert!(found, "{rule} at {place} is not among {problems:#?}");
    }
}

#[test]
fn violation_says_what_is_wrong_and_expected() {
    let problems = run(&edited(&[("/openapi", json!("3.1.0"))])).err().unwrap();
    let line = "`openapi` is \"3.1.0\"; expected 3.0.x, the only version that the generator reads";
    assert_eq!(problems, [format!("{FILE}: document: {line} (rule openapi-3.0)")]);
}

#[test]
fn every_rule_has_a_row() {
    let rows = rows();
    let tested: BTreeSet<_> = rows.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(tested, rules::ALL.iter().map(|rule| rule.name).collect());
}

#[test]
fn readme_explains_every_rule() {
    let readme = include_str!("../../openapi/README.md");
    let first_cells = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let explained: BTreeSet<_> = first_cells.map(|(name, _)| name).filter(|n| !n.starts_with("x-")).collect();
    assert_eq!(explained, rules::ALL.iter().map(|rule| rule.name).collect());
}
