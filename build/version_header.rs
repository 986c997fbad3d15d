//! Removes the header `api-version`, with which progenitor sends the version of the spec: the service does not know it.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Ident, Pat, Stmt};

/// Removes the header map that contains nothing else, because the lowered copy has no header parameters.
pub fn remove(file: &mut syn::File) {
    Remover.visit_file_mut(file);
}

struct Remover;

impl VisitMut for Remover {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| !is_about_map(statement));
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "headers"
            && call.args.first().is_some_and(is_map)
        {
            *expression = (*call.receiver).clone();
        }
    }
}

/// Whether the statement creates the map or fills it.
fn is_about_map(statement: &Stmt) -> bool {
    match statement {
        Stmt::Local(local) => matches!(&local.pat, Pat::Ident(pattern) if is_name(&pattern.ident)),
        Stmt::Expr(Expr::MethodCall(call), _) => is_map(&call.receiver),
        _ => false,
    }
}

fn is_map(expression: &Expr) -> bool {
    matches!(expression, Expr::Path(path) if path.path.get_ident().is_some_and(is_name))
}

fn is_name(name: &Ident) -> bool {
    name == "header_map"
}
