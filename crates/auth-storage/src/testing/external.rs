//! A server that somebody else runs, named by `TEST_POSTGRES_URL`. It outlives the tests, and so would the databases of
//! a test process that was killed and the templates of any, if nobody swept them.

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};

/// Databases made by a test process that no longer holds its mark.
const ORPHANS: &str = "SELECT datname::text FROM pg_database AS made WHERE datname ~ '^auth_test_[0-9a-f]{16}_' \
    AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = left(made.datname, 26))";

/// Marks the process as alive under `run`, the prefix of all its databases' names (26 characters), for as long as the
/// connection is held, and sweeps what dead processes left. A database that is still in use elsewhere, or is another
/// user's, is left alone.
pub(super) fn attend(url: &str, run: &str) -> Result<PgConnection, String> {
    let trouble = |error: String| format!("the server at TEST_POSTGRES_URL: {error}");
    let mut connection = PgConnection::establish(url).map_err(|error| trouble(error.to_string()))?;
    sql_query(format!("SET application_name = '{run}'"))
        .execute(&mut connection)
        .map_err(|error| trouble(error.to_string()))?;
    let orphans: Vec<String> =
        sql::<Text>(ORPHANS).load(&mut connection).map_err(|error| trouble(error.to_string()))?;
    for orphan in orphans {
        // Best effort: another process may be sweeping too.
        drop(sql_query(format!("DROP DATABASE IF EXISTS {orphan}")).execute(&mut connection));
    }
    Ok(connection)
}
