//! What users can name: every public item with its signature, the generated types included, and the operations.
//!
//! `build.rs` hides what an edit of the contract does. The diff of `surface.txt` shows it;
//! `UPDATE_SURFACE=1 cargo test --test contract surface` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use quote::{ToTokens, quote};
use serde_json::Value;
use syn::{Attribute, ImplItem, Item, UseTree, Visibility};

use crate::document::{Document, Operation};

const CLIENT: &str = include_str!(concat!(env!("OUT_DIR"), "/client.rs"));
const CONSTANTS: &str = include_str!(concat!(env!("OUT_DIR"), "/spec.rs"));

fn surface(document: &Document) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = Vec::new();
    read(
        &src.join("lib.rs"),
        &src,
        Module { path: String::new(), public: true, condition: String::new(), items: Vec::new() },
        &mut modules,
    );
    let generated =
        |path: &str, public, items| Module { path: path.to_owned(), public, condition: String::new(), items };
    modules.push(generated("spec::", true, syn::parse_file(CONSTANTS).unwrap().items));
    // The rest of the client is private to the crate.
    let types = syn::parse_file(CLIENT).unwrap().items.into_iter().find_map(|item| match item {
        Item::Mod(types) if types.ident == "types" => types.content,
        _ => None,
    });
    modules.push(generated("types::", false, types.unwrap().1));

    // A name is public where a public module has it, or where a public module brings it from a private one.
    let mut public = BTreeMap::new();
    for module in modules.iter().filter(|module| module.public) {
        let own =
            module.items.iter().filter_map(name).filter(|(vis, _)| is_public(vis)).map(|(_, name)| name);
        public.extend(own.chain(exports(&module.items)).map(|name| (name, module.path.clone())));
    }
    let known: Vec<_> = modules.iter().flat_map(|module| &module.items).filter_map(name).collect();
    let foreign = public.iter().filter(|(name, _)| !known.iter().any(|(_, known)| known == *name));
    let mut lines: Vec<_> = foreign.map(|(name, at)| format!("{at}{name}: made elsewhere")).collect();
    for module in &modules {
        for item in &module.items {
            let mut found = Vec::new();
            list(item, &public, &mut found);
            lines.extend(found.into_iter().map(|line| line + &module.condition));
        }
    }
    lines.sort();
    lines.dedup();
    let mut operations: Vec<_> = document.operations().iter().map(operation).collect();
    operations.sort();
    format!("operations: {}\n{}\n\n{}\n", operations.len(), operations.join("\n"), lines.join("\n"))
}

fn operation(operation: &Operation) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameter = |p: &&Value| format!("{} in {}", text(&p["name"]), text(&p["in"]));
    let parameters: Vec<_> = operation.parameters().iter().map(parameter).collect();
    let statuses: Vec<_> = operation.responses().iter().map(|(status, _)| status.to_string()).collect();
    let Operation { id, method, path, .. } = operation;
    format!("{id}: {method} {path} ({}) {}", parameters.join(", "), statuses.join(" "))
}

struct Module {
    /// With colons at its end.
    path: String,
    public: bool,
    /// The `cfg` that it stands under.
    condition: String,
    items: Vec<Item>,
}

/// Reads a file and the modules that it declares, which are in `folder`.
fn read(file: &Path, folder: &Path, mut module: Module, modules: &mut Vec<Module>) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    module.items = syn::parse_file(&text).unwrap().items;
    for item in &module.items {
        let Item::Mod(inner) = item else { continue };
        let hidden =
            inner.attrs.iter().any(|attribute| attribute.to_token_stream().to_string().contains("hidden"));
        let public = module.public && is_public(&inner.vis) && !hidden;
        assert!(inner.content.is_none() || !public, "the list of the surface does not read inline modules");
        let condition = module.condition.clone() + &conditions(&inner.attrs);
        // The generated code is read from where it was written.
        if inner.content.is_some() || inner.ident == "generated" || condition.contains("cfg(test)") {
            continue;
        }
        let name = inner.ident.to_string();
        let flat = folder.join(format!("{name}.rs"));
        let file = if flat.exists() { flat } else { folder.join(&name).join("mod.rs") };
        let path = format!("{}{name}::", module.path);
        read(&file, &folder.join(&name), Module { path, public, condition, items: Vec::new() }, modules);
    }
    modules.push(module);
}

