//! Tests code of your own against the emulator, with things going wrong.
//!
//! cargo test --features emulator --example test_your_code

use partner_center_insights::{Error, InsightsClient, ReportStatus};

/// The code under test: resumes what is paused, and counts it.
async fn wake_up(client: &InsightsClient) -> Result<usize, Error> {
    let paused = client.reports().status(ReportStatus::Paused).await?;
    for report in &paused {
        client.resume(report.report_id).await?;
    }
    Ok(paused.len())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = partner_center_insights::emulator::Emulator::start().await?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
    println!("{} reports were resumed", wake_up(&client).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use partner_center_insights::ErrorKind;
    use partner_center_insights::emulator::{Emulator, Fault, Scenario};

    use super::*;

    fn client(emulator: &Emulator) -> InsightsClient {
        InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build().unwrap()
    }

    #[tokio::test]
    async fn it_wakes_up_everything_although_one_answer_is_lost() {
        let fault = Fault::disconnect_after().on("resumeReportExecutions").nth(2);
        let emulator = Emulator::builder().fault(fault).start().await.unwrap();
        assert_eq!(wake_up(&client(&emulator)).await.unwrap(), 3);
        assert!(!emulator.reports().iter().any(|report| report.is_paused()));
        emulator.assert_requests("resumeReportExecutions", 4);
    }

    #[tokio::test]
    async fn it_tells_that_a_better_sign_in_is_needed() {
        let emulator = Emulator::builder().scenario(Scenario::Mfa).start().await.unwrap();
        assert_eq!(wake_up(&client(&emulator)).await.unwrap_err().kind(), ErrorKind::MfaRequired);
    }
}
