//! Rules for operations, their parameters and their responses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Check, Operation, entries, is_empty, resolve, rules};

impl Check<'_> {
    pub(super) fn operation(&mut self, operation: &Operation) {
        let place = operation.place();
        // progenitor ignores `security`, and the client sends a token with every request.
        let security = operation.value.get("security").unwrap_or(&self.document["security"]);
        let schemes = security.as_array().map_or(&[][..], Vec::as_slice);
        let known = &self.document["components"]["securitySchemes"];
        let is_bearer = |scheme: &Value| entries(scheme).any(|(name, _)| known[name]["scheme"] == "bearer");
        if schemes.is_empty() || !schemes.iter().all(is_bearer) {
            self.report(&place, rules::SECURITY, "`security` does not require a bearer token");
        }
        for key in ["summary", "description"] {
            if is_empty(&operation.value[key]) {
                self.report(&place, rules::DESCRIBED, format!("`{key}` is missing"));
            }
        }
        let page = operation.value["externalDocs"]["url"].as_str();
        if !page.is_some_and(|url| url.starts_with("https://")) {
            self.report(&place, rules::EXTERNAL_DOCS, "`externalDocs.url` is missing or not https");
        }
        self.request_body(operation);
    }

    fn request_body(&mut self, operation: &Operation) {
        let place = operation.place();
        let body = resolve(self.document, &operation.value["requestBody"]);
        if body.is_null() {
            return;
        }
        if body["required"] != true {
            self.report(&place, rules::REQUEST_BODY, "the request body is optional");
        }
        let content: Vec<_> = entries(&body["content"]).collect();
        let [("application/json", media)] = content[..] else {
            let types: Vec<_> = content.iter().map(|(media_type, _)| media_type).collect();
            return self.report(&place, rules::REQUEST_BODY, format!("the media types are {types:?}"));
        };
        if !is_named(&media["schema"]) {
            self.report(&place, rules::REQUEST_BODY, "the request body has no named schema");
        }
    }

    pub(super) fn parameters(&mut self, operation: &Operation) {
        let place = operation.place();
        let document = self.document;
        let mut in_path = BTreeSet::new();
        for parameter in operation.parameters(document) {
            let name = parameter["name"].as_str().unwrap_or_default();
            if parameter["in"] == "header" {
                // The client sets it; the generator does not see it.
                continue;
            }
            match parameter["in"].as_str() {
                Some("query") => {}
                Some("path") => {
                    in_path.insert(name);
                    if parameter["required"] != true {
                        self.report(&place, rules::PATH_PARAMETER, format!("`{name}` is optional"));
                    }
                }
                other => {
                    let location = other.unwrap_or("nothing");
                    self.report(&place, rules::PARAMETER_LOCATION, format!("`{name}` is in {location}"));
                }
            }
            let kind = resolve(document, &parameter["schema"])["type"].as_str().unwrap_or("missing");
            if !["string", "boolean", "integer"].contains(&kind) {
                self.report(&place, rules::PARAMETER_TYPE, format!("the type of `{name}` is {kind}"));
            }
            self.keywords(&place, &parameter["schema"], false);
            if !parameter["schema"]["enum"].is_null() {
                self.report(&place, rules::OPEN_ENUM, format!("`{name}` has an inline `enum`"));
            }
            for key in ["style", "explode", "content"] {
                if !parameter[key].is_null() {
                    self.report(&place, rules::PARAMETER_STYLE, format!("`{name}` sets `{key}`"));
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
        let place = operation.place();
        let mut successes = Vec::new();
        for (status, response) in entries(&operation.value["responses"]) {
            let response = resolve(self.document, response);
            if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
                self.report(&place, rules::STATUS, format!("there is a response for `{status}`"));
            }
            for (media_type, _) in entries(&response["content"]) {
                if media_type != "application/json" {
                    let message = format!("the media type of {status} is `{media_type}`");
                    self.report(&place, rules::MEDIA_TYPE, message);
                }
            }
            if status.starts_with('2') {
                successes.push(response);
            }
        }
        let [success] = successes[..] else {
            let message = format!("there are {} responses with a 2xx status", successes.len());
            return self.report(&place, rules::ONE_SUCCESS, message);
        };
        if !is_named(&success["content"]["application/json"]["schema"]) {
            self.report(&place, rules::NAMED_RESPONSE, "the 2xx response has no named schema");
        }
    }
}

/// Whether the schema is a reference to a component.
fn is_named(schema: &Value) -> bool {
    schema["$ref"].as_str().is_some_and(|target| target.starts_with("#/components/schemas/"))
}
