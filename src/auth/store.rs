//! A file that keeps a refresh token.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuthError, Entra, EntraBuilder};

/// A refresh token has some 2 KiB; a file far beyond that is something else.
const SIZE_LIMIT: u64 = 64 << 10;

/// A refresh token, and what it was made for if that is known.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredLogin {
    /// The address of Entra.
    pub authority: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The application that the refresh token was issued to. No other can use it.
    pub client_id: Option<String>,
    /// The refresh token.
    pub refresh_token: SecretString,
}

impl StoredLogin {
    /// A refresh token of which nothing else is known.
    pub fn new(refresh_token: impl Into<SecretString>) -> Self {
        Self { authority: None, tenant: None, client_id: None, refresh_token: refresh_token.into() }
    }

    /// A refresh token that this endpoint gave.
    pub fn of(entra: &Entra, refresh_token: impl Into<SecretString>) -> Self {
        Self {
            authority: Some(entra.authority().to_owned()),
            tenant: Some(entra.tenant().to_owned()),
            client_id: Some(entra.client_id().to_owned()),
            refresh_token: refresh_token.into(),
        }
    }

    /// Settings for the endpoint that gave it, as far as they are known.
    pub fn entra(&self) -> EntraBuilder {
        let mut builder = Entra::builder();
        if let Some(authority) = &self.authority {
            builder = builder.authority(authority);
        }
        if let Some(tenant) = &self.tenant {
            builder = builder.tenant(tenant);
        }
        if let Some(client_id) = &self.client_id {
            builder = builder.client_id(client_id);
        }
        builder
    }

    /// Whether nothing but the refresh token is known.
    fn is_bare(&self) -> bool {
        self.authority.is_none() && self.tenant.is_none() && self.client_id.is_none()
    }

    /// Whether both are of one application in one tenant, as far as that is known.
    fn is_same_sign_in(&self, other: &Self) -> bool {
        (&self.authority, &self.tenant, &self.client_id)
            == (&other.authority, &other.tenant, &other.client_id)
    }
}

/// A login as it is written. It borrows the secret, so that no copy is left behind.
#[derive(Serialize)]
struct Written<'a> {
    authority: Option<&'a str>,
    tenant: Option<&'a str>,
    client_id: Option<&'a str>,
    refresh_token: &'a str,
}

#[derive(Deserialize)]
struct Stored {
    authority: Option<String>,
    tenant: Option<String>,
    client_id: Option<String>,
    refresh_token: String,
}

/// A file that keeps a refresh token: the token alone as text, or a [`StoredLogin`] as JSON.
///
/// It is replaced as a whole, so that nobody ever reads half of it; of two processes the last one wins, which does no
/// harm because Entra accepts the older tokens too. On Unix it is for its owner alone from the moment it exists (mode
/// 0600), as is its folder if that has to be made (0700). On Windows both have the permissions of where they are;
/// a user's own profile is closed to other users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// Names the file. It need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it. Nothing if there is no such file.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotConfigured`] if it cannot be read or holds no token. What it holds is not shown.
    pub fn read(&self) -> Result<Option<StoredLogin>, AuthError> {
        let mut text = String::new();
        match File::open(&self.path).and_then(|file| file.take(SIZE_LIMIT + 1).read_to_string(&mut text)) {
            Ok(_) if text.len() as u64 > SIZE_LIMIT => return Err(self.holds_no_token()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.cannot("read", &error)),
        }
        let text = SecretString::from(text);
        // Windows likes to begin a file with a byte order mark.
        let bare = text.expose_secret().trim_start_matches('\u{feff}').trim();
        if bare.starts_with('{') {
            // serde's own message would show a part of the text.
            let login: Stored = serde_json::from_str(bare).map_err(|_| self.holds_no_token())?;
            let Stored { authority, tenant, client_id, refresh_token } = login;
            return Ok(Some(StoredLogin {
                authority,
                tenant,
                client_id,
                refresh_token: refresh_token.into(),
            }));
        }
        if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(self.holds_no_token());
        }
        Ok(Some(StoredLogin::new(bare)))
    }

    /// Writes it, and makes its folder if there is none.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotConfigured`] if it cannot be written; what was there before is still there then.
    pub fn write(&self, login: &StoredLogin) -> Result<(), AuthError> {
        self.replace(login).map_err(|error| self.cannot("write", &error))
    }

    /// Writes a refresh token that came in exchange for the one of `login`, which was read before. Says whether it was
    /// written: if the file is gone, or is of another sign-in by now, somebody signed out or in meanwhile, and that
    /// counts.
    pub(super) fn rotate(&self, login: &StoredLogin) -> Result<bool, AuthError> {
        match self.read()? {
            Some(current) if current.is_same_sign_in(login) => self.write(login).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Removes it. Says whether there was one.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotConfigured`] if it is there and cannot be removed.
    pub fn remove(&self) -> Result<bool, AuthError> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.cannot("remove", &error)),
        }
    }

    fn replace(&self, login: &StoredLogin) -> io::Result<()> {
        // A link stays a link; what it points to is replaced.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        private_folder(folder)?;
        // In the same folder, because a rename within one file system is what makes it all or nothing.
        let temporary = folder.join(format!(".{}.tmp", Uuid::new_v4()));
        let written = private_file(&temporary)
            .and_then(|mut file| file.write_all(text(login)?.expose_secret().as_bytes()))
            .and_then(|()| fs::rename(&temporary, &target));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn cannot(&self, what: &str, error: &io::Error) -> AuthError {
        AuthError::not_configured(format!(
            "cannot {what} the token file {}: {error}; check the path and who may use it",
            self.path.display()
        ))
    }

    fn holds_no_token(&self) -> AuthError {
        AuthError::not_configured(format!(
            "the token file {} holds no refresh token; put one there alone, or sign in again",
            self.path.display()
        ))
    }
}

fn text(login: &StoredLogin) -> io::Result<SecretString> {
    let refresh_token = login.refresh_token.expose_secret();
    if login.is_bare() {
        return Ok(SecretString::from(format!("{refresh_token}\n")));
    }
    let written = Written {
        authority: login.authority.as_deref(),
        tenant: login.tenant.as_deref(),
        client_id: login.client_id.as_deref(),
        refresh_token,
    };
    Ok(SecretString::from(serde_json::to_string(&written)?))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl fmt::Display for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}
