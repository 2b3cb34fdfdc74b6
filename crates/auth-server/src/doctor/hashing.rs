//! What hashing costs here, and how threads and connections are shared out.

use auth_core::password::Argon2Params;

use super::Finding;
use crate::assemble;
use crate::config::{Settings, format_size};
use crate::hash_rate::measure;

/// Fewer sign-ins a second than this, and a handful of people who come at once wait.
const FEW: f64 = 5.0;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let sizing = assemble::sizing(settings);
    let hashing = &settings.hashing;
    // A cost that is refused was named by the check of the configuration.
    let Ok(params) = Argon2Params::new(hashing.memory_kib(), hashing.iterations, hashing.parallelism) else {
        return Vec::new();
    };
    let at_once = sizing.hashes.get();
    let memory = hashing.memory.saturating_mul(u64::try_from(at_once).unwrap_or(u64::MAX));
    let capacity = match measure(params, at_once) {
        Ok(rate) => {
            let text = format!(
                "{:.1} sign-ins/s on {} threads, {:.1} ms each; {at_once} at once take {} (Argon2id, {}, {} passes)",
                rate.a_second,
                rate.threads,
                rate.one.as_secs_f64() * 1_000.0,
                format_size(memory),
                format_size(hashing.memory),
                hashing.iterations
            );
            if rate.a_second < FEW {
                Finding::warning("hashing", text, "`auth-server hash calibrate` recommends a cost for this machine")
            } else {
                Finding::ok("hashing", text)
            }
        }
        Err(error) => Finding::error(
            "hashing",
            format!("no hash can be made: {error}"),
            format!(
                "see that {} of memory are free, or lower hashing.memory or hashing.max_concurrent",
                format_size(memory)
            ),
        ),
    };
    let numbers = format!(
        "{} threads serve HTTP, {} hash ({at_once} at once), {} ask the database; {} connections",
        sizing.http_workers, sizing.hash_threads, sizing.database_threads, sizing.connections
    );
    let wanted = match hashing.max_concurrent {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        wanted => wanted,
    };
    let threads = if at_once < wanted {
        let text = format!("{numbers}: database.pool_size allows only {at_once} of {wanted} hashes at once");
        Finding::warning("threads", text, "raise database.pool_size, or set it to 0")
    } else {
        Finding::ok("threads", numbers)
    };
    vec![capacity, threads]
}
