//! Tests of the throttle, on a paused clock.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::*;

type Acquired<'a> = Result<Permit<'a>, Option<Duration>>;

const LONG: Duration = Duration::from_secs(3600);
/// The longest wait before a probe.
const LONGEST: Duration = Duration::from_secs(120);

fn left(remaining: u32) -> Limit {
    Limit { remaining: Some(remaining), ..Limit::default() }
}

fn refused(seconds: u64) -> Limit {
    let retry_after = Some(Duration::from_secs(seconds));
    Limit { too_many: true, refused: true, retry_after, remaining: None }
}

async fn acquire(throttle: &Throttle, patience: Duration) -> Acquired<'_> {
    match throttle.try_acquire() {
        Some(permit) => Ok(permit),
        None => throttle.acquire(patience, |_| {}).await,
    }
}

async fn waits(throttle: &Throttle) -> Duration {
    let began = Instant::now();
    drop(acquire(throttle, LONG).await);
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn open_throttle_admits_any_number() {
    let throttle = Throttle::new(LONGEST);
    let mut passes = Vec::new();
    for _ in 0..100 {
        passes.push(acquire(&throttle, Duration::ZERO).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn one_refusal_makes_all_calls_wait() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(57)));
    assert_eq!(waits(&throttle).await, Duration::from_secs(57));
}

#[tokio::test(start_paused = true)]
async fn successful_probe_opens_the_throttle() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(5)));
    let probe = acquire(&throttle, LONG).await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(60), acquire(&throttle, LONG)).await;
    assert!(second.is_err(), "a second call was admitted beside the probe");
    probe.release(Some(Limit::default()));
    let _first = acquire(&throttle, LONG).await.unwrap();
    let _second = acquire(&throttle, LONG).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn zero_remaining_closes_before_any_refusal() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(left(0)));
    let waited = waits(&throttle).await;
    assert!(waited > Duration::ZERO && waited < Duration::from_secs(1), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn in_flight_calls_never_exceed_remaining() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(left(2)));
    let first = acquire(&throttle, LONG).await.unwrap();
    let _second = acquire(&throttle, LONG).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(9), acquire(&throttle, LONG)).await.is_err());
    first.release(Some(left(2)));
    assert!(acquire(&throttle, LONG).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn abandoned_probe_blocks_nobody() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(5)));
    drop(acquire(&throttle, LONG).await.unwrap());
    assert!(acquire(&throttle, LONG).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn wait_beyond_patience_fails_at_once() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(600)));
    let began = Instant::now();
    let wait = acquire(&throttle, Duration::from_secs(120)).await.err();
    assert_eq!((wait, began.elapsed()), (Some(Some(Duration::from_secs(600))), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn patience_bounds_waiting_for_the_probe() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(5)));
    let _probe = acquire(&throttle, LONG).await.unwrap();
    let wait = tokio::time::timeout(LONG, acquire(&throttle, Duration::from_secs(60))).await;
    assert!(wait.expect("waited for the probe").is_err());
}

