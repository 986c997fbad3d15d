//! Further pages of a list: the signs of them, and how they are followed. A part is never passed off as the whole.

use std::collections::HashSet;

use progenitor_client::{ClientHooks, Error as Unread, OperationInfo, ResponseValue};
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, LINK};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::client::InsightsClient;
use crate::envelope::{Envelope, is_one_of};
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::lenient::integer;
use crate::response::{Response, Sent};
use crate::spec::Operation;

/// Maximum number of pages of one list.
const MAX_PAGES: usize = 1000;

/// What a response says about further elements.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The link to the next page, as it came.
    link: Option<String>,
    /// Another sign of a further page, which cannot be followed.
    sign: Option<String>,
    /// The number of all elements; the largest if there are several.
    pub total: Option<i64>,
}

// Names are in lower case and without punctuation: `nextlink` is also `@odata.nextLink`.
const LINKS: [&str; 9] = [
    "nextlink",
    "next",
    "nextpage",
    "nextpagelink",
    "nextpageurl",
    "nextpageuri",
    "nexturl",
    "nexturi",
    "nexthref",
];
const TOKENS: [&str; 14] = [
    "continuationtoken",
    "continuation",
    "nextcontinuationtoken",
    "skiptoken",
    "nextskiptoken",
    "nextskip",
    "nextpagetoken",
    "pagetoken",
    "nexttoken",
    "cursor",
    "nextcursor",
    "endcursor",
    "nextmarker",
    "nextpagenumber",
];
const MORE: [&str; 13] = [
    "hasmore",
    "hasmoredata",
    "hasmorepages",
    "hasmoreresults",
    "hasmoreitems",
    "hasnext",
    "hasnextpage",
    "more",
    "moreavailable",
    "moreresults",
    "truncated",
    "istruncated",
    "ispartial",
];
const LAST: [&str; 4] = ["last", "islast", "islastpage", "iscomplete"];
const TOTALS: [&str; 8] = [
    "totalcount",
    "count",
    "total",
    "totalrecords",
    "totalitems",
    "totalresults",
    "totalelements",
    "recordcount",
];
const PAGE_COUNTS: [&str; 3] = ["totalpages", "pagecount", "pages"];
const CONTAINERS: [&str; 8] =
    ["links", "paging", "pagination", "page", "pageinfo", "meta", "metadata", "pagingmetadata"];

impl Pages {
    /// Collects the signs in the members of an envelope and in the head of its response.
    pub fn of<T>(envelope: &Envelope<T>, head: &PagingHeaders) -> Self {
        let mut pages = Self::default();
        for (name, value) in &envelope.members {
            pages.read(name, value, 0);
        }
        pages.read_head(head);
        pages
    }

    fn read(&mut self, name: &str, value: &Value, depth: usize) {
        if matches!(name, "statusCode" | "message" | "dataRedacted") {
            return;
        }
        if is_one_of(name, &TOTALS) {
            self.total = self.total.max(integer(value));
        } else if is_one_of(name, &LINKS) {
            self.read_link(name, value);
        } else if is_one_of(name, &TOKENS) && says_something(value)
            || is_one_of(name, &MORE) && is_word(value, true)
            || is_one_of(name, &LAST) && is_word(value, false)
            || is_one_of(name, &PAGE_COUNTS) && integer(value).is_some_and(|pages| pages > 1)
        {
            self.sign.get_or_insert_with(|| name.to_owned());
        } else if depth < 3 && is_one_of(name, &CONTAINERS) {
            self.read_container(value, depth);
        }
    }

    fn read_container(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.read(name, value, depth + 1);
                }
            }
            // `[{"rel": "next", "href": …}]`
            Value::Array(links) => {
                for link in links.iter().filter_map(Value::as_object) {
                    let is_next = |rel: &Value| rel.as_str().is_some_and(|rel| is_one_of(rel, &LINKS));
                    if get(link, &["rel", "relation", "name"]).is_some_and(is_next) {
                        self.read_link("links", &Value::Object(link.clone()));
                    }
                }
            }
            _ => {}
        }
    }

    /// Reads a link: a text, or an object with one.
    fn read_link(&mut self, name: &str, value: &Value) {
        let target = match value {
            Value::Object(link) => {
                let headers = get(link, &["headers"]).is_some_and(says_something);
                let method = get(link, &["method"]).and_then(Value::as_str).unwrap_or("GET");
                let target = get(link, &["href", "uri", "url", "link"]).and_then(Value::as_str);
                // Another request than a plain GET cannot be guessed from here.
                target.filter(|_| !headers && method.eq_ignore_ascii_case("get"))
            }
            value => value.as_str(),
        };
        match target.map(str::trim) {
            Some("") => {}
            Some(target) => drop(self.link.get_or_insert_with(|| target.to_owned())),
            None if says_something(value) => drop(self.sign.get_or_insert_with(|| name.to_owned())),
            None => {}
        }
    }

    /// RFC 8288 links, and the continuation of Partner Center and of Azure.
    fn read_head(&mut self, head: &PagingHeaders) {
        for link in head.link.iter().filter_map(|link| link.to_str().ok()).flat_map(|links| links.split(','))
        {
            let Some((target, parameters)) = link.trim().split_once(';') else { continue };
            let relation = parameters.split(';').find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
            });
            if relation.is_some_and(|rel| rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next")))
            {
                let target = target.trim().trim_start_matches('<').trim_end_matches('>');
                self.read_link("Link", &target.into());
            }
        }
        if head.has_continuation {
            self.sign.get_or_insert_with(|| "MS-ContinuationToken".to_owned());
        }
    }
}

