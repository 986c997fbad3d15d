//! Rules for operations, their parameters and their responses.

use std::collections::BTreeSet;

use openapiv3::{
    Parameter, ParameterSchemaOrContent, PathStyle, QueryStyle, ReferenceOr, SchemaKind, SecurityRequirement,
    SecurityScheme, StatusCode, Type,
};

use super::super::operations::resolve;
use super::{Check, Operation, named_schema, place, rules};

impl Check<'_> {
    pub(super) fn operation(&mut self, operation: &Operation) {
        let place = place(operation);
        let item = operation.item;
        // progenitor ignores `security`, and the client sends a token with every request.
        let security = item.security.as_ref().or(self.spec.security.as_ref());
        let known = self.spec.components.as_ref().map(|components| &components.security_schemes);
        let is_bearer = |requirement: &SecurityRequirement| {
            let mut schemes = requirement.keys().filter_map(|name| known?.get(name)?.as_item());
            schemes.any(|known| matches!(known, SecurityScheme::HTTP { scheme, .. } if scheme == "bearer"))
        };
        if security.is_none_or(|schemes| schemes.is_empty() || !schemes.iter().all(is_bearer)) {
            self.report(&place, rules::SECURITY, "`security` does not require a bearer token");
        }
        for (key, text) in [("summary", &item.summary), ("description", &item.description)] {
            if text.as_ref().is_none_or(String::is_empty) {
                self.report(&place, rules::DESCRIBED, format!("`{key}` is missing"));
            }
        }
        if !item.external_docs.as_ref().is_some_and(|page| page.url.starts_with("https://")) {
            self.report(&place, rules::EXTERNAL_DOCS, "`externalDocs.url` is missing or not https");
        }
        self.request_body(operation);
    }

    fn request_body(&mut self, operation: &Operation) {
        let Some(body) = operation.request_body() else { return };
        let place = place(operation);
        if !body.required {
            self.report(&place, rules::REQUEST_BODY, "the request body is optional");
        }
        let types: Vec<_> = body.content.keys().collect();
        if types != ["application/json"] {
            self.report(&place, rules::REQUEST_BODY, format!("the media types are {types:?}"));
        } else if named_schema(&body.content).is_none() {
            self.report(&place, rules::REQUEST_BODY, "the request body has no named schema");
        }
    }

    pub(super) fn parameters(&mut self, operation: &Operation) {
        let place = place(operation);
        let mut in_path = BTreeSet::new();
        for parameter in operation.parameters() {
            let data = parameter.parameter_data_ref();
            let name = &data.name;
            let has_style = match parameter {
                // The client sets it; the generator does not see it.
                Parameter::Header { .. } => continue,
                Parameter::Query { style, .. } => *style != QueryStyle::Form,
                Parameter::Path { style, .. } => {
                    in_path.insert(name.as_str());
                    if !data.required {
                        self.report(&place, rules::PATH_PARAMETER, format!("`{name}` is optional"));
                    }
                    *style != PathStyle::Simple
                }
                Parameter::Cookie { .. } => {
                    self.report(&place, rules::PARAMETER_LOCATION, format!("`{name}` is in a cookie"));
                    false
                }
            };
            if has_style || data.explode.is_some() {
                self.report(&place, rules::PARAMETER_STYLE, format!("`{name}` sets `style` or `explode`"));
            }
            let ParameterSchemaOrContent::Schema(schema) = &data.format else {
                self.report(&place, rules::PARAMETER_STYLE, format!("`{name}` sets `content`"));
                continue;
            };
            let kind = resolve(self.spec, schema).map(|schema| &schema.schema_kind);
            let Some(SchemaKind::Type(Type::String(_) | Type::Boolean(_) | Type::Integer(_))) = kind else {
                self.report(&place, rules::PARAMETER_TYPE, format!("the type of `{name}` is not supported"));
                continue;
            };
            if let ReferenceOr::Item(schema) = schema {
                let schema = serde_json::to_value(schema).unwrap_or_default();
                self.keywords(&place, &schema, false);
                if !schema["enum"].is_null() {
                    self.report(&place, rules::OPEN_ENUM, format!("`{name}` has an inline `enum`"));
                }
            }
        }
        let names = operation.path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        let names: BTreeSet<_> = names.map(|(name, _)| name).collect();
        if names != in_path {
            let message = format!("the path contains {names:?}, the path parameters are {in_path:?}");
            self.report(&place, rules::PATH_TEMPLATE, message);
        }
    }

    pub(super) fn responses(&mut self, operation: &Operation) {
        let place = place(operation);
        if operation.item.responses.default.is_some() {
            self.report(&place, rules::STATUS, "there is a response for `default`");
        }
        for status in operation.item.responses.responses.keys() {
            if let StatusCode::Range(_) = status {
                self.report(&place, rules::STATUS, format!("there is a response for `{status}`"));
            }
        }
        let mut successes = Vec::new();
        for (status, response) in operation.responses() {
            for media_type in response.content.keys().filter(|name| *name != "application/json") {
                let message = format!("the media type of {status} is `{media_type}`");
                self.report(&place, rules::MEDIA_TYPE, message);
            }
            if (200..300).contains(&status) {
                successes.push(response);
            }
        }
        let [success] = successes[..] else {
            let message = format!("there are {} responses with a 2xx status", successes.len());
            return self.report(&place, rules::ONE_SUCCESS, message);
        };
        if named_schema(&success.content).is_none() {
            self.report(&place, rules::NAMED_RESPONSE, "the 2xx response has no named schema");
        }
    }
}
