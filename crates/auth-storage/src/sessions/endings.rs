//! Endings: how the others are told, and how they hear of it.

use auth_core::StoreError;
use auth_core::session::{Ending, Endings};
use diesel::prelude::*;

use super::ending::Untold;
use crate::connection::MultiConnection;
use crate::error::{Failure, classify};
use crate::schema::session_endings::{self, dsl};
use crate::schema::session_endings_counter::dsl as counter;
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

/// The id of the counter's only row.
const COUNTER: i64 = 1;
/// Rows in one `INSERT`: three values each, far below what either database takes.
const ROWS: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = session_endings)]
struct NewEnding {
    seq: i64,
    session_id: IdBytes,
    ended_at: Micros,
}

#[derive(Queryable)]
struct EndingRow {
    seq: Stored<i64>,
    session_id: Stored<IdBytes>,
    ended_at: Stored<Micros>,
}

impl TryFrom<EndingRow> for Ending {
    type Error = StoreError;

    fn try_from(row: EndingRow) -> Result<Self, StoreError> {
        let here = Row { table: "session_endings", id: &row.seq };
        Ok(Self {
            seq: here.value("seq", row.seq)?,
            session: here.value("session_id", row.session_id)?.into(),
            ended_at: here.value("ended_at", row.ended_at)?.into(),
        })
    }
}

impl DieselTransaction<'_> {
    /// Tells the others of what ended here. The counter is raised as late as can be: from then on, whoever wants to tell of
    /// endings waits for this transaction's commit. That wait is what makes the order of the numbers the order of the
    /// commits, and what is undone leaves no gap.
    pub(crate) fn tell_endings(&mut self) -> Result<(), StoreError> {
        let untold = std::mem::take(&mut self.untold);
        let Ok(count @ 1..) = i64::try_from(untold.len()) else { return Ok(()) };
        let row = counter::session_endings_counter.find(COUNTER);
        let raise = diesel::update(row).set(counter::seq.eq(counter::seq + count)).returning(counter::seq);
        let raised: Option<i64> = self.query(|connection| raise.get_result(connection).optional())?;
        let last = raised.ok_or_else(|| self.fail(Failure::Trouble(odd_counter())))?;
        let rows: Vec<_> = (last - count + 1..)
            .zip(untold)
            .map(|(seq, Untold { session, ended_at })| NewEnding { seq, session_id: session, ended_at })
            .collect();
        rows.chunks(ROWS).try_for_each(|rows| self.insert_endings(rows))
    }

    fn insert_endings(&mut self, rows: &[NewEnding]) -> Result<(), StoreError> {
        let inserted = self.raw(|connection| match connection {
            MultiConnection::Postgres(postgres) => {
                diesel::insert_into(dsl::session_endings).values(rows).execute(postgres)
            }
            MultiConnection::Sqlite(sqlite) => diesel::insert_into(dsl::session_endings).values(rows).execute(sqlite),
        });
        match inserted.map_err(|error| classify(&error)) {
            Ok(_) => Ok(()),
            // A number that was given out before is not the caller's mistake: somebody has set the counter back.
            Err(Failure::Taken(_)) => Err(self.fail(Failure::Trouble(odd_counter()))),
            Err(failure) => Err(self.fail(failure)),
        }
    }

    /// A page. The two statements may see different states on PostgreSQL (READ COMMITTED), so their order matters: with
    /// the counter first, all numbers up to it are committed when the rows are read, and none that was not forgotten is
    /// missing. The other way round a transaction that commits in between would raise the counter over rows that were not
    /// seen, and they would never be asked for. Rows may be ahead of the counter instead; then it is as high as the last
    /// of them, and below that none is missing either, for numbers are committed in order.
    pub(super) fn endings_after(&mut self, after: i64, limit: u32) -> Result<Endings, StoreError> {
        // This transaction's own are part of what it sees.
        self.tell_endings()?;
        let row = counter::session_endings_counter.find(COUNTER).select(counter::seq);
        let given_out: Option<i64> = self.query(|connection| row.first(connection).optional())?;
        let page = dsl::session_endings.filter(dsl::seq.gt(after)).order(dsl::seq).limit(limit.into());
        let rows: Vec<EndingRow> = self.query(|connection| page.load(connection))?;
        let endings = rows.into_iter().map(Ending::try_from).collect::<Result<Vec<_>, _>>()?;
        let given_out = given_out.ok_or_else(odd_counter)?;
        let last = endings.last().map_or(given_out, |ending| ending.seq);
        Ok(Endings { counter: given_out.max(last), endings })
    }
}

/// The counter is not there, or below a number that was given out.
fn odd_counter() -> StoreError {
    Row { table: "session_endings_counter", id: &COUNTER }.odd("seq")
}
