//! Makes types serialize in the spelling of the wire, and deserialize both spellings.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::visit_mut::{VisitMut, visit_item_struct_mut};
use syn::{Expr, Field, ItemStruct, Lit, Meta, Token, parse_quote};

use super::wire::camel_case;

/// Gives every renamed field both names. `responses` are the types that serialize in camelCase.
pub fn accept_both(file: &mut syn::File, responses: &BTreeSet<String>) {
    BothSpellings { responses, is_response: false }.visit_file_mut(file);
}

struct BothSpellings<'a> {
    responses: &'a BTreeSet<String>,
    is_response: bool,
}

impl VisitMut for BothSpellings<'_> {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        self.is_response = self.responses.contains(&item.ident.to_string());
        visit_item_struct_mut(self, item);
    }

    fn visit_field_mut(&mut self, field: &mut Field) {
        for attribute in field.attrs.iter_mut().filter(|attribute| attribute.path().is_ident("serde")) {
            let Meta::List(list) = &mut attribute.meta else { continue };
            let Ok(mut arguments) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            else {
                continue;
            };
            let Some(documented) = arguments.iter_mut().find_map(renamed) else { continue };
            let mut alias = camel_case(&documented.value());
            if self.is_response {
                let name = documented.value();
                *documented = syn::LitStr::new(&alias, documented.span());
                alias = name;
            }
            arguments.push(parse_quote!(alias = #alias));
            list.tokens = quote::quote!(#arguments);
        }
    }
}

/// Returns the name in `rename = "…"`.
fn renamed(argument: &mut Meta) -> Option<&mut syn::LitStr> {
    match argument {
        Meta::NameValue(pair) if pair.path.is_ident("rename") => match &mut pair.value {
            Expr::Lit(literal) => match &mut literal.lit {
                Lit::Str(name) => Some(name),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
