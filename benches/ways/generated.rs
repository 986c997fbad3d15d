//! The client as progenitor generates it, with the hook that the service requires.

use reqwest::header::HeaderValue;

pub use client::Client;
#[allow(unused_imports)] // Only the decode benchmark uses them.
pub use client::types;

pub fn new(base_url: &str, token: &str) -> Client {
    let mut authorization = HeaderValue::try_from(format!("Bearer {token}")).expect("a header");
    authorization.set_sensitive(true);
    Client::new_with_client(base_url, super::by_hand::http(), hooks::Attempt { authorization })
}

mod client {
    #![allow(warnings)]
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

/// The generated client refers to its state by this path.
pub mod hooks {
    use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, QueryParam, ResponseValue};
    use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
    use uuid::Uuid;

    #[derive(Clone, Debug)]
    pub struct Attempt {
        pub authorization: HeaderValue,
    }

    impl Attempt {
        /// Parses the whole URL, as progenitor does.
        #[allow(clippy::result_large_err, clippy::unused_self)]
        pub fn url<E>(&self, url: &str) -> Result<reqwest::Url, progenitor_client::Error<E>> {
            url.parse().map_err(|error| progenitor_client::Error::InvalidRequest(format!("{error}")))
        }

        /// Adds the parameter even if it is absent, as progenitor does.
        #[allow(clippy::unused_self)]
        pub fn query<T: serde::Serialize>(
            &self,
            request: reqwest::RequestBuilder,
            name: &str,
            value: Option<&T>,
        ) -> reqwest::RequestBuilder {
            request.query(&QueryParam::new(name, &value))
        }

        /// Reads the whole body, as progenitor does.
        pub async fn read<T: serde::de::DeserializeOwned, E>(
            &self,
            response: reqwest::Response,
        ) -> Result<ResponseValue<T>, progenitor_client::Error<E>> {
            ResponseValue::from_response(response).await
        }
    }

    impl ClientHooks<Attempt> for super::Client {
        async fn pre<E>(
            &self,
            request: &mut reqwest::Request,
            _: &OperationInfo,
        ) -> Result<(), progenitor_client::Error<E>> {
            let id = || HeaderValue::try_from(Uuid::new_v4().to_string()).expect("a header");
            let headers = request.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(AUTHORIZATION, self.inner().authorization.clone());
            headers.insert(HeaderName::from_static("ms-requestid"), id());
            headers.insert(HeaderName::from_static("ms-correlationid"), id());
            Ok(())
        }
    }
}

/// The generated client refers to the library's envelope by this path.
#[allow(dead_code)]
#[path = "../../src/envelope.rs"]
pub mod envelope;

/// The generated client refers to hand-written types by this path.
pub mod report {
    pub use partner_center_insights::{ExecutionStatus, ReportId, ReportStatus, SecureLink, Timestamp};
}
