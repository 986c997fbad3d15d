//! The copy of the spec that progenitor reads. The spec itself remains accurate: simplifications for the generator
//! are made only in this copy.

use std::collections::BTreeMap;

use openapiv3::{
    Components, OpenAPI, Parameter, ReferenceOr, Schema, SchemaData, SchemaKind, StatusCode, StringFormat,
    StringType, Type, VariantOrUnknownOrEmpty,
};

use super::operations::resolve;

/// Name of the schema that replaces every `format: date-time`.
pub const TIMESTAMP: &str = "Timestamp";
/// Name of the schema that replaces every `format: password`.
pub const SECURE_LINK: &str = "SecureLink";

pub fn lower(spec: &OpenAPI) -> OpenAPI {
    let mut copy = spec.clone();
    lower_operations(spec, &mut copy);
    lower_properties(copy.components.get_or_insert_default());
    copy
}

/// Removes all responses except 2xx, and the header parameters.
///
/// progenitor decodes a declared failure into its schema; if the body does not match it (HTML, or empty), status and
/// headers are lost. For an undeclared failure, both are available. Hooks set the headers of every attempt; generated,
/// they would be arguments of each method.
fn lower_operations(spec: &OpenAPI, copy: &mut OpenAPI) {
    let is_generated = |parameter: &ReferenceOr<Parameter>| {
        !matches!(resolve(spec, parameter), Some(Parameter::Header { .. }))
    };
    for path in copy.paths.paths.values_mut() {
        let ReferenceOr::Item(path) = path else { continue };
        path.parameters.retain(is_generated);
        let methods = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch];
        for operation in methods.into_iter().flatten() {
            operation.parameters.retain(is_generated);
            operation.responses.responses.retain(|status, _| matches!(status, StatusCode::Code(200..300)));
        }
    }
}

/// Replaces formats that have a hand-written type by a reference to it, makes arrays nullable, and removes limits:
/// progenitor would generate a type for each, and the client checks them anyway.
///
/// Otherwise a date-time would be a strict chrono type, and one malformed time would fail the whole response.
fn lower_properties(components: &mut Components) {
    let schemas = components.schemas.iter();
    let descriptions: BTreeMap<_, _> = schemas
        .filter_map(|(name, schema)| {
            Some((reference(name), schema.as_item()?.schema_data.description.clone()))
        })
        .collect();
    for schema in components.schemas.values_mut() {
        let ReferenceOr::Item(Schema { schema_kind: SchemaKind::Type(Type::Object(object)), .. }) = schema
        else {
            continue;
        };
        for property in object.properties.values_mut() {
            let (target, description) = match property {
                // A reference has no description of its own; the field would be undocumented.
                ReferenceOr::Reference { reference } => {
                    (reference.clone(), descriptions.get(reference).cloned().flatten())
                }
                ReferenceOr::Item(schema) => match lowered(schema) {
                    Some(name) => (reference(name), schema.schema_data.description.take()),
                    None => continue,
                },
            };
            let schema_data = SchemaData { description, ..SchemaData::default() };
            let schema_kind = SchemaKind::AllOf { all_of: vec![ReferenceOr::ref_(&target)] };
            *property = ReferenceOr::boxed_item(Schema { schema_data, schema_kind });
        }
    }
    for name in [TIMESTAMP, SECURE_LINK] {
        let schema_kind = SchemaKind::Type(Type::String(StringType::default()));
        let schema = Schema { schema_data: SchemaData::default(), schema_kind };
        components.schemas.insert(name.to_owned(), ReferenceOr::Item(schema));
    }
}

/// Lowers a property, or returns the name of the schema that replaces it.
fn lowered(schema: &mut Schema) -> Option<&'static str> {
    match &mut schema.schema_kind {
        SchemaKind::Type(Type::Array(_)) => schema.schema_data.nullable = true,
        SchemaKind::Type(Type::Integer(number)) => (number.minimum, number.maximum) = (None, None),
        SchemaKind::Type(Type::String(text)) => {
            (text.min_length, text.max_length) = (None, None);
            return match text.format {
                VariantOrUnknownOrEmpty::Item(StringFormat::DateTime) => Some(TIMESTAMP),
                VariantOrUnknownOrEmpty::Item(StringFormat::Password) => Some(SECURE_LINK),
                _ => None,
            };
        }
        _ => {}
    }
    None
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}
