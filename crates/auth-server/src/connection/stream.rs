//! A socket whose client is waited for as long as [`Patience`](super::Patience) says, and no longer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::listen::LINGER;
use super::places::Place;
use super::turn::Shared;
use super::{Lapse, bare};
use crate::problem::Code;

/// Makes the reply to what never became a request.
pub(super) type Refuse = Box<dyn Fn(Code) -> Vec<u8>>;
/// Is told what a client took too long for.
pub(super) type Note = Box<dyn Fn(Lapse)>;

/// What the framework reads from and writes to.
pub(crate) struct Stream<S> {
    socket: S,
    watch: Shared,
    /// Armed at or before the deadline, and late for none: a deadline that moves away leaves it alone.
    timer: Option<Pin<Box<Sleep>>>,
    /// Words of ours that are still to be sent, and how many of them were.
    own: (Vec<u8>, usize),
    /// The client had its time, or its say: nothing more is read.
    is_ended: bool,
    /// Until when what a refused client still sends is thrown away, so that it hears the refusal.
    draining: Option<Pin<Box<Sleep>>>,
    refuse: Refuse,
    note: Note,
    _place: Option<Place>,
}

impl<S> Stream<S> {
    pub(super) fn new(socket: S, watch: Shared, place: Option<Place>, refuse: Refuse, note: Note) -> Self {
        let own = (Vec::new(), 0);
        Self { socket, watch, timer: None, own, is_ended: false, draining: None, refuse, note, _place: place }
    }

    /// What its requests know of it.
    pub(super) fn shared(&self) -> Shared {
        Shared::clone(&self.watch)
    }

    /// Ready when the client has had its time; wakes the task then.
    fn poll_lapse(&mut self, context: &mut Context<'_>) -> Poll<Lapse> {
        loop {
            let watch = self.watch.borrow();
            let waits = !self.is_ended || watch.is_blocked();
            let Some(deadline) = watch.deadline().filter(|_| waits) else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            ready!(timer.as_mut().poll(context));
            match watch.lapse(Instant::now()) {
                Some(lapse) => return Poll::Ready(lapse),
                None => timer.as_mut().reset(deadline),
            }
        }
    }

    /// The system takes no more: the client is waited for, and then no longer.
    fn poll_blocked(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        self.watch.borrow_mut().block(Instant::now());
        self.poll_lapse(context).map(|lapse| self.give_up(lapse))
    }

    fn give_up(&mut self, lapse: Lapse) -> io::Error {
        if !std::mem::replace(&mut self.is_ended, true) {
            (self.note)(lapse);
        }
        io::ErrorKind::TimedOut.into()
    }
}

impl<S: AsyncWrite + Unpin> Stream<S> {
    /// Sends what is our own; ready when all of it is on its way.
    fn poll_own(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.own.0.get(self.own.1..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.socket).poll_write(context, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => self.own.1 += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_blocked(context).map(Err),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn say(&mut self, code: Code) {
        self.own = ((self.refuse)(code), 0);
    }
}

impl<S: AsyncRead + Unpin> Stream<S> {
    /// Reads what nobody wants; ready when there is no more of it, or no more time for it.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(end) = &mut self.draining else { return Poll::Ready(()) };
        if end.as_mut().poll(context).is_pending() {
            let mut bytes = [0; 4_096];
            loop {
                let mut buffer = ReadBuf::new(&mut bytes);
                match ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer)) {
                    Ok(()) if !buffer.filled().is_empty() => {}
                    _ => break,
                }
            }
        }
        self.draining = None;
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context));
        if this.is_ended || this.watch.borrow().is_over() {
            return Poll::Ready(Ok(()));
        }
        // What a client sends while it takes no reply would be answered, and the answers kept.
        let is_blocked = this.watch.borrow().is_blocked();
        if !is_blocked {
            let before = buffer.filled().len();
            if let Poll::Ready(done) = Pin::new(&mut this.socket).poll_read(context, buffer) {
                let new = buffer.filled().get(before..).filter(|new| !new.is_empty());
                let wrong = new.and_then(|new| this.watch.borrow_mut().read(new, Instant::now()));
                let Some(code) = wrong else { return Poll::Ready(done) };
                // Nobody sees it, and it is the last that is heard of this client.
                buffer.set_filled(before);
                this.say(code);
                this.is_ended = true;
                this.draining = Some(Box::pin(sleep_until(Instant::now() + LINGER)));
                return this.poll_drain(context).map(Ok);
            }
        }
        let lapse = ready!(this.poll_lapse(context));
        let error = this.give_up(lapse);
        match lapse {
            Lapse::Reply => return Poll::Ready(Err(error)),
            Lapse::Head => this.say(Code::RequestTimeout),
            Lapse::Idle => {}
        }
        // The end of what is read, upon which the framework sends what there is and closes.
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_own(context))?;
        let buffer = match bare::find(buffer) {
            Some((0, code)) => {
                this.say(code);
                return match this.poll_own(context) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    // What is left of it goes with the flush.
                    _ => Poll::Ready(Ok(buffer.len())),
                };
            }
            Some((start, _)) => buffer.get(..start).unwrap_or(buffer),
            None => buffer,
        };
        match Pin::new(&mut this.socket).poll_write(context, buffer) {
            Poll::Pending => this.poll_blocked(context).map(Err),
            done @ Poll::Ready(_) => done,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_own(context))?;
        ready!(Pin::new(&mut this.socket).poll_flush(context))?;
        this.watch.borrow_mut().flushed(Instant::now());
        // The wait for another request begins here. Where it is over already, reading says so.
        if this.poll_lapse(context).is_ready() {
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_own(context))?;
        Pin::new(&mut this.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
