//! The rules, each with the name and the expectation that its error shows. `openapi/README.md` explains them.

/// A rule of the dialect.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    pub name: &'static str,
    pub expected: &'static str,
}

macro_rules! rules {
    ($($constant:ident = $name:literal, $expected:literal;)*) => {
        $(pub const $constant: Rule = Rule { name: $name, expected: $expected };)*
        #[allow(dead_code)] // For the tests.
        pub const ALL: &[Rule] = &[$($constant),*];
    };
}

rules! {
    OPENAPI = "openapi-3.0", "3.0.x, the only version that the generator reads";
    STRUCTURE = "structure", "OpenAPI 3.0";
    SERVER = "server", "one server with an https URL, a base path, and the variables `version` and `program`";
    REFERENCE = "reference", "a reference to a value in this file";
    OPERATION_ID = "operation-id", "an id that is unique in snake_case; it names the generated method";
    SECURITY = "security", "a bearer scheme of `components.securitySchemes`; the client always sends a token";
    DESCRIBED = "described", "a text; it becomes documentation";
    EXTERNAL_DOCS = "external-docs", "an https link to the reference page of the operation";
    REQUEST_BODY = "request-body", "a required body of `application/json` only, with a reference to `components.schemas`";
    PATH_PARAMETER = "path-parameter", "`required: true` for every parameter in the path";
    PARAMETER_LOCATION = "parameter-location", "`path`, `query`, or `header` for what the client sets by itself";
    PARAMETER_TYPE = "parameter-type", "a string, boolean or integer; arrays are not sent as the spec says";
    PARAMETER_STYLE = "parameter-style", "the default `style`, and neither `explode` nor `content`; the generator ignores or rejects them";
    PATH_TEMPLATE = "path-template", "the same names in both";
    STATUS = "status", "a three-digit status; `default` and ranges hide the others";
    MEDIA_TYPE = "media-type", "`application/json`, in lower case; nothing else is decoded";
    ONE_SUCCESS = "one-success", "exactly one; the generator stops at a second type";
    NAMED_RESPONSE = "named-response", "a reference to `components.schemas`; an inline schema gets an arbitrary name";
    PROPERTY_NAME = "property-name", "a unique name in PascalCase; the build derives the camelCase spelling";
    ONE_DIRECTION = "one-direction", "a schema for each; requests and responses are spelled differently";
    REQUIRED = "required", "an existing property that is not nullable";
    SCHEMA_KEYWORD = "schema-keyword", "a schema without it";
    SCHEMA_TYPE = "schema-type", "a string (date-time and password only in properties), a boolean, an integer (int32 or int64), an array or a named object";
    OPEN_ENUM = "open-enum", "a schema with an open type (build/pipeline.rs), so that a new value does not fail the response; requests may have closed ones";
}
