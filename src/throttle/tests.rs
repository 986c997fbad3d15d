//! The throttle on a clock that is paused.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::*;

const LONG: Duration = Duration::from_secs(3600);
/// The longest wait for a probe.
const LONGEST: Duration = Duration::from_secs(120);

fn left(remaining: u32) -> Limit {
    Limit { remaining: Some(remaining), ..Limit::default() }
}

fn refused(seconds: u64) -> Limit {
    let retry_after = Some(Duration::from_secs(seconds));
    Limit { too_many: true, refused: true, retry_after, remaining: None }
}

async fn waits(throttle: &Throttle) -> Duration {
    let began = Instant::now();
    drop(throttle.acquire(LONG).await);
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn an_open_gate_lets_any_number_pass() {
    let throttle = Throttle::new(LONGEST);
    let mut passes = Vec::new();
    for _ in 0..100 {
        passes.push(throttle.acquire(Duration::ZERO).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn one_refusal_makes_everybody_wait() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(57));
    assert_eq!(waits(&throttle).await, Duration::from_secs(57));
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_one_call_goes_ahead_and_its_success_opens_the_gate() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(5));
    let probe = throttle.acquire(LONG).await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(60), throttle.acquire(LONG)).await;
    assert!(second.is_err(), "a second call passed beside the probe");
    probe.answered(Limit::default());
    let _first = throttle.acquire(LONG).await.unwrap();
    let _second = throttle.acquire(LONG).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_left_closes_the_gate_before_anything_is_refused() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(left(0));
    let waited = waits(&throttle).await;
    assert!(waited > Duration::ZERO && waited < Duration::from_secs(1), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_under_way_than_are_left() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(left(2));
    let first = throttle.acquire(LONG).await.unwrap();
    let _second = throttle.acquire(LONG).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(9), throttle.acquire(LONG)).await.is_err());
    first.answered(left(2));
    assert!(throttle.acquire(LONG).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_abandoned_blocks_nobody() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(5));
    drop(throttle.acquire(LONG).await.unwrap());
    assert!(throttle.acquire(LONG).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_the_patience_fails_at_once_and_says_how_long() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(600));
    let began = Instant::now();
    let wait = throttle.acquire(Duration::from_secs(120)).await.err();
    assert_eq!((wait, began.elapsed()), (Some(Some(Duration::from_secs(600))), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_behind_the_probe_longer_than_the_patience() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(5));
    let _probe = throttle.acquire(LONG).await.unwrap();
    let wait = tokio::time::timeout(LONG, throttle.acquire(Duration::from_secs(60))).await;
    assert!(wait.expect("waited for the probe").is_err());
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_does_not_close_the_gate_for_good() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(366 * 24 * 3600));
    assert!(throttle.acquire(Duration::from_secs(120)).await.is_err());
    tokio::time::sleep(LONGEST).await;
    assert!(throttle.acquire(Duration::ZERO).await.is_ok());
    // That one was lost; the wait still holds.
    assert!(throttle.acquire(LONGEST).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_lost_opens_the_gate() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(refused(5));
    drop(throttle.acquire(LONG).await.unwrap());
    let _first = throttle.acquire(Duration::ZERO).await.unwrap();
    assert!(tokio::time::timeout(LONG, throttle.acquire(Duration::ZERO)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_line_moves_has_patience() {
    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(left(1));
    let mut callers = JoinSet::new();
    let throttle = Arc::new(throttle);
    for _ in 0..10 {
        let throttle = throttle.clone();
        callers.spawn(async move {
            let permit = throttle.acquire(Duration::from_secs(25)).await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
            permit.answered(left(1));
        });
    }
    callers.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn callers_have_their_turns_in_the_order_in_which_they_came() {
    let throttle = Arc::new(Throttle::new(LONGEST));
    throttle.acquire(LONG).await.unwrap().answered(left(1));
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut callers = JoinSet::new();
    for number in 0..20 {
        let (throttle, order) = (throttle.clone(), order.clone());
        callers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(number)).await;
            let permit = throttle.acquire(LONG).await.unwrap();
            order.lock().unwrap().push(number);
            tokio::time::sleep(Duration::from_secs(1)).await;
            permit.answered(left(1));
        });
    }
    callers.join_all().await;
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_before_a_refill_says_nothing_of_what_is_left_after_it() {
    let throttle = Throttle::new(LONGEST);
    let slow = throttle.acquire(LONG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    throttle.acquire(LONG).await.unwrap().answered(left(0));
    throttle.acquire(LONG).await.unwrap().answered(left(9));
    slow.answered(left(0));
    assert_eq!(waits(&throttle).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn of_calls_that_were_under_way_together_the_least_left_counts() {
    let throttle = Throttle::new(LONGEST);
    let (first, second) = (throttle.acquire(LONG).await.unwrap(), throttle.acquire(LONG).await.unwrap());
    tokio::time::sleep(Duration::from_millis(1)).await;
    second.answered(left(1));
    first.answered(left(2));
    let _first = throttle.acquire(LONG).await.unwrap();
    assert!(timeout(Duration::from_secs(9), throttle.acquire(LONG)).await.is_err());
}

/// Makes so many calls, so many at a time, each of which takes a while. Gives the seconds and the calls that were refused.
#[cfg(feature = "emulator")]
async fn spend(calls: u32, callers: u32, latency: Duration, limit: crate::emulator::Limit) -> (f64, u32) {
    use crate::emulator::limit::Meter;

    let began = Instant::now();
    let throttle = Arc::new(Throttle::new(LONGEST));
    let meter = Arc::new(Mutex::new(Meter::new(limit, began.into_std())));
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (throttle, meter) = (throttle.clone(), meter.clone());
        tasks.spawn(async move {
            let mut wasted = 0;
            for _ in 0..calls / callers {
                loop {
                    let permit = throttle.acquire(LONGEST).await.unwrap();
                    tokio::time::sleep(latency / 2).await;
                    let verdict = meter.lock().unwrap().count(Instant::now().into_std());
                    tokio::time::sleep(latency / 2).await;
                    let is_limited = permit.answered(Limit {
                        too_many: verdict.refused.is_some(),
                        refused: verdict.refused.is_some(),
                        retry_after: verdict.refused.flatten().map(Duration::from_secs),
                        remaining: Some(verdict.remaining),
                    });
                    if !is_limited {
                        break;
                    }
                    wasted += 1;
                }
            }
            wasted
        });
    }
    let wasted = tasks.join_all().await.into_iter().sum();
    (began.elapsed().as_secs_f64(), wasted)
}

#[cfg(feature = "emulator")]
#[tokio::test(start_paused = true)]
async fn under_any_limit_little_time_and_few_calls_are_lost() {
    use crate::emulator::Limit;

    let window = |calls, seconds| Limit::window(calls, Duration::from_secs_f64(seconds));
    // Name, limit, calls, and the seconds that they take at least.
    let rows = [
        ("ten in 10 s", window(10, 10.0), 200, 190.0),
        ("ten in 2 s, untold", window(10, 2.0).without_retry_after(), 1000, 198.0),
        ("ten in 7.3 s, untold", window(10, 7.3).without_retry_after(), 1000, 722.7),
        ("ten in a minute, untold", window(10, 60.0).without_retry_after(), 2000, 11940.0),
        ("100 in 2.5 s", window(100, 2.5), 10_000, 247.5),
        ("1000 in a minute, untold", window(1000, 60.0).without_retry_after(), 60_000, 3540.0),
        ("one in a second, untold", window(1, 1.0).without_retry_after(), 1000, 999.0),
        ("10 a second", Limit::bucket(10.0, 10), 1000, 99.0),
        ("10 a second, untold", Limit::bucket(10.0, 10).without_retry_after(), 1000, 99.0),
        ("5 a second", Limit::bucket(5.0, 3), 1000, 199.4),
        ("5 a second, one at once, untold", Limit::bucket(5.0, 1).without_retry_after(), 1000, 199.8),
        ("50 a second, untold", Limit::bucket(50.0, 50).without_retry_after(), 1000, 19.0),
        ("200 a second", Limit::bucket(200.0, 20), 4000, 19.9),
        ("one in two seconds", Limit::bucket(0.5, 1), 1000, 1998.0),
    ];
    for (name, limit, calls, ideal) in rows {
        for (latency, callers) in [(0_u32, 4_u32), (50, 8)] {
            let fastest = f64::from(calls / callers) * f64::from(latency) / 1000.0;
            let (time, wasted) = spend(calls, callers, Duration::from_millis(latency.into()), limit).await;
            let ratio = time / fastest.max(ideal);
            let what = format!("{name}, {latency} ms: {ratio:.3} of the ideal time, {wasted} calls wasted");
            assert!(ratio <= 1.05 && f64::from(wasted) <= 0.02 * f64::from(calls), "{what}");
        }
    }
}

/// However slow the answers are, and however long a caller paused: a limit that tells nothing costs few refusals.
#[cfg(feature = "emulator")]
#[tokio::test(start_paused = true)]
async fn refusals_do_not_follow_each_other_without_longer_and_longer_waits() {
    let limit = crate::emulator::Limit::window(10, Duration::from_secs(60)).without_retry_after();
    for seconds in [1, 3, 10] {
        let (_, wasted) = spend(100, 1, Duration::from_secs(seconds), limit).await;
        assert!(wasted <= 20, "{wasted} refusals with answers that take {seconds} s");
    }

    let throttle = Throttle::new(LONGEST);
    throttle.acquire(LONG).await.unwrap().answered(left(0));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (since, mut refused) = (Instant::now(), 0);
    while since.elapsed() < Duration::from_secs(55) {
        let permit = throttle.acquire(LONG).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        permit.answered(Limit { too_many: true, refused: true, retry_after: None, remaining: Some(0) });
        refused += 1;
    }
    assert!(refused <= 12, "{refused} refusals in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_longer_than_need_be_becomes_shorter() {
    let mut refills = Refills::new(LONGEST);
    let mut filled = Instant::now();
    let mut fill = async |window| {
        refills.served(Some(9));
        loop {
            tokio::time::sleep_until(refills.next(Instant::now(), true)).await;
            if filled.elapsed() >= Duration::from_secs(window) {
                refills.found(Instant::now(), Some(9));
                return std::mem::replace(&mut filled, Instant::now()).elapsed().as_secs();
            }
            refills.missed(Instant::now(), None);
        }
    };
    for _ in 0..50 {
        fill(60).await;
    }
    assert_eq!(fill(60).await, 60);
    for _ in 0..1000 {
        fill(10).await;
    }
    assert_eq!(fill(10).await, 10);
}
