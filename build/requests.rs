//! Edits how the generated methods create their requests and read their responses.
//!
//! * progenitor sends the version of the spec in a header `api-version`, which the service does not know. Its map of
//!   headers is removed, because it contains nothing else: the lowered copy has no header parameters.
//! * progenitor parses the whole URL of each request, which takes longer than decoding a short response. `Attempt::url`
//!   resolves the path against the base URL, which is parsed once.
//! * progenitor lets reqwest edit the URL even for an absent query parameter. `Attempt::query` does not.
//! * progenitor reads bodies without a limit, and copies the headers of each response. `Attempt::read` does neither.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, FnArg, Ident, ImplItemFn, Pat, Stmt, Type, parse_quote};

pub fn edit(file: &mut syn::File) {
    Editor::default().visit_file_mut(file);
}

#[derive(Default)]
struct Editor {
    /// The optional arguments of the current method.
    optional: Vec<Ident>,
}

impl VisitMut for Editor {
    fn visit_impl_item_fn_mut(&mut self, method: &mut ImplItemFn) {
        self.optional = method.sig.inputs.iter().filter_map(optional).collect();
        visit_mut::visit_impl_item_fn_mut(self, method);
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| !is_about_headers(statement));
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "headers"
            && call.args.first().is_some_and(|map| is_variable(map, "header_map"))
        {
            *expression = (*call.receiver).clone();
        }
        if let Expr::MethodCall(call) = expression
            && call.method == "query"
            && let Some((name, value)) = parameter(call)
            && self.optional.iter().any(|optional| is_variable(value, &optional.to_string()))
        {
            let request = &call.receiver;
            *expression = parse_quote!(self.inner.query(#request, #name, #value.as_ref()));
        }
        if let Expr::Call(call) = expression
            && let (Expr::Path(function), Some(response)) = (&*call.func, call.args.first())
            && function.path.segments.last().is_some_and(|name| name.ident == "from_response")
        {
            *expression = parse_quote!(self.inner.read(#response));
        }
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        // `self.client.get(url)`
        if let Some(url) = call.args.first_mut().filter(|url| is_variable(url, "url")) {
            *url = parse_quote!(self.inner.url(&url)?);
        }
    }
}

/// Returns the name of an argument with the type `Option<…>`.
fn optional(argument: &FnArg) -> Option<Ident> {
    let FnArg::Typed(argument) = argument else { return None };
    let (Pat::Ident(pattern), Type::Path(of)) = (&*argument.pat, &*argument.ty) else { return None };
    of.path.segments.last().filter(|last| last.ident == "Option").map(|_| pattern.ident.clone())
}

/// Returns the name and the value in `.query(&QueryParam::new(name, &value))`.
fn parameter(call: &ExprMethodCall) -> Option<(&Expr, &Expr)> {
    let Some(Expr::Reference(parameter)) = call.args.first() else { return None };
    let Expr::Call(new) = &*parameter.expr else { return None };
    match (new.args.first(), new.args.last()) {
        (Some(name), Some(Expr::Reference(value))) => Some((name, &value.expr)),
        _ => None,
    }
}

/// Whether the statement creates the map of headers, or fills it.
fn is_about_headers(statement: &Stmt) -> bool {
    match statement {
        Stmt::Local(local) => matches!(&local.pat, Pat::Ident(pattern) if pattern.ident == "header_map"),
        Stmt::Expr(Expr::MethodCall(call), _) => is_variable(&call.receiver, "header_map"),
        _ => false,
    }
}

fn is_variable(expression: &Expr, name: &str) -> bool {
    let is_name = |ident: &Ident| ident == name;
    matches!(expression, Expr::Path(path) if path.path.get_ident().is_some_and(is_name))
}
