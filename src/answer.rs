//! What came of an attempt: an answer, or an error with everything that is known about it.

use std::error::Error as StdError;

use progenitor_client::ResponseValue;
use reqwest::header::LOCATION;
use serde::de::DeserializeOwned;

#[cfg(fuzzing)]
use crate::auth::AccessToken;
use crate::body::{self, Detail};
use crate::error::{Error, ErrorKind};
use crate::generated::types;
use crate::hooks::AttemptRecord;
use crate::text::one_line;
use crate::transport::{causes, is_invalid_data, root_cause};

/// At most so much of a failure's body is read.
const FAILURE_LIMIT: usize = 64 << 10;

/// What a successful call brought.
pub(crate) struct Answer<T> {
    /// The elements of the envelope; none if the service accepted the request without an answer.
    pub items: Vec<T>,
    /// The service accepted the request without an envelope; for a list that is no answer.
    pub is_bare: bool,
    /// The envelope speaks of a further page.
    pub has_next_page: bool,
    /// What the answer says of the token's sign-in, if it was asked.
    pub is_mfa_compliant: Option<bool>,
}

/// The parts of an envelope that matter here, whatever its elements are.
pub(crate) struct Opened<T> {
    value: Option<Vec<T>>,
    status_code: Option<i32>,
    message: Option<String>,
    next_link: Option<String>,
}

/// What the service wraps around its answers.
pub(crate) trait Envelope: DeserializeOwned {
    type Item: DeserializeOwned;
    fn open(self) -> Opened<Self::Item>;
}

macro_rules! envelope {
    ($envelope:ident with $item:ident in $list:ident) => {
        impl Envelope for types::$envelope {
            type Item = types::$item;
            fn open(self) -> Opened<Self::Item> {
                let Self { $list, status_code, message, next_link, .. } = self;
                Opened { value: $list, status_code, message, next_link }
            }
        }
    };
}

envelope!(ReportEnvelope with Report in value);
envelope!(ExecutionEnvelope with Execution in value);

/// Result of a generated method. Its error has no type of its own, because only successes are generated.
pub(crate) type Sent<E> = Result<ResponseValue<E>, progenitor_client::Error<()>>;

/// Reads what a generated method brought.
pub(crate) async fn read<E: Envelope>(sent: Sent<E>, seen: &AttemptRecord) -> Result<Answer<E::Item>, Error> {
    match sent {
        Ok(answer) => open(answer.into_inner(), seen),
        // On the heap, or every success would carry the room for a failure.
        Err(error) => Box::pin(failure::<E>(error, seen)).await,
    }
}

/// Reads an envelope that came with a 2xx.
fn open<E: Envelope>(envelope: E, seen: &AttemptRecord) -> Result<Answer<E::Item>, Error> {
    let Opened { value, status_code, message, next_link } = envelope.open();
    match status_code {
        // AttemptRecord by one team: HTTP says 200, the envelope says 404.
        Some(status @ 400..) => {
            let status = u16::try_from(status).unwrap_or(599);
            Err(Error::new(ErrorKind::of(status, None))
                .with_status(Some(status))
                .with_message(one_line(&seen.clean(&message.unwrap_or_default()), 300)))
        }
        None if value.is_none() => Err(accepted(200)
            .with_message("the service accepted the request, but its answer is not the documented envelope")),
        _ => Ok(Answer {
            items: value.unwrap_or_default(),
            is_bare: false,
            has_next_page: next_link.is_some_and(|link| !link.trim().is_empty()),
            is_mfa_compliant: None,
        }),
    }
}

/// Reads the body of a 200, as a call does.
#[cfg(fuzzing)]
pub(crate) fn read_bytes<E: Envelope>(bytes: &[u8]) -> Result<Answer<E::Item>, Error> {
    match serde_json::from_slice(bytes) {
        Ok(envelope) => open::<E>(envelope, &AttemptRecord::new(AccessToken::new("none"), usize::MAX)),
        Err(error) => {
            Err(undecodable::<E>(bytes, error, &AttemptRecord::new(AccessToken::new("none"), usize::MAX)))
        }
    }
}

/// Turns the error of a generated method into ours, or into a success that has no answer.
async fn failure<E: Envelope>(
    error: progenitor_client::Error<()>,
    seen: &AttemptRecord,
) -> Result<Answer<E::Item>, Error> {
    use progenitor_client::Error as Generated;
    match error {
        Generated::UnexpectedResponse(response) => unexpected(response, seen).await,
        Generated::InvalidResponsePayload(bytes, error) => Err(undecodable::<E>(&bytes, error, seen)),
        Generated::CommunicationError(error) | Generated::ResponseBodyError(error) => {
            Err(transport(error, seen))
        }
        // The rest cannot come from a request without a body and from hooks that do not fail.
        other => Err(Error::new(ErrorKind::Configuration).with_message(one_line(&other.to_string(), 300))),
    }
}

