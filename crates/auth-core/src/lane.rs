//! Lanes: fixed threads behind a bounded queue, for work that must not run on an async worker.
//!
//! Hashing and queries block. A service starts two lanes, one for use cases that hash and one for those that only ask
//! the database, and hops to them once around a use case. The answer can be awaited under any runtime, or waited for:
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::time::Duration;
//! use auth_core::lane::{Lane, LaneSettings};
//!
//! let threads = NonZeroUsize::new(2).unwrap();
//! let lane = Lane::start(LaneSettings { name: "hash", threads, queue_limit: 100, max_wait: Duration::from_secs(2) })?;
//! let answer = lane.submit(|| 6 * 7)?; // or `.await` it
//! assert_eq!(answer.wait(), Ok(42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::{JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// How a lane is built.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    /// The name of its threads, for profilers; at most 15 bytes show on Linux.
    pub name: &'static str,
    /// How many jobs run at once.
    pub threads: NonZeroUsize,
    /// How many jobs may wait. One more is refused at once.
    pub queue_limit: usize,
    /// How long a job may wait. One that waited longer is not run: its caller has given up. It is told when its turn
    /// comes; a caller that needs an answer sooner puts a time limit of its own around [`Answer`].
    pub max_wait: Duration,
}

/// A job that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LaneError {
    /// The queue is full; nothing was started.
    #[error("the queue is full")]
    Full,
    /// The job waited longer than it may; it was not started.
    #[error("the job waited too long")]
    TimedOut,
    /// The job panicked.
    #[error("the job panicked")]
    Panicked,
    /// The lane was stopped before the job started.
    #[error("the lane was stopped")]
    Stopped,
}

/// Fixed threads behind a bounded queue. Dropping it stops it as [`Lane::stop`] does.
pub struct Lane {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    settings: LaneSettings,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// The threads that run a job now.
    running: Vec<ThreadId>,
    stopped: bool,
}

struct Job {
    since: Instant,
    /// Told whether to run or what else to answer. Looks first whether anybody still waits.
    work: Box<dyn FnOnce(Result<(), LaneError>) + Send>,
    abandoned: Box<dyn Fn() -> bool + Send>,
}