#[tokio::test(start_paused = true)]
async fn absurd_wait_is_probed_after_the_longest_wait() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(366 * 24 * 3600)));
    assert!(acquire(&throttle, Duration::from_secs(120)).await.is_err());
    tokio::time::sleep(LONGEST).await;
    assert!(acquire(&throttle, Duration::ZERO).await.is_ok());
    // That probe was lost, so the wait still applies.
    assert!(acquire(&throttle, LONGEST).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn lost_probe_opens_the_throttle() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(5)));
    drop(acquire(&throttle, LONG).await.unwrap());
    let _first = acquire(&throttle, Duration::ZERO).await.unwrap();
    assert!(tokio::time::timeout(LONG, acquire(&throttle, Duration::ZERO)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn patience_restarts_when_other_calls_succeed() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(left(1)));
    let mut callers = JoinSet::new();
    let throttle = Arc::new(throttle);
    for _ in 0..10 {
        let throttle = throttle.clone();
        callers.spawn(async move {
            let permit = acquire(&throttle, Duration::from_secs(25)).await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
            permit.release(Some(left(1)));
        });
    }
    callers.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn callers_are_served_in_order() {
    let throttle = Arc::new(Throttle::new(LONGEST));
    acquire(&throttle, LONG).await.unwrap().release(Some(left(1)));
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut callers = JoinSet::new();
    for number in 0..20 {
        let (throttle, order) = (throttle.clone(), order.clone());
        callers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(number)).await;
            let permit = acquire(&throttle, LONG).await.unwrap();
            order.lock().unwrap().push(number);
            tokio::time::sleep(Duration::from_secs(1)).await;
            permit.release(Some(left(1)));
        });
    }
    callers.join_all().await;
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn response_from_before_a_refill_is_ignored() {
    let throttle = Throttle::new(LONGEST);
    let slow = acquire(&throttle, LONG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    acquire(&throttle, LONG).await.unwrap().release(Some(left(0)));
    acquire(&throttle, LONG).await.unwrap().release(Some(left(9)));
    slow.release(Some(left(0)));
    assert_eq!(waits(&throttle).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn least_remaining_of_concurrent_calls_counts() {
    let throttle = Throttle::new(LONGEST);
    let (first, second) = (acquire(&throttle, LONG).await.unwrap(), acquire(&throttle, LONG).await.unwrap());
    tokio::time::sleep(Duration::from_millis(1)).await;
    second.release(Some(left(1)));
    first.release(Some(left(2)));
    let _first = acquire(&throttle, LONG).await.unwrap();
    assert!(timeout(Duration::from_secs(9), acquire(&throttle, LONG)).await.is_err());
}

/// Makes `calls` calls from `callers` tasks. Returns the seconds and the number of refused calls.
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
                    let permit = acquire(&throttle, LONGEST).await.unwrap();
                    tokio::time::sleep(latency / 2).await;
                    let verdict = meter.lock().unwrap().count(Instant::now().into_std());
                    tokio::time::sleep(latency / 2).await;
                    let is_limited = permit.release(Some(Limit {
                        too_many: verdict.refused.is_some(),
                        refused: verdict.refused.is_some(),
                        retry_after: verdict.refused.flatten().map(Duration::from_secs),
                        remaining: Some(verdict.remaining),
                    }));
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
async fn limits_cost_little_time_and_few_calls() {
    use crate::emulator::Limit;

    let window = |calls, seconds| Limit::window(calls, Duration::from_secs_f64(seconds));
    let row = |name, limit, calls, ideal| (name, limit, calls, ideal);
    let reported = [
        row("10 in 10 s", window(10, 10.0), 200, 190.0),
        row("100 in 3 s", window(100, 3.0), 10_000, 297.0),
        row("1000 in a minute", window(1000, 60.0), 60_000, 3540.0),
        row("10 a second", Limit::bucket(10.0, 10), 1000, 99.0),
        row("5 a second", Limit::bucket(5.0, 3), 1000, 199.4),
        row("200 a second", Limit::bucket(200.0, 20), 4000, 19.9),
        row("one in two seconds", Limit::bucket(0.5, 1), 1000, 1998.0),
    ];
    let unreported = [
        row("10 in 2 s", window(10, 2.0), 1000, 198.0),
        row("10 in 7.3 s", window(10, 7.3), 1000, 722.7),
        row("10 in a minute", window(10, 60.0), 2000, 11940.0),
        row("1000 in a minute", window(1000, 60.0), 60_000, 3540.0),
        row("one in a second", window(1, 1.0), 1000, 999.0),
        row("10 a second", Limit::bucket(10.0, 10), 1000, 99.0),
        row("5 a second, one at once", Limit::bucket(5.0, 1), 1000, 199.8),
        row("50 a second", Limit::bucket(50.0, 50), 1000, 19.0),
    ];
    let unreported =
        unreported.map(|(name, limit, calls, ideal)| (name, limit.without_retry_after(), calls, ideal));
    let budgets = [(&reported[..], 1.05, 0.02), (&unreported[..], 1.15, 0.1)];
    let mut over_budget = Vec::new();
    for (rows, most_time, most_wasted) in budgets {
        for (name, limit, calls, ideal) in rows {
            for (latency, callers) in [(0_u32, 4_u32), (50, 8)] {
                let fastest = f64::from(calls / callers) * f64::from(latency) / 1000.0;
                let (time, wasted) =
                    spend(*calls, callers, Duration::from_millis(latency.into()), *limit).await;
                let (ratio, share) = (time / fastest.max(*ideal), f64::from(wasted) / f64::from(*calls));
                let what = format!("{name}, {latency} ms: {ratio:.3} of the ideal time, {share:.3} wasted");
                if ratio > most_time || share > most_wasted {
                    over_budget.push(what);
                }
            }
        }
    }
    assert_eq!(over_budget, Vec::<String>::new());
}

/// The number of refusals is bounded, with slow responses and after a pause too.
#[cfg(feature = "emulator")]
#[tokio::test(start_paused = true)]
async fn consecutive_refusals_lengthen_the_wait() {
    let limit = crate::emulator::Limit::window(10, Duration::from_secs(60)).without_retry_after();
    for seconds in [1, 3, 10] {
        let (_, wasted) = spend(100, 1, Duration::from_secs(seconds), limit).await;
        assert!(wasted <= 20, "{wasted} refusals with responses that take {seconds} s");
    }

    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(left(0)));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (since, mut refused) = (Instant::now(), 0);
    while since.elapsed() < Duration::from_secs(55) {
        let permit = acquire(&throttle, LONG).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        permit.release(Some(Limit { too_many: true, refused: true, retry_after: None, remaining: Some(0) }));
        refused += 1;
    }
    assert!(refused <= 12, "{refused} refusals in a minute");
}

#[tokio::test(start_paused = true)]
async fn each_closing_is_announced_once() {
    let throttle = Throttle::new(LONGEST);
    let announced = Mutex::new(Vec::new());
    let announce = |wait: Duration| announced.lock().unwrap().push(wait.as_secs());
    for _ in 0..2 {
        acquire(&throttle, LONG).await.unwrap().release(Some(refused(57)));
        let callers = [0; 3].map(|_| async {
            throttle.acquire(LONG, announce).await.unwrap().release(Some(Limit::default()));
        });
        futures_util::future::join_all(callers).await;
    }
    assert_eq!(*announced.lock().unwrap(), [57, 57]);
}

#[tokio::test(start_paused = true)]
async fn callback_may_use_the_throttle() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(57)));
    let announce = |_| assert!(throttle.state.try_lock().is_ok(), "called while holding the lock");
    assert!(throttle.acquire(LONG, announce).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn caller_that_leaves_the_queue_blocks_nobody() {
    let throttle = Throttle::new(LONGEST);
    acquire(&throttle, LONG).await.unwrap().release(Some(refused(5)));
    let first = timeout(Duration::from_secs(1), acquire(&throttle, LONG)).await;
    assert!(first.is_err());
    assert_eq!(waits(&throttle).await, Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn proven_wait_grows_gently_before_it_doubles() {
    let mut refill = Refill::new(LONGEST);
    let began = Instant::now();
    refill.probe_succeeded(began, None);
    let mut wait_after_refusal = || {
        refill.probe_refused(began, None);
        (refill.next(began) - began).as_millis()
    };
    assert_eq!([wait_after_refusal(), wait_after_refusal()], [112, 225]);
}
