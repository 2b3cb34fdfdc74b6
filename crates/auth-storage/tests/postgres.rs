//! The contract of a store, on PostgreSQL.

mod common;

use std::sync::Arc;

use auth_core::testing::conformance::Fixture;
use auth_storage::Backend;

auth_core::conformance_tests!(
    || {
        let database = common::Database::migrated(Backend::Postgres);
        Fixture::with_guard(Arc::new(database.open()), database)
    };
    #[cfg_attr(
        not(postgres),
        ignore = "no PostgreSQL server binaries found (PATH, pg_config --bindir, /usr/lib/postgresql/*/bin) and no TEST_POSTGRES_URL"
    )]
);
