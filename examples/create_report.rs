//! From a query to a report and back, against the emulator: `cargo run --features emulator --example create_report`.

use std::time::Duration;

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{InsightsClient, NewQuery, NewReport, ReportUpdate, TryQuery, earliest_start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start().await?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;

    let datasets = client.datasets().name("OfficeUsage").await?;
    println!("columns: {}", datasets[0].columns().collect::<Vec<_>>().join(", "));

    let text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
    println!("{} rows", client.try_query(TryQuery::text(text)).await?.len());
    let query = client.create_query(NewQuery::new("Office usage", text)).await?;

    let day = Duration::from_secs(24 * 60 * 60);
    let daily = NewReport::schedule("Office usage, daily", &query.query_id, earliest_start(), day).count(180);
    let id = client.create_report(daily).await?.report_id;
    client.pause(id).await?;
    client.resume(id).await?;
    client.update_report(id, ReportUpdate::new().every(7 * day)).await?;

    client.delete_report(id).await?;
    client.delete_query(&query.query_id).await?;
    Ok(())
}
