//! The wire edition of the spec as plain JSON, read without the types that are generated from it.

use partner_center_insights::spec;
use serde_json::Value;

#[derive(Clone)]
pub struct Document(pub Value);

/// An operation of the spec.
pub struct Operation<'a> {
    pub id: &'a str,
    /// In upper case.
    pub method: String,
    pub path: &'a str,
    pub value: &'a Value,
    document: &'a Document,
}

impl Document {
    /// The open enums are closed, so that a word that is not documented is noticed.
    pub fn ours() -> Self {
        let mut document: Value = serde_json::from_str(spec::WIRE_JSON).unwrap();
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            if let Some(words) = schema.as_object_mut().unwrap().remove("x-extensible-enum") {
                schema["enum"] = words;
            }
        }
        Self(document)
    }

    /// Returns the spec as written.
    pub fn written() -> Self {
        Self(serde_json::from_str(spec::JSON).unwrap())
    }

    /// Returns a copy with one value replaced or added. A null removes the value.
    pub fn edited(&self, pointer: &str, value: Value) -> Self {
        let mut copy = self.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = copy.0.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} has no parent"));
        match parent {
            Value::Object(map) if value.is_null() => drop(map.remove(key)),
            Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            other => panic!("{pointer} is inside {other}"),
        }
        assert!(copy.0 != self.0, "{pointer} changes nothing");
        copy
    }

    /// Returns a copy in which a key is renamed.
    pub fn renamed(&self, pointer: &str, name: &str) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut copy = self.clone();
        let map = copy.0.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
        let value = map.remove(&key.replace("~1", "/")).unwrap_or_else(|| panic!("no {pointer}"));
        map.insert(name.to_owned(), value);
        copy
    }

    pub fn operations(&self) -> Vec<Operation<'_>> {
        let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
        let paths = entries(&self.0["paths"]);
        let operations = paths.flat_map(|(path, item)| entries(item).map(move |entry| (path, entry)));
        operations
            .filter(|(_, (method, _))| methods.contains(method))
            .map(|(path, (method, value))| Operation {
                id: value["operationId"].as_str().unwrap_or_default(),
                method: method.to_uppercase(),
                path,
                value,
                document: self,
            })
            .collect()
    }

    pub fn operation(&self, id: &str) -> Option<Operation<'_>> {
        self.operations().into_iter().find(|operation| operation.id == id)
    }

    /// Returns the target of a reference, or the value itself.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        target.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }

    /// Returns the base paths of all versions and programs, such as `/insights/v1/mpn`.
    pub fn base_paths(&self) -> Vec<String> {
        let server = &self.0["servers"][0];
        let url = server["url"].as_str().unwrap_or_default();
        let mut paths = vec![url.splitn(4, '/').nth(3).map_or(String::new(), |path| format!("/{path}"))];
        for (name, variable) in entries(&server["variables"]) {
            let values: Vec<_> =
                variable["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let fill =
                |path: &String| values.iter().map(|v| path.replace(&format!("{{{name}}}"), v)).collect();
            paths = paths.iter().flat_map(|path| -> Vec<_> { fill(path) }).collect();
        }
        paths
    }
}

impl<'a> Operation<'a> {
    /// Returns the parameters of the path and of the operation itself.
    pub fn parameters(&self) -> Vec<&'a Value> {
        let shared = self.document.0["paths"][self.path]["parameters"].as_array();
        let own = self.value["parameters"].as_array();
        shared.into_iter().chain(own).flatten().map(|parameter| self.document.resolve(parameter)).collect()
    }

    /// Returns the declared statuses with their responses.
    pub fn responses(&self) -> Vec<(u16, &'a Value)> {
        let responses = entries(&self.value["responses"]);
        responses
            .filter_map(|(status, response)| Some((status.parse().ok()?, self.document.resolve(response))))
            .collect()
    }

    /// Returns the request body, if the operation has one.
    pub fn request_body(&self) -> Option<&'a Value> {
        self.value.get("requestBody").map(|body| self.document.resolve(body))
    }

    /// Returns the schema of the JSON body of the request.
    pub fn request_schema(&self) -> Option<&'a Value> {
        self.request_body()?.pointer("/content/application~1json/schema")
    }

    /// Returns the JSON pointer to the operation.
    pub fn pointer(&self) -> String {
        format!("/paths/{}/{}", self.path.replace('/', "~1"), self.method.to_lowercase())
    }

    /// Returns the schema of the JSON body of a response.
    pub fn schema(&self, status: u16) -> Option<&'a Value> {
        let (_, response) = self.responses().into_iter().find(|(declared, _)| *declared == status)?;
        response.pointer("/content/application~1json/schema")
    }
}

pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Converts all names to PascalCase, the documented spelling.
pub fn pascal(value: &Value) -> Value {
    let name = |key: &str| key[..1].to_ascii_uppercase() + &key[1..];
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (name(key), pascal(value))).collect(),
        Value::Array(items) => items.iter().map(pascal).collect(),
        other => other.clone(),
    }
}

/// Removes null members. For the client, absent and null are the same.
pub fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members = map.iter().filter(|(_, value)| !value.is_null());
            members.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
