//! Tests your own code against the emulator, with simulated failures.
//!
//! cargo test --features emulator --example test_your_code

use partner_center_insights::{Error, InsightsClient, ReportStatus};

/// The code under test: resumes all paused reports, and returns their number.
async fn resume_paused(client: &InsightsClient) -> Result<usize, Error> {
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
    println!("resumed {} reports", resume_paused(&client).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use partner_center_insights::emulator::{Emulator, Fault, Scenario};
    use partner_center_insights::{ErrorKind, Report, spec};

    use super::*;

    fn client(emulator: &Emulator) -> InsightsClient {
        InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build().unwrap()
    }

    fn report(id: &str, status: ReportStatus) -> Report {
        Report::new(id.parse().unwrap()).with_status(status)
    }

    #[tokio::test]
    async fn lost_response_is_retried() {
        let reports = [
            report("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4", ReportStatus::Paused),
            report("b9a1f0de-2c55-4d2e-8f5b-6b1f8d8b5a10", ReportStatus::Paused),
            report("6513270e-269e-4d37-b2a7-4de452e6b438", ReportStatus::Active),
        ];
        let fault = Fault::disconnect_after().on(&spec::RESUME_REPORT_EXECUTIONS).nth(2);
        let emulator = Emulator::builder().reports(reports).fault(fault).start().await.unwrap();
        assert_eq!(resume_paused(&client(&emulator)).await.unwrap(), 2);
        assert!(emulator.reports().iter().all(Report::is_active));
        // The client retried the second request.
        emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 3);
    }

    #[tokio::test]
    async fn missing_mfa_is_reported() {
        let emulator = Emulator::builder().scenario(Scenario::Mfa).start().await.unwrap();
        assert_eq!(resume_paused(&client(&emulator)).await.unwrap_err().kind(), ErrorKind::MfaRequired);
    }
}