impl Lane {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`io::Error`] where the system refuses a thread; those that had started are stopped.
    pub fn start(settings: LaneSettings) -> io::Result<Self> {
        let shared = Arc::new(Shared { settings, queue: Mutex::default(), changed: Condvar::new() });
        let lane = Self { shared: Arc::clone(&shared), threads: Mutex::default() };
        for _ in 0..settings.threads.get() {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(settings.name.to_owned()).spawn(move || shared.serve())?;
            lane.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(lane)
    }

    /// Queues a job. Dropping the answer before the job starts drops the job.
    ///
    /// # Errors
    /// [`LaneError::Full`] at once where the queue is full, [`LaneError::Stopped`] after [`Lane::stop`].
    pub fn submit<T, W>(&self, work: W) -> Result<Answer<T>, LaneError>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let mut queue = self.shared.lock();
        if queue.stopped {
            return Err(LaneError::Stopped);
        }
        if queue.jobs.len() >= self.shared.settings.queue_limit {
            // Jobs whose callers have gone hold no place. They are dropped without the lock: what they own may come back.
            let (gone, waiting) = std::mem::take(&mut queue.jobs).into_iter().partition(|job| (job.abandoned)());
            queue.jobs = waiting;
            let is_full = queue.jobs.len() >= self.shared.settings.queue_limit;
            drop(queue);
            drop_quietly::<VecDeque<Job>>(gone);
            if is_full {
                return Err(LaneError::Full);
            }
            queue = self.shared.lock();
        }
        let (sender, receiver) = oneshot::async_channel();
        let sender = Arc::new(Mutex::new(Some(sender)));
        let watched = Arc::clone(&sender);
        let abandoned = Box::new(move || match watched.try_lock() {
            Ok(sender) => sender.as_ref().is_none_or(oneshot::Sender::is_closed),
            Err(_) => false,
        });
        let work = Box::new(move |go: Result<(), LaneError>| {
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(sender) = sender.filter(|sender| !sender.is_closed()) else { return };
            let answer = go.and_then(|()| {
                catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
                    // Dropping what somebody panicked with may panic again.
                    std::mem::forget(payload);
                    LaneError::Panicked
                })
            });
            // A caller that left meanwhile does not hear it; what the job did is done.
            let _ = sender.send(answer);
        });
        let since = Instant::now();
        queue.jobs.push_back(Job { since, work, abandoned });
        drop(queue);
        self.shared.changed.notify_one();
        Ok(Answer { receiver })
    }

    /// Jobs that wait now.
    pub fn depth(&self) -> usize {
        self.shared.lock().jobs.len()
    }

    /// Jobs that run now.
    pub fn running(&self) -> usize {
        self.shared.lock().running.len()
    }

    /// How the lane was built.
    pub fn settings(&self) -> &LaneSettings {
        &self.shared.settings
    }

    /// Answers waiting jobs with [`LaneError::Stopped`], lets running ones finish, and returns when they have.
    pub fn stop(&self) {
        let waiting = {
            let mut queue = self.shared.lock();
            queue.stopped = true;
            std::mem::take(&mut queue.jobs)
        };
        self.shared.changed.notify_all();
        for job in waiting {
            job.settle(Err(LaneError::Stopped));
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let own = std::thread::current().id();
        for thread in threads {
            if thread.thread().id() != own {
                // A thread of ours does not panic: jobs are caught.
                let _ = thread.join();
            }
        }
        // Somebody else may have taken the threads to join; a job that stops its own lane does not wait for itself.
        let own_job = usize::from(self.shared.is_ours(own));
        let mut queue = self.shared.lock();
        while queue.running.len() > own_job {
            queue = self.shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        let own = std::thread::current().id();
        loop {
            let mut queue = self.lock();
            let job = loop {
                if let Some(job) = queue.jobs.pop_front() {
                    break job;
                }
                if queue.stopped {
                    return;
                }
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            };
            queue.running.push(own);
            drop(queue);
            let late = job.since.elapsed() > self.settings.max_wait;
            job.settle(if late { Err(LaneError::TimedOut) } else { Ok(()) });
            self.lock().running.retain(|thread| *thread != own);
            self.changed.notify_all();
        }
    }

    fn is_ours(&self, thread: ThreadId) -> bool {
        self.lock().running.contains(&thread)
    }
}

impl Job {
    /// Runs or refuses it. What it owns may panic when it is dropped; the thread goes on all the same.
    fn settle(self, go: Result<(), LaneError>) {
        let Self { work, abandoned, .. } = self;
        if let Err(payload) = catch_unwind(AssertUnwindSafe(move || work(go))) {
            std::mem::forget(payload);
        }
        drop_quietly(abandoned);
    }
}

fn drop_quietly<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(value))) {
        std::mem::forget(payload);
    }
}

/// The answer to a job: a future under any runtime, or [`Answer::wait`].
#[must_use = "dropping the answer drops a job that has not started"]
pub struct Answer<T> {
    receiver: oneshot::AsyncReceiver<Result<T, LaneError>>,
}

impl<T> Answer<T> {
    /// Blocks until the job is done. Not for async workers.
    ///
    /// # Errors
    /// [`LaneError`] where the job was not run to its end.
    pub fn wait(self) -> Result<T, LaneError> {
        struct Unpark(std::thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(std::thread::current())).into();
        let mut context = Context::from_waker(&waker);
        let mut future = self.into_future();
        loop {
            match Pin::new(&mut future).poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// The future of an [`Answer`].
pub struct AnswerFuture<T> {
    receiver: oneshot::AsyncReceiver<Result<T, LaneError>>,
}

impl<T> Future for AnswerFuture<T> {
    type Output = Result<T, LaneError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A sender that is dropped unheard went with its lane.
        Pin::new(&mut self.receiver).poll(context).map(|answer| answer.unwrap_or(Err(LaneError::Stopped)))
    }
}

impl<T> IntoFuture for Answer<T> {
    type Output = Result<T, LaneError>;
    type IntoFuture = AnswerFuture<T>;

    fn into_future(self) -> AnswerFuture<T> {
        AnswerFuture { receiver: self.receiver }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

impl<T> fmt::Debug for AnswerFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerFuture")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn lane(queue_limit: usize, max_wait: Duration) -> Lane {
        Lane::start(LaneSettings { name: "test", threads: NonZeroUsize::MIN, queue_limit, max_wait }).unwrap()
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
}
