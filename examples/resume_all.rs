//! Resumes all paused reports, draws progress, and tells what became of each.
//!
//! cargo run --features emulator --example resume_all

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{Event, InsightsClient, Selection};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start().await?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;

    let plan = client.resume_all(Selection::all()).concurrency(2).plan().await?;
    let total = plan.requests();
    let mut answered = 0;
    let mut run = plan.run();
    while let Some(event) = run.next().await {
        match event {
            Event::Answered(_) => {
                answered += 1;
                eprintln!("{answered} of {total}");
            }
            Event::Finished(report) => println!("{} {}", report.report_id, report.outcome),
            _ => {}
        }
    }
    Ok(())
}
