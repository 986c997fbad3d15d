//! The token endpoint of Microsoft Entra: its address, the tenant and the application.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::cloud::Cloud;
use super::error::AuthError;
use super::pasted::{misread, unquoted};
use crate::transport::{Roots, client};

/// Entra's token endpoint for one tenant and one application.
///
/// Clones share their connections. Nothing is sent before a source requests a token.
#[derive(Clone)]
pub struct Entra {
    authority: String,
    tenant: String,
    client_id: String,
    pub(super) token_endpoint: Url,
    pub(super) device_code_endpoint: Url,
    pub(super) http: reqwest::Client,
    pub(super) max_elapsed: Duration,
}

impl Entra {
    /// Creates a builder. Tenant and client ID are required.
    pub fn builder() -> EntraBuilder {
        EntraBuilder {
            authority: Cloud::Public.authority().to_owned(),
            tenant: String::new(),
            client_id: String::new(),
            max_elapsed: Duration::from_secs(15),
            roots: Roots::default(),
        }
    }

    /// Returns the address of Entra, without a trailing slash.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Returns the ID of the application.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entra")
            .field("authority", &self.authority)
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Builder of [`Entra`].
#[derive(Debug)]
#[must_use = "nothing happens until `build` is called"]
pub struct EntraBuilder {
    authority: String,
    tenant: String,
    client_id: String,
    max_elapsed: Duration,
    roots: Roots,
}

impl EntraBuilder {
    /// Sets the address of Entra, such as that of another [`Cloud`]. Default: `https://login.microsoftonline.com`.
    /// The scheme must be `https` and can be omitted.
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = authority.into();
        self
    }

    /// Sets the tenant of the Partner Center account: its ID or a verified domain. Production and sandbox are different
    /// tenants.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// Sets the *Application (client) ID* of the app registration.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// Limits the time for one token, retries included. Default: 15 s. Waiting for the user to enter a device code does
    /// not count.
    pub fn max_elapsed(mut self, max_elapsed: Duration) -> Self {
        self.max_elapsed = max_elapsed;
        self
    }

    /// Trusts the certificates of this PEM text in addition to those of the platform, for a TLS-intercepting corporate
    /// proxy or for tests. Can be called more than once.
    #[cfg(feature = "rustls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.add(pem.as_ref());
        self
    }

    /// Validates the settings. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`AuthError::Configuration`] if a setting is missing or invalid.
    pub fn build(self) -> Result<Entra, AuthError> {
        let authority = authority(&self.authority)?;
        let tenant = tenant(&self.tenant)?;
        let client_id = unquoted(&self.client_id);
        if client_id.is_empty()
            || misread(client_id).is_some()
            || !client_id.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(AuthError::configuration(
                "missing or invalid client ID: expected the Application (client) ID of the app registration (GUID)",
                "set the client ID that Entra shows under App registrations",
            ));
        }
        let invalid = |cause| {
            AuthError::configuration(cause, "check the authority host, the proxy and the root certificates")
        };
        let endpoint = |name| {
            let url = Url::parse(&format!("{authority}/{tenant}/oauth2/v2.0/{name}"));
            url.map_err(|error| invalid(error.to_string()))
        };
        let http = client(true).connect_timeout(self.max_elapsed.min(Duration::from_secs(5)));
        let http = self.roots.build(http).map_err(invalid)?;
        Ok(Entra {
            token_endpoint: endpoint("token")?,
            device_code_endpoint: endpoint("devicecode")?,
            client_id: client_id.to_owned(),
            max_elapsed: self.max_elapsed,
            authority,
            tenant,
            http,
        })
    }
}

/// Validates the address of Entra: https, a host and nothing else.
fn authority(text: &str) -> Result<String, AuthError> {
    // The text is not shown, because it may contain a password.
    let invalid = |why: &str| {
        let message = format!("invalid authority host: {why}");
        AuthError::configuration(message, "set an address such as https://login.microsoftonline.com")
    };
    let text = unquoted(text);
    // The Azure tools accept a bare host name as well.
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).map_err(|error| invalid(&error.to_string()))?;
    if url.scheme() != "https" {
        return Err(invalid("expected https, because secrets are sent to it"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not contain a user name or a password"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must not contain a path or a query; the tenant is a separate setting"));
    }
    Ok(url.origin().ascii_serialization())
}

/// Validates a tenant, which becomes part of a path and of a command line.
pub(super) fn tenant(text: &str) -> Result<String, AuthError> {
    let text = unquoted(text);
    let is_valid = misread(text).is_none()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if text.is_empty() || !is_valid || text.starts_with(['-', '.']) || text.contains("..") {
        return Err(AuthError::configuration(
            "missing or invalid tenant: expected a tenant ID (GUID) or a verified domain such as contoso.onmicrosoft.com",
            "set the tenant of your Partner Center account",
        ));
    }
    Ok(text.to_owned())
}
