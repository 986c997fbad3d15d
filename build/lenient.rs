//! Replaces the generated envelopes by aliases of the hand-written one, which also stores members that the spec does
//! not define.

use syn::{Fields, GenericArgument, Item, PathArguments, Type, parse_quote};

/// Replaces every generated struct `…Envelope` that has a list `value` by an alias of `crate::envelope::Envelope`.
pub fn replace_envelopes(file: &mut syn::File) {
    for module in &mut file.items {
        let Item::Mod(module) = module else { continue };
        let Some((_, items)) = &mut module.content else { continue };
        items.retain(|item| !matches!(item, Item::Impl(item) if is_envelope(&item.self_ty)));
        for item in items {
            let Item::Struct(envelope) = item else { continue };
            if let Some(element) = element(&envelope.fields).filter(|_| is_envelope_name(&envelope.ident)) {
                let name = &envelope.ident;
                *item = parse_quote!(pub type #name = crate::envelope::Envelope<#element>;);
            }
        }
    }
}

fn is_envelope_name(name: &syn::Ident) -> bool {
    name.to_string().ends_with("Envelope")
}

fn is_envelope(of: &Type) -> bool {
    matches!(of, Type::Path(of) if of.path.segments.last().is_some_and(|last| is_envelope_name(&last.ident)))
}

/// Returns the innermost type of the field `value`: `T` in `Option<Vec<T>>`.
fn element(fields: &Fields) -> Option<Type> {
    let value = fields.iter().find(|field| field.ident.as_ref().is_some_and(|name| name == "value"))?;
    let mut element = value.ty.clone();
    for wrapper in ["Option", "Vec"] {
        let Type::Path(path) = &element else { return None };
        let last = path.path.segments.last()?;
        if last.ident == wrapper {
            let PathArguments::AngleBracketed(of) = &last.arguments else { return None };
            let Some(GenericArgument::Type(inner)) = of.args.first() else { return None };
            element = inner.clone();
        } else if wrapper == "Vec" {
            return None;
        }
    }
    Some(element)
}
