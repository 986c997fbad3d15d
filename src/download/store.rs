//! The HTTP client for the store of files: no token, no redirects, no decompression.

use std::time::Duration;

use reqwest::Url;

use crate::error::Error;
use crate::transport::{Roots, USER_AGENT};

/// The settings of a client that also hold for the store.
pub(crate) struct StoreSettings {
    pub roots: Roots,
    pub connect_timeout: Duration,
    /// Between two parts of a file: a whole file may take as long as it takes.
    pub timeout: Duration,
}

impl StoreSettings {
    /// Creates a client for this link.
    pub fn client(&self, link: &Url) -> Result<reqwest::Client, Error> {
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            // Positions are those of the stored bytes.
            .no_gzip()
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.timeout);
        // The link is a secret, which a proxy would see without TLS.
        let http = if link.scheme() == "https" { http.https_only(true) } else { http.no_proxy() };
        let http = self.roots.apply(http).map_err(Error::configuration)?;
        http.build().map_err(|error| {
            Error::configuration("the HTTP client could not be set up").with_source(error.without_url())
        })
    }
}
