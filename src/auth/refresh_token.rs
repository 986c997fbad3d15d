//! The token of a user, got with a refresh token.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

use super::endpoint::{self, Field};
use super::{AuthError, Entra, StoredLogin, TokenFile, TokenFuture, TokenRequest, TokenSet, TokenSource};

/// Tokens of a user who signed in once, with multi-factor authentication, and left a refresh token: what Microsoft calls
/// the [Secure Application Model](https://learn.microsoft.com/partner-center/developer/enable-secure-app-model), and
/// the way for unattended work.
///
/// With each token Entra gives a new refresh token. It is written back to the [`TokenFile`] that the old one came from;
/// one that was given as a text is kept in memory only. A refresh token ends after 90 days without use, and whenever
/// the user's sign-ins are revoked.
///
/// It belongs to one application, and has to be kept like a password: whoever holds it can get tokens for other
/// services too. A confidential application ([`client_secret`](Self::client_secret)) is safer, because its refresh
/// token is of no use alone.
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
    secret: Option<SecretString>,
    place: Place,
    on_rotation: Option<Box<dyn Fn(Rotation<'_>) + Send + Sync>>,
}

enum Place {
    Memory(Mutex<SecretString>),
    File(TokenFile),
}

/// A refresh token was exchanged for a new one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rotation<'a> {
    /// The new one.
    pub refresh_token: &'a SecretString,
    /// What became of it.
    pub saved: Saved,
}

/// What became of a new refresh token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Saved {
    /// It is in the file that the old one came from.
    InFile,
    /// It is in the memory of this process, because the old one came from there.
    InMemory,
    /// Somebody signed out, or in anew, while this one was under way; it was dropped.
    Superseded,
    /// It could not be written. The old one is still there, and is good until 90 days after it was made.
    Failed(AuthError),
}

impl RefreshToken {
    /// A source with a refresh token from elsewhere.
    pub fn new(entra: Entra, refresh_token: impl Into<SecretString>) -> Self {
        Self::in_place(entra, Place::Memory(Mutex::new(refresh_token.into())))
    }

    /// A source with the refresh token of a file, which is read anew for each token, and replaced after it.
    pub fn from_file(entra: Entra, file: TokenFile) -> Self {
        Self::in_place(entra, Place::File(file))
    }

    fn in_place(entra: Entra, place: Place) -> Self {
        Self { entra, secret: None, place, on_rotation: None }
    }

    /// Proves the application with this client secret. A confidential application needs it; a public one must not
    /// send any.
    pub fn client_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Calls this with each new refresh token: to keep it somewhere else, or to tell that it could not be kept.
    pub fn on_rotation(mut self, f: impl Fn(Rotation<'_>) + Send + Sync + 'static) -> Self {
        self.on_rotation = Some(Box::new(f));
        self
    }

    /// Gets a token, and the refresh token that came with it.
    ///
    /// # Errors
    ///
    /// [`InteractionRequired`](AuthError::InteractionRequired) if the user has to sign in again; otherwise see
    /// [`AuthError`]. That a new refresh token could not be kept is no error; see [`on_rotation`](Self::on_rotation).
    pub async fn redeem(&self, scope: &str) -> Result<TokenSet, AuthError> {
        // The file has a few KiB and is read once an hour; that needs no thread of its own.
        let login = match &self.place {
            Place::Memory(token) => {
                StoredLogin::new(token.lock().unwrap_or_else(PoisonError::into_inner).clone())
            }
            Place::File(file) => self.checked(file)?,
        };
        if login.refresh_token.expose_secret().trim().is_empty() {
            return Err(AuthError::not_configured(
                "the refresh token is empty; give the token alone, or sign in again",
            ));
        }
        let scope = format!("{scope} offline_access");
        let mut fields = vec![
            Field::Plain("grant_type", "refresh_token"),
            Field::Plain("client_id", self.entra.client_id()),
            Field::Plain("scope", &scope),
            Field::Secret("refresh_token", &login.refresh_token),
        ];
        if let Some(secret) = &self.secret {
            fields.push(Field::Secret("client_secret", secret));
        }
        let tokens = endpoint::grant(&self.entra, &fields).await?;
        if let Some(refresh_token) = &tokens.refresh_token {
            let saved = self.save(&login, refresh_token);
            if let Some(f) = &self.on_rotation {
                f(Rotation { refresh_token, saved });
            }
        }
        Ok(tokens)
    }

    /// What the file holds, if it is for this application.
    fn checked(&self, file: &TokenFile) -> Result<StoredLogin, AuthError> {
        let login = file.read()?.ok_or_else(|| {
            AuthError::not_configured(format!("there is no token file {file}; sign in first"))
        })?;
        match &login.client_id {
            Some(of) if !of.eq_ignore_ascii_case(self.entra.client_id()) => {
                Err(AuthError::not_configured(format!(
                    "the token file {file} is of the application {of}, and the client id is {}; sign in again with this one",
                    self.entra.client_id()
                )))
            }
            _ => Ok(login),
        }
    }

    fn save(&self, login: &StoredLogin, refresh_token: &SecretString) -> Saved {
        match &self.place {
            Place::Memory(place) => {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = refresh_token.clone();
                Saved::InMemory
            }
            Place::File(file) => {
                match file.rotate(&StoredLogin { refresh_token: refresh_token.clone(), ..login.clone() }) {
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
        let mut f = f.debug_struct("RefreshToken");
        f.field("entra", &self.entra);
        if let Place::File(file) = &self.place {
            f.field("file", &file.path());
        }
        f.finish_non_exhaustive()
    }
}
