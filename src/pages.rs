//! Follows the pages of a list. A partial list is an error, never a result.

mod links;
pub(crate) mod signs;

use std::collections::HashSet;

use progenitor_client::{ClientHooks, Error as Unread, OperationInfo};
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::response::{List, Page, Response, Sent};
use crate::spec::Operation;

/// Maximum number of pages of one list.
const MAX_PAGES: usize = 1000;

impl InsightsClient {
    /// Requests the pages after this one, until `is_enough` returns true for the elements.
    pub(crate) async fn complete<T: DeserializeOwned + PartialEq>(
        &self,
        operation: &'static Operation,
        first: Page<T>,
        is_enough: impl Fn(&[T]) -> bool,
    ) -> Result<List<T>, Error> {
        let refuse = |problem: String| {
            Err(Error::new(ErrorKind::InvalidResponse)
                .with_status(Some(200))
                .with_operation(operation)
                .with_message(problem))
        };
        let Page { mut url, mut pages, mut list } = first;
        let mut seen = HashSet::new();
        while !is_enough(&list.items) && !pages.are_complete(seen.len() + 1, list.received()) {
            let Some(link) = pages.link.take() else {
                return refuse(pages.what_is_missing(seen.len() + 1, list.received()));
            };
            let next = match self.resolve(operation, &url, &link) {
                Ok(next) => next,
                Err(problem) => {
                    return refuse(format!(
                        "the list has a further page that cannot be requested: {problem}; refusing to return a partial list"
                    ));
                }
            };
            seen.insert(*url);
            if seen.contains(&next) {
                return refuse("the pages of the list form a loop".to_owned());
            }
            if seen.len() >= MAX_PAGES {
                return refuse(format!("the list has more than {MAX_PAGES} pages"));
            }
            let mut page = self.next_page(operation, next).await?.into_page(operation)?;
            page.pages.total = page.pages.total.max(pages.total);
            list.items.extend(page.list.items);
            list.unreadable += page.list.unreadable;
            (url, pages) = (page.url, page.pages);
        }
        Ok(list)
    }

    async fn next_page<T: DeserializeOwned + PartialEq>(
        &self,
        operation: &'static Operation,
        url: Url,
    ) -> Result<Response<T>, Error> {
        let request = |api: Client| {
            let url = url.clone();
            async move { get_page(&api, url).await }
        };
        self.call(operation, request).await.map_err(|error| match error.kind() {
            // The first page exists, so the link is wrong, not the argument.
            ErrorKind::NotFound | ErrorKind::BadRequest => {
                let message = error.message().unwrap_or(error.kind().name()).to_owned();
                error
                    .with_kind(ErrorKind::InvalidResponse)
                    .with_message(format!("the next page of the list cannot be read: {message}"))
            }
            _ => error,
        })
    }

    /// Returns the URL of a link. Fails if it leads to another origin, because the token must not be sent there.
    fn resolve(&self, operation: &Operation, page: &Url, link: &str) -> Result<Url, String> {
        let base = &*self.inner.base_url;
        let first_segment = operation.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        // OData resolves links against the root of the service, other services against the URL of the page.
        let is_rooted = link.split(['?', '/']).next().is_some_and(|segment| segment == first_segment);
        let context = if is_rooted { base } else { page };
        let mut url = context.join(link).map_err(|error| format!("its link is invalid: {error}"))?;
        if url.origin() != base.origin() {
            let origin = url.origin().ascii_serialization();
            return Err(format!("its link leads to another origin, {}", crate::text::one_line(&origin, 100)));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its link has a user name or password".to_owned());
        }
        url.set_fragment(None);
        Ok(url)
    }
}

/// Requests a page, as the generated methods request the first one.
async fn get_page<T: DeserializeOwned + PartialEq>(api: &Client, url: Url) -> Sent<T> {
    let info = OperationInfo { operation_id: "next_page" };
    let mut request = reqwest::Request::new(Method::GET, url);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    api.pre(&mut request, &info).await?;
    let result = api.exec(request, &info).await;
    api.post(&result, &info).await?;
    let response = result?;
    match response.status() {
        StatusCode::OK => api.inner.read(response).await,
        _ => Err(Unread::UnexpectedResponse(response)),
    }
}
