//! The wire edition of the spec: operations are typed, and schemas are JSON.

use openapiv3::{Content, OpenAPI, ParameterData, ParameterSchemaOrContent, RequestBody, Response};
use partner_center_insights::spec;
use serde::Serialize;
use serde_json::Value;

use crate::schema::conversion::tighten;

/// The iterators of the build over the spec.
#[allow(dead_code)]
#[path = "../../build/operations.rs"]
mod operations;

/// The spec as JSON, which can be edited, and as typed values. If it cannot be parsed, it has no operations.
#[derive(Clone)]
pub struct Document(pub Value, OpenAPI);

/// An operation of the spec.
pub struct Operation<'a> {
    pub id: &'a str,
    /// In upper case.
    pub method: String,
    pub path: &'a str,
    typed: operations::Operation<'a>,
}

/// A parameter of an operation.
pub struct Parameter<'a> {
    /// `path`, `query` or `header`.
    pub place: &'static str,
    pub data: &'a ParameterData,
    pub schema: Value,
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        let spec = serde_json::from_value(value.clone()).unwrap_or_default();
        Self(value, spec)
    }
}

impl Document {
    /// Returns the wire edition. Its enums and times are strict here, so that undocumented values are noticed.
    pub fn ours() -> Self {
        let mut document: Value = serde_json::from_str(spec::WIRE_JSON).unwrap();
        tighten(&mut document["components"]["schemas"]);
        document.into()
    }

    /// Returns the spec as written.
    pub fn written() -> Self {
        serde_json::from_str::<Value>(spec::JSON).unwrap().into()
    }

    /// Returns a copy with one value replaced or added. A null removes the value.
    pub fn edited(&self, pointer: &str, value: Value) -> Self {
        let mut copy = self.0.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = copy.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} has no parent"));
        match parent {
            Value::Object(map) if value.is_null() => drop(map.remove(key)),
            Value::Object(map) => drop(map.insert(key.replace("~1", "/"), value)),
            other => panic!("{pointer} is inside {other}"),
        }
        assert!(copy != self.0, "{pointer} changes nothing");
        copy.into()
    }

    /// Returns a copy in which a key is renamed.
    pub fn renamed(&self, pointer: &str, name: &str) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut copy = self.0.clone();
        let map = copy.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
        let value = map.remove(&key.replace("~1", "/")).unwrap_or_else(|| panic!("no {pointer}"));
        map.insert(name.to_owned(), value);
        copy.into()
    }

    pub fn operations(&self) -> Vec<Operation<'_>> {
        let operations = operations::operations(&self.1).map(|typed| Operation {
            id: typed.id(),
            method: typed.method.to_uppercase(),
            path: typed.path,
            typed,
        });
        operations.collect()
    }

    pub fn operation(&self, id: &str) -> Option<Operation<'_>> {
        self.operations().into_iter().find(|operation| operation.id == id)
    }

    /// Returns the headers of a response with their names.
    pub fn headers<'a>(
        &'a self,
        response: &'a Response,
    ) -> impl Iterator<Item = (&'a str, &'a openapiv3::Header)> {
        let headers = response.headers.iter();
        headers.filter_map(|(name, header)| Some((name.as_str(), operations::resolve(&self.1, header)?)))
    }

    /// Returns the examples of a JSON body.
    pub fn examples<'a>(&'a self, content: &'a Content) -> Vec<&'a Value> {
        operations::examples(&self.1, content).collect()
    }

    /// Returns the target of a reference to a schema, or the value itself.
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
    pub fn parameters(&self) -> Vec<Parameter<'a>> {
        let parameter = |parameter: &'a openapiv3::Parameter| {
            let place = match parameter {
                openapiv3::Parameter::Path { .. } => "path",
                openapiv3::Parameter::Query { .. } => "query",
                openapiv3::Parameter::Header { .. } => "header",
                openapiv3::Parameter::Cookie { .. } => "cookie",
            };
            let data = parameter.parameter_data_ref();
            Parameter { place, data, schema: schema_of(&data.format) }
        };
        self.typed.parameters().map(parameter).collect()
    }

    /// Returns the declared statuses with their responses.
    pub fn responses(&self) -> Vec<(u16, &'a Response)> {
        self.typed.responses().collect()
    }

    /// Returns the request body, if the operation has one.
    pub fn request_body(&self) -> Option<&'a RequestBody> {
        self.typed.request_body()
    }

    /// Returns the schema of the JSON body of the request.
    pub fn request_schema(&self) -> Option<Value> {
        body_schema(&self.request_body()?.content)
    }

    /// Returns the JSON pointer to the operation.
    pub fn pointer(&self) -> String {
        format!("/paths/{}/{}", self.path.replace('/', "~1"), self.typed.method)
    }

    /// Returns the schema of the JSON body of a response.
    pub fn schema(&self, status: u16) -> Option<Value> {
        let (_, response) = self.responses().into_iter().find(|(declared, _)| *declared == status)?;
        body_schema(&response.content)
    }
}

fn body_schema(content: &Content) -> Option<Value> {
    content.get("application/json")?.schema.as_ref().map(json)
}

/// Returns the schema of a parameter or header.
fn schema_of(format: &ParameterSchemaOrContent) -> Value {
    match format {
        ParameterSchemaOrContent::Schema(schema) => json(schema),
        ParameterSchemaOrContent::Content(_) => Value::Null,
    }
}

fn json(schema: &impl Serialize) -> Value {
    serde_json::to_value(schema).unwrap()
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
