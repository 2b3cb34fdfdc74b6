//! Databases with as many accounts and ended sessions as wanted, by statements and not one by one.

use auth_core::password::PasswordHash;
use auth_core::root_keys::RootKeyId;
use auth_core::time::{Clock as _, SystemClock, Timestamp};
use auth_storage::Backend;
use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use crate::Fallible;

/// What a database is filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling<'a> {
    /// Accounts, named as `request::username` says, with one password.
    pub(crate) users: usize,
    /// Of that password.
    pub(crate) hash: &'a str,
    /// Sessions that ended within the last hour, each account's in turn; all are among the endings that are told.
    pub(crate) ended: usize,
    /// The root key that they were born under.
    pub(crate) root_key: &'a RootKeyId,
}

/// Fills a database whose schema is up to date, and brings the planner's figures up to date.
///
/// # Errors
/// The database's refusal.
pub(crate) fn fill(backend: Backend, url: &str, filling: Filling<'_>) -> Fallible<()> {
    let now = SystemClock.now();
    match backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::establish(url)?;
            connection.batch_execute(&format!("BEGIN IMMEDIATE; {} COMMIT; ANALYZE;", sqlite(filling, now)))?;
        }
        Backend::Postgres => {
            let mut connection = PgConnection::establish(url)?;
            connection.batch_execute(&format!("BEGIN; {} COMMIT;", postgres(filling, now)))?;
            // Outside of a transaction, and so that autovacuum has nothing to do while we measure.
            connection.batch_execute("VACUUM ANALYZE")?;
        }
    }
    Ok(())
}

/// Ids of accounts begin with a time, as real ones do: 12 digits of it, then the version, then their number.
fn sqlite(filling: Filling<'_>, now: Timestamp) -> String {
    let Filling { users, hash, ended, root_key } = filling;
    let class = class(hash);
    let (now, hour, year) = (now.as_micros(), 3_600_000_000_i64, 31_536_000_000_000_i64);
    let numbers = |to| format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to})");
    let id = format!("unhex(printf('%012x70008000%012x', {now} / 1000 - {users} + i, i))");
    let name = "printf('user%07d', i)";
    let mut statements = Vec::new();
    if users > 0 {
        statements.push(format!(
            "{} INSERT INTO users SELECT {id}, {name}, {name}, NULL, 'active', NULL, 1, {now}, {now} FROM n;
            INSERT INTO passwords SELECT id, '{hash}', {now}, {now}, {class} FROM users;",
            numbers(users)
        ));
    }
    if ended > 0 {
        statements.push(format!(
            "{} INSERT INTO sessions SELECT randomblob(16), users.id, '{root_key}', randomblob(16), 1, {now} - {hour},
                {now} - {hour}, {now} + {year}, {now} - i % {hour}, 'signed_out', NULL, NULL
                FROM n JOIN users ON users.username_canonical = printf('user%07d', (i - 1) % {users} + 1);
            INSERT INTO session_endings SELECT row_number() OVER (ORDER BY ended_at), id, ended_at FROM sessions;
            UPDATE session_endings_counter SET seq = {ended};",
            numbers(ended),
            root_key = root_key.as_str()
        ));
    }
    statements.concat()
}

fn postgres(filling: Filling<'_>, now: Timestamp) -> String {
    let Filling { users, hash, ended, root_key } = filling;
    let class = class(hash);
    let micros = now.as_micros();
    let now = format!("to_timestamp({micros} / 1000000.0)");
    let id =
        format!("(lpad(to_hex({micros} / 1000 - {users} + i), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))");
    let name = "'user' || lpad(i::text, 7, '0')";
    let mut statements = Vec::new();
    if users > 0 {
        statements.push(format!(
            "INSERT INTO users SELECT {id}::uuid, {name}, {name}, NULL, 'active', NULL, 1, {now}, {now}
                FROM generate_series(1, {users}) i;
            INSERT INTO passwords SELECT id, '{hash}', {now}, {now}, {class} FROM users;"
        ));
    }
    if ended > 0 {
        statements.push(format!(
            "INSERT INTO sessions SELECT gen_random_uuid(), users.id, '{root_key}',
                decode(md5(i::text), 'hex'), 1, {now} - interval '1 hour', {now} - interval '1 hour',
                {now} + interval '1 year', {now} - (i % 3600) * interval '1 second', 'signed_out', NULL, NULL
                FROM generate_series(1, {ended}) i
                JOIN users ON users.username_canonical = 'user' || lpad(((i - 1) % {users} + 1)::text, 7, '0');
            INSERT INTO session_endings SELECT row_number() OVER (ORDER BY ended_at), id, ended_at FROM sessions;
            UPDATE session_endings_counter SET seq = {ended};",
            root_key = root_key.as_str()
        ));
    }
    statements.concat()
}

/// What the hashes are counted by, as SQL.
fn class(hash: &str) -> String {
    PasswordHash::new(hash).class().map_or_else(|| "NULL".to_owned(), |class| format!("'{class}'"))
}
