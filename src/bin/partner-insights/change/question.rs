//! The confirmation prompt before a bulk change.

use partner_center_insights::Plan;

use super::summary::requests;
use crate::confirm::{confirm, require_terminal};
use crate::exit::Failure;
use crate::output::Output;
use crate::table::visible;

/// Maximum number of reports listed before the question.
const LISTED: usize = 20;

/// Lists what would change and asks for confirmation.
pub async fn ask(plan: &Plan, verb: &str, output: &Output) -> Result<(), Failure> {
    let count = requests(plan);
    require_terminal(&format!("{verb} {count}"))?;
    for step in plan.steps().iter().filter(|step| step.skip.is_none()).take(LISTED) {
        let name = visible(step.name.as_deref().unwrap_or_default());
        output.note(format_args!("would-{verb}  {}  {name}", step.report_id));
    }
    if plan.requests() > LISTED {
        output.note(format_args!("… and {} more (--dry-run lists all)", plan.requests() - LISTED));
    }
    let (initial, rest) = verb.split_at(1);
    confirm(&format!("{}{rest} {count}?", initial.to_uppercase())).await
}
