//! Both databases have the same tables at each step, and each step can be undone and done again.

use std::collections::BTreeSet;

use auth_storage::Backend;
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use crate::common::{Database, on_both};
use crate::history::History;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    /// As SQLite calls it.
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

/// An index or a foreign key, as one line.
#[derive(Debug, QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

const SQLITE_COLUMNS: &str = r#"
    SELECT t.name AS "table", c.name AS name, c.type AS kind, NOT c."notnull" AS nullable
    FROM sqlite_master t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE '\_\_%' ESCAPE '\' AND t.name NOT LIKE 'sqlite%'"#;

const POSTGRES_COLUMNS: &str = r#"
    SELECT table_name::text AS "table", column_name::text AS name, is_nullable = 'YES' AS nullable,
           CASE data_type WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' WHEN 'text' THEN 'TEXT' WHEN 'bigint' THEN 'INTEGER'
                          WHEN 'timestamp with time zone' THEN 'INTEGER' ELSE data_type::text END AS kind
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\_\_%'"#;

const SQLITE_LINES: &str = "
    SELECT t.name || ': ' || CASE WHEN i.\"unique\" THEN 'unique ' ELSE '' END || CASE WHEN i.partial THEN 'partial ' ELSE '' END
           || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS line
    FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'
    UNION ALL
    SELECT t.name || ': ' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' ' || lower(f.on_delete)
    FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";

const POSTGRES_LINES: &str = "
    SELECT t.relname || ': ' || CASE WHEN i.indisunique THEN 'unique ' ELSE '' END
           || CASE WHEN i.indpred IS NOT NULL THEN 'partial ' ELSE '' END
           || (SELECT string_agg(a.attname, ', ' ORDER BY k.at) FROM unnest(i.indkey::int[]) WITH ORDINALITY k (number, at)
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) AS line
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%'
    UNION ALL
    SELECT t.relname || ': ' || a.attname || ' -> ' || o.relname || '.' || b.attname || ' '
           || CASE f.confdeltype WHEN 'c' THEN 'cascade' ELSE f.confdeltype::text END
    FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_class o ON o.oid = f.confrelid
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.conkey[1]
    JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = f.confkey[1] WHERE f.contype = 'f'";

/// Columns in their order, indexes and foreign keys.
fn schema(history: &mut History) -> (Vec<Column>, BTreeSet<String>) {
    let (mut columns, lines): (Vec<Column>, Vec<Line>) = match history {
        History::Sqlite(raw, _) => {
            (sql_query(SQLITE_COLUMNS).load(raw).unwrap(), sql_query(SQLITE_LINES).load(raw).unwrap())
        }
        History::Postgres(raw, _) => {
            (sql_query(POSTGRES_COLUMNS).load(raw).unwrap(), sql_query(POSTGRES_LINES).load(raw).unwrap())
        }
    };
    columns.sort();
    (columns, lines.into_iter().map(|line| line.line).collect())
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn both_databases_have_the_same_schema_at_each_step() {
    let databases = [Backend::Sqlite, Backend::Postgres].map(Database::empty);
    let [mut sqlite, mut postgres] = databases.each_ref().map(History::of);
    for step in sqlite.pending() {
        sqlite.up();
        postgres.up();
        assert_eq!(schema(&mut sqlite), schema(&mut postgres), "after {step}");
    }
    let (columns, lines) = schema(&mut sqlite);
    assert_eq!(columns.iter().map(|column| &column.table).collect::<BTreeSet<_>>().len(), 11);
    assert!(lines.contains("users: unique username_canonical"), "{lines:?}");
    assert!(lines.contains("signing_keys: unique ordinal"), "{lines:?}");
    assert!(lines.contains("session_endings: unique seq"), "{lines:?}");
    assert!(lines.contains("sessions: partial ended_at"), "{lines:?}");
    assert!(lines.contains("user_roles: user_id -> users.id cascade"), "{lines:?}");
    assert!(lines.iter().all(|line| !(line.starts_with("session_endings") && line.contains("->"))), "{lines:?}");
    assert!(lines.contains("passwords: user_id -> users.id cascade"), "{lines:?}");
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn every_text_of_postgresql_compares_by_bytes() {
    let database = Database::migrated(Backend::Postgres);
    let History::Postgres(mut raw, _) = History::of(&database) else { panic!("PostgreSQL") };
    let others: Vec<Line> = sql_query(
        "SELECT table_name || '.' || column_name AS line FROM information_schema.columns WHERE table_schema = 'public' \
         AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
    )
    .load(&mut raw)
    .unwrap();
    assert!(others.is_empty(), "{others:?}");
}

fn each_step_can_be_undone_and_done_again(backend: Backend) {
    let database = Database::empty(backend);
    let mut history = History::of(&database);
    let empty = schema(&mut history);
    let mut before = vec![empty.clone()];
    for _ in history.pending() {
        history.up();
        before.push(schema(&mut history));
    }
    let last = before.pop().unwrap();
    while let Some(expected) = before.pop() {
        history.down();
        assert_eq!(schema(&mut history), expected);
    }
    assert_eq!(schema(&mut history), empty);
    for _ in history.pending() {
        history.up();
    }
    assert_eq!(schema(&mut history), last);
}

on_both!(each_step_can_be_undone_and_done_again);
