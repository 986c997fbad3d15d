//! Rules for schemas: types that bear what the service really sends, in both of its spellings.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Check, entries};

impl Check<'_> {
    pub(super) fn component(&mut self, name: &str, schema: &Value) {
        if !schema["$ref"].is_null() {
            // A circle of them would never end.
            return self.report(
                name,
                "schema-type",
                "must be a schema of its own; refer to the other one where it is used",
            );
        }
        self.schema(name, schema, true);
        let mut spellings = BTreeMap::new();
        for (property, schema) in entries(&schema["properties"]) {
            let place = format!("{name}.{property}");
            let pascal = property.starts_with(|c: char| c.is_ascii_uppercase())
                && property.chars().all(|c| c.is_ascii_alphanumeric());
            if !pascal {
                self.report(
                    &place,
                    "property-name",
                    "must be in PascalCase as the pages write it; the build adds the camelCase spelling",
                );
            }
            if let Some(other) = spellings.insert(property.to_ascii_lowercase(), property) {
                self.report(
                    &place,
                    "property-name",
                    format!("differs from `{other}` in case only; the two would be one field"),
                );
            }
            self.schema(&place, schema, false);
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let property = &schema["properties"][required];
            if property.is_null() {
                self.report(name, "required", format!("`{required}` is required, but no property"));
            }
            if property["nullable"] == true {
                self.report(
                    &format!("{name}.{required}"),
                    "required",
                    "must not be both required and nullable; the generated field could not be null",
                );
            }
        }
    }

    /// Also those of parameters.
    pub(super) fn keywords(&mut self, place: &str, schema: &Value) {
        for (keyword, reason) in REFUSED_KEYWORDS {
            if !schema[keyword].is_null() {
                self.report(place, "schema-keyword", format!("`{keyword}` is not used here: {reason}"));
            }
        }
    }

    fn schema(&mut self, place: &str, schema: &Value, component: bool) {
        if !schema["$ref"].is_null() {
            return;
        }
        self.keywords(place, schema);
        let property = place.contains('.') && !place.ends_with(" items");
        if schema["description"].as_str().is_none_or(str::is_empty) && (component || property) {
            self.report(
                place,
                "described",
                "`description` is missing; it becomes the documentation of the Rust type",
            );
        }
        let own_type = self.open_enums.contains(&place);
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string" | "boolean"), None) | (Some("integer"), Some("int32" | "int64")) => {}
            // Elsewhere the lowering leaves them alone, and they would become strict.
            (Some("string"), Some("date-time" | "password")) if property => {}
            (Some("string"), Some("uuid")) if own_type => {}
            (Some("object"), None) if component => {}
            (Some("array"), None) if !component => self.schema(&format!("{place} items"), &schema["items"], false),
            (kind, format) => self.report(
                place,
                "schema-type",
                format!("type `{}` with format `{}` is not one of: string (as a field also date-time, password), boolean, integer (int32, int64), a list, a named object", kind.unwrap_or("none"), format.unwrap_or("none")),
            ),
        }
        if !schema["enum"].is_null() && !own_type {
            self.report(place, "open-enum", "a list of words would be closed, and one new word would cost the whole answer; give it an open type (build/pipeline.rs)");
        }
    }
}

const REFUSED_KEYWORDS: [(&str, &str); 14] = [
    ("title", "it overrides the name, and two types with one title become one type"),
    ("default", "the field would always be sent and never be absent"),
    ("additionalProperties", "answers may grow; unknown fields are ignored without it"),
    ("allOf", "a field list of its own is easier to read and to generate"),
    ("anyOf", "it generates a struct of options that decodes anything"),
    ("oneOf", "the first type that fits swallows the others"),
    ("not", "the generator cannot express it"),
    ("discriminator", "the generator ignores it"),
    ("pattern", "one odd value would cost the whole answer"),
    ("minLength", "one odd value would cost the whole answer"),
    ("maxLength", "one odd value would cost the whole answer"),
    ("minimum", "it changes the integer type, and -1 has been seen"),
    ("maximum", "one odd value would cost the whole answer"),
    ("exclusiveMinimum", "it changes the integer type, and -1 has been seen"),
];
