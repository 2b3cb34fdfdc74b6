//! The hottest write.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

use crate::types::{Id, IdBytes, Instant, Micros};

/// One refresh. Diesel never keeps an `UPDATE` of its own as a prepared statement; this one, whose text is always the
/// same, it does (half the time on SQLite, and more of it on PostgreSQL).
///
/// The condition is the lock: of several that saw one generation, the first to write wins, and the others wait for its
/// commit and find another generation. None of the columns that move is in an index, so PostgreSQL touches no index (HOT).
#[derive(QueryId)]
pub(super) struct Rotate {
    pub(super) id: IdBytes,
    pub(super) presented: i64,
    pub(super) at: Micros,
}

impl<DB> QueryFragment<DB> for Rotate
where
    DB: Backend + HasSqlType<Id> + HasSqlType<Instant>,
    IdBytes: ToSql<Id, DB>,
    Micros: ToSql<Instant, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE sessions SET generation = generation + 1, rotated_at = ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<Id, _>(&self.id)?;
        out.push_sql(" AND generation = ");
        out.push_bind_param::<BigInt, _>(&self.presented)?;
        out.push_sql(" AND ended_at IS NULL");
        Ok(())
    }
}

impl<Connection> RunQueryDsl<Connection> for Rotate {}
