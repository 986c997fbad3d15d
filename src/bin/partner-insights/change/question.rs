//! The confirmation prompt before a bulk change.

use std::io::{self, IsTerminal, Write};

use partner_center_insights::Plan;

use super::summary::requests;
use crate::exit::Failure;
use crate::input;
use crate::output::Output;
use crate::table::visible;

/// Maximum number of reports listed before the question.
const LISTED: usize = 20;

/// Lists what would change and asks for confirmation.
pub async fn ask(plan: &Plan, verb: &str, output: &Output) -> Result<(), Failure> {
    let count = requests(plan);
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let message = format!("refusing to {verb} {count} without confirmation (not a terminal)");
        return Err(Failure::usage(message).hint("pass --yes, or --dry-run to preview"));
    }
    for step in plan.steps().iter().filter(|step| step.skip.is_none()).take(LISTED) {
        let name = visible(step.name.as_deref().unwrap_or_default());
        output.note(format_args!("would-{verb}  {}  {name}", step.report_id));
    }
    if plan.requests() > LISTED {
        output.note(format_args!("… and {} more (--dry-run lists all)", plan.requests() - LISTED));
    }
    let mut stderr = io::stderr();
    let (initial, rest) = verb.split_at(1);
    let question = format!("{}{rest} {count}? [y/N] ", initial.to_uppercase());
    let _ = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
    let answer = input::read_line().await.map_err(Failure::unexpected)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::declined()),
    }
}
