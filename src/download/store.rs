//! Creates the HTTP client for the store of files.

use std::time::Duration;

use reqwest::Url;

use crate::error::Error;
use crate::transport::{self, Roots};

/// The settings of a client that also apply to the store.
pub(crate) struct StoreSettings {
    pub roots: Roots,
    pub connect_timeout: Duration,
    /// Maximum time between two parts of a file. The time for a whole file is not limited.
    pub timeout: Duration,
}

impl StoreSettings {
    /// Creates a client for this link.
    pub fn client(&self, link: &Url) -> Result<reqwest::Client, Error> {
        let http = transport::client(link.scheme() == "https")
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.timeout);
        self.roots.build(http).map_err(Error::configuration)
    }
}
