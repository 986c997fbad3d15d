//! Every operation of the spec has a method in the library, a driver in these tests, and a handler in the emulator.

use std::fs;
use std::path::Path;

use heck::ToShoutySnakeCase;

use crate::document::Document;
use crate::drivers::undriven;

/// Returns everything that is missing for an operation, each with the place where it belongs.
pub async fn missing(document: &Document) -> Vec<String> {
    let mut missing = undriven(document).await;
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some());
    let library: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    for operation in document.operations() {
        let constant = format!("spec::{}", operation.id.to_shouty_snake_case());
        if !library.contains(&constant) {
            missing.push(format!("{}: no method in src/*.rs uses {constant}", operation.id));
        }
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
