//! Tokens of a user, by refresh token.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::endpoint::{self, Field, TokenSet};
use super::entra::Entra;
use super::error::AuthError;
use super::secret::Secret;
use super::source::{TokenFuture, TokenRequest, TokenSource};
use super::store::{StoredLogin, TokenFile};

/// Requests tokens for a user who signed in once, with multi-factor authentication, by the refresh token of that
/// sign-in.
///
/// Use it for unattended work; Microsoft calls this the [Secure Application
/// Model](https://learn.microsoft.com/partner-center/developer/enable-secure-app-model).
///
/// Entra returns a new refresh token with each access token. It replaces the old one in its [`TokenFile`], or in memory
/// if the old one was passed as text. A refresh token expires after 90 days without use, and when the user's sign-ins
/// are revoked.
///
/// Protect it like a password: it belongs to one application, but can get tokens for other services too. The refresh
/// token of a confidential application ([`client_secret`](Self::client_secret)) is useless without the secret.
///
/// **Untested** against a live tenant.
///
/// ```
/// use partner_center_insights::auth::{Entra, RefreshToken, TokenFile};
///
/// # fn source(entra: Entra, secret: String) -> RefreshToken {
/// RefreshToken::from_file(entra, TokenFile::new("refresh-token")).client_secret(secret)
/// # }
/// ```
pub struct RefreshToken {
    entra: Entra,
    client_secret: Option<Secret>,
    storage: Storage,
    on_rotation: Option<Box<dyn Fn(Rotation<'_>) + Send + Sync>>,
}

enum Storage {
    Memory(Mutex<Secret>),
    File(TokenFile),
}

/// The replacement of a refresh token by Entra.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rotation<'a> {
    /// The new refresh token.
    pub refresh_token: &'a Secret,
    /// Whether and where it was stored.
    pub saved: Saved,
}

/// Whether and where a new refresh token was stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Saved {
    /// In the file of the old one.
    InFile,
    /// In memory, like the old one.
    InMemory,
    /// Nowhere, because the user signed out or in again in the meantime.
    Superseded,
    /// Nowhere, because of this error. The old one is still stored, and valid for up to 90 days from its issue.
    Failed(AuthError),
}

impl RefreshToken {
    /// Creates a source that stores the refresh token in memory.
    pub fn new(entra: Entra, refresh_token: impl Into<Secret>) -> Self {
        Self::with_storage(entra, Storage::Memory(Mutex::new(refresh_token.into().unquoted())))
    }

    /// Creates a source that reads the refresh token from this file for each request, and stores the new one there.
    pub fn from_file(entra: Entra, file: TokenFile) -> Self {
        Self::with_storage(entra, Storage::File(file))
    }

    fn with_storage(entra: Entra, storage: Storage) -> Self {
        Self { entra, client_secret: None, storage, on_rotation: None }
    }

    /// Sets the client secret. A confidential application requires it; a public one must not send any.
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.client_secret = Some(secret.into().unquoted());
        self
    }

    /// Sets a function to call with each new refresh token, for example to store it elsewhere.
    pub fn on_rotation(mut self, f: impl Fn(Rotation<'_>) + Send + Sync + 'static) -> Self {
        self.on_rotation = Some(Box::new(f));
        self
    }

    /// Requests an access token, and stores the new refresh token.
    ///
    /// # Errors
    ///
    /// [`InteractionRequired`](AuthError::InteractionRequired) if the user has to sign in again; otherwise see
    /// [`AuthError`]. A failure to store the refresh token is not an error; see [`on_rotation`](Self::on_rotation).
    pub async fn redeem(&self, scope: &str) -> Result<TokenSet, AuthError> {
        let login = self.stored()?;
        login.refresh_token.check("refresh token")?;
        if let Some(secret) = &self.client_secret {
            secret.check("client secret")?;
        }
        let scope = format!("{scope} offline_access");
        let mut fields = vec![
            Field::Plain("grant_type", "refresh_token"),
            Field::Plain("client_id", self.entra.client_id()),
            Field::Plain("scope", &scope),
            Field::Secret("refresh_token", &login.refresh_token),
        ];
        fields.extend(self.client_secret.iter().map(|secret| Field::Secret("client_secret", secret)));
        let tokens = endpoint::grant(&self.entra, &fields).await?;
        if let Some(refresh_token) = &tokens.refresh_token {
            let saved = self.save(login, refresh_token);
            if let Some(f) = &self.on_rotation {
                f(Rotation { refresh_token, saved });
            }
        }
        Ok(tokens)
    }

    fn stored(&self) -> Result<StoredLogin, AuthError> {
        let file = match &self.storage {
            Storage::Memory(token) => {
                return Ok(StoredLogin::new(token.lock().unwrap_or_else(PoisonError::into_inner).clone()));
            }
            Storage::File(file) => file,
        };
        // A few KiB once an hour: not worth a blocking task.
        let login = file.read()?.ok_or_else(|| {
            AuthError::configuration(format!("token file {file} does not exist"), "sign in first")
        })?;
        let client_id = self.entra.client_id();
        match &login.client_id {
            Some(owner) if !owner.eq_ignore_ascii_case(client_id) => Err(AuthError::configuration(
                format!("token file {file} belongs to application {owner}, not {client_id}"),
                "sign in again with this application",
            )),
            _ => Ok(login),
        }
    }

    fn save(&self, login: StoredLogin, refresh_token: &Secret) -> Saved {
        match &self.storage {
            Storage::Memory(token) => {
                *token.lock().unwrap_or_else(PoisonError::into_inner) = refresh_token.clone();
                Saved::InMemory
            }
            Storage::File(file) => {
                match file.rotate(&StoredLogin { refresh_token: refresh_token.clone(), ..login }) {
                    Ok(true) => Saved::InFile,
                    Ok(false) => Saved::Superseded,
                    Err(error) => Saved::Failed(error),
                }
            }
        }
    }
}

impl TokenSource for RefreshToken {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move { Ok(self.redeem(request.scope).await?.access_token) })
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("entra", &self.entra).finish_non_exhaustive()
    }
}
