//! The operations of the spec, typed, with their references resolved.

use openapiv3::{
    Components, Content, Example, Header, OpenAPI, Parameter, ReferenceOr, RequestBody, Response, Schema,
    StatusCode,
};

/// An operation of the spec.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    pub path: &'a str,
    /// In lower case.
    pub method: &'a str,
    pub item: &'a openapiv3::Operation,
    spec: &'a OpenAPI,
}

/// Returns all operations, in the order of the paths.
pub fn operations(spec: &OpenAPI) -> impl Iterator<Item = Operation<'_>> {
    spec.operations().map(move |(path, method, item)| Operation { path, method, item, spec })
}

impl<'a> Operation<'a> {
    /// Returns the `operationId`, or an empty string.
    pub fn id(&self) -> &'a str {
        self.item.operation_id.as_deref().unwrap_or_default()
    }

    /// Returns the parameters of the path and of the operation itself.
    pub fn parameters(&self) -> impl Iterator<Item = &'a Parameter> + use<'a> {
        let spec = self.spec;
        let shared = spec.paths.paths.get(self.path).and_then(ReferenceOr::as_item);
        let shared = shared.into_iter().flat_map(|path| &path.parameters);
        shared.chain(&self.item.parameters).filter_map(|parameter| resolve(spec, parameter))
    }

    pub fn request_body(&self) -> Option<&'a RequestBody> {
        resolve(self.spec, self.item.request_body.as_ref()?)
    }

    /// Returns the responses by status, without `default` and ranges.
    pub fn responses(&self) -> impl Iterator<Item = (u16, &'a Response)> + use<'a> {
        let spec = self.spec;
        self.item.responses.responses.iter().filter_map(|(status, response)| match status {
            StatusCode::Code(status) => Some((*status, resolve(spec, response)?)),
            StatusCode::Range(_) => None,
        })
    }
}

/// Returns the examples of a JSON body.
pub fn examples<'a>(spec: &'a OpenAPI, content: &'a Content) -> impl Iterator<Item = &'a serde_json::Value> {
    content.get("application/json").into_iter().flat_map(|media| {
        let named = media.examples.values().filter_map(|example| resolve(spec, example)?.value.as_ref());
        media.example.iter().chain(named)
    })
}

/// A type that `components` can define.
pub trait Component: Sized {
    fn component<'a>(components: &'a Components, reference: &str) -> Option<&'a ReferenceOr<Self>>;
}

macro_rules! components {
    ($($component:ident in $section:ident, $prefix:literal;)*) => {$(
        impl Component for $component {
            fn component<'a>(components: &'a Components, reference: &str) -> Option<&'a ReferenceOr<Self>> {
                components.$section.get(reference.strip_prefix($prefix)?)
            }
        }
    )*};
}

components! {
    Example in examples, "#/components/examples/";
    Header in headers, "#/components/headers/";
    Parameter in parameters, "#/components/parameters/";
    RequestBody in request_bodies, "#/components/requestBodies/";
    Response in responses, "#/components/responses/";
    Schema in schemas, "#/components/schemas/";
}

/// Returns the target of a reference, or the value itself.
pub fn resolve<'a, T: Component>(spec: &'a OpenAPI, value: &'a ReferenceOr<T>) -> Option<&'a T> {
    match value {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { reference } => T::component(spec.components.as_ref()?, reference)?.as_item(),
    }
}
