//! The tutorial's table in PostgreSQL.

use auth_core::time::Timestamp;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{PgConnection, sql_query};

use super::rows::{Layout, PASSWORD, TABLES, USERNAME, layout as found, read, row};
use super::{TutorialError, TutorialRow};
use crate::config::StorageSettings;
use crate::connection::{ConnectError, postgres_source};
use crate::url::PostgresUrl;

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
    #[diesel(sql_type = Nullable<Text>)]
    username: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    password: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    created_at: Option<i64>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) fn open(url: &PostgresUrl, settings: &StorageSettings) -> Result<PgConnection, ConnectError> {
    let mut connection = postgres_source(url, settings)?;
    connection
        .batch_execute("SET default_transaction_read_only = on")
        .map_err(|error| ConnectError(error.to_string()))?;
    Ok(connection)
}

pub(super) fn layout(connection: &mut PgConnection) -> Result<Layout, TutorialError> {
    for table in TABLES {
        let columns: Vec<Column> = sql_query(format!(
            "SELECT attname::text AS name, atttypid::regtype::text AS kind FROM pg_attribute \
             WHERE attrelid = to_regclass('\"{table}\"') AND attnum > 0 AND NOT attisdropped"
        ))
        .load(connection)
        .map_err(read)?;
        if columns.is_empty() {
            continue;
        }
        let columns: Vec<_> = columns.into_iter().map(|column| (column.name, column.kind)).collect();
        let layout = found(table, &columns)?;
        let kind = columns.into_iter().find(|(name, _)| name == "id").map(|(_, kind)| kind).unwrap_or_default();
        return match kind.as_str() {
            "smallint" | "integer" | "bigint" => Ok(layout),
            _ => Err(TutorialError::NotANumber { table: table.to_owned(), kind }),
        };
    }
    Err(TutorialError::NoTable)
}

pub(super) fn without_number(connection: &mut PgConnection, layout: &Layout) -> Result<i64, TutorialError> {
    let query = format!("SELECT count(*) AS count FROM \"{}\" WHERE id IS NULL", layout.table);
    sql_query(query).get_result::<Count>(connection).map(|count| count.count).map_err(read)
}

pub(super) fn batch(
    connection: &mut PgConnection,
    layout: &Layout,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<(i64, TutorialRow)>, TutorialError> {
    // Only what is an instant is read as one; `infinity` is none. One without a zone is taken for UTC, as Sequelize does.
    let created_at = match &layout.created_at {
        Some(created) if created.kind.starts_with("timestamp") => format!(
            "CASE WHEN isfinite(\"{0}\") THEN (extract(epoch FROM \"{0}\") * 1000000)::bigint END",
            created.column
        ),
        _ => "NULL::bigint".to_owned(),
    };
    let query = sql_query(format!(
        "SELECT id::bigint AS id, username::text AS username, password::text AS password, {created_at} AS created_at \
         FROM \"{}\" WHERE id >= $1 AND id IS DISTINCT FROM $2 ORDER BY id LIMIT {limit}",
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
            found.username.ok_or(USERNAME.missing),
            found.password.ok_or(PASSWORD.missing),
            found.created_at.map(Timestamp::from_micros),
        )
    };
    Ok(rows.into_iter().map(user).collect())
}
