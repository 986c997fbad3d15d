//! Creates a query and a one-time report, waits for its execution, and deletes both.
//!
//! cargo run --features emulator --example create_report

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{InsightsClient, NewQuery, NewReport, TryQuery};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For the real service, omit the base URL and pass your own access token.
    let emulator = Emulator::start().await?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;

    for dataset in client.datasets().name("OfficeUsage").await? {
        println!("{}: {}", dataset.dataset_name, dataset.columns().collect::<Vec<_>>().join(", "));
    }
    let text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
    println!("{} rows", client.try_query(TryQuery::text(text)).await?.len());

    let query = client.create_query(NewQuery::new("Office usage", text)).await?;
    let report = client.create_report(NewReport::once("Office usage", &query.query_id)).await?;
    let execution = client.wait_for_execution(report.report_id).await?;
    println!("execution {} is {:?}", execution.execution_id, execution.execution_status);

    client.delete_report(report.report_id).await?;
    client.delete_query(&query.query_id).await?;
    Ok(())
}
