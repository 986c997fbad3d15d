//! Tests of the token cache, on a paused clock.

use std::collections::VecDeque;
use std::sync::Arc;

use super::*;
use crate::auth::TokenFuture;

const HOUR: Duration = Duration::from_secs(3600);

/// A source of tokens named 1, 2, 3 with scripted lifetimes; `None` is a failure.
#[derive(Default)]
struct Script {
    lifetimes: Mutex<VecDeque<Option<Duration>>>,
    requests: Mutex<Vec<bool>>,
    slow: Duration,
}

impl Script {
    fn new(lifetimes: &[Option<Duration>]) -> Arc<Self> {
        Arc::new(Self { lifetimes: Mutex::new(lifetimes.iter().copied().collect()), ..Self::default() })
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

impl TokenSource for Script {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let number = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(request.force_refresh);
                requests.len()
            };
            tokio::time::sleep(self.slow).await;
            match self.lifetimes.lock().unwrap().pop_front().flatten() {
                Some(lifetime) => Ok(AccessToken::new(number.to_string()).with_lifetime(lifetime)),
                None => Err(AuthError::other(format!("failure {number}"))),
            }
        })
    }
}

fn cache(script: &Arc<Script>) -> Arc<TokenCache> {
    Arc::new(TokenCache::new(Box::new(script.clone()), "scope".into()))
}

async fn name(cache: &TokenCache) -> Result<String, String> {
    let token = match cache.cached() {
        Some(token) => Ok(token),
        None => cache.token().await,
    };
    token.map(|token| token.expose().to_owned()).map_err(|error| error.to_string())
}

async fn after(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn token_is_refreshed_five_minutes_before_expiry() {
    let script = Script::new(&[Some(HOUR), Some(HOUR)]);
    let cache = cache(&script);
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(3299).await;
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap(), "2");
    assert_eq!(*script.requests.lock().unwrap(), [false, false]);
}

#[tokio::test(start_paused = true)]
async fn short_lived_token_is_used_for_half_its_lifetime() {
    let script = Script::new(&[Some(Duration::from_secs(100)), Some(HOUR)]);
    let cache = cache(&script);
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(49).await;
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap(), "2");
}

#[tokio::test(start_paused = true)]
async fn token_without_expiry_is_never_refreshed() {
    struct NeverExpires;
    impl TokenSource for NeverExpires {
        fn token<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
            Box::pin(async { Ok(AccessToken::new(format!("{:?}", Instant::now()))) })
        }
    }
    let cache = TokenCache::new(Box::new(NeverExpires), "scope".into());
    let first = name(&cache).await.unwrap();
    after(1_000_000).await;
    assert_eq!(name(&cache).await.unwrap(), first);
}

#[tokio::test(start_paused = true)]
async fn failed_refresh_is_retried_after_half_a_minute() {
    let script = Script::new(&[Some(HOUR), None, None, Some(HOUR)]);
    let cache = cache(&script);
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(3400).await;
    for second in 0..30 {
        assert_eq!(name(&cache).await.unwrap(), "1");
        assert_eq!(script.requests(), 2, "after {second} s");
        after(1).await;
    }
    assert_eq!(name(&cache).await.unwrap(), "1");
    assert_eq!(script.requests(), 3);
    after(30).await;
    assert_eq!(name(&cache).await.unwrap(), "4");
}

#[tokio::test(start_paused = true)]
async fn token_that_expires_during_a_refresh_is_not_used() {
    let script = Arc::new(Script {
        lifetimes: Mutex::new([Some(HOUR)].into()),
        slow: Duration::from_secs(5),
        ..Script::default()
    });
    let cache = cache(&script);
    name(&cache).await.unwrap();
    after(3590).await;
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap(), "1", "4 s are left, and the refresh is paused");
    after(4).await;
    assert_eq!(name(&cache).await.unwrap_err(), "failure 3");

    let cache = self::cache(&Arc::new(Script {
        lifetimes: Mutex::new([Some(HOUR)].into()),
        slow: script.slow,
        ..Script::default()
    }));
    name(&cache).await.unwrap();
    after(3597).await;
    assert_eq!(name(&cache).await.unwrap_err(), "failure 2");
}

#[tokio::test(start_paused = true)]
async fn early_refresh_delays_only_one_caller() {
    let script = Arc::new(Script {
        lifetimes: Mutex::new([Some(HOUR), Some(HOUR)].into()),
        slow: Duration::from_secs(5),
        ..Script::default()
    });
    let cache = cache(&script);
    name(&cache).await.unwrap();
    after(3400).await;
    let early = tokio::spawn({
        let cache = cache.clone();
        async move { name(&cache).await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    assert_eq!(name(&cache).await.unwrap(), "1");
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(early.await.unwrap().unwrap(), "2");
    assert_eq!(script.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn failure_is_shared_and_cached_for_a_second() {
    let script = Arc::new(Script { slow: Duration::from_secs(15), ..Script::default() });
    let cache = cache(&script);
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { name(&cache).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err(), "failure 1");
    }
    after(0).await;
    assert_eq!(name(&cache).await.unwrap_err(), "failure 1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap_err(), "failure 2");
}

#[tokio::test(start_paused = true)]
async fn only_the_rejected_token_is_replaced() {
    let script = Script::new(&[Some(HOUR), Some(HOUR)]);
    let cache = cache(&script);
    cache.token().await.unwrap();
    after(1).await;
    let (one, other) = (cache.token().await.unwrap(), cache.token().await.unwrap());
    assert!(cache.refresh(&one).await.unwrap());
    assert!(cache.refresh(&other).await.unwrap(), "the other caller finds the new token");
    assert_eq!(name(&cache).await.unwrap(), "2");
    assert_eq!(*script.requests.lock().unwrap(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_caller_does_not_block_others() {
    let script = Arc::new(Script {
        lifetimes: Mutex::new([Some(HOUR), Some(HOUR)].into()),
        slow: Duration::from_secs(5),
        ..Script::default()
    });
    let cache = cache(&script);
    let impatient = tokio::time::timeout(Duration::from_secs(1), name(&cache)).await;
    assert!(impatient.is_err());
    assert_eq!(name(&cache).await.unwrap(), "2");
}
