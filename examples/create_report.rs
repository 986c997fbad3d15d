//! From a dataset to a report and back: checks, tries and creates a query, creates a daily report, pauses, resumes and
//! updates it, and deletes both.
//!
//! cargo run --features emulator --example create_report

use std::time::Duration;

use partner_center_insights::emulator::Emulator;
use partner_center_insights::query::Query;
use partner_center_insights::{InsightsClient, NewQuery, NewReport, ReportUpdate, TryQuery, earliest_start};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn chain(client: &InsightsClient) -> Result {
    let text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
    let dataset = client.datasets().name("OfficeUsage").await?.pop().ok_or("there is no such dataset")?;
    println!("{}: {}", dataset.dataset_name, dataset.columns().collect::<Vec<_>>().join(", "));
    for finding in Query::parse(text)?.check(&dataset) {
        println!("{finding}");
    }
    println!("{} rows", client.try_query(TryQuery::text(text)).await?.len());
    let query = client.create_query(NewQuery::new("Office usage", text)).await?;

    let daily = NewReport::schedule("Office usage daily", &query.query_id, earliest_start(), DAY);
    daily.check(&dataset)?;
    let id = client.create_report(daily).await?.report_id;
    client.pause(id).await?;
    client.resume(id).await?;
    client.update_report(id, ReportUpdate::new().name("Office usage weekly").every(7 * DAY)).await?;
    let report = client.report(id).await?.ok_or("there is no such report")?;
    println!("{} is {:?}", report.report_name.unwrap_or_default(), report.report_status);

    client.delete_report(id).await?;
    client.delete_query(&query.query_id).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result {
    // For the real service, omit the base URL and pass your own access token.
    let emulator = Emulator::start().await?;
    chain(&InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?).await
}

#[cfg(test)]
mod tests {
    use partner_center_insights::spec;

    use super::*;

    #[tokio::test]
    async fn chain_changes_one_report_and_leaves_nothing() -> Result {
        let emulator = Emulator::start().await?;
        let before = emulator.reports().len();
        chain(&InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?)
            .await?;
        for operation in [
            &spec::CREATE_REPORT,
            &spec::PAUSE_REPORT_EXECUTIONS,
            &spec::RESUME_REPORT_EXECUTIONS,
            &spec::UPDATE_REPORT,
            &spec::DELETE_REPORT,
            &spec::DELETE_REPORT_QUERY,
        ] {
            emulator.assert_requests(operation, 1);
        }
        assert_eq!(emulator.reports().len(), before);
        Ok(())
    }
}