/// The names that `pub use` brings to light.
fn exports(items: &[Item]) -> Vec<String> {
    fn names(tree: &UseTree, found: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => names(&path.tree, found),
            UseTree::Name(name) => found.push(name.ident.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
            other => panic!("the list of the surface cannot follow `{}`", other.to_token_stream()),
        }
    }
    let mut found = Vec::new();
    for item in items {
        if let Item::Use(item) = item
            && is_public(&item.vis)
        {
            names(&item.tree, &mut found);
        }
    }
    found
}

/// Visibility and name of what users can name.
fn name(item: &Item) -> Option<(&Visibility, String)> {
    let (vis, name) = match item {
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Const(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        Item::Macro(item) if item.mac.path.is_ident("error_kinds") => {
            return Some((&Visibility::Inherited, "ErrorKind".to_owned()));
        }
        // A macro of ours that makes a type: its name is the first word.
        Item::Macro(item) if item.mac.path.is_ident("open_enum") => {
            let words = without_docs(&item.mac.tokens);
            return Some((&Visibility::Inherited, words.split(' ').next()?.to_owned()));
        }
        _ => return None,
    };
    Some((vis, name.to_string()))
}

fn list(item: &Item, public: &BTreeMap<String, String>, lines: &mut Vec<String>) {
    let named = || {
        let (vis, name) = name(item)?;
        Some(format!("{}{name}", public.get(&name).filter(|_| is_public(vis))?))
    };
    let mut put = |attributes: &[Attribute], text: String| lines.push(text + &conditions(attributes));
    match item {
        Item::Struct(item) => {
            let Some(name) = named() else { return };
            put(&item.attrs, format!("{name}: struct{}{}", one_line(&item.generics), derives(&item.attrs)));
            for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                let field_name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                put(&[], format!("{name}.{field_name}: {}", one_line(&field.ty)));
            }
        }
        Item::Enum(item) => {
            let Some(name) = named() else { return };
            put(&item.attrs, format!("{name}: enum{}", derives(&item.attrs)));
            for variant in &item.variants {
                put(&[], format!("{name}::{}{}", variant.ident, one_line(&variant.fields)));
            }
        }
        Item::Trait(item) => {
            let Some(name) = named() else { return };
            put(&item.attrs, format!("{name}: trait: {}", one_line(&item.supertraits)));
            for member in &item.items {
                let mut member = member.clone();
                if let syn::TraitItem::Fn(function) = &mut member {
                    function.attrs.clear();
                    function.default = function.default.take().map(|_| syn::parse_quote!({ .. }));
                }
                put(&[], format!("{name}: {}", one_line(&member)));
            }
        }
        Item::Type(item) => {
            let Some(name) = named() else { return };
            put(&item.attrs, format!("{name}: type = {}", one_line(&item.ty)));
        }
        Item::Const(item) => {
            let Some(name) = named() else { return };
            put(&item.attrs, format!("{name}: const {}", one_line(&item.ty)));
        }
        Item::Fn(item) => {
            let Some(name) = named() else { return };
            put(&item.attrs, format!("{name}: {}", one_line(&item.sig)));
        }
        Item::Impl(item) => {
            let name = one_line(&item.self_ty);
            let Some(at) = public.get(name.split('<').next().unwrap_or_default()) else { return };
            let name = format!("{at}{name}");
            if let Some((of, _)) = &item.trait_ {
                put(&item.attrs, format!("{name}: impl {}", one_line(of)));
                return;
            }
            for member in &item.items {
                match member {
                    ImplItem::Fn(function) if is_public(&function.vis) => {
                        put(&function.attrs, format!("{name}::{}", one_line(&function.sig)));
                    }
                    ImplItem::Const(constant) if is_public(&constant.vis) => {
                        let text = format!("{name}::{}: const {}", constant.ident, one_line(&constant.ty));
                        put(&constant.attrs, text);
                    }
                    _ => {}
                }
            }
        }
        // Each row begins with its kind; the rest is in brackets.
        Item::Macro(item) if item.mac.path.is_ident("error_kinds") => {
            for token in item.mac.tokens.clone() {
                if let proc_macro2::TokenTree::Ident(kind) = token {
                    put(&[], format!("ErrorKind::{kind}"));
                }
            }
        }
        // What a macro makes of its words is in the macro; the words are the surface.
        Item::Macro(item) if item.ident.is_none() && !item.mac.path.is_ident("include") => {
            put(&[], format!("{}! {}", one_line(&item.mac.path), without_docs(&item.mac.tokens)));
        }
        _ => {}
    }
}

