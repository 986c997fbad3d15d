//! Asking the service what it thinks of a token.

use crate::client::InsightsClient;
use crate::error::Error;
use crate::generated::Client;
use crate::list::means_no_reports;
use crate::spec;

/// What the service says of a token that it accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// Whether the token proves a multi-factor sign-in; nothing if the service does not say.
    pub mfa_compliant: Option<bool>,
}

impl InsightsClient {
    /// Makes one harmless call, the list of reports, and asks whether the token proves a multi-factor sign-in.
    ///
    /// The question is a header, `ValidateMfa`, that [other services of Partner Center
    /// document](https://learn.microsoft.com/en-us/partner-center/security/partner-security-requirements-mandating-mfa);
    /// whether this one answers it is not known. Enforcement is rolled out step by step, so the verdict holds for now.
    ///
    /// # Errors
    ///
    /// If the token is refused, or the service cannot be reached. See [`ErrorKind`](crate::ErrorKind).
    pub async fn probe(&self) -> Result<Probe, Error> {
        let send = |mut api: Client| async move {
            api.inner.validate_mfa = true;
            api.get_reports(None, None, None).await
        };
        match self.call(&spec::GET_REPORTS, send).await {
            Ok(answer) => Ok(Probe { mfa_compliant: answer.is_mfa_compliant }),
            // Nothing to list is an answer too.
            Err(error) if means_no_reports(&error) => Ok(Probe { mfa_compliant: None }),
            Err(error) => Err(error),
        }
    }
}
