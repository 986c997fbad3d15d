//! Turns the spec into Rust, in memory: parse, check the dialect, lower a copy, generate, edit what was generated.
//! `build.rs` writes the output to files; the tests pass documents of their own.

#[path = "constants.rs"]
mod constants;
#[path = "dialect.rs"]
pub mod dialect;
#[path = "lenient.rs"]
mod lenient;
#[path = "lower.rs"]
mod lower;
#[path = "operations.rs"]
mod operations;
#[path = "requests.rs"]
mod requests;
#[path = "spellings.rs"]
mod spellings;
#[path = "wire.rs"]
pub mod wire;

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, TypeImpl, TypePatch};
use quote::quote;
use serde_json::Value;

pub struct Output {
    /// The generated client and types.
    pub client: String,
    /// Server URL, version and operations as Rust constants.
    pub constants: String,
    /// The whole spec as JSON, not lowered.
    pub json: String,
    /// The wire edition, as formatted JSON.
    pub wire: String,
    /// Names and values for `env!`, so that rustdoc can link to the reference pages.
    pub env: Vec<(String, String)>,
}

/// Runs the pipeline. Each problem is one line that starts with the name `file`.
pub fn run(file: &str, yaml: &str) -> Result<Output, Vec<String>> {
    let document = parse(file, yaml).map_err(|problem| vec![problem])?;
    let spec = dialect::parse(&document).map_err(|problem| vec![format!("{file}: {problem}")])?;
    dialect::check(&spec, &document, &OWN_TYPES.map(|(schema, _)| schema))
        .map_err(|found| found.iter().map(|p| format!("{file}: {p}")).collect::<Vec<_>>())?;
    let client = client(&spec, &document).map_err(|problem| vec![format!("{file}: {problem}")])?;
    Ok(Output {
        client,
        constants: constants::source(&spec, &document),
        json: document.to_string(),
        wire: format!("{:#}\n", wire::edition(&spec, &document)),
        env: constants::env(&spec),
    })
}

fn parse(file: &str, yaml: &str) -> Result<Value, String> {
    serde_saphyr::from_str(yaml).map_err(|error| {
        let message = error.without_snippet().to_string().replace('\n', " ");
        match error.location() {
            Some(at) => format!("{file}:{}:{}: {message}", at.line(), at.column()),
            None => format!("{file}: {message}"),
        }
    })
}

/// Schemas with a hand-written type, because the generated one would reject unknown values or print a secret.
const OWN_TYPES: [(&str, &str); 5] = [
    ("ReportId", "crate::report::ReportId"),
    ("ReportStatus", "crate::report::ReportStatus"),
    ("ExecutionStatus", "crate::report::ExecutionStatus"),
    (lower::TIMESTAMP, "crate::report::Timestamp"),
    (lower::SECURE_LINK, "crate::report::SecureLink"),
];

fn client(spec: &OpenAPI, document: &Value) -> Result<String, String> {
    let lowered = lower::lower(spec);
    let mut settings = GenerationSettings::new();
    settings
        // Without `Expected`, a client with missing hooks compiles and sends requests without a token.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::hooks::Attempt))
        .with_derive("PartialEq");
    for (schema, rust) in OWN_TYPES {
        settings.with_replacement(schema, rust, [TypeImpl::Display].into_iter());
    }
    // A new field in a response must not be a breaking change of the crate.
    let open = TypePatch::default()
        .with_attr("#[non_exhaustive]")
        .with_attr("#[cfg_attr(feature = \"schemars\", derive(schemars::JsonSchema))]")
        .clone();
    for schema in dialect::objects(document) {
        settings.with_patch(schema, &open);
    }
    let closed = TypePatch::default()
        .with_attr("#[cfg_attr(feature = \"schemars\", derive(schemars::JsonSchema))]")
        .clone();
    for schema in dialect::closed_enums(document, &OWN_TYPES.map(|(schema, _)| schema)) {
        settings.with_patch(schema, &closed);
    }
    let tokens =
        catch_panic(|| Generator::new(&settings).generate_tokens(&lowered))?.map_err(|e| e.to_string())?;
    let mut file: syn::File =
        syn::parse2(tokens).map_err(|e| format!("the generated client cannot be parsed: {e}"))?;
    lenient::replace_envelopes(&mut file);
    spellings::accept_both(&mut file, &wire::reach(spec, document).responses);
    requests::edit(&mut file);
    Ok(prettyplease::unparse(&file))
}

/// Calls `generate`, and returns the message of a panic as an error. progenitor panics on input that it does not
/// support, which the dialect should exclude.
pub fn catch_panic<T>(generate: impl FnOnce() -> T) -> Result<T, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(generate));
    std::panic::set_hook(hook);
    result.map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        format!("the generator panicked on something that no rule of the dialect covers: {message}")
    })
}
