//! For tests: a store in memory, a store that fails on demand, a clock that is set by hand, a hasher that counts, and
//! the conformance suite that holds anybody's store to the same contract. Feature `testing`.

pub mod conformance;
mod fakes;
mod faulty;
mod memory;
mod memory_attempts;
mod memory_audit;
mod memory_keys;
mod memory_repositories;
mod memory_roles;

pub use fakes::{CheapHasher, CountingEntropy, ManualClock};
pub use faulty::FaultyStore;
pub use memory::{MemoryStore, in_transaction};
