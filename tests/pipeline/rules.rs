//! Every rule of the dialect, with a document that breaks it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use syn::visit_mut::VisitMut;

use crate::{FILE, contract, edited, operation, run};

const REPORT: &str = "/components/schemas/Report";

/// Rule, place, what is edited where.
fn rows() -> Vec<(&'static str, &'static str, String, Value)> {
    let resume = |key: &str| format!("{}/{key}", operation("resumeReportExecutions"));
    let list = |key: &str| format!("{}/{key}", operation("getReports"));
    let report = |key: &str| format!("{REPORT}/{key}");
    let at = str::to_owned;
    let text = json!({ "type": "string", "description": "A text." });
    let field = |more: Value| {
        let mut field = text.clone();
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        field
    };
    let parameter = |more: Value| {
        let mut parameter = json!({ "name": "top", "in": "query", "description": "So many.", "schema": { "type": "integer" } });
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([parameter])
    };
    let answer = |media_type: &str| json!({ "description": "An answer.", "content": { media_type: { "schema": { "type": "string" } } } });
    let id_in_path = "/components/parameters/ReportIdInPath";
    vec![
        ("openapi-3.0", "document", at("/openapi"), json!("3.1.0")),
        ("info-version", "document", at("/info/version"), json!(1.0)),
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
        ("path-parameter", "pauseReportExecutions", format!("{id_in_path}/required"), Value::Null),
        ("parameter-place", "getReports", list("parameters"), parameter(json!({ "in": "header" }))),
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
        ("parameter-style", "getReports", list("parameters"), parameter(json!({ "style": "form" }))),
        ("parameter-style", "getReports", list("parameters"), parameter(json!({ "explode": false }))),
        ("path-template", "resumeReportExecutions", format!("{id_in_path}/name"), json!("reportID")),
        ("path-template", "resumeReportExecutions", resume("parameters"), json!([])),
        ("status", "resumeReportExecutions", resume("responses/default"), answer("application/json")),
        ("status", "resumeReportExecutions", resume("responses/4XX"), answer("application/json")),
        ("media-type", "resumeReportExecutions", resume("responses/409"), answer("Application/JSON")),
        ("media-type", "resumeReportExecutions", resume("responses/409"), answer("text/plain")),
        ("one-success", "resumeReportExecutions", resume("responses/202"), answer("application/json")),
        ("one-success", "resumeReportExecutions", resume("responses/200"), Value::Null),
        ("named-answer", "resumeReportExecutions", resume("responses/200"), answer("application/json")),
        ("property-name", "Report.coverColour", report("properties/coverColour"), text.clone()),
        ("property-name", "Report.Cover-Colour", report("properties/Cover-Colour"), text.clone()),
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
        // Inside a list, or under a name, these two would become strict types.
        (
            "schema-type",
            "Report.Times items",
            report("properties/Times"),
            json!({ "type": "array", "description": "Times.", "items": { "type": "string", "format": "date-time" } }),
        ),
        ("schema-type", "Moment", at("/components/schemas/Moment"), field(json!({ "format": "date-time" }))),
        ("schema-type", "Report.More", report("properties/More"), field(json!({ "type": "object" }))),
        ("open-enum", "Report.Format", report("properties/Format/enum"), json!(["csv", "tsv"])),
        // Without a type of its own, the renamed list of words is a list like any other.
        (
            "open-enum",
            "Status",
            at("/components/schemas/Status"),
            field(json!({ "enum": ["Active", "Paused"] })),
        ),
    ]
}

#[test]
fn every_rule_names_the_place_that_breaks_it() {
    for (rule, place, pointer, value) in rows() {
        let problems = run(&edited(&[(&pointer, value.clone())])).err();
        let problems = problems.unwrap_or_else(|| panic!("{rule}: {pointer} = {value} is accepted"));
        let found = problems.iter().any(|problem| {
            problem.starts_with(&format!("{FILE}: {place}: ")) && problem.ends_with(&format!("(rule {rule})"))
        });
        assert!(found, "{rule} at {place} is not among {problems:#?}");
        assert!(problems.iter().all(|problem| !problem.contains('\n')), "{problems:#?}");
    }
}

#[test]
fn the_contract_itself_breaks_no_rule() {
    assert_eq!(run(contract()).err(), None);
}

#[test]
fn all_problems_are_told_at_once() {
    let rows: Vec<_> = rows().into_iter().filter(|(_, place, ..)| place.starts_with("Report.")).collect();
    // Two edits of one place would leave only the last one.
    let mut seen = BTreeSet::new();
    let rows: Vec<_> = rows.into_iter().filter(|(_, _, pointer, _)| seen.insert(pointer.clone())).collect();
    let edits: Vec<_> = rows.iter().map(|(_, _, pointer, value)| (pointer.as_str(), value.clone())).collect();
    let problems = run(&edited(&edits)).err().unwrap();
    for (rule, place, ..) in &rows {
        let told = problems.iter().any(|p| p.contains(&format!(" {place}: ")) && p.contains(rule));
        assert!(told, "{rule} at {place} is not among {problems:#?}");
    }
    assert!(rows.len() > 5);
}

#[test]
fn the_table_holds_every_rule_of_the_dialect() {
    let mut rules = Rules::default();
    for source in [
        include_str!("../../build/dialect.rs"),
        include_str!("../../build/dialect/operations.rs"),
        include_str!("../../build/dialect/schemas.rs"),
    ] {
        rules.visit_file_mut(&mut syn::parse_str(source).unwrap());
    }
    let rows = rows();
    let tested: BTreeSet<_> = rows.iter().map(|(rule, ..)| (*rule).to_owned()).collect();
    assert_eq!(tested, rules.0);
}

#[test]
fn the_page_on_the_dialect_explains_every_rule() {
    let page = include_str!("../../openapi/README.md");
    let rows = rows();
    let rules: BTreeSet<_> = rows.iter().map(|(rule, ..)| *rule).collect();
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let explained: BTreeSet<_> = first_cells.map(|(name, _)| name).filter(|n| !n.starts_with("x-")).collect();
    assert_eq!(explained, rules);
}

/// The names that the dialect reports: the second argument of `report`, or what a variable `rule` holds.
#[derive(Default)]
struct Rules(BTreeSet<String>);

impl VisitMut for Rules {
    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        if call.method == "report" {
            match &call.args[1] {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) => {
                    self.0.insert(name.value());
                }
                syn::Expr::Path(path) if path.path.is_ident("rule") => {}
                _ => panic!("a rule must be named by a literal, or by a variable `rule`"),
            }
        }
        syn::visit_mut::visit_expr_method_call_mut(self, call);
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let (syn::Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && name.ident == "rule"
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &*init.expr
        {
            self.0.insert(value.value());
        }
        syn::visit_mut::visit_local_mut(self, local);
    }
}
