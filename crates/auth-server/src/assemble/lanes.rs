//! The state that requests share: the service behind its lanes, sized by [`super::Sizing`].

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_core::entropy::SystemEntropy;
use auth_core::lane::{Lane, LaneSettings};
use auth_core::password::{Argon2Hasher, HashError, Password, PasswordHasher};

use super::{AssembleError, Assembled, failed};
use crate::config::Settings;
use crate::disk;
use crate::drain::Drain;
use crate::state::{AppState, Crowd, HealthCheck, HttpSettings, Probe};
use crate::worker::News;

/// Waiting queries that are no flood yet: a second's worth of short ones.
const DATABASE_QUEUE: usize = 1_024;
/// How much work may wait before sign-ins are refused, at the rate that was measured at the start and then at the pace; and
/// no more than three quarters of what a sign-in may wait.
const HASH_QUEUE: Duration = Duration::from_millis(1_500);
/// How long the answer to an expensive check is good.
const REMEMBERED: Duration = Duration::from_secs(5);

/// Starts the lanes. `news` comes from the worker.
///
/// # Errors
/// [`AssembleError::Failed`] where the system refuses a thread.
pub fn state(settings: &Settings, parts: Assembled, news: Option<News>) -> Result<AppState, AssembleError> {
    let sizing = parts.sizing;
    // A hasher for this alone: the service's would keep its memory, before anybody has signed in.
    let measured = Argon2Hasher::new(parts.hashing, 1, Arc::new(SystemEntropy)).map_err(failed)?;
    let rate = capacity(&measured, sizing.hashes.get()).map_err(failed)?;
    drop(measured);
    parts.metrics.set_capacity(rate);
    let max_wait = settings.hashing.max_wait;
    let (queue_limit, queue_time) = match settings.hashing.queue_limit {
        0 => (queue_for(rate), Some(HASH_QUEUE.min(max_wait / 4 * 3))),
        limit => (limit, None),
    };
    let hashing = LaneSettings::new("auth-hash", sizing.hash_threads);
    let hashing = LaneSettings { queue_limit, queue_time, max_wait, low_priority: true, ..hashing };
    let max_wait = settings.database.pool_timeout;
    let database = LaneSettings::new("auth-db", sizing.database_threads);
    let database = LaneSettings { queue_limit: DATABASE_QUEUE, max_wait, ..database };
    let store = parts.store.clone();
    let schema = HealthCheck {
        name: "schema",
        probe: remembered(move || store.check_schema().map_err(|error| error.to_string())),
    };
    let mut checks = vec![schema];
    let keys = Arc::clone(&parts.keys);
    checks.push(HealthCheck {
        name: "root_key",
        probe: remembered(move || match keys.closed().as_slice() {
            [] => Ok(()),
            closed => Err(format!("keys that cannot be opened: {closed:?}")),
        }),
    });
    if let Some(path) = parts.store.sqlite_path().map(Path::to_owned) {
        checks.push(HealthCheck { name: "disk", probe: Arc::new(move || disk::check(&path)) });
    }
    Ok(AppState {
        service: parts.service,
        hashing: Lane::start(hashing).map_err(failed)?,
        database: Lane::start(database).map_err(failed)?,
        keys: parts.keys.current(),
        signing_keys: parts.keys,
        news,
        entropy: Arc::new(SystemEntropy),
        http: HttpSettings {
            body_limit: usize::try_from(settings.server.body_limit).unwrap_or(usize::MAX),
            body_timeout: settings.server.body_timeout,
            handler_timeout: settings.server.handler_timeout,
            trusted_proxies: settings.server.trusted_proxies.clone(),
            uncounted: settings.limits.exempt.clone(),
            client_ip: settings.log.client_ip,
            allowed_origins: settings.cors.allowed_origins.clone(),
            clients: settings.introspection.clients.clone(),
            ..HttpSettings::new(settings.public_url.clone())
        },
        checks,
        metrics: parts.metrics,
        crowd: Crowd::default(),
        pools: Some(parts.store),
        drain: Drain::default(),
    })
}

/// Hashes a second that so many threads make, by the time of one hash in memory that is mapped already. More threads than
/// cores make no more of them.
///
/// # Errors
/// [`HashError`].
pub fn capacity(hasher: &dyn PasswordHasher, at_once: usize) -> Result<f64, HashError> {
    let password = Password::new("to measure the rate");
    hasher.hash(&password)?;
    let start = Instant::now();
    hasher.hash(&password)?;
    let one = start.elapsed().max(Duration::from_micros(1)).as_secs_f64();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(f64::from(u32::try_from(at_once.min(cores)).unwrap_or(u32::MAX)) / one)
}

/// How many hashes may wait at that rate.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 8 to 10,000")]
fn queue_for(rate: f64) -> usize {
    (rate * HASH_QUEUE.as_secs_f64()).clamp(8.0, 10_000.0) as usize
}

/// A check that is asked by one at a time and every few seconds, however often the probes come.
fn remembered(probe: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Probe {
    let last: Mutex<Option<(Instant, Result<(), String>)>> = Mutex::new(None);
    Arc::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((asked, answer)) if asked.elapsed() < REMEMBERED => answer.clone(),
            _ => {
                let answer = probe();
                *last = Some((Instant::now(), answer.clone()));
                answer
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_holds_a_second_and_a_half_of_work_within_reason() {
        assert_eq!((queue_for(100.0), queue_for(0.1), queue_for(1e9)), (150, 8, 10_000));
    }
}
