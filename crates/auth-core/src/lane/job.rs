//! One piece of work, and its only chance to run.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::LaneError;
use super::stats::{Counters, add};

type Work = dyn FnOnce(Result<(), LaneError>, &Counters) + Send;

/// A job that waits. Who takes it out of the queue settles it.
pub(super) struct Job {
    pub(super) since: Instant,
    /// Told whether to run or what else to answer.
    work: Box<Work>,
}

impl Job {
    pub(super) fn new<T, W>(since: Instant, sender: oneshot::Sender<Result<T, LaneError>>, work: W) -> Self
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let work = Box::new(move |go: Result<(), LaneError>, counters: &Counters| {
            let answer = go.and_then(|()| {
                let begun = Instant::now();
                let done = catch_unwind(AssertUnwindSafe(work));
                counters.ran(begun.elapsed(), done.is_ok());
                done.map_err(|payload| {
                    // Dropping what somebody panicked with may panic again.
                    std::mem::forget(payload);
                    LaneError::Panicked
                })
            });
            // A caller that left meanwhile does not hear it; what the job did is done.
            let _ = sender.send(answer);
        });
        Self { since, work }
    }

    pub(super) fn run(self, counters: &Counters) {
        counters.wait.record(self.since.elapsed());
        self.settle(Ok(()), counters);
    }

    /// Answers it without running it.
    pub(super) fn refuse(self, error: LaneError, counters: &Counters) {
        match error {
            LaneError::Full => add(&counters.full),
            LaneError::TimedOut => add(&counters.timed_out),
            LaneError::Stopped | LaneError::Panicked => {}
        }
        self.settle(Err(error), counters);
    }

    /// Drops it unheard, for the caller has left or knows.
    pub(super) fn discard(self, counter: &AtomicU64) {
        add(counter);
        quietly(move || drop(self));
    }

    fn settle(self, go: Result<(), LaneError>, counters: &Counters) {
        quietly(move || (self.work)(go, counters));
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("since", &self.since).finish_non_exhaustive()
    }
}

/// What a job owns may panic when it is dropped; the thread goes on all the same.
fn quietly(work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        std::mem::forget(payload);
    }
}
