//! Rules for schemas, so that the generated types accept any response, in both spellings.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Check, entries, is_empty, rules};

impl Check<'_> {
    pub(super) fn component(&mut self, name: &str, schema: &Value) {
        if !schema["$ref"].is_null() {
            return self.report(name, rules::SCHEMA_TYPE, "the schema is only a reference");
        }
        self.schema(name, schema, true);
        let mut names = BTreeMap::new();
        for (property, schema) in entries(&schema["properties"]) {
            let place = format!("{name}.{property}");
            let is_pascal = property.starts_with(|c: char| c.is_ascii_uppercase())
                && property.chars().all(|c| c.is_ascii_alphanumeric());
            if !is_pascal {
                self.report(&place, rules::PROPERTY_NAME, "the name is not in PascalCase");
            }
            if let Some(other) = names.insert(property.to_ascii_lowercase(), property) {
                let message = format!("the name differs from `{other}` only in letter case");
                self.report(&place, rules::PROPERTY_NAME, message);
            }
            self.schema(&place, schema, false);
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let property = &schema["properties"][required];
            if property.is_null() {
                self.report(name, rules::REQUIRED, format!("`{required}` is not a property"));
            }
            if property["nullable"] == true {
                let place = format!("{name}.{required}");
                self.report(&place, rules::REQUIRED, "the property is required and nullable");
            }
        }
    }

    /// Checks the keywords of a schema. Requests may have limits: the client checks them, and `lower` removes them for
    /// the generator.
    pub(super) fn keywords(&mut self, place: &str, schema: &Value, is_request: bool) {
        let is_free_form = schema["additionalProperties"] == true && schema["properties"].is_null();
        for (keyword, reason) in UNSUPPORTED_KEYWORDS {
            let is_allowed = (is_request && LIMITS.contains(&keyword))
                || (is_free_form && keyword == "additionalProperties");
            if !schema[keyword].is_null() && !is_allowed {
                self.report(place, rules::SCHEMA_KEYWORD, format!("`{keyword}` is set, but {reason}"));
            }
        }
    }

    fn schema(&mut self, place: &str, schema: &Value, is_component: bool) {
        if !schema["$ref"].is_null() {
            return;
        }
        let component = place.split(['.', ' ']).next().unwrap_or(place);
        let is_request = self.reach.requests.contains(component) && !self.reach.responses.contains(component);
        self.keywords(place, schema, is_request);
        let is_property = place.contains('.') && !place.ends_with(" items");
        if is_empty(&schema["description"]) && (is_component || is_property) {
            self.report(place, rules::DESCRIBED, "`description` is missing");
        }
        let has_open_type = self.open_enums.contains(&place);
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string" | "boolean"), None) | (Some("integer"), Some("int32" | "int64")) => {}
            // Anywhere else, the lowering ignores the format and the generated type is strict.
            (Some("string"), Some("date-time" | "password")) if is_property => {}
            (Some("string"), Some("uuid")) if has_open_type => {}
            (Some("object"), None) if is_component => {}
            (Some("array"), None) if !is_component => {
                self.schema(&format!("{place} items"), &schema["items"], false);
            }
            (kind, format) => {
                let (kind, format) = (kind.unwrap_or("missing"), format.unwrap_or("missing"));
                let message = format!("the type is {kind}, the format is {format}");
                self.report(place, rules::SCHEMA_TYPE, message);
            }
        }
        if !schema["enum"].is_null() && !has_open_type && !is_request {
            self.report(place, rules::OPEN_ENUM, "the `enum` has no open type");
        }
    }
}

/// Keywords that requests may have.
const LIMITS: [&str; 4] = ["minLength", "maxLength", "minimum", "maximum"];

const UNSUPPORTED_KEYWORDS: [(&str, &str); 14] = [
    ("title", "it replaces the type's name, and two types with one title become one"),
    ("default", "the field would always be sent and never be absent"),
    ("additionalProperties", "responses may grow, and unknown fields are ignored anyway"),
    ("allOf", "a plain list of properties is easier to read and to generate"),
    ("anyOf", "it generates a struct of options that decodes anything"),
    ("oneOf", "the first type that fits hides the others"),
    ("not", "the generator cannot express it"),
    ("discriminator", "the generator ignores it"),
    ("pattern", "one unexpected value would fail the whole response"),
    ("minLength", "one unexpected value would fail the whole response"),
    ("maxLength", "one unexpected value would fail the whole response"),
    ("minimum", "it changes the integer type, and -1 has been observed"),
    ("maximum", "one unexpected value would fail the whole response"),
    ("exclusiveMinimum", "it changes the integer type, and -1 has been observed"),
];
