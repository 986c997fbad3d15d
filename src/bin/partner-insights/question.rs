//! The question before a bulk change.

use std::io::{self, IsTerminal, Write};

use partner_center_insights::Plan;

use crate::exit::{self, Failure};
use crate::interrupt;
use crate::output::{Output, visible};
use crate::summary::requests;

/// So many steps are shown before the question.
const SHOWN: usize = 20;

/// Shows the plan and asks. Without a terminal there is nobody to ask.
pub async fn ask(plan: &Plan, verb: &str, output: &Output) -> Result<(), Failure> {
    let count = requests(plan);
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(format!(
            "this would {verb} {count}, and nobody can be asked, because standard input or error is no terminal; add \
             --yes, or --dry-run to see them"
        )));
    }
    for step in plan.steps().iter().filter(|step| step.skip.is_none()).take(SHOWN) {
        let name = visible(step.name.as_deref().unwrap_or_default());
        output.note(&format!("would-{verb}  {}  {name}", step.report_id));
    }
    if plan.requests() > SHOWN {
        output.note(&format!("… and {} more (--dry-run shows all)", plan.requests() - SHOWN));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} {count}? [y/N] ", capital(verb)).and_then(|()| stderr.flush());
    let answer = interrupt::read(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(Failure::unexpected)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure { code: exit::INTERRUPTED, message: "nothing was changed".to_owned() })
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
