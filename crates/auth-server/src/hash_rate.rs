//! How fast this machine hashes, and which cost a target time allows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Hasher, Argon2Params, HashError, Password, PasswordHasher as _};

/// Memory that a measurement may use in all, in KiB: 1 GiB.
const MOST_MEMORY_KIB: usize = 1_024 * 1_024;
/// How long a measurement hashes, so that a cheap hash is measured often and a costly one once.
const SPAN: Duration = Duration::from_millis(200);
const MOST_ROUNDS: u32 = 8;
/// The memory of the OWASP sets and twice, thrice, … of it, in KiB, the largest first: more memory costs an attacker more
/// than more passes do (RFC 9106, section 4).
const SIZES: [u32; 6] = [262_144, 131_072, 65_536, 47_104, 32_768, 19_456];
/// What is never passed (`hashing.iterations`).
const MOST_ITERATIONS: u32 = 100;

/// What hashing costs here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// One hash, while as many are made as may be at once.
    pub(crate) one: Duration,
    /// Hashes a second, in all.
    pub(crate) a_second: f64,
    /// The threads that hashed: fewer than asked for, where their memory would be more than a measurement may take.
    pub(crate) threads: usize,
}

/// Hashes on so many threads at once, in memory that is mapped already.
///
/// # Errors
/// [`HashError`] where there is no randomness or no memory.
pub(crate) fn measure(params: Argon2Params, at_once: usize) -> Result<Rate, HashError> {
    let memory = usize::try_from(params.memory_kib()).unwrap_or(usize::MAX);
    let threads = at_once.min(MOST_MEMORY_KIB / memory.max(1)).max(1);
    let hasher = Argon2Hasher::new(params, threads, Arc::new(SystemEntropy))?;
    let password = Password::new("to measure the rate");
    let round = |hashes: u32| {
        std::thread::scope(|scope| {
            let work = || (0..hashes).try_for_each(|_| hasher.hash(&password).map(drop));
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err(HashError::Failed)))
        })
    };
    let cold = Instant::now();
    round(1)?;
    let rounds = SPAN.as_nanos().checked_div(cold.elapsed().as_nanos()).unwrap_or(1);
    let rounds = u32::try_from(rounds).unwrap_or(MOST_ROUNDS).clamp(1, MOST_ROUNDS);
    let begun = Instant::now();
    round(rounds)?;
    let one = (begun.elapsed() / rounds).max(Duration::from_micros(1));
    Ok(Rate { one, a_second: f64::from(u32::try_from(threads).unwrap_or(u32::MAX)) / one.as_secs_f64(), threads })
}

/// The cost that comes closest to `target` without passing it: with as much memory as it allows, or with `memory_kib`.
/// `None` where even the cheapest OWASP set takes longer, or no set has so little memory.
///
/// # Errors
/// What `measure` answers.
pub(crate) fn recommend<E>(
    target: Duration,
    memory_kib: Option<u32>,
    mut measure: impl FnMut(Argon2Params) -> Result<Rate, E>,
) -> Result<Option<(Argon2Params, Rate)>, E> {
    let sizes = memory_kib.as_ref().map_or(&SIZES[..], std::slice::from_ref);
    for memory_kib in sizes {
        let Some(least) = (1..=MOST_ITERATIONS).find_map(|passes| Argon2Params::new(*memory_kib, passes, 1).ok())
        else {
            continue;
        };
        let rate = measure(least)?;
        if rate.one > target {
            continue;
        }
        // A pass costs what a pass costs; what was measured last decides.
        let mut best = (least, rate);
        let a_pass = rate.one / least.iterations();
        let guess = target.as_nanos().checked_div(a_pass.as_nanos().max(1)).unwrap_or(1);
        let most = u32::try_from(guess).unwrap_or(MOST_ITERATIONS).min(MOST_ITERATIONS);
        for passes in (least.iterations() + 1..=most).rev() {
            let Ok(params) = Argon2Params::new(*memory_kib, passes, 1) else { continue };
            let rate = measure(params)?;
            if rate.one <= target {
                best = (params, rate);
                break;
            }
        }
        return Ok(Some(best));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A machine on which a pass over a MiB takes so many microseconds.
    fn machine(micros: u64) -> impl FnMut(Argon2Params) -> Result<Rate, HashError> {
        move |params| {
            let work = u64::from(params.memory_kib()) * u64::from(params.iterations());
            let one = Duration::from_nanos(work * micros * 1_000 / 1_024);
            Ok(Rate { one, a_second: 2.0 / one.as_secs_f64(), threads: 2 })
        }
    }

    fn found(micros: u64, millis: u64, memory_kib: Option<u32>) -> Option<(u32, u32)> {
        let target = Duration::from_millis(millis);
        let found = recommend(target, memory_kib, machine(micros)).unwrap();
        found.map(|(params, _)| (params.memory_kib(), params.iterations()))
    }

    #[test]
    fn the_target_is_spent_on_memory_first_and_then_on_passes() {
        assert_eq!(found(400, 250, None), Some((262_144, 2)), "102 ms a pass");
        assert_eq!(found(400, 100, None), Some((131_072, 1)), "51 ms a pass");
        assert_eq!(found(400, 16, None), Some((19_456, 2)), "the default, at 15 ms");
        assert_eq!(found(400, 250, Some(19_456)), Some((19_456, 32)), "7.6 ms a pass");
        assert_eq!(found(400, 20, Some(7_168)), Some((7_168, 7)));
    }

    #[test]
    fn what_is_too_slow_for_the_target_gets_no_weaker_hash() {
        assert_eq!(found(400, 14, None), None);
        assert_eq!(found(400, 250, Some(4_096)), None, "no set has so little memory");
    }

    proptest! {
        #[test]
        fn a_recommendation_is_never_below_the_owasp_sets_nor_above_the_target(
            micros in 1_u64..2_000,
            millis in 1_u64..3_000,
            memory_kib in prop::option::of(1_024_u32..300_000),
        ) {
            let target = Duration::from_millis(millis);
            if let Some((params, rate)) = recommend(target, memory_kib, machine(micros)).unwrap() {
                prop_assert!(rate.one <= target);
                prop_assert!(Argon2Params::new(params.memory_kib(), params.iterations(), 1).is_ok());
                prop_assert!(memory_kib.is_none_or(|asked| asked == params.memory_kib()));
            }
        }
    }

    #[test]
    fn a_measurement_makes_real_hashes() {
        let rate = measure(Argon2Params::new(7_168, 5, 1).unwrap(), 2).unwrap();
        assert!(rate.a_second > 0.0 && rate.one > Duration::ZERO);
    }
}
