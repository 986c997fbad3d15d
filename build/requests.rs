//! Edits how the generated methods create their requests.
//!
//! * progenitor sends the version of the spec in a header `api-version`, which the service does not know. Its map of
//!   headers is removed, because it contains nothing else: the lowered copy has no header parameters.
//! * progenitor parses the whole URL of each request, which takes longer than decoding a short response. `Attempt::url`
//!   resolves the path against the base URL, which is parsed once.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, Ident, Pat, Stmt, parse_quote};

pub fn edit(file: &mut syn::File) {
    Editor.visit_file_mut(file);
}

struct Editor;

impl VisitMut for Editor {
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
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        // `self.client.get(url)`
        if let Some(url) = call.args.first_mut().filter(|url| is_variable(url, "url")) {
            *url = parse_quote!(self.inner.url(&url)?);
        }
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
