//! Rules for operations: who may call, with which parameters, and what may come back.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Check, Operation, entries, resolve};

impl Check<'_> {
    /// progenitor ignores `security`; the client sends the token with every operation, so each must ask for it.
    pub(super) fn operation(&mut self, operation: &Operation) {
        let place = operation.place();
        let security = operation.value.get("security").unwrap_or(&self.document["security"]);
        let schemes = security.as_array().map_or(&[][..], Vec::as_slice);
        let known = &self.document["components"]["securitySchemes"];
        let bearer = |scheme: &Value| entries(scheme).any(|(name, _)| known[name]["scheme"] == "bearer");
        if schemes.is_empty() || !schemes.iter().all(bearer) {
            self.report(
                &place,
                "security",
                "must require a bearer scheme of `components.securitySchemes`; the client always sends one",
            );
        }
        for key in ["summary", "description"] {
            if operation.value[key].as_str().is_none_or(str::is_empty) {
                self.report(
                    &place,
                    "described",
                    format!("`{key}` is missing; rustdoc and the emulator show it"),
                );
            }
        }
        if operation.value["externalDocs"]["url"].as_str().is_none_or(|url| !url.starts_with("https://")) {
            self.report(
                &place,
                "external-docs",
                "`externalDocs.url` must link the page that the operation comes from",
            );
        }
        if !operation.value["requestBody"].is_null() {
            self.report(
                &place,
                "request-body",
                "the client sends no bodies yet; teach the call and its tests first",
            );
        }
    }

    /// progenitor panics on an optional path parameter, and sends lists in a form that servers misread.
    pub(super) fn parameters(&mut self, operation: &Operation) {
        let place = operation.place();
        let document = self.document;
        let shared = document["paths"][operation.path]["parameters"].as_array();
        let own = operation.value["parameters"].as_array();
        let mut in_path = BTreeSet::new();
        for parameter in shared.into_iter().chain(own).flatten().map(|p| resolve(document, p)) {
            let name = parameter["name"].as_str().unwrap_or_default();
            match parameter["in"].as_str() {
                Some("path") => {
                    in_path.insert(name);
                    if parameter["required"] != true {
                        self.report(
                            &place,
                            "path-parameter",
                            format!("`{name}` is in the path and must be `required: true`"),
                        );
                    }
                }
                Some("query") => {}
                _ => self.report(
                    &place,
                    "parameter-place",
                    format!(
                        "`{name}` must be in path or query; headers belong to the client, cookies to nobody"
                    ),
                ),
            }
            let schema = resolve(document, &parameter["schema"]);
            if !matches!(schema["type"].as_str(), Some("string" | "boolean" | "integer")) {
                self.report(&place, "parameter-type", format!("`{name}` must be a string, a boolean or an integer; lists are sent in a form that differs from the document"));
            }
            self.keywords(&place, &parameter["schema"]);
            if !parameter["schema"]["enum"].is_null() {
                self.report(
                    &place,
                    "open-enum",
                    format!(
                        "`{name}` would be a closed list of words; refer to a schema that has an open type"
                    ),
                );
            }
            if !parameter["style"].is_null()
                || !parameter["explode"].is_null()
                || !parameter["content"].is_null()
            {
                self.report(&place, "parameter-style", format!("`{name}` must not set `style`, `explode` or `content`; the generator ignores or refuses them"));
            }
        }
        let template: BTreeSet<_> = operation
            .path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        if template != in_path {
            self.report(
                &place,
                "path-template",
                format!("the path names {template:?}, the parameters in the path are {in_path:?}"),
            );
        }
    }

    /// More than one success type is an assertion of progenitor; `default` and ranges shadow single statuses.
    pub(super) fn responses(&mut self, operation: &Operation) {
        let place = operation.place();
        let responses: Vec<_> =
            entries(&operation.value["responses"]).map(|(s, r)| (s, resolve(self.document, r))).collect();
        for (status, response) in &responses {
            if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
                self.report(
                    &place,
                    "status",
                    format!("`{status}` must be a three-digit status; `default` and ranges hide the others"),
                );
            }
            for (media_type, _) in entries(&response["content"]) {
                if media_type != "application/json" {
                    self.report(&place, "media-type", format!("{status}: `{media_type}` must be `application/json`, in lower case; nothing else is decoded"));
                }
            }
        }
        let successes: Vec<_> = responses.iter().filter(|(status, _)| status.starts_with('2')).collect();
        let [(_, success)] = successes[..] else {
            return self.report(
                &place,
                "one-success",
                format!(
                    "must have exactly one 2xx response, has {}; the generator stops at a second type",
                    successes.len()
                ),
            );
        };
        if success["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .is_none_or(|r| !r.starts_with("#/components/schemas/"))
        {
            self.report(&place, "named-answer", "the 2xx response must refer to a schema of `components`; an inline one gets a name that nobody chose");
        }
    }
}
