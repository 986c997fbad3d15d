//! The OpenAPI document that this crate is built from, its version, server and operations.
//!
//! Everything here is generated from `openapi/insights.yaml` at build time.

include!(concat!(env!("OUT_DIR"), "/spec.rs"));

/// The OpenAPI 3.0.3 document as written.
pub const YAML: &str = include_str!("../openapi/insights.yaml");

/// The same document as JSON.
pub const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/insights.json"));

/// The edition for client generators and mock servers, as JSON: names in responses are in camelCase, as recorded, and
/// names in requests in PascalCase, as documented. `openapi/insights.wire.json` is the same file.
pub const WIRE_JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/insights.wire.json"));

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
    /// The parameters in path and query.
    pub parameters: &'static [Parameter],
    /// The name of the schema of the request's JSON body, if there is one.
    pub request_body: Option<&'static str>,
    /// The documented statuses of the response.
    pub statuses: &'static [u16],
    /// The messages in the examples of the statuses.
    pub(crate) messages: &'static [(u16, &'static str)],
}

/// A parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// The name, such as `reportId`.
    pub name: &'static str,
    /// Where it is sent.
    pub place: Place,
    /// The type of its value.
    pub kind: Kind,
    /// The documented values; empty if any value of the type is valid.
    pub values: &'static [&'static str],
    /// Whether a request without it is invalid.
    pub required: bool,
}

/// Where a parameter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
}

/// The type of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Any text.
    String,
    /// A UUID.
    Uuid,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
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
