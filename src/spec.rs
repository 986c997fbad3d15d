//! The contract as the program sees it: the document itself, its version, its server and its operations.
//!
//! Everything here is taken from `openapi/insights.yaml` when the crate is built; nothing is typed again.

include!(concat!(env!("OUT_DIR"), "/spec.rs"));

/// The OpenAPI 3.0.3 document that this crate was built from, as its authors wrote it.
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
    /// The path template below the server's base path, such as `/ScheduledReport/resume/{reportId}`.
    pub path: &'static str,
    /// One line on what it does.
    pub summary: &'static str,
    /// Microsoft's page on it.
    pub documentation: &'static str,
}

/// The base path of a program's reports, such as `/insights/v1/mpn`.
pub(crate) fn base_path(version: &str, program: &str) -> String {
    BASE_PATH.replace("{version}", version).replace("{program}", program)
}

/// The version that the contract names for a program.
pub(crate) fn version_of(program: &str) -> &'static str {
    let named = VERSION_OF_PROGRAM.iter().find(|(name, _)| *name == program);
    named.map_or("", |(_, version)| version)
}
