//! The public API: server, operations, and every public item with its signature, generated types included. The diff of
//! `surface.txt` shows what an edit means for users; `UPDATE_SURFACE=1 cargo test --all-features --test contract
//! surface` rewrites it, and the committed wire edition.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use partner_center_insights::spec;
use quote::{ToTokens, quote};
use serde_json::Value;
use syn::{Attribute, ImplItem, Item, UseTree, Visibility};

use crate::document::{Document, Operation, Parameter, entries};

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
    // The rest of the client is private.
    let types = syn::parse_file(CLIENT).unwrap().items.into_iter().find_map(|item| match item {
        Item::Mod(types) if types.ident == "types" => types.content,
        _ => None,
    });
    modules.push(generated("types::", false, types.unwrap().1));

    // A name is public if a public module declares it or re-exports it from a private one.
    let mut public = BTreeMap::new();
    for module in modules.iter().filter(|module| module.public) {
        let own =
            module.items.iter().filter_map(name).filter(|(vis, _)| is_public(vis)).map(|(_, name)| name);
        public.extend(own.chain(exports(&module.items)).map(|name| (name, module.path.clone())));
    }
    let known: Vec<_> = modules.iter().flat_map(|module| &module.items).filter_map(name).collect();
    let foreign = public.iter().filter(|(name, _)| !known.iter().any(|(_, known)| known == *name));
    let mut lines: Vec<_> =
        foreign.map(|(name, at)| format!("{at}{name}: re-exported from another crate")).collect();
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
    let operations = format!("operations: {}\n{}", operations.len(), operations.join("\n"));
    format!("{}\n{operations}\n\n{}\n", server(document), lines.join("\n"))
}

/// Everything that decides where requests go. Tests against local servers cannot notice a wrong host.
fn server(document: &Document) -> String {
    let server = &document.0["servers"][0];
    let url = text(&server["url"]);
    let (origin, base_path) = url.split_at(url.match_indices('/').nth(2).unwrap().0);
    let mut lines = vec![format!(
        "spec: {}\norigin: {origin}\nbase path: {base_path}",
        text(&document.0["info"]["version"])
    )];
    for (name, variable) in entries(&server["variables"]) {
        let values: Vec<_> = variable["enum"].as_array().into_iter().flatten().map(text).collect();
        lines.push(format!("{name}: {} (default {})", values.join(", "), text(&variable["default"])));
    }
    for (program, version) in entries(&server["x-version-of-program"]) {
        lines.push(format!("default version of {program}: {}", text(version)));
    }
    lines.join("\n") + "\n"
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn operation(operation: &Operation) -> String {
    let parameter = |p: &Parameter| format!("{} in {}", p.data.name, p.place);
    let parameters: Vec<_> = operation.parameters().iter().map(parameter).collect();
    let statuses: Vec<_> = operation.responses().iter().map(|(status, _)| status.to_string()).collect();
    let Operation { id, method, path, .. } = operation;
    format!("{id}: {method} {path} ({}) {}", parameters.join(", "), statuses.join(" "))
}

struct Module {
    /// Ends with `::`, or is empty.
    path: String,
    public: bool,
    /// Its `cfg` attributes.
    condition: String,
    items: Vec<Item>,
}

/// Reads a file and the modules that it declares in `folder`.
fn read(file: &Path, folder: &Path, mut module: Module, modules: &mut Vec<Module>) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    module.items = syn::parse_file(&text).unwrap().items;
    for item in &module.items {
        let Item::Mod(inner) = item else { continue };
        let hidden =
            inner.attrs.iter().any(|attribute| attribute.to_token_stream().to_string().contains("hidden"));
        let public = module.public && is_public(&inner.vis) && !hidden;
        // Empty inline modules hold documentation only.
        let is_empty = inner.content.as_ref().is_none_or(|(_, items)| items.is_empty());
        assert!(is_empty || !public, "inline modules are not supported");
        let condition = module.condition.clone() + &conditions(&inner.attrs);
        // The generated code is in OUT_DIR.
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

/// Returns the names that `pub use` re-exports.
fn exports(items: &[Item]) -> Vec<String> {
    fn names(tree: &UseTree, found: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => names(&path.tree, found),
            UseTree::Name(name) => found.push(name.ident.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
            other => panic!("unsupported re-export `{}`", other.to_token_stream()),
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

/// Returns the visibility and the name of an item.
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
        // A macro that declares a type; the name is the first token.
        Item::Macro(item) if item.mac.path.is_ident("open_enum") => {
            let tokens = without_docs(&item.mac.tokens);
            return Some((&Visibility::Inherited, tokens.split(' ').next()?.to_owned()));
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
        // The arguments of a macro represent the items that it declares.
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
    let mut shown = Vec::new();
    for token in tokens.clone() {
        match token {
            proc_macro2::TokenTree::Group(group) => {
                // `#[doc = "…"]`: also removes the `#`.
                if group.delimiter() == proc_macro2::Delimiter::Bracket {
                    shown.pop();
                } else {
                    shown.push(format!("{{ {} }}", without_docs(&group.stream())));
                }
            }
            other => shown.push(other.to_string()),
        }
    }
    shown.join(" ").replace(" ,", ",")
}

/// Replacements that make printed tokens readable.
#[rustfmt::skip]
const SPACES: [(&str, &str); 25] = [
    (" :: ", "::"), (":: ", "::"), (" ::", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), (" <", "<"), ("& ", "&"),
    (" ,", ","), ("( ", "("), (" )", ")"), (" (", "("), (" ;", ";"), (" :", ":"), ("# [", "#["), ("[ ", "["),
    (" ]", "]"), ("' ", "'"), ("-> ", " -> "), ("  ", " "), (" . ", "."),
    ("::std::option::", ""), ("::std::string::", ""), ("::serde::", ""), ("crate::report::", ""),
];

/// Formats tokens on one line.
fn one_line(tokens: &impl ToTokens) -> String {
    SPACES.iter().fold(quote!(#tokens).to_string(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn surface_matches_the_reviewed_list() {
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
        "the public surface changed; `UPDATE_SURFACE=1 cargo test --all-features --test contract surface` accepts it"
    );
}

#[test]
fn committed_wire_edition_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/insights.wire.json");
    if std::env::var_os("UPDATE_SURFACE").is_some() {
        fs::write(&file, spec::WIRE_JSON).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let hint = "`UPDATE_SURFACE=1 cargo test --all-features --test contract surface` writes it";
    assert!(committed == spec::WIRE_JSON, "openapi/insights.wire.json is out of date; {hint}");
}
