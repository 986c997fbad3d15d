//! Facts from the spec as Rust constants, so that no URL, path or version is typed twice.

use heck::ToShoutySnakeCase;
use serde_json::Value;

use super::dialect;

/// Returns the constants that `src/spec.rs` includes.
pub fn source(document: &Value) -> String {
    let server = &document["servers"][0];
    let url = text(server, "url");
    // The dialect guarantees `scheme://authority/path`.
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    let versions: Vec<_> = dialect::entries(&server["x-version-of-program"])
        .map(|(program, version)| (program, version.as_str().unwrap_or_default()))
        .collect();
    let mut out = format!(
        "/// Version of the spec, from its `info`.\n\
         pub const VERSION: &str = {:?};\n\
         /// Scheme and host of the public service, from the spec's server.\n\
         pub const ORIGIN: &str = {:?};\n\
         pub(crate) const BASE_PATH: &str = {:?};\n\
         pub(crate) const VERSION_OF_PROGRAM: &[(&str, &str)] = &{versions:?};\n",
        text(&document["info"], "version"),
        &url[..path],
        &url[path..],
    );
    let mut names = Vec::new();
    for operation in dialect::operations(document) {
        let name = operation.id.to_shouty_snake_case();
        let summary = text(operation.value, "summary");
        out += &format!(
            "/// {summary}.\n\
             pub const {name}: Operation = Operation {{ id: {:?}, method: {:?}, path: {:?}, summary: {summary:?}, documentation: {:?} }};\n",
            operation.id,
            operation.method.to_uppercase(),
            operation.path,
            text(&operation.value["externalDocs"], "url"),
        );
        names.push(name);
    }
    out + &format!(
        "/// All operations of the spec.\npub const OPERATIONS: &[Operation] = &[{}];\n",
        names.join(", ")
    )
}

/// Returns `DOC_<OPERATION>` and the URL of the reference page, for each operation.
pub fn env(document: &Value) -> Vec<(String, String)> {
    dialect::operations(document)
        .map(|operation| {
            let name = format!("DOC_{}", operation.id.to_shouty_snake_case());
            (name, text(&operation.value["externalDocs"], "url").to_owned())
        })
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
