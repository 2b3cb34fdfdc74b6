//! A row that is there afterwards, and held, whether it was there before or not: one statement.
//!
//! `DO NOTHING` would neither hold the row nor tell what is in it, and a look after it could find it gone. The texts are
//! always the same, so both are kept as prepared statements.

use auth_core::attempts::{Tally, TallyKey, Window, WindowKey};
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text};

use crate::types::{Id, IdBytes, Instant, Micros};

#[derive(QueryId)]
pub(super) struct OpenTally {
    kind: &'static str,
    key: IdBytes,
    failures: i64,
    last_at: Micros,
    day_began: Micros,
    day_count: i64,
}

#[derive(QueryId)]
pub(super) struct OpenWindow {
    key: IdBytes,
    count: i64,
    until: Micros,
}

impl OpenTally {
    pub(super) fn new(key: &TallyKey, blank: &Tally) -> Self {
        Self {
            kind: key.kind.as_str(),
            key: IdBytes(key.id),
            failures: blank.failures.into(),
            last_at: blank.last_at.into(),
            day_began: blank.day_began.into(),
            day_count: blank.day_count.into(),
        }
    }
}

impl OpenWindow {
    pub(super) fn new(key: &WindowKey, blank: &Window) -> Self {
        Self { key: IdBytes(key.0), count: blank.count.into(), until: blank.until.into() }
    }
}

impl<DB> QueryFragment<DB> for OpenTally
where
    DB: Backend + HasSqlType<Id> + HasSqlType<Instant>,
    IdBytes: ToSql<Id, DB>,
    Micros: ToSql<Instant, DB>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO attempt_tallies (kind, key, failures, last_at, day_began, day_count) VALUES (");
        out.push_bind_param::<Text, _>(self.kind)?;
        out.push_sql(", ");
        out.push_bind_param::<Id, _>(&self.key)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.failures)?;
        out.push_sql(", ");
        out.push_bind_param::<Instant, _>(&self.last_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Instant, _>(&self.day_began)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.day_count)?;
        out.push_sql(
            ") ON CONFLICT (key) DO UPDATE SET failures = attempt_tallies.failures \
             RETURNING failures, last_at, day_began, day_count",
        );
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for OpenWindow
where
    DB: Backend + HasSqlType<Id> + HasSqlType<Instant>,
    IdBytes: ToSql<Id, DB>,
    Micros: ToSql<Instant, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO attempt_windows (key, count, until) VALUES (");
        out.push_bind_param::<Id, _>(&self.key)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.count)?;
        out.push_sql(", ");
        out.push_bind_param::<Instant, _>(&self.until)?;
        out.push_sql(") ON CONFLICT (key) DO UPDATE SET count = attempt_windows.count RETURNING count, until");
        Ok(())
    }
}

impl Query for OpenTally {
    type SqlType = (BigInt, Instant, Instant, BigInt);
}

impl Query for OpenWindow {
    type SqlType = (BigInt, Instant);
}

impl<Connection> RunQueryDsl<Connection> for OpenTally {}

impl<Connection> RunQueryDsl<Connection> for OpenWindow {}
