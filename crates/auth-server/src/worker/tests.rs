mod upkeep;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};

use super::*;

const NEVER: Duration = Duration::from_secs(3_600);

/// A worker without threads, and what each of them holds.
fn idle() -> (Worker, Sender<Infallible>) {
    let (ending, ended) = channel();
    let (news, _) = news::news(channel().0);
    (Worker { signals: Vec::new(), ended, news }, ending)
}

fn add(
    worker: &mut Worker,
    name: &'static str,
    ending: Sender<Infallible>,
    interval: Duration,
    work: impl FnMut() -> Result<(), StoreError> + Send + 'static,
) {
    let (signal, signals) = channel();
    worker.signals.push(signal);
    spawn(name, signals, ending, interval, work).unwrap();
}

#[test]
fn a_worker_that_waits_stops_at_once() {
    let (mut worker, ending) = idle();
    let (started, running) = channel();
    for thread in ["one", "two"] {
        let started = started.clone();
        add(&mut worker, thread, ending.clone(), NEVER, move || started.send(()).map_err(StoreError::unavailable));
    }
    drop(ending);
    running.recv().unwrap();
    running.recv().unwrap();
    drop(worker);
    drop(started);
    assert!(running.recv().is_err(), "both threads are gone, and nobody waited for the interval");
}

#[test]
fn a_worker_that_hangs_does_not_hold_the_stop() {
    let (mut worker, ending) = idle();
    let (release, held) = channel::<()>();
    let (started, running) = channel();
    let hang = move || {
        let _ = started.send(());
        let _ = held.recv();
        Ok(())
    };
    add(&mut worker, "hangs", ending, NEVER, hang);
    running.recv().unwrap();
    drop(worker);
    assert!(release.send(()).is_ok(), "it still hangs, and the stop is over");
}

#[test]
fn a_round_that_panics_is_followed_by_another() {
    let (mut worker, ending) = idle();
    let (done, rounds) = channel();
    let count = AtomicUsize::new(0);
    let work = move || {
        let round = count.fetch_add(1, Ordering::SeqCst);
        let _ = done.send(round);
        assert!(round != 0, "on purpose");
        Ok(())
    };
    add(&mut worker, "panics", ending, Duration::from_millis(1), work);
    assert_eq!([rounds.recv(), rounds.recv()], [Ok(0), Ok(1)]);
}

/// Rounds that are counted, on a thread that would otherwise rest for an hour.
#[test]
fn a_wish_for_news_is_served_by_a_round_that_began_after_it() {
    let (wake, woken) = channel();
    let (news, progress) = news::news(wake.clone());
    let (ending, ended) = channel();
    let (begun, rounds) = channel();
    let (go, may_end) = channel::<()>();
    let round = move || {
        progress.begin();
        begun.send(()).map_err(StoreError::unavailable)?;
        may_end.recv().map_err(StoreError::unavailable)?;
        progress.end();
        Ok(())
    };
    spawn("hears", woken, ending, NEVER, round).unwrap();
    let worker = Worker { signals: vec![wake], ended, news };
    rounds.recv().unwrap();
    // The first round is under way: it may have read already what is wished for.
    let wishes: Vec<_> = (0..3).map(|_| worker.news()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let heard = runtime.block_on(async {
        let mut waiting: FuturesUnordered<_> = wishes.iter().map(|news| Box::pin(news.heard())).collect();
        // Each is polled once, so that all have asked.
        assert!(waiting.next().now_or_never().is_none(), "nobody is told before a round has ended");
        go.send(()).unwrap();
        let second = std::thread::spawn(move || {
            rounds.recv().unwrap();
            go.send(()).unwrap();
            rounds
        });
        let mut heard = 0;
        while let Some(true) = waiting.next().await {
            heard += 1;
        }
        (heard, second.join().unwrap())
    });
    assert_eq!(heard.0, 3, "one round serves all who waited");
    drop(worker);
    assert!(heard.1.try_recv().is_err(), "and there was no third");
}

#[test]
fn nobody_waits_for_a_thread_that_is_gone() {
    let (wake, woken) = channel();
    let (news, progress) = news::news(wake);
    drop((woken, progress));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert!(!runtime.block_on(news.heard()));
}

#[test]
fn what_is_done_every_so_often_is_done_at_once_and_then_every_so_often() {
    let (mut every, start) = (Every::new(Duration::from_secs(3_600)), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let due: Vec<u64> = (0..=7_260).step_by(60).filter(|seconds| every.is_due(at(*seconds))).collect();
    assert_eq!(due, [0, 3_600, 7_200]);
}
