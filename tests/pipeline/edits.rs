//! Effects of edits of the spec on the output, and errors other than violations of the dialect.

use serde_json::{Value, json};

use crate::{FILE, edited, operation, pipeline, run, spec};

#[test]
fn new_field_is_generated_in_both_spellings() {
    let field = json!({ "type": "string", "nullable": true, "description": "Color of the cover." });
    let yaml = edited(&[("/components/schemas/Report/properties/CoverColor", field)]);
    let client: syn::File = syn::parse_str(&run(&yaml).unwrap().client).unwrap();
    let types = client.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let report = types.unwrap().1.iter().find_map(|item| match item {
        syn::Item::Struct(item) if item.ident == "Report" => Some(item),
        _ => None,
    });
    let mut fields = report.unwrap().fields.iter();
    let field = fields.find(|field| field.ident.as_ref().is_some_and(|name| name == "cover_color")).unwrap();
    let field = quote::quote!(#field).to_string();
    for part in ["rename = \"coverColor\"", "alias = \"CoverColor\"", "String", "Color of the cover."] {
        assert!(field.contains(part), "{part} is not in {field}");
    }
}

#[test]
fn operation_id_names_method_and_constants() {
    let id = format!("{}/operationId", operation("resumeReportExecutions"));
    let output = run(&edited(&[(&id, json!("wakeReport"))])).unwrap();
    assert!(output.client.contains("pub async fn wake_report<"), "{}", output.client);
    assert!(!output.client.contains("resume_report_executions"));
    assert!(output.constants.contains("const WAKE_REPORT: Operation"), "{}", output.constants);
    assert!(output.env.iter().any(|(name, _)| name == "DOC_WAKE_REPORT"), "{:?}", output.env);
}

#[test]
fn messages_are_found_in_shared_examples_too() {
    let content = "/components/responses/NotFound/content/application~1json";
    let shared = json!({
        "schema": { "$ref": "#/components/schemas/ErrorEnvelope" },
        "examples": { "gone": { "$ref": "#/components/examples/Gone" } },
    });
    let gone = json!({ "value": { "Message": "It is gone.", "StatusCode": 404 } });
    let output = run(&edited(&[(content, shared), ("/components/examples/Gone", gone)])).unwrap();
    assert!(output.constants.contains("(404, \"It is gone.\")"), "{}", output.constants);
    assert!(output.constants.contains("(401, \"Unauthorized\")"), "{}", output.constants);
}

#[test]
fn requests_and_responses_go_through_the_library() {
    let sends = |client: &str, how: &str| {
        let method = client.split("pub async fn get_datasets<").nth(1).unwrap();
        method.split("pub async fn").next().unwrap().contains(how)
    };
    let optional = run(spec()).unwrap().client;
    assert!(sends(&optional, "dataset_name.as_ref()") && !optional.contains("QueryParam"), "{optional}");
    assert!(!optional.contains("from_response"), "a body is read without a limit: {optional}");
    let required = format!("{}/parameters/0/required", operation("getDatasets"));
    let required = run(&edited(&[(&required, json!(true))])).unwrap().client;
    assert!(sends(&required, "QueryParam::new(\"datasetName\", &dataset_name)"), "{required}");
}

#[test]
fn json_output_is_not_lowered() {
    let output = run(spec()).unwrap();
    let document: Value = serde_json::from_str(&output.json).unwrap();
    assert_eq!(document, serde_saphyr::from_str::<Value>(spec()).unwrap());
}

#[test]
fn yaml_error_has_file_line_and_column() {
    let (line, _) = spec().lines().enumerate().find(|(_, line)| line.starts_with("paths:")).unwrap();
    for (good, bad, line, text) in [
        ("paths:", "paths: [", line + 1, ""),
        ("openapi: 3.0.3", "openapi: 3.0.3\nopenapi: 3.0.3", 5, "openapi"),
        ("  version: ", "  version: 1.0.1\n  version: ", 9, "version"),
    ] {
        let yaml = spec().replacen(good, bad, 1);
        assert_ne!(yaml, spec(), "{good} is not in the spec");
        let problems = run(&yaml).err().unwrap();
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        // The parser may notice an open bracket only further down.
        let rest = problem.strip_prefix(&format!("{FILE}:")).unwrap_or_else(|| panic!("{problem}"));
        let mut parts = rest.splitn(3, ':');
        let at: usize = parts.next().unwrap().parse().unwrap_or_else(|_| panic!("{problem}"));
        assert!(at >= line && parts.next().unwrap().parse::<usize>().is_ok(), "{problem}, not at {line}");
        assert!(parts.next().unwrap().contains(text), "{problem}");
        assert!(!problem.contains('\n'), "{problem}");
    }
}

#[test]
fn document_that_is_not_openapi_is_rejected() {
    for yaml in ["", "just a text", "[]", "{}", "openapi: 3.0.3"] {
        let problems = run(yaml).err().unwrap_or_else(|| panic!("accepted: {yaml:?}"));
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.starts_with(FILE) && !problem.contains('\n'), "{problem}");
        }
    }
}

#[test]
fn generator_panic_becomes_a_one_line_error() {
    let _lock = crate::lock();
    let problem = pipeline::catch_panic(|| panic!("no type for {}", "Share")).unwrap_err();
    assert!(
        problem.starts_with("the generator panicked") && problem.ends_with(": no type for Share"),
        "{problem}"
    );
}
