//! How many threads and connections there are: all of it, from one place.
//!
//! A thread that asks the database holds one connection, hands no work to another thread meanwhile, and there is a
//! connection for each of them. So nobody waits for a connection that is held by somebody who waits for a thread.

use std::num::NonZeroUsize;

use auth_storage::Backend;

/// Threads of the hashing lane beyond the hashes made at once: they ask the database and wait for the disk meanwhile.
const BESIDE_HASHES: usize = 2;
/// Connections of the worker that removes what is over. The one that hears endings has another pool, of its own.
const WORKER: usize = 1;
/// One for each lane and for the worker.
const LEAST_CONNECTIONS: usize = 2 + WORKER;
/// PostgreSQL: short queries on more connections were slower on the machine that it was measured on.
const POSTGRES_QUERIES: usize = 8;
/// SQLite: readers wait for the disk now and then, and for nobody else.
const SQLITE_QUERIES_PER_CORE: usize = 2;

/// What the numbers follow from. In the configuration's own words, 0 means "as the machine has it".
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// Processors.
    pub cores: NonZeroUsize,
    /// The kind of database.
    pub backend: Backend,
    /// `server.workers`
    pub workers: usize,
    /// `database.pool_size`
    pub pool_size: u32,
    /// `hashing.max_concurrent`
    pub max_concurrent: usize,
}

/// The numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizing {
    /// Threads that serve HTTP.
    pub http_workers: NonZeroUsize,
    /// Hashes made at once.
    pub hashes: NonZeroUsize,
    /// Threads of the hashing lane.
    pub hash_threads: NonZeroUsize,
    /// Threads of the database lane.
    pub database_threads: NonZeroUsize,
    /// Connections to the database; on SQLite those that read, beside the one that writes.
    pub connections: u32,
}

impl Sizing {
    /// Derives the numbers. Without a `pool_size` there are as many connections as threads that want one; with one the
    /// lanes share it, and the database lane gets a quarter at least.
    pub fn of(demand: &Demand) -> Self {
        let or_cores = |wanted| NonZeroUsize::new(wanted).unwrap_or(demand.cores);
        let hashes = or_cores(demand.max_concurrent);
        let hashing = hashes.get() + BESIDE_HASHES;
        let queries = match demand.backend {
            Backend::Postgres => POSTGRES_QUERIES,
            Backend::Sqlite => SQLITE_QUERIES_PER_CORE * demand.cores.get(),
        };
        let (connections, hash_threads) = match usize::try_from(demand.pool_size).unwrap_or(usize::MAX) {
            0 => (queries + hashing + WORKER, hashing),
            size => {
                let size = size.max(LEAST_CONNECTIONS);
                (size, hashing.min(size - WORKER - (size / 4).max(1)))
            }
        };
        let hash_threads = at_least_one(hash_threads);
        Self {
            http_workers: or_cores(demand.workers),
            hashes: hashes.min(hash_threads),
            hash_threads,
            database_threads: at_least_one(connections - WORKER - hash_threads.get()),
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
        }
    }
}

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn demand() -> impl Strategy<Value = Demand> {
        let backend = prop_oneof![Just(Backend::Sqlite), Just(Backend::Postgres)];
        // What the keys of the configuration allow.
        (1_usize..=256, backend, 0_usize..=1_024, 0_u32..=1_000, 0_usize..=1_024).prop_map(
            |(cores, backend, workers, pool_size, max_concurrent)| {
                let cores = NonZeroUsize::new(cores).unwrap();
                Demand { cores, backend, workers, pool_size, max_concurrent }
            },
        )
    }

    proptest! {
        #[test]
        fn there_is_a_connection_for_every_thread_that_may_hold_one(demand in demand()) {
            let sizing = Sizing::of(&demand);
            let holders = sizing.hash_threads.get() + sizing.database_threads.get() + WORKER;
            prop_assert!(holders <= usize::try_from(sizing.connections).unwrap(), "{:?}", sizing);
            prop_assert!(sizing.hashes <= sizing.hash_threads, "a hash has a thread");
            prop_assert!(sizing.hash_threads.get() <= sizing.hashes.get() + BESIDE_HASHES, "and few have none");
        }

        #[test]
        fn what_was_asked_for_is_kept(demand in demand()) {
            let sizing = Sizing::of(&demand);
            let hashes = if demand.max_concurrent == 0 { demand.cores.get() } else { demand.max_concurrent };
            prop_assert!(sizing.hashes.get() <= hashes);
            if demand.pool_size == 0 {
                prop_assert_eq!(sizing.hashes.get(), hashes);
                prop_assert_eq!(sizing.hash_threads.get(), hashes + BESIDE_HASHES);
            } else {
                prop_assert_eq!(sizing.connections, demand.pool_size.max(3));
                prop_assert!(sizing.database_threads.get() >= usize::try_from(sizing.connections).unwrap() / 4);
            }
        }
    }

    #[test]
    fn two_cores_without_configuration() {
        let cores = NonZeroUsize::new(2).unwrap();
        let demand = Demand { cores, backend: Backend::Sqlite, workers: 0, pool_size: 0, max_concurrent: 0 };
        let numbers = |demand: &Demand| {
            let sizing = Sizing::of(demand);
            (sizing.hashes.get(), sizing.hash_threads.get(), sizing.database_threads.get(), sizing.connections)
        };
        assert_eq!(numbers(&demand), (2, 4, 4, 9));
        assert_eq!(numbers(&Demand { backend: Backend::Postgres, ..demand }), (2, 4, 8, 13));
        assert_eq!(numbers(&Demand { pool_size: 1, ..demand }), (1, 1, 1, 3));
        assert_eq!(numbers(&Demand { max_concurrent: 256, ..demand }), (256, 258, 4, 263));
        assert_eq!(numbers(&Demand { pool_size: 8, max_concurrent: 16, ..demand }), (5, 5, 2, 8));
    }
}
