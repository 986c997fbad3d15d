//! Gets access tokens from a custom source, such as a vault.
//!
//! cargo run --features emulator --example own_token_source

use std::time::Duration;

use partner_center_insights::InsightsClient;
use partner_center_insights::auth::{AccessToken, AuthError, TokenFuture, TokenRequest, TokenSource};
use partner_center_insights::emulator::Emulator;

struct Vault {
    token: String,
}

impl Vault {
    async fn fetch(&self, scope: &str) -> Result<AccessToken, AuthError> {
        // A real source would send a request to the vault here.
        tokio::task::yield_now().await;
        eprintln!("requesting a token for {scope} from the vault");
        if self.token.is_empty() {
            return Err(AuthError::other("the vault is sealed"));
        }
        // The client caches the token until shortly before it expires.
        Ok(AccessToken::new(self.token.as_str()).with_lifetime(Duration::from_secs(3600)))
    }
}

impl TokenSource for Vault {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(self.fetch(request.scope))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start().await?;
    let vault = Vault { token: emulator.token().to_owned() };
    let client = InsightsClient::builder().base_url(emulator.base_url()).token_source(vault).build()?;
    for report in client.reports().await? {
        println!("{} {}", report.report_id, report.report_name.unwrap_or_default());
    }
    Ok(())
}