/// Reads an answer with a status for which nothing was generated: a failure, a redirect, a success without a body.
async fn unexpected<T>(mut response: reqwest::Response, seen: &AttemptRecord) -> Result<Answer<T>, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(Answer { items: Vec::new(), is_bare: true, has_next_page: false, is_mfa_compliant: None });
    }
    if status.is_redirection() {
        let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
        let target =
            target.map_or("an unknown place", |target| target.split(['?', '#']).next().unwrap_or_default());
        return Err(Error::new(ErrorKind::InvalidResponse).with_status(Some(status.as_u16())).with_message(
            one_line(&seen.clean(&format!("redirected to {target}, which was not followed")), 300),
        ));
    }
    let mut bytes = Vec::new();
    // The status is known; a body that breaks off costs its end only.
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = FAILURE_LIMIT - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() == FAILURE_LIMIT {
            break;
        }
    }
    let Detail { code, message, .. } = body::detail(&seen.clean_bytes(bytes));
    Err(Error::new(ErrorKind::of(status.as_u16(), code.as_deref()))
        .with_status(Some(status.as_u16()))
        .with_service_code(code)
        .with_message(message.unwrap_or_default()))
}

/// An answer with HTTP 200 that does not decode: a failure in disguise, or one that breaks the contract.
fn undecodable<E: Envelope>(bytes: &[u8], error: serde_json::Error, seen: &AttemptRecord) -> Error {
    let bytes = &*seen.clean_bytes(bytes.to_vec());
    let detail = body::detail(bytes);
    if let Some(status @ 400..) = detail.status {
        return Error::new(ErrorKind::of(status, detail.code.as_deref()))
            .with_status(Some(status))
            .with_service_code(detail.code)
            .with_message(detail.message.unwrap_or_default());
    }
    let status = seen.head.get().map_or(200, |head| head.status.as_u16());
    if seen.too_large.get().is_some() {
        return accepted(status).with_message(format!(
            "the service accepted the request, but its answer is larger than the max_response_bytes of {} bytes",
            seen.max_response_bytes
        ));
    }
    // Decoded once more, on this path only, for the name of the field that does not fit.
    let at = serde_path_to_error::deserialize::<_, E>(&mut serde_json::Deserializer::from_slice(bytes)).err();
    let place = at.as_ref().map(|at| at.path().to_string()).filter(|path| path != "." && path != "?");
    let problem = at.map_or(error, |at| at.into_inner()).to_string();
    let problem = place.into_iter().chain([problem]).collect::<Vec<_>>().join(": ");
    accepted(status).with_message(one_line(
        &seen.clean(&format!("the service accepted the request, but its answer cannot be read: {problem}")),
        300,
    ))
}

fn accepted(status: u16) -> Error {
    Error::new(ErrorKind::InvalidResponse).with_status(Some(status))
}

/// An attempt that brought no answer, or half of one.
fn transport(error: reqwest::Error, seen: &AttemptRecord) -> Error {
    // The URL may hold what somebody filtered by; the operation says enough.
    let place =
        error.url().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    let error = error.without_url();
    let status = seen.head.get().map(|head| head.status.as_u16());
    let invalid = is_invalid_data(&error);
    let kind = match status {
        _ if error.is_timeout() => ErrorKind::Timeout,
        _ if error.is_builder() => ErrorKind::Configuration,
        None if is_not_http(&error) => ErrorKind::InvalidResponse,
        None if invalid => ErrorKind::Tls,
        None => ErrorKind::Connect,
        Some(_) if invalid => ErrorKind::InvalidResponse,
        Some(_) => ErrorKind::Connect,
    };
    let cause = root_cause(&error);
    let message = match status {
        Some(status) => format!("the answer (HTTP {status}) broke off: {cause}"),
        // Behind a proxy, this is still the service.
        None => place.map_or(cause.clone(), |place| format!("{place}: {cause}")),
    };
    Error::new(kind).with_status(status).with_message(one_line(&message, 300)).with_source(error)
}

/// Whether something was sent back that is not HTTP.
fn is_not_http(error: &(dyn StdError + 'static)) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse)
}