/// What the head of a response says about further pages.
#[derive(Debug, Default)]
pub(crate) struct PagingHeaders {
    link: Option<HeaderValue>,
    has_continuation: bool,
}

impl PagingHeaders {
    pub fn of(headers: &HeaderMap) -> Self {
        const CONTINUATIONS: [HeaderName; 3] = [
            HeaderName::from_static("ms-continuationtoken"),
            HeaderName::from_static("x-ms-continuation"),
            HeaderName::from_static("x-ms-continuationtoken"),
        ];
        let has_continuation =
            CONTINUATIONS.iter().any(|name| headers.get(name).is_some_and(|value| !value.is_empty()));
        Self { link: headers.get(LINK).cloned(), has_continuation }
    }
}

fn get<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    object.iter().find(|(name, _)| is_one_of(name, names)).map(|(_, value)| value)
}

/// Whether a value is not just there to say that there is nothing.
pub(crate) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => members.values().any(says_something),
    }
}

/// Whether a value is this boolean, as such or in a string.
pub(crate) fn is_word(value: &Value, word: bool) -> bool {
    let text = || value.as_str().and_then(|text| text.trim().to_ascii_lowercase().parse().ok());
    value.as_bool().or_else(text) == Some(word)
}

/// A list, and how many of its elements could not be read.
#[derive(Debug)]
pub(crate) struct List<T> {
    pub items: Vec<T>,
    /// Elements without a usable id. The client has warned of them.
    pub unreadable: usize,
}

impl InsightsClient {
    /// Completes a list from its first page, unless `is_enough` of it is there.
    pub(crate) async fn complete<T: DeserializeOwned + PartialEq>(
        &self,
        operation: &'static Operation,
        first: Response<T>,
        is_enough: impl Fn(&[T]) -> bool,
    ) -> Result<List<T>, Error> {
        let status = first.status;
        let refuse = |problem: String| {
            Err(Error::new(ErrorKind::InvalidResponse)
                .with_status(Some(status))
                .with_operation(operation)
                .with_message(problem))
        };
        let mut seen = HashSet::new();
        let mut current = first.url.clone();
        let (mut pages, mut list) = first.into_list(operation)?;
        let mut total = pages.total;
        while !is_enough(&list.items) {
            let came = list.items.len() + list.unreadable;
            if let Some(link) = pages.link.take() {
                let next = match self.resolve(operation, current.as_ref(), &link) {
                    Ok(next) => next,
                    Err(problem) => {
                        return refuse(format!(
                            "the list has a further page that cannot be requested: {problem}; refusing to return a part of it"
                        ));
                    }
                };
                seen.extend(current.replace(next.clone()));
                if seen.contains(&next) {
                    return refuse("the pages of the list lead back to a page that came before".to_owned());
                }
                if seen.len() >= MAX_PAGES {
                    return refuse(format!("the list has more than {MAX_PAGES} pages"));
                }
                let page = self.next_page(operation, next.clone()).await?;
                let (further, more) = page.into_list(operation)?;
                total = total.max(further.total);
                pages = further;
                list.items.extend(more.items);
                list.unreadable += more.unreadable;
            } else if let Some(sign) = &pages.sign {
                let name = crate::text::one_line(sign, 60);
                return refuse(format!(
                    "the response has only a part of the list ({name}), and does not say how to request the rest"
                ));
            } else {
                return match total {
                    Some(total) if total > i64::try_from(came).unwrap_or(i64::MAX) => refuse(format!(
                        "the response has only a part of the list: {came} of {total} elements (totalCount)"
                    )),
                    _ => Ok(list),
                };
            }
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
            // The report exists, and the list is not empty: it is the link that is wrong.
            ErrorKind::NotFound | ErrorKind::BadRequest => {
                let message = error.message().unwrap_or(error.kind().name()).to_owned();
                error
                    .with_kind(ErrorKind::InvalidResponse)
                    .with_message(format!("the next page of the list cannot be read: {message}"))
            }
            _ => error,
        })
    }

    /// Returns the URL of a link. The token must not be sent to another origin.
    fn resolve(&self, operation: &Operation, page: Option<&Url>, link: &str) -> Result<Url, String> {
        let base = Url::parse(&format!("{}/", self.inner.base_url)).map_err(|error| error.to_string())?;
        let first_segment = operation.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        // OData resolves links against the root of the service, everybody else against the page.
        let is_rooted = link.split(['?', '/']).next().is_some_and(|segment| segment == first_segment);
        let context = page.filter(|_| !is_rooted).unwrap_or(&base);
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
        StatusCode::OK => ResponseValue::from_response(response).await,
        _ => Err(Unread::UnexpectedResponse(response)),
    }
}
