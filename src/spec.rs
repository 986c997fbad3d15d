//! The OpenAPI document that this crate is built from, its version, server and operations.
//!
//! Everything here is generated from `openapi/insights.yaml` at build time.

include!(concat!(env!("OUT_DIR"), "/spec.rs"));

/// The OpenAPI 3.0.3 document as written.
pub const YAML: &str = include_str!("../openapi/insights.yaml");

/// The same document as JSON.
pub const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/insights.json"));

/// An operation of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId`, such as `resumeReportExecutions`.
    pub id: &'static str,
    /// The HTTP method, in upper case.
    pub method: &'static str,
    /// The path template relative to the server's base path, such as `/ScheduledReport/resume/{reportId}`.
    pub path: &'static str,
    /// A one-line summary.
    pub summary: &'static str,
    /// The address of Microsoft's documentation page.
    pub documentation: &'static str,
}

/// Returns the base path of a program, such as `/insights/v1/mpn`.
pub(crate) fn base_path(version: &str, program: &str) -> String {
    BASE_PATH.replace("{version}", version).replace("{program}", program)
}

/// Returns the default API version of a program.
pub(crate) fn version_of(program: &str) -> &'static str {
    let named = VERSION_OF_PROGRAM.iter().find(|(name, _)| *name == program);
    named.map_or("", |(_, version)| version)
}
