//! Hints for an exhausted quota: what could be deleted, or when to try again.

use std::time::{Duration, SystemTime};

use partner_center_insights::{Error, ErrorKind, InsightsClient, Report, ReportStatus, Timestamp};

use crate::exit::Failure;
use crate::table::visible;

/// Maximum number of candidates in a hint.
const NAMED: usize = 5;
/// The period of the quota of one-time reports.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Converts an error, with candidates for deletion in the hint if a quota is the cause. Only the user knows whether
/// they are needed.
pub async fn failure(client: &InsightsClient, error: Error) -> Failure {
    let hint = match error.kind() {
        ErrorKind::QueryQuota => queries(client).await,
        ErrorKind::ReportQuota => reports(client).await,
        ErrorKind::OneTimeQuota => next(client).await,
        _ => Ok(None),
    };
    let failure = Failure::from(error);
    // If the list fails, the general hint remains.
    match hint {
        Ok(Some(hint)) => failure.hint(hint),
        Ok(None) | Err(_) => failure,
    }
}

async fn queries(client: &InsightsClient) -> Result<Option<String>, Error> {
    let unused = client.unused_queries().await?;
    let names = unused.iter().map(|query| (query.query_id.clone(), query.name.as_deref()));
    Ok(named("no report runs these queries; `partner-insights query delete ID` deletes one", names))
}

async fn reports(client: &InsightsClient) -> Result<Option<String>, Error> {
    let mut active = client.reports().status(ReportStatus::Active).await?;
    let changed = |report: &Report| {
        let time = report.modified_time.as_ref().or(report.created_time.as_ref());
        time.and_then(Timestamp::to_system_time)
    };
    active.sort_by_key(changed);
    let names = active.iter().map(|report| (report.report_id.to_string(), report.report_name.as_deref()));
    Ok(named("delete or pause an active report; unchanged for the longest time", names))
}

/// Says when the oldest one-time report of the last hour no longer counts. Deleted ones are not listed, but presumably
/// count.
async fn next(client: &InsightsClient) -> Result<Option<String>, Error> {
    let now = SystemTime::now();
    let reports = client.reports().await?;
    let once = reports.iter().filter(|report| report.execute_now == Some(true));
    let created = once.filter_map(|report| report.created_time.as_ref()?.to_system_time());
    let free = created.map(|created| created + HOUR).filter(|free| *free > now).min();
    Ok(free.map(|free| {
        let free = Timestamp::from(free);
        format!("five one-time reports can be created in 60 minutes; try again after {free} (UTC)")
    }))
}

fn named<'a>(what: &str, items: impl ExactSizeIterator<Item = (String, Option<&'a str>)>) -> Option<String> {
    let more = items.len().saturating_sub(NAMED);
    let items = items.take(NAMED).map(|(id, name)| format!("{id} ({})", visible(name.unwrap_or_default())));
    let items: Vec<_> = items.collect();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    (!items.is_empty()).then(|| format!("{what}: {}{more}", items.join(", ")))
}
