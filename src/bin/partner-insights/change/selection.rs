//! Reads files of report IDs, and explains empty selections.

use std::path::Path;

use partner_center_insights::{Error, InsightsClient, Plan, ReportId};

use super::Direction;
use crate::args::{Change, Filter};
use crate::exit::Failure;
use crate::output::Output;
use crate::table::visible;
use crate::{ids, input};

/// Minimum similarity of suggested names, from 0 to 1.
const SIMILAR: f64 = 0.85;
/// Maximum number of suggested names.
const SUGGESTED: usize = 3;

/// Reads report IDs. A file without IDs is an error: the command that should have written them has probably failed.
pub async fn read_ids(file: &Path) -> Result<Vec<ReportId>, Failure> {
    match ids::read(file).await? {
        ids if ids.is_empty() => Err(Failure::no_match(format!("no report IDs in {}", input::name(file)))
            .hint(
                "check the command that should have written them; --all-paused succeeds if nothing is paused",
            )),
        ids => Ok(ids),
    }
}

/// Explains why there is nothing to do. Fails if a filter matches no report at all.
pub fn explain_empty(
    plan: &Plan,
    command: &Change,
    direction: Direction,
    output: &Output,
) -> Result<(), Failure> {
    let status = direction.source().as_str().to_lowercase();
    if command.filter.is_set() && plan.matched() == 0 {
        let names = plan.left_out().iter().filter_map(|report| report.report_name.as_deref());
        return Err(no_match(&command.filter, names));
    }
    output.note(match plan.matched() {
        0 => format!("The account has no reports; nothing to {direction}."),
        _ if !command.except.is_empty() => {
            format!("Nothing to {direction}: no report is {status}, except those of --except.")
        }
        1 => format!("Nothing to {direction}: the only matching report is not {status}."),
        all => format!("Nothing to {direction}: none of {all} reports is {status}."),
    });
    Ok(())
}

/// Returns the error for a filter without a match. Lists the reports, because the hint has similar names.
pub async fn no_match_of(client: &InsightsClient, filter: &Filter) -> Result<Failure, Error> {
    let reports = client.reports().await?;
    Ok(no_match(filter, reports.iter().filter_map(|report| report.report_name.as_deref())))
}

/// Returns the error for a filter without a match, with similar names as a hint.
fn no_match<'a>(filter: &Filter, names: impl Iterator<Item = &'a str>) -> Failure {
    let Some(pattern) = &filter.name else {
        return Failure::no_match("no report runs this query")
            .hint("check --query-id; `partner-insights list --output json` shows the queries");
    };
    if filter.query_id.is_some() {
        let message = format!("no report matches --name {pattern:?} and runs the query of --query-id");
        return Failure::no_match(message)
            .hint("drop one of the two flags to see which reports the other one matches");
    }
    let failure = Failure::no_match(format!("no report matches --name {pattern:?}"));
    let otherwise = "`partner-insights list` shows the names; wildcards are * and ?";
    failure.hint(similar_names(pattern, names).unwrap_or_else(|| otherwise.to_owned()))
}

/// Returns a hint with the names that are similar to a pattern, if there are any.
pub fn similar_names<'a>(pattern: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut similar: Vec<_> = names.map(|name| (similarity(pattern, name), name)).collect();
    similar.retain(|(similarity, _)| *similarity >= SIMILAR);
    similar.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    similar.dedup_by_key(|(_, name)| *name);
    let similar: Vec<_> =
        similar.into_iter().take(SUGGESTED).map(|(_, name)| format!("\"{}\"", visible(name))).collect();
    match similar.len() {
        0 => None,
        1 => Some(format!("a similar name exists: {}", similar[0])),
        _ => Some(format!("similar names exist: {}", similar.join(", "))),
    }
}

/// Returns the similarity of a pattern to a name or to one of its words, whichever is higher.
fn similarity(pattern: &str, name: &str) -> f64 {
    let pattern = pattern.replace(['*', '?'], "").trim().to_lowercase();
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).chain([name.as_str()]);
    words.map(|word| strsim::jaro_winkler(&pattern, word)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_word_is_similar_and_another_is_not() {
        assert!(similarity("Slaes*", "Sales, weekly") >= SIMILAR);
        assert!(similarity("*usgae", "Azure usage, weekly") >= SIMILAR);
        assert!(similarity("nothing", "Azure usage, weekly") < SIMILAR);
        assert!(similarity("*", "Sales") < SIMILAR);
        assert!(similarity("Nope*", "Sales now") < SIMILAR);
        assert!(similarity("OfficeUsag", "OfficeUsage") >= SIMILAR);
    }
}
