//! What becomes of an edit.

use serde_json::json;

use crate::{FILE, contract, edited, operation, pipeline, run};

#[test]
fn a_new_field_of_the_report_is_in_the_client_in_both_spellings() {
    let field = json!({ "type": "string", "nullable": true, "description": "Colour of the cover." });
    let yaml = edited(&[("/components/schemas/Report/properties/CoverColour", field)]);
    assert!(!run(contract()).unwrap().client.contains("cover_colour"));

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
    let field = fields.find(|field| field.ident.as_ref().is_some_and(|name| name == "cover_colour")).unwrap();
    let field = quote::quote!(#field).to_string();
    for part in ["rename = \"CoverColour\"", "alias = \"coverColour\"", "String", "Colour of the cover."] {
        assert!(field.contains(part), "{part} is not in {field}");
    }
}

#[test]
fn a_renamed_operation_renames_the_method_and_the_constant() {
    let id = format!("{}/operationId", operation("resumeReportExecutions"));
    let output = run(&edited(&[(&id, json!("wakeReport"))])).unwrap();
    assert!(output.client.contains("pub async fn wake_report<"), "{}", output.client);
    assert!(!output.client.contains("resume_report_executions"));
    assert!(output.constants.contains("const WAKE_REPORT: Operation"), "{}", output.constants);
    assert!(output.env.iter().any(|(name, _)| name == "DOC_WAKE_REPORT"), "{:?}", output.env);
}

#[test]
fn only_the_generator_sees_the_lowered_copy() {
    let output = run(contract()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&output.json).unwrap();
    assert_eq!(document, serde_saphyr::from_str::<serde_json::Value>(contract()).unwrap());
}

#[test]
fn a_mistake_in_the_syntax_is_one_line_with_file_line_and_column() {
    let (line, _) = contract().lines().enumerate().find(|(_, line)| line.starts_with("paths:")).unwrap();
    for (good, bad, line, says) in [
        ("paths:", "paths: [", line + 1, ""),
        ("openapi: 3.0.3", "openapi: 3.0.3\nopenapi: 3.0.3", 4, "openapi"),
        ("  version: 1.0.0", "  version: 1.0.0\n  version: 1.0.1", 8, "version"),
    ] {
        let yaml = contract().replacen(good, bad, 1);
        assert_ne!(yaml, contract(), "{good} is not in the contract");
        let problems = run(&yaml).err().unwrap();
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        // The parser may only notice a bracket that stays open further down.
        let rest = problem.strip_prefix(&format!("{FILE}:")).unwrap_or_else(|| panic!("{problem}"));
        let mut parts = rest.splitn(3, ':');
        let at: usize = parts.next().unwrap().parse().unwrap_or_else(|_| panic!("{problem}"));
        assert!(at >= line && parts.next().unwrap().parse::<usize>().is_ok(), "{problem}, not at {line}");
        assert!(parts.next().unwrap().contains(says), "{problem}");
        assert!(!problem.contains('\n'), "{problem}");
    }
}

#[test]
fn a_duplicate_key_is_refused_and_named() {
    let yaml = contract().replacen(
        "        ReportName:\n",
        "        ReportName: { type: string, description: First. }\n        ReportName:\n",
        1,
    );
    let problems = run(&yaml).err().unwrap();
    assert!(problems.len() == 1 && problems[0].contains("ReportName"), "{problems:?}");
}

#[test]
fn a_document_that_openapi_cannot_be_read_from_is_one_line() {
    for yaml in ["", "just a text", "[]", "{}", "openapi: 3.0.3"] {
        let problems = run(yaml).err().unwrap_or_else(|| panic!("accepted: {yaml:?}"));
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.starts_with(FILE) && !problem.contains('\n'), "{problem}");
        }
    }
}

#[test]
fn a_generator_that_panics_is_one_line_too() {
    let _turn = crate::turn();
    let problem = pipeline::stopped_by_panic(|| panic!("no type for {}", "Share")).unwrap_err();
    assert!(
        problem.starts_with("the generator stopped") && problem.ends_with(": no type for Share"),
        "{problem}"
    );
}
