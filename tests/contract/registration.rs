//! Every operation of the spec has a method in the library, a driver in these tests, a handler in the emulator, a
//! command of the CLI, and a line for the mock server, and it handles a lost response.

use std::fs;
use std::path::Path;

use heck::ToShoutySnakeCase;

use crate::document::Document;
use crate::drivers::undriven;
use crate::lost;

/// Files that name every operation, and the text around its id.
const NAMED: [(&str, &str, &str, &str); 2] = [
    ("row with its command", "tests/cli/parity.rs", "(\"", "\","),
    ("line with its command", "tests/outside/prism.sh", " ", ") "),
];

/// Returns everything that is missing for an operation, each with the place where it belongs.
pub async fn missing(document: &Document) -> Vec<String> {
    let mut missing = [undriven(document).await, lost::mishandled(document).await].concat();
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some());
    let library: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    for operation in document.operations() {
        let constant = format!("spec::{}", operation.id.to_shouty_snake_case());
        // Excludes longer constants that start with this one.
        let is_part = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if library.split(&constant).skip(1).all(is_part) {
            missing.push(format!("{}: no method in src/*.rs uses {constant}", operation.id));
        }
    }
    for (what, file, before, after) in NAMED {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let operations = document.operations().into_iter();
        let absent =
            operations.filter(|operation| !text.contains(&format!("{before}{}{after}", operation.id)));
        missing.extend(absent.map(|operation| format!("{}: no {what} in {file}", operation.id)));
    }
    #[cfg(feature = "emulator")]
    missing.extend(crate::emulator::unhandled(document).await);
    missing.sort();
    missing
}

#[tokio::test]
async fn every_operation_is_registered() {
    assert_eq!(missing(&Document::ours()).await, Vec::<String>::new());
}
