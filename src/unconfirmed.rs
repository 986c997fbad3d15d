//! What became of a request whose response was lost.

use std::time::{Duration, SystemTime};

use crate::error::{Error, ErrorKind};
use crate::response::Response;
use crate::spec::Operation;

/// How far the clock of the service may be behind ours.
const CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);
/// The pauses before each look for the new item.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// Something that a request was to create.
pub(crate) struct NewItem<I, C> {
    pub operation: &'static Operation,
    /// When the request was sent.
    pub began: SystemTime,
    /// Whether an item is like the one that was to be created.
    pub is_new: I,
    pub created: C,
}

impl<I, C> NewItem<I, C> {
    /// Returns the created item: from the response, or from the list if the response was lost or empty.
    pub async fn find<T, L, Fut>(self, sent: Result<Response<T>, Error>, list: L) -> Result<T, Error>
    where
        I: Fn(&T) -> bool,
        C: Fn(&T) -> Option<SystemTime>,
        L: Fn() -> Fut,
        Fut: Future<Output = Result<Vec<T>, Error>>,
    {
        let error = match sent {
            Ok(response) => match response.items.into_iter().next() {
                Some(item) => return Ok(item),
                None => Error::new(ErrorKind::InvalidResponse)
                    .with_operation(self.operation)
                    .with_status(Some(response.status))
                    .with_message(
                        "the service accepted the request, but the response does not show the result",
                    ),
            },
            Err(error) if error.may_be_done() => error,
            Err(error) => return Err(error),
        };
        let oldest = self.began.checked_sub(CLOCK_SKEW);
        for pause in LOOKS {
            tokio::time::sleep(pause).await;
            let items = match list().await {
                Ok(items) => items,
                Err(failure) => {
                    return Err(with_result(
                        error,
                        &format!("whether it was carried out is unknown: {failure}"),
                    ));
                }
            };
            let newest = items.into_iter().filter(&self.is_new).max_by_key(&self.created);
            match newest.map(|item| ((self.created)(&item), item)) {
                Some((Some(created), item)) if oldest.is_none_or(|oldest| created >= oldest) => {
                    tracing::info!(
                        operation = self.operation.id,
                        "the response was lost, and the result was found"
                    );
                    return Ok(item);
                }
                Some((None, _)) => {
                    let unknown =
                        "whether it was carried out is unknown: one like it has no time of creation";
                    return Err(with_result(error, unknown));
                }
                _ => {}
            }
        }
        Err(with_result(error, "nothing was created").with_undone())
    }
}

/// Returns the deleted item. If it does not exist after a request whose response was lost, that request deleted it.
pub(crate) fn deleted<T>(sent: Result<Response<T>, Error>) -> Result<Option<T>, Error> {
    match sent {
        Ok(response) => Ok(response.items.into_iter().next()),
        Err(error) if error.kind() == ErrorKind::NotFound && error.follows_lost() => Ok(None),
        Err(error) => Err(error),
    }
}

fn with_result(error: Error, result: &str) -> Error {
    let message = error.message().map_or_else(|| result.to_owned(), |message| format!("{message}; {result}"));
    error.with_message(message)
}
