//! Evidence of services, replayed: what was observed must not contradict the spec.

use std::fs;

use partner_center_insights::conformance::{self, Conformity};
use serde_json::Value;

use crate::conform::deviations;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/observed");

#[test]
fn observed_exchanges_conform() {
    let mut sources = Vec::new();
    for file in fs::read_dir(FOLDER).unwrap().map(|file| file.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let source = serde_json::from_str::<Value>(&text).unwrap()["source"].as_str().unwrap().to_owned();
        // The name of a file starts with the source that the file states.
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with(&source), "{name}: evidence of {source}");
        let exchanges = conformance::replay(&text).unwrap();
        let mut differing: Vec<_> = exchanges.iter().flat_map(deviations).collect();
        differing.retain(|comparison| comparison.conformity == Conformity::Differs);
        assert_eq!(differing, [], "{name}");
        sources.push(source);
    }
    assert!(sources.contains(&"emulator".to_owned()), "{sources:?}");
}

/// The evidence of the emulator is rewritten by `UPDATE_SURFACE=1`, like the other generated files.
#[cfg(feature = "emulator")]
#[tokio::test]
async fn evidence_of_the_emulator_is_current() {
    use partner_center_insights::conformance::{EvidenceSource, Exercise};

    let document = crate::document::Document::ours();
    let emulator = crate::emulator::builder(&document).start().await.unwrap();
    let client = crate::targets::client(&emulator);
    let mut exchanges = conformance::run(&client).await.unwrap();
    let mut exercise = Exercise::new(&client, crate::drivers::ID).await.unwrap();
    while exercise.advance().await.unwrap() {}
    exercise.restore().await.unwrap();
    exchanges.extend_from_slice(exercise.exchanges());

    let evidence = conformance::evidence(EvidenceSource::Emulator, &exchanges) + "\n";
    let path = format!("{FOLDER}/emulator.json");
    if std::env::var_os("UPDATE_SURFACE").is_some() {
        fs::write(&path, &evidence).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), evidence, "run with UPDATE_SURFACE=1, and review the diff");
}
