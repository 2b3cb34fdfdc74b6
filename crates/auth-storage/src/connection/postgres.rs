//! Connections to PostgreSQL.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use super::{ConnectError, Role};
use crate::config::StorageSettings;
use crate::url::PostgresUrl;

/// Seconds to reach a server; libpq would wait as long as the operating system does, which is minutes.
const CONNECT_SECONDS: u32 = 5;
/// Milliseconds until sent data that nobody acknowledges ends the connection: a server that is gone without a word.
const UNACKNOWLEDGED_MILLIS: u32 = 15_000;

pub(super) fn establish(
    url: &PostgresUrl,
    settings: &StorageSettings,
    role: Role,
) -> Result<PgConnection, ConnectError> {
    let mut defaults = vec![("tcp_user_timeout", UNACKNOWLEDGED_MILLIS.to_string())];
    if std::env::var_os("PGCONNECT_TIMEOUT").is_none() {
        defaults.push(("connect_timeout", CONNECT_SECONDS.to_string()));
    }
    let mut connection = PgConnection::establish(url.with_defaults(&defaults).expose())
        .map_err(|error| ConnectError(url.scrub(&error.to_string())))?;
    let millis = match role {
        Role::Serving => settings.statement_timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into()),
        // A migration takes what it takes; zero is "no limit".
        Role::Migrating => 0,
    };
    connection
        .batch_execute(&format!("SET statement_timeout = {millis}"))
        .map_err(|error| ConnectError(url.scrub(&error.to_string())))?;
    Ok(connection)
}
