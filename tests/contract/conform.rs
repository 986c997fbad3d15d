//! Requests and responses compared with the spec, by the checks of `conformance`. Each problem names its place.

use partner_center_insights::conformance::{
    self, Aspect, Comparison, Conformity, Exchange, Received, SentRequest,
};
use partner_center_insights::spec;

pub use crate::support::Request;

/// Returns the operation that a request conforms to, or everything that is wrong with it.
pub fn request(request: &Request) -> Result<String, Vec<String>> {
    let Request { method, target, headers, body } = request.clone();
    let sent = SentRequest { method, target, headers, body: body.into_bytes() };
    let Some(exchange) = Exchange::of(sent) else {
        return Err(vec![format!("{} fits no operation of the spec", request.line())]);
    };
    let problems =
        deviations(&exchange).into_iter().filter(|comparison| comparison.aspect == Aspect::Request);
    let problems: Vec<_> = problems.map(|problem| text(exchange.operation.id, &problem)).collect();
    if problems.is_empty() { Ok(exchange.operation.id.to_owned()) } else { Err(problems) }
}

/// Returns everything that is wrong with a response.
pub fn response(operation: &str, status: u16, headers: &[(String, String)], body: &str) -> Vec<String> {
    let operation = spec::OPERATIONS.iter().find(|known| known.id == operation).unwrap();
    let mut exchange = Exchange::new(operation);
    exchange.response = Some(Received {
        status,
        headers: headers.to_vec(),
        body: body.as_bytes().to_vec(),
        ..Received::default()
    });
    let place = format!("{} {status}", operation.id);
    deviations(&exchange).iter().map(|problem| text(&place, problem)).collect()
}

/// What the spec contradicts or does not mention.
pub fn deviations(exchange: &Exchange) -> Vec<Comparison> {
    let mut comparisons = conformance::check(exchange);
    let is_deviation = |conformity| matches!(conformity, Conformity::Differs | Conformity::Undocumented);
    comparisons.retain(|comparison| is_deviation(comparison.conformity));
    comparisons
}

fn text(message: &str, problem: &Comparison) -> String {
    let Comparison { aspect, place, found, expected, .. } = problem;
    format!("{message}: {aspect} {place}: {found}; expected {expected}")
}
