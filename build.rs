//! Generates the client that `src/generated.rs` includes from `openapi/insights.yaml`.

#[path = "build/pipeline.rs"]
mod pipeline;

use std::path::Path;
use std::{env, fs};

const SPEC: &str = "openapi/insights.yaml";

fn main() {
    println!("cargo::rerun-if-changed={SPEC}");
    for problem in generate().err().into_iter().flatten() {
        println!("cargo::error={problem}");
    }
}

fn generate() -> Result<(), Vec<String>> {
    let yaml = fs::read_to_string(SPEC).map_err(|e| vec![format!("{SPEC}: {e}")])?;
    let output = pipeline::run(SPEC, &yaml)?;
    let out_dir = env::var("OUT_DIR").map_err(|e| vec![format!("OUT_DIR: {e}")])?;
    let files = [
        ("client.rs", &output.client),
        ("spec.rs", &output.constants),
        ("insights.json", &output.json),
        ("insights.wire.json", &output.wire),
    ];
    for (name, text) in files {
        fs::write(Path::new(&out_dir).join(name), text).map_err(|e| vec![format!("{name}: {e}")])?;
    }
    for (name, value) in &output.env {
        println!("cargo::rustc-env={name}={value}");
    }
    Ok(())
}
