//! The control of every sign-in: Argon2id on all cores, its memory kept for the next hash, and nothing else.

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::Fallible;
use crate::figures::float;

/// As many as the server hashes at once by default.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Hashes a second at the server's default cost, all cores together.
///
/// # Errors
/// Where Argon2 refuses its parameters, or a thread died.
pub(crate) fn rate(length: Duration) -> Fallible<f64> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(move || one_thread(length))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a hashing thread died")?).sum()
    })
}

fn one_thread(length: Duration) -> Fallible<f64> {
    // The defaults of `hashing.memory`, `.iterations` and `.parallelism`.
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let mut memory = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = || -> Fallible<()> {
        let mut tag = [0; 32];
        let done = argon2.hash_password_into_with_memory(b"correct horse battery", &[7; 16], &mut tag, &mut memory);
        done.map_err(|error| error.to_string())?;
        std::hint::black_box(tag);
        Ok(())
    };
    // The first one maps the memory.
    hash()?;
    let (start, mut hashes) = (Instant::now(), 0_usize);
    while start.elapsed() < length {
        hash()?;
        hashes += 1;
    }
    Ok(float(hashes) / start.elapsed().as_secs_f64())
}
