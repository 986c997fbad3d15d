//! The file that stores a refresh token.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entra::{Entra, EntraBuilder};
use super::error::AuthError;
use super::pasted::{misread, unquoted};
use super::secret::Secret;

/// A refresh token has about 2 KiB; a file far above that is something else.
const MAX_BYTES: u64 = 64 << 10;

/// A refresh token, and its issuer if known.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredLogin {
    /// The address of Entra.
    pub authority: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The application, the only one that can use the refresh token.
    pub client_id: Option<String>,
    /// The refresh token.
    pub refresh_token: Secret,
}

/// The JSON form. `StoredLogin` itself cannot be serialized, so that the secret is not written by mistake.
#[derive(Deserialize, Serialize)]
struct Json<T> {
    authority: Option<T>,
    tenant: Option<T>,
    client_id: Option<T>,
    refresh_token: T,
}

impl StoredLogin {
    /// Creates a login from a refresh token alone.
    pub fn new(refresh_token: impl Into<Secret>) -> Self {
        Self { authority: None, tenant: None, client_id: None, refresh_token: refresh_token.into() }
    }

    /// Creates a login from a refresh token that this endpoint issued.
    pub fn of(entra: &Entra, refresh_token: impl Into<Secret>) -> Self {
        Self {
            authority: Some(entra.authority().to_owned()),
            tenant: Some(entra.tenant().to_owned()),
            client_id: Some(entra.client_id().to_owned()),
            refresh_token: refresh_token.into(),
        }
    }

    /// Creates a builder for the endpoint that issued it, as far as known.
    pub fn entra(&self) -> EntraBuilder {
        let [authority, tenant, client_id] = self.issuer();
        let builder =
            Entra::builder().tenant(tenant.unwrap_or_default()).client_id(client_id.unwrap_or_default());
        match authority {
            Some(authority) => builder.authority(authority),
            None => builder,
        }
    }

    /// Returns authority, tenant and application.
    fn issuer(&self) -> [Option<&str>; 3] {
        [&self.authority, &self.tenant, &self.client_id].map(Option::as_deref)
    }

    fn to_text(&self) -> io::Result<Secret> {
        let refresh_token = self.refresh_token.expose();
        let [authority, tenant, client_id] = self.issuer();
        if self.issuer() == [None; 3] {
            return Ok(format!("{refresh_token}\n").into());
        }
        Ok(serde_json::to_string(&Json { authority, tenant, client_id, refresh_token })?.into())
    }
}

impl FromStr for StoredLogin {
    type Err = AuthError;

    /// Parses the content of a [`TokenFile`]: a refresh token alone, with or without quotes, a login in JSON, or the
    /// response of a token endpoint.
    fn from_str(text: &str) -> Result<Self, AuthError> {
        let text = unquoted(text);
        let login = match serde_json::from_str::<Json<String>>(text) {
            Ok(Json { authority, tenant, client_id, refresh_token }) => {
                Self { authority, tenant, client_id, refresh_token: refresh_token.into() }
            }
            Err(_) => Self::new(text),
        };
        let token = login.refresh_token.expose();
        let has_quotes = token.contains(['"', '\'', '<', '>', '{', '}']);
        if token.is_empty()
            || misread(token).is_some()
            || has_quotes
            || !token.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(AuthError::configuration(
                "the text holds no refresh token",
                "pass the refresh token alone, or sign in again",
            ));
        }
        Ok(login)
    }
}

/// A file that stores a refresh token, either alone as text or as a [`StoredLogin`] in JSON.
///
/// It is replaced atomically. If several processes write, the last one wins, which is harmless because Entra accepts
/// older tokens too. On Unix, the file and any directory created for it are private to the owner (modes 0600 and 0700).
/// On Windows both inherit the permissions of their location; a user profile is closed to other users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// Creates a handle. The file need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file. Returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// [`AuthError::Configuration`] if it cannot be read or contains no token. The error does not show its content.
    pub fn read(&self) -> Result<Option<StoredLogin>, AuthError> {
        let mut text = String::new();
        match File::open(&self.path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.cannot("read", &error)),
        }
        let text = Secret::from(text);
        let login = Some(text.expose())
            .filter(|text| text.len() as u64 <= MAX_BYTES)
            .and_then(|text| text.parse().ok());
        login.map(Some).ok_or_else(|| {
            AuthError::configuration(
                format!("token file {self} holds no refresh token"),
                "put the refresh token alone into the file, or sign in again",
            )
        })
    }

    /// Writes the file, creating its directory if needed.
    ///
    /// # Errors
    ///
    /// [`AuthError::Configuration`] if it cannot be written; the old content is preserved.
    pub fn write(&self, login: &StoredLogin) -> Result<(), AuthError> {
        self.replace(login).map_err(|error| self.cannot("write", &error))
    }

    /// Writes the successor of a refresh token that was read before. Returns whether it was written: if the file no
    /// longer exists or belongs to another login, the user has signed out or in again, and that takes precedence.
    pub(super) fn rotate(&self, login: &StoredLogin) -> Result<bool, AuthError> {
        match self.read()? {
            Some(current) if current.issuer() == login.issuer() => self.write(login).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Removes the file. Returns whether it existed.
    ///
    /// # Errors
    ///
    /// [`AuthError::Configuration`] if it cannot be removed.
    pub fn remove(&self) -> Result<bool, AuthError> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.cannot("remove", &error)),
        }
    }

    fn replace(&self, login: &StoredLogin) -> io::Result<()> {
        // A symbolic link is preserved; its target is replaced.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let (mut directory, mut options) = (DirBuilder::new(), OpenOptions::new());
        #[cfg(unix)]
        {
            std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        directory.recursive(true).create(folder)?;
        // Only a rename within one file system is atomic.
        let temporary = folder.join(format!(".{}.tmp", Uuid::new_v4()));
        let written = options
            .write(true)
            .create_new(true)
            .open(&temporary)
            .and_then(|mut file| file.write_all(login.to_text()?.expose().as_bytes()))
            .and_then(|()| fs::rename(&temporary, &target));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn cannot(&self, what: &str, error: &io::Error) -> AuthError {
        AuthError::configuration(
            format!("cannot {what} token file {self}: {error}"),
            "check the path and its permissions",
        )
    }
}

impl fmt::Display for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}
