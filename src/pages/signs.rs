//! Detects the signs that a response contains only a part of a list.
//!
//! Services use many names, which are recognized by the words in them: `hasMoreRecords`, `@odata.nextLink` and
//! `next_skip_token` need not be listed.

use reqwest::header::{CONTENT_RANGE, HeaderMap, HeaderName, HeaderValue, LINK};
use serde_json::{Map, Value};

use super::links;
use crate::envelope::{Envelope, is_one_of, plain_name};
use crate::lenient::integer;
use crate::text::one_line;

/// What a response reports about further elements.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The link to the next page, as received.
    pub(super) link: Option<String>,
    /// Another sign of a further page, which cannot be followed.
    pub(super) sign: Option<String>,
    /// The position after this page. Some services send one on the last page too.
    cursor: Option<String>,
    /// Whether a member marks this page as the last one.
    is_last: bool,
    /// The number of all elements; the largest if there are several.
    pub total: Option<i64>,
    /// The number of all pages.
    pub(super) page_count: Option<i64>,
}

// All names are in lower case and without punctuation: `nextlink` also matches `@odata.nextLink`.
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
const CONTAINERS: [&str; 9] =
    ["links", "paging", "pagination", "page", "pageinfo", "meta", "metadata", "pagingmetadata", "cursors"];

/// The subject of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Link,
    /// A token, an offset or a request body for the next page.
    Next,
    Cursor,
    /// Whether there is more.
    More,
    /// Whether this is the last page.
    Last,
    Total,
    /// The number of elements on further pages.
    Rest,
    PageCount,
    Container,
}

impl Subject {
    /// Returns the subject of a boolean member. `lastPage` may be a number of pages or a boolean.
    fn of_boolean(self) -> Self {
        if self == Self::PageCount { Self::Last } else { self }
    }
}

/// Classifies a name.
fn subject(name: &str) -> Option<Subject> {
    const ELEMENTS: [&str; 11] = [
        "count", "records", "items", "results", "elements", "rows", "size", "hits", "entries", "matches",
        "reports",
    ];
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    // Names such as `nextRunTime` describe a report.
    let is_next = name.starts_with("next") && !has(&["time", "date", "run", "execution", "refresh"]);
    Some(match name {
        _ if LINKS.contains(&name) => Subject::Link,
        _ if CONTAINERS.contains(&name) => Subject::Container,
        "last" | "islast" | "islastpage" | "iscomplete" => Subject::Last,
        "totalpages" | "pagecount" | "pages" | "lastpage" | "totalpagecount" => Subject::PageCount,
        "count" | "total" | "numfound" | "recordcount" | "rowcount" | "itemcount" | "resultcount"
        | "recordstotal" | "recordsfiltered" | "matchcount" => Subject::Total,
        _ if name.starts_with("total") && ends(&ELEMENTS) => Subject::Total,
        _ if name.starts_with("remaining") && ends(&ELEMENTS) => Subject::Rest,
        "after" | "endcursor" | "cursor" => Subject::Cursor,
        _ if has(&["continuation", "skiptoken", "nextlink"]) || is_next || name == "pagetoken" => {
            Subject::Next
        }
        "more" | "partial" | "ispartial" => Subject::More,
        _ if has(&["hasmore", "hasnext", "hasadditional", "moreavailable", "truncated", "incomplete"])
            || (has(&["more"]) && ends(&ELEMENTS)) =>
        {
            Subject::More
        }
        _ => return None,
    })
}

impl Pages {
    /// Collects the signs in the members of an envelope and in the headers of its response.
    pub fn of<T>(envelope: &Envelope<T>, headers: Option<&HeaderMap>) -> Self {
        let mut pages = Self::default();
        for (name, value) in &envelope.members {
            pages.read(name, value, 0);
        }
        for (name, value) in headers.into_iter().flatten().filter(|(name, _)| is_about_pages(name)) {
            pages.read_header(name, value);
        }
        if !pages.is_last {
            pages.sign = pages.sign.or(pages.cursor.take());
        }
        pages
    }

    /// Whether nothing is missing after this number of pages and elements.
    pub fn are_complete(&self, read: usize, received: usize) -> bool {
        self.link.is_none()
            && self.sign.is_none()
            && !exceeds(self.page_count, read)
            && !exceeds(self.total, received)
    }

    /// Describes what is missing and has no link.
    pub(super) fn what_is_missing(&self, read: usize, received: usize) -> String {
        let part = "the response has only a part of the list";
        match (&self.sign, self.page_count, self.total) {
            (Some(sign), ..) => {
                let name = one_line(sign, 60);
                format!("{part} ({name}), and does not say how to request the rest")
            }
            (None, Some(count), _) if exceeds(self.page_count, read) => {
                format!("{part}: {read} of {count} pages")
            }
            (.., total) => {
                format!("{part}: {received} of {} elements (totalCount)", total.unwrap_or_default())
            }
        }
    }

