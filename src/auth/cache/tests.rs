//! The cache on a clock that is moved by hand.

use std::collections::VecDeque;
use std::sync::Arc;

use super::*;
use crate::auth::TokenFuture;

const HOUR: Duration = Duration::from_secs(3600);

/// Gives tokens named 1, 2, 3 with the lives of a script; nothing in the script is a failure.
#[derive(Default)]
struct Script {
    lives: Mutex<VecDeque<Option<Duration>>>,
    asked: Mutex<Vec<bool>>,
    slow: Duration,
}

impl Script {
    fn new(lives: &[Option<Duration>]) -> Arc<Self> {
        Arc::new(Self { lives: Mutex::new(lives.iter().copied().collect()), ..Self::default() })
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl TokenSource for Script {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let number = {
                let mut asked = self.asked.lock().unwrap();
                asked.push(request.force_refresh);
                asked.len()
            };
            tokio::time::sleep(self.slow).await;
            match self.lives.lock().unwrap().pop_front().flatten() {
                Some(life) => Ok(AccessToken::new(number.to_string()).with_lifetime(life)),
                None => Err(AuthError::other(format!("failure {number}"))),
            }
        })
    }
}

fn cache(script: &Arc<Script>) -> Arc<TokenCache> {
    Arc::new(TokenCache::new(Box::new(script.clone()), "scope".into()))
}

async fn name(cache: &TokenCache) -> Result<String, String> {
    cache.token().await.map(|lease| lease.expose().to_owned()).map_err(|error| error.to_string())
}

async fn after(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let script = Script::new(&[Some(HOUR), Some(HOUR)]);
    let cache = cache(&script);
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(3299).await;
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap(), "2");
    assert_eq!(*script.asked.lock().unwrap(), [false, false]);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_a_life_shorter_than_that_is_used_for_half_of_it() {
    let script = Script::new(&[Some(Duration::from_secs(100)), Some(HOUR)]);
    let cache = cache(&script);
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(49).await;
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap(), "2");
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_end_is_kept() {
    struct Endless;
    impl TokenSource for Endless {
        fn token<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
            Box::pin(async { Ok(AccessToken::new(format!("{:?}", Instant::now()))) })
        }
    }
    let cache = TokenCache::new(Box::new(Endless), "scope".into());
    let first = name(&cache).await.unwrap();
    after(1_000_000).await;
    assert_eq!(name(&cache).await.unwrap(), first);
}

#[tokio::test(start_paused = true)]
async fn a_living_token_survives_a_failed_renewal_which_is_tried_again_after_half_a_minute() {
    let script = Script::new(&[Some(HOUR), None, None, Some(HOUR)]);
    let cache = cache(&script);
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(3400).await;
    for second in 0..30 {
        assert_eq!(name(&cache).await.unwrap(), "1");
        assert_eq!(script.asked(), 2, "after {second} s");
        after(1).await;
    }
    assert_eq!(name(&cache).await.unwrap(), "1");
    assert_eq!(script.asked(), 3);
    after(30).await;
    assert_eq!(name(&cache).await.unwrap(), "4");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_dies_while_its_renewal_fails_is_not_used() {
    let script = Arc::new(Script {
        lives: Mutex::new([Some(HOUR)].into()),
        slow: Duration::from_secs(5),
        ..Script::default()
    });
    let cache = cache(&script);
    name(&cache).await.unwrap();
    after(3590).await;
    assert_eq!(name(&cache).await.unwrap(), "1");
    after(1).await;
    assert_eq!(name(&cache).await.unwrap(), "1", "4 s are left, and no try is made");
    after(4).await;
    assert_eq!(name(&cache).await.unwrap_err(), "failure 3");

    let cache = self::cache(&Arc::new(Script {
        lives: Mutex::new([Some(HOUR)].into()),
        slow: script.slow,
        ..Script::default()
    }));
    name(&cache).await.unwrap();
    after(3597).await;
    assert_eq!(name(&cache).await.unwrap_err(), "failure 2");
}

#[tokio::test(start_paused = true)]
async fn one_caller_asks_early_and_the_others_do_not_wait_for_it() {
    let script = Arc::new(Script {
        lives: Mutex::new([Some(HOUR), Some(HOUR)].into()),
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
    assert_eq!(script.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_all_who_wait_and_for_a_second_after_that() {
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
async fn only_the_token_that_was_refused_is_given_up() {
    let script = Script::new(&[Some(HOUR), Some(HOUR)]);
    let cache = cache(&script);
    cache.token().await.unwrap();
    after(1).await;
    let (one, other) = (cache.token().await.unwrap(), cache.token().await.unwrap());
    assert!(!one.is_fresh());
    assert!(cache.renew(&one).await.unwrap());
    assert!(cache.renew(&other).await.unwrap(), "the other caller finds the new one");
    assert_eq!(name(&cache).await.unwrap(), "2");
    assert_eq!(*script.asked.lock().unwrap(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_waiting_does_not_stop_the_others() {
    let script = Arc::new(Script {
        lives: Mutex::new([Some(HOUR), Some(HOUR)].into()),
        slow: Duration::from_secs(5),
        ..Script::default()
    });
    let cache = cache(&script);
    let impatient = tokio::time::timeout(Duration::from_secs(1), name(&cache)).await;
    assert!(impatient.is_err());
    assert_eq!(name(&cache).await.unwrap(), "2");
}
