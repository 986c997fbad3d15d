//! Resumes all paused reports, and shows the progress and the outcomes.
//!
//! cargo run --features emulator --example resume_all

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{Event, InsightsClient, Selection};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start().await?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;

    let plan = client.resume_all(Selection::changeable()).concurrency(2).plan().await?;
    let (mut finished, total) = (0, plan.steps().len());
    let mut run = plan.run();
    while let Some(event) = run.next().await {
        if let Event::Finished { report } = event {
            finished += 1;
            println!("{finished} of {total}: {} {}", report.report_id, report.outcome);
        }
    }
    Ok(())
}
