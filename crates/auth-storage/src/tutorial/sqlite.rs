//! The tutorial's table in SQLite, where any value may be of any type.

use std::path::Path;

use auth_core::time::Timestamp;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{SqliteConnection, sql_query};

use super::rows::{Faults, Layout, PASSWORD, TABLES, USERNAME, layout as found, read, row};
use super::{TutorialError, TutorialRow};
use crate::connection::ConnectError;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct SourceRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    /// SQLite's name of the value's type.
    #[diesel(sql_type = Text)]
    username_kind: String,
    #[diesel(sql_type = Nullable<Binary>)]
    username: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    password_kind: String,
    #[diesel(sql_type = Nullable<Binary>)]
    password: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    created_at: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// As a SQLite URI, for that is how it is opened without being made or changed.
pub(super) fn open(path: &Path) -> Result<SqliteConnection, ConnectError> {
    if !path.is_file() {
        return Err(ConnectError(format!("there is no file {}", path.display())));
    }
    let bytes = path.as_os_str().as_encoded_bytes();
    let escaped = bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let mut connection = SqliteConnection::establish(&format!("file:{escaped}?mode=ro"))
        .map_err(|error| ConnectError(error.to_string()))?;
    connection
        .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF")
        .map_err(|error| ConnectError(error.to_string()))?;
    Ok(connection)
}

pub(super) fn layout(connection: &mut SqliteConnection) -> Result<Layout, TutorialError> {
    // Names are the same in any case here; the first one finds either.
    let table = TABLES[0];
    let columns: Vec<Column> = sql_query(format!("SELECT name, type AS kind FROM pragma_table_info('{table}')"))
        .load(connection)
        .map_err(read)?;
    if columns.is_empty() {
        return Err(TutorialError::NoTable);
    }
    let columns: Vec<_> = columns.into_iter().map(|column| (column.name, column.kind)).collect();
    found(table, &columns)
}

pub(super) fn without_number(connection: &mut SqliteConnection, layout: &Layout) -> Result<i64, TutorialError> {
    let query = format!("SELECT count(*) AS count FROM \"{}\" WHERE typeof(id) <> 'integer'", layout.table);
    sql_query(query).get_result::<Count>(connection).map(|count| count.count).map_err(read)
}

pub(super) fn batch(
    connection: &mut SqliteConnection,
    layout: &Layout,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<(i64, TutorialRow)>, TutorialError> {
    let created_at = match &layout.created_at {
        Some(created) => format!("CAST(\"{}\" AS BLOB)", created.column),
        None => "NULL".to_owned(),
    };
    // Texts are fetched as bytes, for whether they are UTF-8 is seen here and not by the driver.
    let query = sql_query(format!(
        "SELECT id, typeof(username) AS username_kind, CAST(username AS BLOB) AS username, \
                typeof(password) AS password_kind, CAST(password AS BLOB) AS password, {created_at} AS created_at \
         FROM \"{}\" WHERE typeof(id) = 'integer' AND id >= ? AND id IS NOT ? ORDER BY id LIMIT {limit}",
        layout.table
    ));
    let rows: Vec<SourceRow> = query
        .bind::<BigInt, _>(after.unwrap_or(i64::MIN))
        .bind::<Nullable<BigInt>, _>(after)
        .load(connection)
        .map_err(read)?;
    let user = |found: SourceRow| {
        row(
            found.id,
            text(&found.username_kind, found.username, &USERNAME),
            text(&found.password_kind, found.password, &PASSWORD),
            found.created_at.and_then(instant),
        )
    };
    Ok(rows.into_iter().map(user).collect())
}

fn text(kind: &str, bytes: Option<Vec<u8>>, faults: &Faults) -> Result<String, &'static str> {
    let bytes = bytes.ok_or(faults.missing)?;
    let text = String::from_utf8(bytes).ok().filter(|text| kind == "text" && !text.contains('\0'));
    text.ok_or(faults.odd)
}

/// `2024-05-01 12:00:00.000 +00:00`, as Sequelize writes it, or RFC 3339.
fn instant(bytes: Vec<u8>) -> Option<Timestamp> {
    let text = String::from_utf8(bytes).ok()?;
    Timestamp::parse_rfc3339(&text.replacen(' ', "T", 1).replace(' ', ""))
}