fn conditions(attributes: &[Attribute]) -> String {
    let shown = attributes.iter().filter(|a| a.path().is_ident("cfg") || a.path().is_ident("non_exhaustive"));
    shown.map(|attribute| format!(" {}", one_line(attribute))).collect()
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn derives(attributes: &[Attribute]) -> String {
    let derives = attributes.iter().filter(|a| a.path().is_ident("derive"));
    derives
        .filter_map(|a| a.meta.require_list().ok())
        .map(|list| format!(" derive({})", one_line(&list.tokens)))
        .collect()
}

fn without_docs(tokens: &proc_macro2::TokenStream) -> String {
    let mut kept = Vec::new();
    for token in tokens.clone() {
        match token {
            proc_macro2::TokenTree::Group(group) => {
                // `#[doc = "…"]`: the sign before the brackets goes as well.
                if group.delimiter() == proc_macro2::Delimiter::Bracket {
                    kept.pop();
                } else {
                    kept.push(format!("{{ {} }}", without_docs(&group.stream())));
                }
            }
            other => kept.push(other.to_string()),
        }
    }
    kept.join(" ").replace(" ,", ",")
}

/// What printed tokens have too much of.
#[rustfmt::skip]
const SPACES: [(&str, &str); 25] = [
    (" :: ", "::"), (":: ", "::"), (" ::", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), (" <", "<"), ("& ", "&"),
    (" ,", ","), ("( ", "("), (" )", ")"), (" (", "("), (" ;", ";"), (" :", ":"), ("# [", "#["), ("[ ", "["),
    (" ]", "]"), ("' ", "'"), ("-> ", " -> "), ("  ", " "), (" . ", "."),
    ("::std::option::", ""), ("::std::string::", ""), ("::serde::", ""), ("crate::report::", ""),
];

/// The tokens as people write them.
fn one_line(tokens: &impl ToTokens) -> String {
    SPACES.iter().fold(quote!(#tokens).to_string(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn the_surface_is_the_one_that_was_reviewed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/surface.txt");
    let now = surface(&Document::ours());
    if std::env::var_os("UPDATE_SURFACE").is_some() {
        fs::write(&file, &now).unwrap();
    }
    let reviewed = fs::read_to_string(&file).unwrap_or_default();
    let differs = |a: &str, b: &str, sign: char| -> Vec<String> {
        a.lines()
            .filter(|line| !b.lines().any(|other| other == *line))
            .map(|line| format!("{sign} {line}"))
            .collect()
    };
    let diff = [differs(&reviewed, &now, '-'), differs(&now, &reviewed, '+')].concat();
    assert_eq!(
        diff,
        Vec::<String>::new(),
        "the public surface changed; `UPDATE_SURFACE=1 cargo test --test contract surface` accepts it"
    );
}
