//! Interprets the envelope of a 2xx: a list, a failure, or neither.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;

use super::{Attempted, Item, Response, contradiction, invalid};
use crate::body::failure::{self, Failure};
use crate::body::markup;
use crate::envelope::{Envelope, is_one_of};
use crate::error::Error;
use crate::lenient::{self, Read, kind};
use crate::pages::signs::Pages;
use crate::transport::{Extent, read_body};
use crate::warning::Warning;

impl Attempted<'_> {
    /// Interprets the envelope of a 2xx. `unreadable` has the problem of each element that could not be read.
    pub fn open<T>(
        &mut self,
        envelope: Envelope<T>,
        warnings: Vec<Warning>,
        unreadable: &[String],
    ) -> Result<Response<T>, Error> {
        // Recorded traffic has HTTP 200 with 404 in the envelope.
        if let Some(failure) = failure::in_members(&envelope.members) {
            // Only a GET has a URL here.
            if failure.status == Some(404) && self.record.url.is_some() && self.has_elements(&envelope) {
                return Err(contradiction(self.status()));
            }
            return Err(self.hidden_failure(&failure, envelope.members));
        }
        if self.status() == 207 {
            // One of the statuses may be a failure, and the format is unknown.
            return Err(invalid(207).with_message("the response has several statuses, which cannot be read"));
        }
        let pages = Pages::of(&envelope, self.record.paging_headers());
        let warnings = self.warnings(&envelope, pages.total, warnings, unreadable.len());
        let has_status = || envelope.all(&["statuscode"]).next().is_some();
        let is_empty = envelope.value.is_none() && pages.total == Some(0);
        if envelope.value.is_none() && failure::has_code(&envelope.members) {
            return Err(self.hidden_failure(&Failure { status: None }, envelope.members));
        }
        if envelope.value.is_none() && !is_empty && self.status() == 200 && !has_status() {
            return Err(invalid(self.status()).with_message(
                "the service accepted the request, but the response is not the documented envelope",
            ));
        }
        let is_empty = is_empty || envelope.value.as_ref().is_some_and(Vec::is_empty);
        if let (true, Some(problem)) = (is_empty, unreadable.first()) {
            return Err(self.cannot_be_decoded(problem));
        }
        // A list that is missing or has another name is not an empty list.
        let is_list =
            if is_empty { !envelope.members.iter().any(has_rows) } else { envelope.value.is_some() };
        let url = self.record.url.take();
        Ok(Response {
            status: self.status(),
            items: envelope.value.unwrap_or_default(),
            unreadable: unreadable.len(),
            pages: (is_list && url.is_some()).then(|| pages.into()),
            url,
            is_mfa_compliant: self.record.is_mfa_compliant,
            warnings,
        })
    }

    /// Adds warnings about the members of the envelope, and redacts all of them.
    fn warnings<T>(
        &self,
        envelope: &Envelope<T>,
        total: Option<i64>,
        mut warnings: Vec<Warning>,
        unreadable: usize,
    ) -> Vec<Warning> {
        for (name, value) in &envelope.members {
            let expected = match &**name {
                "statusCode" | "StatusCode" | "totalCount" | "TotalCount" if !value.is_i64() => "a number",
                "message" | "Message" | "nextLink" | "NextLink" if !value.is_string() => "a string",
                "dataRedacted" | "DataRedacted" if !value.is_boolean() => "a boolean",
                _ => continue,
            };
            warnings.push(Warning::new(&**name, format!("{} instead of {expected}", kind(value))));
        }
        if let (Some(value), Some(total)) = (&envelope.value, total) {
            let received = value.len() + unreadable;
            if usize::try_from(total).map_or(true, |total| total < received) {
                warnings.push(Warning::new(
                    "totalCount",
                    format!("{total}, but {received} elements were received"),
                ));
            }
        }
        for warning in &mut warnings {
            warning.id = warning.id.as_ref().map(|id| self.clean_line(id, 80));
            warning.field = self.clean_line(&warning.field, 120);
            warning.problem = self.clean_line(&warning.problem, 200);
        }
        warnings
    }

    /// Interprets a 2xx that is not documented. It needs no envelope, but a failure in its body is an error.
    pub(super) async fn other_success<T: Item>(
        &mut self,
        mut response: reqwest::Response,
    ) -> Result<Response<T>, Error> {
        let mut bytes = Bytes::new();
        match read_body(&mut response, self.max_response_bytes, &mut bytes).await {
            Ok(Extent::Whole) => {}
            Ok(Extent::TooLarge) => self.record.is_too_large = true,
            Ok(Extent::Damaged(damage)) => self.record.damage = Some(damage),
            Err(error) => return Err(self.transport(error).await),
        }
        let text = self.decode(&bytes);
        let may_fail = self.record.is_too_large
            || self.record.damage.is_some()
            || text.trim_start().starts_with('{')
            || markup::is_markup(&text);
        if may_fail {
            return self.read_leniently(&bytes);
        }
        if let Some(failure) = failure::without_envelope(&text) {
            let body = [("message".into(), self.redact(&text).into())].into();
            return Err(self.hidden_failure(&failure, body));
        }
        let envelope = Envelope { value: None, has_value: false, members: Vec::new() };
        self.open(envelope, Vec::new(), &[])
    }

    /// Reads the body of a 2xx element by element.
    pub(super) fn read_leniently<T: Item>(&mut self, bytes: &[u8]) -> Result<Response<T>, Error> {
        let text = self.decode(bytes);
        match lenient::read(&text) {
            Ok(Read { envelope, unreadable, warnings }) => self.open(envelope, warnings, &unreadable),
            Err(error) => Err(self.undecodable::<T>(&text, error)),
        }
    }
}

/// Whether a member of an envelope contains a list of objects.
fn has_rows((name, value): &(Cow<'static, str>, Value)) -> bool {
    fn has_objects(value: &Value, depth: usize) -> bool {
        match value {
            Value::Array(elements) => elements.iter().any(Value::is_object),
            Value::Object(members) => {
                depth > 0 && members.values().any(|value| has_objects(value, depth - 1))
            }
            _ => false,
        }
    }
    !is_one_of(name, &["links", "warnings", "messages", "attributes", "headers"]) && has_objects(value, 2)
}
