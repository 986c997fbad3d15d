//! Turns `openapi/insights.yaml` into the client that `src/generated.rs` includes.

#[path = "build/pipeline.rs"]
mod pipeline;

use std::path::Path;
use std::{env, fs};

const CONTRACT: &str = "openapi/insights.yaml";

fn main() {
    // The only trigger: nothing but the contract decides what is generated.
    println!("cargo::rerun-if-changed={CONTRACT}");
    if let Err(problems) = generate() {
        // cargo prints each line as an error of this crate and stops, without a backtrace.
        for problem in problems {
            println!("cargo::error={problem}");
        }
    }
}

fn generate() -> Result<(), Vec<String>> {
    let one = |problem: String| vec![problem];
    let yaml = fs::read_to_string(CONTRACT).map_err(|e| one(format!("{CONTRACT}: {e}")))?;
    let output = pipeline::run(CONTRACT, &yaml)?;

    let out_dir = env::var("OUT_DIR").map_err(|e| one(format!("OUT_DIR: {e}")))?;
    for (name, text) in
        [("client.rs", &output.client), ("spec.rs", &output.constants), ("insights.json", &output.json)]
    {
        fs::write(Path::new(&out_dir).join(name), text).map_err(|e| one(format!("{name}: {e}")))?;
    }
    for (name, value) in &output.env {
        println!("cargo::rustc-env={name}={value}");
    }
    Ok(())
}
