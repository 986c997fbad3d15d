//! Facts of the contract as Rust constants, so that no address, path or version is typed twice.

use heck::ToShoutySnakeCase;
use serde_json::Value;

use super::dialect;

/// The body of `src/contract.rs`' constants.
pub fn source(document: &Value) -> String {
    let server = &document["servers"][0];
    let url = text(server, "url");
    // The dialect guarantees `scheme://authority/path`.
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    let mut out = format!(
        "/// Version of the contract, from its `info`.\n\
         pub const VERSION: &str = {:?};\n\
         /// Scheme and host of the public service, from the contract's server.\n\
         pub const ORIGIN: &str = {:?};\n\
         pub(crate) const BASE_PATH: &str = {:?};\n\
         pub(crate) const VERSION_OF_PROGRAM: &[(&str, &str)] = &{:?};\n",
        text(&document["info"], "version"),
        &url[..path],
        &url[path..],
        pairs(&server["x-version-of-program"]),
    );
    let mut names = Vec::new();
    for operation in dialect::operations(document) {
        let name = operation.id.to_shouty_snake_case();
        out += &format!(
            "#[doc = {:?}]\npub const {name}: Operation = Operation {{ id: {:?}, method: {:?}, path: {:?}, summary: {:?}, documentation: {:?} }};\n",
            text(operation.value, "summary"),
            operation.id,
            operation.method.to_uppercase(),
            operation.path,
            text(operation.value, "summary"),
            text(&operation.value["externalDocs"], "url"),
        );
        names.push(name);
    }
    out + &format!(
        "/// Every operation of the contract.\npub const OPERATIONS: &[Operation] = &[{}];\n",
        names.join(", ")
    )
}

/// `DOC_<OPERATION>` and the page of the service's documentation.
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

fn pairs(map: &Value) -> Vec<(&str, &str)> {
    let entries = map.as_object().into_iter().flatten();
    entries.map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default())).collect()
}
