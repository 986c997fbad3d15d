//! Both spellings of every field: PascalCase as documented, camelCase as observed.

use proc_macro2::TokenStream;
use syn::visit_mut::VisitMut;
use syn::{Field, LitStr, parse_quote};

/// Adds the camelCase spelling to every renamed field, and formats the code.
pub fn accept_both(tokens: TokenStream) -> syn::Result<String> {
    let mut file: syn::File = syn::parse2(tokens)?;
    CamelCaseAliases.visit_file_mut(&mut file);
    Ok(prettyplease::unparse(&file))
}

struct CamelCaseAliases;

impl VisitMut for CamelCaseAliases {
    fn visit_field_mut(&mut self, field: &mut Field) {
        if let Some(camel) = renamed(field).as_deref().and_then(camel_case) {
            field.attrs.push(parse_quote!(#[serde(alias = #camel)]));
        }
    }
}

/// Returns the name in `#[serde(rename = "…")]`, if the field has this attribute.
fn renamed(field: &Field) -> Option<String> {
    let mut name = None;
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        // Errors are about other arguments, which do not matter here.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = meta.value().and_then(syn::parse::ParseBuffer::parse::<LitStr>);
            if meta.path.is_ident("rename") {
                name = Some(value?.value());
            }
            Ok(())
        });
    }
    name
}

/// Converts `ReportId` to `reportId`. Returns nothing if the name is not in PascalCase.
fn camel_case(pascal: &str) -> Option<String> {
    let first = pascal.chars().next().filter(char::is_ascii_uppercase)?;
    Some(format!("{}{}", first.to_ascii_lowercase(), &pascal[1..]))
}
