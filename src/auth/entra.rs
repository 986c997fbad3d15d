//! Microsoft Entra: where it is, and for which tenant and application it is asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{AuthError, Cloud};
use crate::transport::{Roots, USER_AGENT, root_cause};

/// Entra's token endpoint for one tenant and one application.
///
/// It is cheap to clone; clones share their connections. Nothing is sent before a source asks for a token.
///
/// ```
/// use partner_center_insights::auth::{ClientSecret, Entra};
///
/// # fn source(secret: String) -> Result<ClientSecret, partner_center_insights::auth::AuthError> {
/// let entra = Entra::builder()
///     .tenant("contoso.onmicrosoft.com")
///     .client_id("11111111-2222-3333-4444-555555555555")
///     .build()?;
/// Ok(ClientSecret::new(entra, secret))
/// # }
/// ```
#[derive(Clone)]
pub struct Entra(Arc<Inner>);

struct Inner {
    authority: String,
    tenant: String,
    client_id: String,
    token: Url,
    device_code: Url,
    http: reqwest::Client,
    max_elapsed: Duration,
}

impl Entra {
    /// Begins the settings. Tenant and client id are needed; everything else has a default.
    pub fn builder() -> EntraBuilder {
        EntraBuilder::default()
    }

    /// The address of Entra, without a slash at the end.
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// The tenant, as it was given.
    pub fn tenant(&self) -> &str {
        &self.0.tenant
    }

    /// The application's id.
    pub fn client_id(&self) -> &str {
        &self.0.client_id
    }

    pub(super) fn token_endpoint(&self) -> &Url {
        &self.0.token
    }

    pub(super) fn device_code_endpoint(&self) -> &Url {
        &self.0.device_code
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    pub(super) fn max_elapsed(&self) -> Duration {
        self.0.max_elapsed
    }
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entra")
            .field("authority", &self.0.authority)
            .field("tenant", &self.0.tenant)
            .field("client_id", &self.0.client_id)
            .finish_non_exhaustive()
    }
}

/// Settings of [`Entra`].
#[derive(Debug)]
#[must_use = "nothing happens until `build` is called"]
pub struct EntraBuilder {
    authority: String,
    tenant: String,
    client_id: String,
    max_elapsed: Duration,
    roots: Roots,
}

impl Default for EntraBuilder {
    fn default() -> Self {
        Self {
            authority: Cloud::Public.authority().to_owned(),
            tenant: String::new(),
            client_id: String::new(),
            max_elapsed: Duration::from_secs(15),
            roots: Roots::default(),
        }
    }
}

impl EntraBuilder {
    /// The address of Entra, such as `https://login.microsoftonline.com` (the default) or that of another [`Cloud`].
    /// It must be `https`, which may be left out.
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = authority.into();
        self
    }

    /// The tenant of the Partner Center account: its id, or a domain that it has verified. Production and sandbox are
    /// different tenants.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The *Application (client) ID* of the application's registration.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// How long getting one token may take, further attempts included. Default: 15 s. A person who enters a device
    /// code has longer; Entra says how long.
    pub fn max_elapsed(mut self, max_elapsed: Duration) -> Self {
        self.max_elapsed = max_elapsed;
        self
    }

    /// Trusts the certificates of this PEM text beside those that the platform trusts: for a proxy of one's company
    /// that opens encrypted connections, and for tests. Can be given more than once.
    #[cfg(feature = "rustls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.add(pem.as_ref());
        self
    }

    /// Checks the settings. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotConfigured`], which names the setting that is missing or cannot be used.
    pub fn build(self) -> Result<Entra, AuthError> {
        let authority = authority(&self.authority)?;
        let tenant = tenant(&self.tenant)?;
        let client_id = self.client_id.trim();
        if client_id.is_empty() || !client_id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AuthError::not_configured(
                "the client id is missing or has blanks in it; it is the Application (client) ID of the registration, a GUID",
            ));
        }
        let endpoint = |name| {
            let url = Url::parse(&format!("{authority}/{tenant}/oauth2/v2.0/{name}"));
            url.map_err(|error| AuthError::not_configured(format!("the authority cannot be used: {error}")))
        };
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            // The form holds secrets; nobody may send it on to another place.
            .redirect(reqwest::redirect::Policy::none())
            .https_only(true)
            .connect_timeout(self.max_elapsed.min(Duration::from_secs(5)));
        let http = self.roots.apply(http).map_err(AuthError::not_configured)?;
        let http = http.build().map_err(|error| {
            let cause = root_cause(&error);
            AuthError::not_configured(format!("the HTTP client could not be set up: {cause}"))
        })?;
        Ok(Entra(Arc::new(Inner {
            token: endpoint("token")?,
            device_code: endpoint("devicecode")?,
            client_id: client_id.to_owned(),
            max_elapsed: self.max_elapsed,
            authority,
            tenant,
            http,
        })))
    }
}

/// Checks the address of Entra: a host over TLS, and nothing else.
fn authority(text: &str) -> Result<String, AuthError> {
    // The text is not repeated: it may hold a password.
    let refuse = |why: &str| {
        AuthError::not_configured(format!(
            "the authority host {why}; it looks like https://login.microsoftonline.com"
        ))
    };
    let text = text.trim();
    // The Azure tools take the bare name of the host as well.
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).map_err(|error| refuse(&format!("cannot be read ({error})")))?;
    if url.scheme() != "https" {
        return Err(refuse("must be https; secrets would be readable on their way"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not hold a user name or a password"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must not hold a path or a query; the tenant is a setting of its own"));
    }
    Ok(url.origin().ascii_serialization())
}

/// Checks a tenant: an id or a domain. It becomes part of a path and of a command line.
pub(super) fn tenant(text: &str) -> Result<String, AuthError> {
    let text = text.trim();
    let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if text.is_empty() || !fits || text.starts_with(['-', '.']) || text.contains("..") {
        return Err(AuthError::not_configured(
            "the tenant is missing or is none; it is the id of the Partner Center tenant (a GUID), or a domain such as contoso.onmicrosoft.com",
        ));
    }
    Ok(text.to_owned())
}