    fn read(&mut self, name: &str, value: &Value, depth: usize) {
        match name {
            "message" | "dataRedacted" => return,
            // Partial content.
            "statusCode" | "StatusCode" if integer(value) == Some(206) => self.add_sign(name),
            "statusCode" | "StatusCode" => return,
            "totalCount" => return self.total = self.total.max(count(value)),
            _ => {}
        }
        let subject = subject(&plain_name(name));
        match subject.map(|subject| if value.is_boolean() { subject.of_boolean() } else { subject }) {
            Some(Subject::Link) => self.read_link(name, value),
            Some(Subject::Total) => self.total = self.total.max(count(value)),
            Some(Subject::PageCount) => self.page_count = self.page_count.max(integer(value)),
            Some(Subject::Container) if depth < 3 => self.read_container(value, depth),
            Some(Subject::Next) if has_content(value) => self.add_sign(name),
            Some(Subject::Rest) if count(value).is_some_and(|rest| rest > 0) => self.add_sign(name),
            Some(Subject::Cursor) if has_content(value) => {
                self.cursor.get_or_insert_with(|| name.to_owned());
            }
            Some(subject @ (Subject::More | Subject::Last)) => match truth(value) {
                Some(more) if more == (subject == Subject::More) => self.add_sign(name),
                Some(_) => self.is_last = true,
                None => {}
            },
            _ => {}
        }
    }

    fn add_sign(&mut self, name: &str) {
        self.sign.get_or_insert_with(|| name.to_owned());
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

    /// Reads a link: a string, or an object with one.
    fn read_link(&mut self, name: &str, value: &Value) {
        let target = match value {
            Value::Object(link) => {
                let headers = get(link, &["headers"]).is_some_and(has_content);
                let method = get(link, &["method"]).and_then(Value::as_str).unwrap_or("GET");
                let target = get(link, &["href", "uri", "url", "link"]).and_then(Value::as_str);
                // Only a plain GET can be sent.
                target.filter(|_| !headers && method.eq_ignore_ascii_case("get"))
            }
            value => value.as_str(),
        };
        match target.map(str::trim) {
            Some("") => {}
            Some(target) => drop(self.link.get_or_insert_with(|| target.to_owned())),
            None if has_content(value) => self.add_sign(name),
            None => {}
        }
    }

    /// Reads a header: RFC 8288 links, the continuation headers of Partner Center and of Azure, and similar ones.
    fn read_header(&mut self, name: &HeaderName, value: &HeaderValue) {
        let Ok(text) = value.to_str() else { return };
        let text = text.trim();
        match *name {
            LINK => links::next(text).into_iter().for_each(|target| self.read_link("Link", &target.into())),
            // `items 0-9/31`
            CONTENT_RANGE if !text.to_ascii_lowercase().starts_with("bytes") => {
                let total = text.rsplit('/').next().map(Value::from).and_then(|total| count(&total));
                self.total = self.total.max(total);
            }
            _ => {
                let name = name.as_str();
                let json = serde_json::from_str(text).ok().filter(Value::is_object);
                self.read(name.strip_prefix("x-").unwrap_or(name), &json.unwrap_or_else(|| text.into()), 0);
            }
        }
    }
}

/// Whether a service reports more pages or elements than there are.
fn exceeds(reported: Option<i64>, number: usize) -> bool {
    reported
        .is_some_and(|reported| usize::try_from(reported).map_or(reported > 0, |reported| reported > number))
}

/// Whether a header may be about further pages.
fn is_about_pages(name: &HeaderName) -> bool {
    match name.as_str() {
        // In every response, and slower to search than to compare.
        "ms-correlationid" | "ms-requestid" => false,
        text if text.starts_with("x-") || text.starts_with("ms-") => {
            let words = ["continuation", "total", "next", "page", "pagination", "more"];
            words.iter().any(|word| text.contains(word))
        }
        _ => *name == LINK || *name == CONTENT_RANGE,
    }
}

fn get<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    object.iter().find(|(name, _)| is_one_of(name, names)).map(|(_, value)| value)
}

/// Whether a value has content: it is not null, false, zero or empty.
pub(crate) fn has_content(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => members.values().any(has_content),
    }
}

/// Returns the truth value of a boolean, a word or a number.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match &*text.trim().to_ascii_lowercase() {
            "true" | "yes" | "y" | "1" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Returns a number of elements, which may have separators between its digits. If it were ignored, a partial list could
/// be mistaken for the whole.
fn count(value: &Value) -> Option<i64> {
    // A dot before three digits separates thousands.
    let is_grouped = |text: &str| text.rsplit_once('.').is_some_and(|(_, group)| group.len() == 3);
    integer(value).filter(|_| !value.as_str().is_some_and(|text| is_grouped(text.trim()))).or_else(|| {
        let text = value.as_str()?.trim();
        let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '\'' | '_' | '\u{2019}');
        let digits: String = text.chars().filter(|c| !is_separator(*c)).collect();
        digits.parse().ok()
    })
}
