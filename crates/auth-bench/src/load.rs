//! Closed-loop load: clients that ask again once they are answered, and wait as they are told when they are refused.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Error;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::Fallible;
use crate::figures::float;
use crate::http::{Client, Response};

/// What a refusal that names no time is taken for.
const UNTOLD: Duration = Duration::from_secs(1);
/// After an error of the connection: not at once, or a server that is gone is asked in a busy loop.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// What clients ask for, in turn.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) requests: Arc<Vec<Vec<u8>>>,
    /// From the beginning again when all were sent; otherwise the load ends.
    pub(crate) repeats: bool,
}

/// How to load.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) clients: usize,
    /// The addresses that clients ask from, in turn; none means the system's choice.
    pub(crate) from: Vec<IpAddr>,
    pub(crate) work: Work,
    /// Before anything is counted. The first half of it is what clients take to arrive, one after the other.
    pub(crate) warm_up: Duration,
    pub(crate) length: Duration,
    /// How long a refused client waits; `None` for as long as `Retry-After` says.
    pub(crate) pause: Option<Duration>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How long each 2xx took that came within the time that counts.
    pub(crate) accepted: Vec<Duration>,
    /// The same of each 503.
    pub(crate) refused: Vec<Duration>,
    /// What `Retry-After` said, in seconds.
    pub(crate) told: Vec<u64>,
    /// Refusals without `Retry-After`.
    pub(crate) untold: usize,
    /// Other answers, and connections that broke.
    pub(crate) failed: usize,
    /// The same by status, 0 for a connection that broke: what a run that is worth nothing says of itself.
    pub(crate) failures: BTreeMap<u16, usize>,
    /// All answers, those of the warm-up included.
    pub(crate) answers: usize,
    /// The time that counts.
    pub(crate) counted: Duration,
}

impl Tally {
    /// Accepted ones a second.
    pub(crate) fn rate(&self) -> f64 {
        float(self.accepted.len()) / self.counted.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Counts what is neither accepted nor refused, and says how long its client waits.
    fn fail(&mut self, counts: bool, status: u16) -> Option<Duration> {
        if counts {
            self.failed += 1;
            *self.failures.entry(status).or_default() += 1;
        }
        Some(AFTER_ERROR)
    }

    /// Attempts a second.
    pub(crate) fn offered(&self) -> f64 {
        float(self.accepted.len() + self.refused.len() + self.failed)
            / self.counted.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

struct Shared {
    plan: Plan,
    next: Cell<usize>,
    from: Instant,
    tally: RefCell<Tally>,
}

/// Loads on this thread until the plan's end, or until its work runs out. What is in flight then counts for nothing.
///
/// # Errors
/// Where the system refuses a runtime.
pub(crate) fn run(plan: Plan) -> Fallible<Tally> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let start = Instant::now();
        let (clients, ramp) = (plan.clients, plan.warm_up / 2);
        let from = start + plan.warm_up;
        let until = from + plan.length;
        let shared = Rc::new(Shared { plan, next: Cell::new(0), from, tally: RefCell::default() });
        let joined: Vec<_> = (0..clients)
            .map(|number| {
                let arrives = start + ramp.mul_f64(float(number) / float(clients));
                tokio::task::spawn_local(client(number, arrives, Rc::clone(&shared)))
            })
            .collect();
        let exhausted = async {
            for client in joined {
                // A task of ours does not panic, and is not aborted.
                let _ = client.await;
            }
        };
        let _ = timeout_at(until, exhausted).await;
        let mut tally = shared.tally.take();
        tally.counted = Instant::now().min(until).saturating_duration_since(from);
        Ok(tally)
    })
}

async fn client(number: usize, arrives: Instant, shared: Rc<Shared>) {
    sleep_until(arrives).await;
    let plan = &shared.plan;
    let from = number.checked_rem(plan.from.len()).and_then(|place| plan.from.get(place)).copied();
    let mut client = Client::new(plan.address, from);
    while let Some(request) = shared.take() {
        let sent = Instant::now();
        let answer = client.ask(request).await;
        if let Some(wait) = shared.note(&answer, sent) {
            sleep(wait).await;
        }
    }
}

impl Shared {
    fn take(&self) -> Option<&[u8]> {
        let (number, work) = (self.next.get(), &self.plan.work);
        self.next.set(number + 1);
        let place = if work.repeats { number.checked_rem(work.requests.len())? } else { number };
        work.requests.get(place).map(Vec::as_slice)
    }

    /// Counts an answer, and says how long its client waits before it asks again.
    fn note(&self, answer: &Result<Response, Error>, sent: Instant) -> Option<Duration> {
        let now = Instant::now();
        let mut tally = self.tally.borrow_mut();
        tally.answers += 1;
        let counts = now >= self.from;
        match *answer {
            Ok(Response { status: 200..300, .. }) => {
                if counts {
                    tally.accepted.push(now - sent);
                }
                None
            }
            Ok(Response { status: 503, retry_after, .. }) => {
                if counts {
                    tally.refused.push(now - sent);
                    match retry_after {
                        Some(seconds) => tally.told.push(seconds),
                        None => tally.untold += 1,
                    }
                }
                Some(self.plan.pause.unwrap_or_else(|| retry_after.map_or(UNTOLD, Duration::from_secs)))
            }
            Ok(Response { status, .. }) => tally.fail(counts, status),
            Err(_) => tally.fail(counts, 0),
        }
    }
}

#[cfg(test)]
mod tests;
