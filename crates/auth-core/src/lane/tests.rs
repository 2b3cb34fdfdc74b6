use std::future::{Future as _, IntoFuture as _};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn lane(queue_limit: usize, max_wait: Duration) -> Lane {
    Lane::start(LaneSettings { queue_limit, max_wait, ..LaneSettings::new("test", NonZeroUsize::MIN) }).unwrap()
}

/// Holds the lane's only thread until the sender is dropped.
fn hold(lane: &Lane) -> (Answer<()>, Sender<()>) {
    let (open, held): (_, Receiver<()>) = channel();
    let (started, running) = channel();
    let answer = lane
        .submit(move || {
            started.send(()).unwrap();
            let _ = held.recv();
        })
        .unwrap();
    running.recv().unwrap();
    (answer, open)
}

#[test]
fn jobs_beyond_the_queue_are_refused_at_once() {
    let lane = lane(1, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    let waiting = lane.submit(|| 1).unwrap();
    assert_eq!(lane.submit(|| 2).unwrap_err(), LaneError::Full);
    assert_eq!((lane.depth(), lane.running()), (1, 1));
    drop(open);
    assert_eq!((held.wait(), waiting.wait()), (Ok(()), Ok(1)));
}

#[test]
fn a_full_queue_is_told_to_those_who_have_no_job_yet() {
    let lane = lane(2, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    let waiting = [lane.submit_for(origin(1), || 1).unwrap(), lane.submit_for(origin(1), || 2).unwrap()];
    assert!(lane.is_full_for(origin(1)) && !lane.is_full_for(origin(2)), "the other one would get a place");
    assert_eq!((lane.refuse(origin(2)), lane.stats().full), (None, 0));
    assert_eq!((lane.refuse(origin(1)), lane.stats().full), (Some(lane.retry_after()), 1));
    assert_eq!(lane.depth(), 2, "nobody was displaced");
    drop(open);
    assert_eq!((held.wait(), waiting.map(Answer::wait)), (Ok(()), [Ok(1), Ok(2)]));
    assert!(!lane.is_full_for(origin(1)));
    lane.stop();
    assert!(!lane.is_full_for(origin(1)), "one that is stopped says so itself");
}

#[test]
fn a_job_whose_caller_has_gone_is_dropped_and_gives_its_place_back() {
    let lane = lane(1, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    let (ran, runs) = channel();
    drop(lane.submit(move || ran.send(())).unwrap());
    let next = lane.submit(|| 3).unwrap();
    drop(open);
    assert_eq!((held.wait(), next.wait()), (Ok(()), Ok(3)));
    assert!(runs.recv().is_err(), "the abandoned job must not have run");
}

#[test]
fn a_job_that_waited_too_long_is_not_run() {
    let (ran, runs) = channel();
    let lane = lane(4, Duration::ZERO);
    let answer = lane.submit(move || ran.send(())).unwrap();
    assert_eq!(answer.wait(), Err(LaneError::TimedOut));
    assert!(runs.recv().is_err(), "the late job must not have run");
}

#[test]
fn a_panic_is_answered_and_the_thread_goes_on() {
    let lane = lane(4, Duration::from_secs(60));
    assert_eq!(lane.submit(|| -> () { panic!("on purpose") }).unwrap().wait(), Err(LaneError::Panicked));
    assert_eq!(lane.submit(|| 5).unwrap().wait(), Ok(5));
}

/// Panics when it is dropped, as a bad guard of somebody's may.
struct Trap;

impl Drop for Trap {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "on purpose");
    }
}

#[test]
fn what_panics_in_its_drop_costs_no_thread() {
    let lane = lane(1, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    let trap = Trap;
    drop(lane.submit(move || drop(trap)).unwrap());
    let trap = Trap;
    let next = lane.submit(move || std::panic::panic_any(trap)).map(|answer: Answer<()>| answer).unwrap();
    drop(open);
    assert_eq!((held.wait(), next.wait()), (Ok(()), Err(LaneError::Panicked)));
    assert_eq!(lane.submit(|| 8).unwrap().wait(), Ok(8));
    lane.stop();
    assert_eq!(lane.running(), 0);
}

#[test]
fn what_asks_the_lane_in_its_drop_does_not_wait_for_ever() {
    struct Asks(Arc<Lane>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let _ = self.0.depth();
        }
    }
    let lane = Arc::new(lane(1, Duration::from_secs(60)));
    let (held, open) = hold(&lane);
    let asks = Asks(Arc::clone(&lane));
    drop(lane.submit(move || drop(asks)).unwrap());
    let next = lane.submit(|| 9).unwrap();
    drop(open);
    assert_eq!((held.wait(), next.wait()), (Ok(()), Ok(9)));
}

#[test]
fn everybody_who_stops_a_lane_waits_for_its_last_job() {
    let lane = lane(4, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    std::thread::scope(|scope| {
        let stops: Vec<_> = (0..2).map(|_| scope.spawn(|| (lane.stop(), lane.running()).1)).collect();
        drop(open);
        for stop in stops {
            assert_eq!(stop.join().unwrap(), 0);
        }
    });
    assert_eq!(held.wait(), Ok(()));
}

#[test]
fn a_job_may_stop_its_own_lane() {
    let lane = Arc::new(lane(4, Duration::from_secs(60)));
    let own = Arc::clone(&lane);
    assert_eq!(lane.submit(move || own.stop()).unwrap().wait(), Ok(()));
    assert_eq!(lane.submit(|| ()).unwrap_err(), LaneError::Stopped);
}

#[test]
fn stopping_answers_those_who_wait_and_lets_the_running_one_finish() {
    let lane = Arc::new(lane(4, Duration::from_secs(60)));
    let (held, open) = hold(&lane);
    let waiting = lane.submit(|| 6).unwrap();
    let stopping = {
        let lane = Arc::clone(&lane);
        std::thread::spawn(move || lane.stop())
    };
    assert_eq!(waiting.wait(), Err(LaneError::Stopped));
    assert_eq!(lane.submit(|| 7).unwrap_err(), LaneError::Stopped);
    drop(open);
    stopping.join().unwrap();
    assert_eq!(held.wait(), Ok(()));
}

fn origin(last: u8) -> Origin {
    std::net::IpAddr::from([192, 0, 2, last]).into()
}

#[test]
fn an_origin_that_fills_the_queue_gives_places_to_those_who_come() {
    let lane = lane(3, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    let (ran, order) = channel();
    let submit = |last, name| {
        let ran = ran.clone();
        lane.submit_for(origin(last), move || ran.send(name).unwrap())
    };
    let flood = [submit(1, "flood 1"), submit(1, "flood 2"), submit(1, "flood 3")].map(Result::unwrap);
    assert_eq!(submit(1, "flood 4").unwrap_err(), LaneError::Full);
    let guest = submit(2, "guest 1").unwrap();
    assert_eq!(submit(2, "guest 2").unwrap_err(), LaneError::Full, "1 and 2 is as fair as 2 and 1");
    assert_eq!(lane.depth(), 3);
    let [first, second, third] = flood;
    assert_eq!(third.wait(), Err(LaneError::Full), "answered while the only thread is held");
    drop(open);
    assert_eq!((held.wait(), first.wait(), second.wait(), guest.wait()), (Ok(()), Ok(()), Ok(()), Ok(())));
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["flood 1", "guest 1", "flood 2"], "by turns");
    assert_eq!(lane.stats().full, 3);
}

/// [`hold`] on a lane whose jobs may hardly wait: the first ones may come too late.
fn hold_in_time(lane: &Lane) -> (Answer<()>, Sender<()>) {
    loop {
        let (open, held): (_, Receiver<()>) = channel();
        let (started, running) = channel();
        let answer = lane.submit(move || {
            started.send(()).unwrap();
            let _ = held.recv();
        });
        if running.recv().is_ok() {
            return (answer.unwrap(), open);
        }
    }
}

#[test]
fn a_job_is_answered_at_its_deadline_although_every_thread_is_busy() {
    let lane = lane(4, Duration::from_millis(20));
    let (held, open) = hold_in_time(&lane);
    let before = lane.stats().timed_out;
    let (ran, runs) = channel();
    let unheard = ran.clone();
    let unpolled = lane.submit(move || unheard.send(())).unwrap();
    assert_eq!(lane.submit(move || ran.send(())).unwrap().wait(), Err(LaneError::TimedOut));
    assert_eq!((lane.stats().timed_out, lane.depth()), (before + 1, 1), "nobody has asked for the other");
    let next = lane.submit(|| ()).unwrap();
    assert_eq!((lane.stats().timed_out, lane.depth()), (before + 2, 1), "it went when the next one came");
    assert_eq!(unpolled.wait(), Err(LaneError::TimedOut));
    drop((next, open));
    assert_eq!(held.wait(), Ok(()));
    assert!(runs.recv().is_err(), "the late jobs must not have run");
}

/// Polls without a runtime.
fn poll<T>(future: &mut AnswerFuture<T>) -> std::task::Poll<Result<T, LaneError>> {
    std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn an_awaited_answer_says_when_to_poll_it_and_a_started_job_has_no_deadline() {
    let lane = lane(4, Duration::from_millis(20));
    let (held, open) = hold_in_time(&lane);
    let mut held = held.into_future();
    let mut waiting = lane.submit(|| ()).unwrap().into_future();
    let deadline = waiting.deadline().unwrap();
    let answer = loop {
        match poll(&mut waiting) {
            std::task::Poll::Ready(answer) => break answer,
            std::task::Poll::Pending => std::thread::yield_now(),
        }
    };
    assert_eq!(answer, Err(LaneError::TimedOut));
    assert!(deadline <= Instant::now());
    assert!(poll(&mut held).is_pending(), "it runs");
    assert_eq!(held.deadline(), None);
    drop(open);
    lane.stop();
    assert_eq!(poll(&mut held), std::task::Poll::Ready(Ok(())));
}

#[test]
fn a_job_that_runs_is_not_taken_back() {
    let lane = lane(4, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    drop(held);
    assert_eq!((lane.running(), lane.stats().abandoned), (1, 0));
    drop(open);
    lane.stop();
    assert_eq!(lane.stats().completed, 1);
}

#[test]
fn everything_that_happens_to_jobs_is_counted() {
    let lane = lane(2, Duration::from_secs(60));
    let (held, open) = hold(&lane);
    let waiting = lane.submit(|| ()).unwrap();
    drop(lane.submit(|| ()).unwrap());
    let next = lane.submit(|| -> () { panic!("on purpose") }).unwrap();
    assert_eq!(lane.submit(|| ()).unwrap_err(), LaneError::Full);
    let stats = lane.stats();
    assert_eq!((stats.depth, stats.running, stats.completed, stats.full, stats.abandoned), (2, 1, 0, 1, 1));
    drop(open);
    assert_eq!((held.wait(), waiting.wait(), next.wait()), (Ok(()), Ok(()), Err(LaneError::Panicked)));
    lane.stop();
    let stats = lane.stats();
    assert_eq!((stats.depth, stats.running, stats.completed, stats.panicked), (0, 0, 2, 1));
    assert_eq!((stats.wait.count(), stats.run.count()), (3, 3));
}

#[test]
fn nobody_has_to_stay_away_for_longer_than_a_job_may_wait() {
    let lane = lane(1, Duration::from_millis(59_001));
    assert_eq!(lane.retry_after(), Duration::from_secs(60), "nothing was measured yet");
    lane.submit(|| ()).unwrap().wait().unwrap();
    assert_eq!(lane.retry_after(), Duration::from_secs(1));
}

#[cfg(target_os = "linux")]
#[test]
fn threads_make_way_when_they_are_told_to_and_no_others_do() {
    use rustix::process::getpriority_process;

    let nice_of = |low_priority| {
        let lane = LaneSettings { low_priority, ..LaneSettings::new("test", NonZeroUsize::MIN) };
        Lane::start(lane).unwrap().submit(|| getpriority_process(None).unwrap()).unwrap().wait().unwrap()
    };
    let own = getpriority_process(None).unwrap();
    assert_eq!((nice_of(true), nice_of(false)), (own.max(10), own));
    assert_eq!(getpriority_process(None).unwrap(), own);
}

#[test]
fn a_late_job_is_not_run_when_its_turn_comes() {
    let lane = lane(4, Duration::from_millis(20));
    let (held, open) = hold_in_time(&lane);
    let (ran, runs) = channel();
    let unpolled = lane.submit(move || ran.send(())).unwrap();
    // Its deadline is over when that of a later one is.
    assert_eq!(lane.submit(|| ()).unwrap().wait(), Err(LaneError::TimedOut));
    assert_eq!(lane.depth(), 1);
    drop(open);
    while lane.depth() > 0 {
        std::thread::yield_now();
    }
    assert_eq!((held.wait(), unpolled.wait()), (Ok(()), Err(LaneError::TimedOut)));
    assert!(runs.recv().is_err(), "it must not have run");
}

#[test]
fn a_limit_in_time_follows_the_pace_once_jobs_were_worked_off_in_a_row() {
    for (queue_time, then) in [(None, 4), (Some(Duration::ZERO), 8), (Some(Duration::from_secs(1 << 40)), 10_000)] {
        let settings = LaneSettings::new("test", NonZeroUsize::MIN);
        let lane = Lane::start(LaneSettings { queue_limit: 4, queue_time, ..settings }).unwrap();
        let (held, open) = hold(&lane);
        let waiting: Vec<_> = (0..4).map(|number| lane.submit(move || number).unwrap()).collect();
        assert_eq!(lane.submit(|| 4).unwrap_err(), LaneError::Full);
        assert_eq!(lane.stats().limit, 4, "nothing is known yet");
        drop(open);
        held.wait().unwrap();
        assert!(waiting.into_iter().map(Answer::wait).eq((0..4).map(Ok)));
        assert_eq!(lane.stats().limit, then, "{queue_time:?}");
        let (held, open) = hold(&lane);
        let waiting: Vec<_> = (0..then).map(|_| lane.submit(|| ()).unwrap()).collect();
        assert_eq!(lane.submit(|| ()).unwrap_err(), LaneError::Full, "{queue_time:?}");
        drop((waiting, open));
        held.wait().unwrap();
    }
}

/// Threads that had nothing to do take the first jobs of a burst at once: that is no pace.
#[test]
fn the_first_jobs_of_a_burst_are_no_pace() {
    const THREADS: usize = 4;
    let settings = LaneSettings::new("test", NonZeroUsize::new(THREADS).unwrap());
    let lane = Lane::start(LaneSettings { queue_limit: 50, queue_time: Some(Duration::from_secs(3_600)), ..settings })
        .unwrap();
    let (started, running) = channel();
    let mut held = Vec::new();
    for _ in 0..THREADS {
        let (open, closed): (Sender<()>, Receiver<()>) = channel();
        let started = started.clone();
        let answer = lane.submit(move || {
            started.send(()).unwrap();
            let _ = closed.recv();
        });
        held.push((answer.unwrap(), open));
    }
    let waiting: Vec<_> = (0..2).map(|number| lane.submit(move || number).unwrap()).collect();
    for _ in 0..THREADS {
        running.recv().unwrap();
    }
    assert_eq!(lane.stats().limit, 50, "whatever threads began one after the other");
    drop(held);
    drop(waiting);
}
