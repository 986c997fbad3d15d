//! Resumes one report and prints its status.
//!
//! cargo run --features emulator --example resume_one

use partner_center_insights::InsightsClient;
use partner_center_insights::emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For the real service, omit the base URL and pass your own access token.
    let emulator = Emulator::start().await?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;

    match client.resume("6513270e-269e-4d37-b2a7-4de452e6b438").await? {
        Some(report) => println!("{} is {:?}", report.report_id, report.report_status),
        None => println!("accepted"),
    }
    Ok(())
}
