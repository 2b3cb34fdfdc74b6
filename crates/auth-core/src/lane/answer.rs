//! The answer to a job.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::LaneError;
use super::shared::Place;

/// The answer to a job: a future under any runtime, or [`Answer::wait`].
#[must_use = "dropping the answer drops a job that has not started"]
pub struct Answer<T> {
    future: AnswerFuture<T>,
}

impl<T> Answer<T> {
    pub(super) fn new(receiver: oneshot::AsyncReceiver<Result<T, LaneError>>, place: Place) -> Self {
        Self { future: AnswerFuture { receiver, place: Some(place) } }
    }

    /// Blocks until the job is done or may wait no longer. Not for async workers.
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
        let mut future = self.future;
        loop {
            match (Pin::new(&mut future).poll(&mut context), future.deadline()) {
                (Poll::Ready(answer), _) => return answer,
                (Poll::Pending, Some(deadline)) => {
                    std::thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
                }
                (Poll::Pending, None) => std::thread::park(),
            }
        }
    }
}

/// The future of an [`Answer`]. Dropping it before the job has started drops the job, and gives its place to the next.
pub struct AnswerFuture<T> {
    receiver: oneshot::AsyncReceiver<Result<T, LaneError>>,
    /// Where the job waits; `None` once it is known to wait no longer.
    place: Option<Place>,
}

impl<T> AnswerFuture<T> {
    /// When the job may wait no longer. Polled then, this answers [`LaneError::TimedOut`], or goes on pending where the job
    /// has started: whoever has timers needs not wait for the lane to say so. `None` where it has started.
    pub fn deadline(&self) -> Option<Instant> {
        self.place.as_ref().and_then(Place::deadline)
    }
}

impl<T> Future for AnswerFuture<T> {
    type Output = Result<T, LaneError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answer) = Pin::new(&mut self.receiver).poll(context) {
            self.place = None;
            // A sender that is dropped unheard went with its lane.
            return Poll::Ready(answer.unwrap_or(Err(LaneError::Stopped)));
        }
        if self.deadline().is_some_and(|deadline| deadline <= Instant::now())
            && let Some(place) = self.place.take()
            && place.give_up()
        {
            return Poll::Ready(Err(LaneError::TimedOut));
        }
        Poll::Pending
    }
}

impl<T> Drop for AnswerFuture<T> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            place.abandon();
        }
    }
}

impl<T> IntoFuture for Answer<T> {
    type Output = Result<T, LaneError>;
    type IntoFuture = AnswerFuture<T>;

    fn into_future(self) -> AnswerFuture<T> {
        self.future
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
