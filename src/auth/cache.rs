//! The one cache before every source.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AccessToken, AuthError, TokenRequest, TokenSource};

/// A token is renewed when so much of its life is left, or half of it if that is less.
const EARLY: Duration = Duration::from_secs(300);
/// After an early renewal has failed, the next one is tried so much later: Entra bars clients that ask in a loop.
const PAUSE: Duration = Duration::from_secs(30);
/// A failure is told for so long without asking again, so that those who waited need not fail one after another.
const FAILURE_KEPT: Duration = Duration::from_secs(1);

/// Keeps a source's token while it is good.
pub(crate) struct TokenCache {
    source: Box<dyn TokenSource>,
    scope: String,
    /// Held by whoever asks the source.
    asking: tokio::sync::Mutex<()>,
    /// What is known; never locked across an await.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    token: Option<AccessToken>,
    failure: Option<(Instant, AuthError)>,
    paused_until: Option<Instant>,
}

impl Known {
    /// A failure that came while a caller waited, or a moment before.
    fn failure_since(&self, began: Instant) -> Option<AuthError> {
        let (at, error) = self.failure.as_ref()?;
        (*at >= began || at.elapsed() < FAILURE_KEPT).then(|| error.clone())
    }
}

/// A token as one request uses it.
#[derive(Debug)]
pub(crate) struct CachedToken {
    token: AccessToken,
    fresh: bool,
}

impl CachedToken {
    /// Whether the source gave the token while this caller waited: asking again would bring nothing else.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }
}

impl Deref for CachedToken {
    type Target = AccessToken;
    fn deref(&self) -> &AccessToken {
        &self.token
    }
}

/// What a caller can do with what is known.
enum Look {
    Use(AccessToken),
    /// It lives, but somebody should ask for the next.
    Due(AccessToken),
    Failed(AuthError),
    Nothing,
}

impl TokenCache {
    pub(crate) fn new(source: Box<dyn TokenSource>, scope: String) -> Self {
        Self { source, scope, asking: tokio::sync::Mutex::default(), known: Mutex::default() }
    }

    /// A good token: the one that is known, or the source's next.
    pub(crate) async fn token(&self) -> Result<CachedToken, AuthError> {
        let began = Instant::now();
        let lease = |token: AccessToken| CachedToken { fresh: token.obtained() >= began, token };
        let asking = match self.look(began) {
            Look::Use(token) => return Ok(lease(token)),
            Look::Failed(error) => return Err(error),
            // One caller asks early; the others go on with what they have.
            Look::Due(token) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return Ok(lease(token)),
            },
            Look::Nothing => self.asking.lock().await,
        };
        // Somebody else may have asked in the meantime.
        let living = match self.look(began) {
            Look::Use(token) => return Ok(lease(token)),
            Look::Failed(error) => return Err(error),
            Look::Due(token) => Some(token),
            Look::Nothing => None,
        };
        let answer = self.source.token(TokenRequest::new(&self.scope)).await;
        let mut known = self.known();
        let result = match (answer, living) {
            (Ok(token), _) => {
                *known = Known { token: Some(token.clone()), ..Known::default() };
                Ok(CachedToken { token, fresh: true })
            }
            (Err(_), Some(token)) if token.remaining() != Some(Duration::ZERO) => {
                known.paused_until = Some(Instant::now() + PAUSE);
                Ok(lease(token))
            }
            (Err(error), _) => {
                known.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        };
        drop(asking);
        result
    }

    /// Gets another token than this one, which the service has refused. Says whether there is one.
    pub(crate) async fn renew(&self, refused: &CachedToken) -> Result<bool, AuthError> {
        let began = Instant::now();
        let asking = self.asking.lock().await;
        {
            let mut known = self.known();
            match &known.token {
                Some(token) if token.expose() != refused.expose() => return Ok(true),
                _ => {}
            }
            // Others who were refused the same token may have asked in vain.
            if let Some(error) = known.failure_since(began) {
                return Err(error);
            }
            known.token = None;
        }
        let answer = self.source.token(TokenRequest::new(&self.scope).force_refresh()).await;
        let mut known = self.known();
        let result = match answer {
            Ok(token) => {
                let another = token.expose() != refused.expose();
                *known = Known { token: Some(token), ..Known::default() };
                Ok(another)
            }
            Err(error) => {
                known.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        };
        drop(asking);
        result
    }

    fn look(&self, began: Instant) -> Look {
        let known = self.known();
        if let Some(token) = &known.token {
            let (Some(remaining), Some(lifetime)) = (token.remaining(), token.lifetime()) else {
                return Look::Use(token.clone());
            };
            let paused = known.paused_until.is_some_and(|until| Instant::now() < until);
            if token.obtained() >= began || remaining > EARLY.min(lifetime / 2) {
                return Look::Use(token.clone());
            }
            if !remaining.is_zero() {
                return if paused { Look::Use(token.clone()) } else { Look::Due(token.clone()) };
            }
        }
        known.failure_since(began).map_or(Look::Nothing, Look::Failed)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing that holds the lock can leave it half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
