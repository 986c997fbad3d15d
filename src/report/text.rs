//! Shared code of the types that are serialized as strings.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// A string that is parsed and dropped; borrowed where possible.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Deserializes a string without surrounding whitespace, which published samples have.
pub(super) fn deserialize<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> T,
) -> Result<T, D::Error> {
    Ok(parse(trimmed(&Text::deserialize(deserializer)?.0)))
}

/// Trims a text. Most texts have no white space at their ends, which is quickly seen.
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Implements `JsonSchema` with a name and a schema.
macro_rules! json_schema {
    ($type:ident, $schema:tt) => {
        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(super) use json_schema;
