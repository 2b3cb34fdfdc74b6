use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;

const NEVER: Duration = Duration::from_secs(3_600);

fn idle() -> (Worker, Sender<Infallible>) {
    let (ending, ended) = channel();
    (Worker { stop: Vec::new(), ended }, ending)
}

#[test]
fn a_worker_that_waits_stops_at_once() {
    let (mut worker, ending) = idle();
    let (started, running) = channel();
    for thread in ["one", "two"] {
        let started = started.clone();
        worker.spawn(thread, ending.clone(), NEVER, move || started.send(()).map_err(StoreError::unavailable)).unwrap();
    }
    drop(ending);
    running.recv().unwrap();
    running.recv().unwrap();
    let since = Instant::now();
    drop(worker);
    drop(started);
    assert!(running.recv().is_err(), "both threads are gone");
    assert!(since.elapsed() < GRACE, "nobody waited for the interval, nor for the grace");
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
    worker.spawn("hangs", ending, NEVER, hang).unwrap();
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
    worker.spawn("panics", ending, Duration::from_millis(1), work).unwrap();
    assert_eq!([rounds.recv(), rounds.recv()], [Ok(0), Ok(1)]);
}
