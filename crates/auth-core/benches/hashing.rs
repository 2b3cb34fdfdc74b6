//! What the memory of a hash costs: fresh for each hash, as the library does it, or kept. On huge pages too, where the
//! allocator asks for them:
//!
//! ```sh
//! cargo bench -p auth-core --bench hashing
//! GLIBC_TUNABLES=glibc.malloc.hugetlb=1 cargo bench -p auth-core --bench hashing
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for people who develop this one"
)]

use std::sync::Arc;
use std::time::Instant;

use argon2::{Algorithm, Argon2, Params, Version};
use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Hasher, Argon2Params, Password, PasswordHasher as _};

/// Turns are taken by the two ways, for other programs slow both down.
const TURNS: u32 = 7;
const HASHES: u32 = 40;

/// Hashes a second of so many threads together.
fn rate(threads: u32, hash: &(dyn Fn() + Sync)) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..HASHES / threads).for_each(|_| hash()));
        }
    });
    f64::from(HASHES) / begun.elapsed().as_secs_f64()
}

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap());
    let params = Argon2Params::default();
    let kept = Argon2Hasher::new(params, threads as usize, Arc::new(SystemEntropy)).unwrap();
    let password = Password::new("correct horse battery staple");
    let of_library = Params::new(params.memory_kib(), params.iterations(), params.parallelism(), Some(32)).unwrap();
    let fresh = Argon2::new(Algorithm::Argon2id, Version::V0x13, of_library);
    let with_fresh = || fresh.hash_password_into(password.expose().as_bytes(), &[7; 16], &mut [0; 32]).unwrap();
    let with_kept = || drop(kept.hash(&password).unwrap());
    for threads in [1, threads] {
        let mut rates: [Vec<f64>; 2] = Default::default();
        for _ in 0..TURNS {
            rates[0].push(rate(threads, &with_fresh));
            rates[1].push(rate(threads, &with_kept));
        }
        for (name, rates) in ["fresh", "kept"].iter().zip(&mut rates) {
            rates.sort_by(f64::total_cmp);
            let (least, median, most) = (rates[0], rates[rates.len() / 2], rates[rates.len() - 1]);
            println!("{threads} threads, memory {name:<5}  {median:>6.1} hashes/s  ({least:.1} to {most:.1})");
        }
    }
}
