//! The contract of a store, on SQLite.

mod common;

use std::sync::Arc;

use auth_core::testing::conformance::Fixture;
use auth_storage::Backend;

auth_core::conformance_tests!(|| {
    let database = common::Database::migrated(Backend::Sqlite);
    Fixture::with_guard(Arc::new(database.open()), database)
});
