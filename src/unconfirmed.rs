//! Determines the result of a request whose response was lost.

use std::time::Duration;

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::response::Response;
use crate::spec::Operation;

/// The pauses before each search for the new item.
const SEARCH_PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// An item to create.
pub(crate) struct NewItem<'a, L, D> {
    pub client: &'a InsightsClient,
    pub operation: &'static Operation,
    /// Whether an item has the properties of the one to create.
    pub is_like: L,
    /// Returns the id of an item.
    pub id: D,
}

impl<L, D> NewItem<'_, L, D> {
    /// Sends the request, and returns the created item: from the response, or from the list if the response was lost or
    /// empty. In the list, it is the item whose id is new.
    pub async fn create<T, I, Items, Sending>(
        self,
        list: impl Fn() -> Items,
        send: impl FnOnce() -> Sending,
    ) -> Result<T, Error>
    where
        L: Fn(&T) -> bool,
        D: Fn(&T) -> I,
        I: PartialEq,
        Items: Future<Output = Result<Vec<T>, Error>>,
        Sending: Future<Output = Result<Response<T>, Error>>,
    {
        let Self { client, operation, is_like, id } = self;
        // One create at a time, because the items of two lost requests could not be distinguished.
        let _turn = client.inner.creating.lock().await;
        let before = list().await.map_err(Error::with_undone)?;
        let before: Vec<I> = before.iter().filter(|item| is_like(item)).map(&id).collect();
        let error = match send().await {
            Ok(response) => match response.items.into_iter().next() {
                Some(item) => return Ok(item),
                None => Error::new(ErrorKind::InvalidResponse)
                    .with_operation(operation)
                    .with_status(Some(response.status))
                    .with_message(
                        "the service accepted the request, but the response does not show the result",
                    ),
            },
            Err(error) if error.may_be_done() => error,
            Err(error) => return Err(error),
        };
        for pause in SEARCH_PAUSES {
            tokio::time::sleep(pause).await;
            let items = match list().await {
                Ok(items) => items,
                Err(failure) => return Err(unknown(error, failure)),
            };
            let is_new = |item: &T| is_like(item) && !before.contains(&id(item));
            let mut new = items.into_iter().filter(is_new);
            match (new.next(), new.count()) {
                (Some(item), 0) => {
                    tracing::info!(operation = operation.id, "the response was lost; found the created item");
                    return Ok(item);
                }
                // Another client, or an earlier request that was abandoned, has created the others.
                (Some(_), more) => return Err(unknown(error, format_args!("{} new items match", more + 1))),
                (None, _) => {}
            }
        }
        // After a timeout, or if the service accepted the request, it may still create the item.
        if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::InvalidResponse) {
            return Err(unknown(error, "it is not listed yet"));
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

fn unknown(error: Error, reason: impl std::fmt::Display) -> Error {
    with_result(error, &format!("whether it was carried out is unknown: {reason}"))
}

fn with_result(error: Error, result: &str) -> Error {
    let message = error.message().map_or_else(|| result.to_owned(), |message| format!("{message}; {result}"));
    error.with_message(message)
}
