//! Both spellings of every field: the pages say PascalCase, the wire has been seen to say camelCase.

use proc_macro2::TokenStream;
use syn::visit_mut::VisitMut;
use syn::{Field, LitStr, parse_quote};

/// Adds the camelCase spelling to every renamed field, and prints the code.
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

/// What `#[serde(rename = "…")]` says, if the field has it.
fn renamed(field: &Field) -> Option<String> {
    let mut name = None;
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        // The other arguments are of no interest; whatever follows `rename` may stay unread.
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

/// `ReportId` to `reportId`; nothing if the name is not in PascalCase.
fn camel_case(pascal: &str) -> Option<String> {
    let first = pascal.chars().next().filter(char::is_ascii_uppercase)?;
    Some(format!("{}{}", first.to_ascii_lowercase(), &pascal[1..]))
}
