//! Counts of attempts.

mod forget;
mod open;

use auth_core::StoreError;
use auth_core::attempts::{AttemptRepository, ForgetAttempts, Tally, TallyKey, Window, WindowKey};
use auth_core::store::Access;
use diesel::prelude::*;

use open::{OpenTally, OpenWindow};

use crate::connection::MultiConnection;
use crate::schema::attempt_tallies::dsl;
use crate::schema::attempt_windows::dsl as windows;
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

#[derive(Queryable)]
struct TallyRow {
    failures: Stored<i64>,
    last_at: Stored<Micros>,
    day_began: Stored<Micros>,
    day_count: Stored<i64>,
}

#[derive(Queryable)]
struct WindowRow {
    count: Stored<i64>,
    until: Stored<Micros>,
}

fn number(stored: i64) -> Option<u32> {
    u32::try_from(stored).ok()
}

impl TallyRow {
    fn read(self, key: &TallyKey) -> Result<Tally, StoreError> {
        let here = Row { table: "attempt_tallies", id: &IdBytes(key.id) };
        Ok(Tally {
            failures: here.parse("failures", self.failures, number)?,
            last_at: here.value("last_at", self.last_at)?.into(),
            day_began: here.value("day_began", self.day_began)?.into(),
            day_count: here.parse("day_count", self.day_count, number)?,
        })
    }
}

impl AttemptRepository for DieselTransaction<'_> {
    fn open(&mut self, key: &TallyKey, blank: &Tally) -> Result<Tally, StoreError> {
        let open = OpenTally::new(key, blank);
        let row: TallyRow = self.query(|connection| open.get_result(connection))?;
        row.read(key)
    }

    fn lock(&mut self, key: &TallyKey) -> Result<Option<Tally>, StoreError> {
        if self.access() == Access::Read {
            return Err(StoreError::unavailable("a row cannot be locked in a read-only transaction"));
        }
        let columns = (dsl::failures, dsl::last_at, dsl::day_began, dsl::day_count);
        let row = dsl::attempt_tallies.find(IdBytes(key.id)).select(columns);
        let row: Option<TallyRow> = self.query(|connection| match connection {
            MultiConnection::Postgres(postgres) => row.for_update().first(postgres).optional(),
            // The whole database is locked since BEGIN IMMEDIATE.
            MultiConnection::Sqlite(sqlite) => row.first(sqlite).optional(),
        })?;
        row.map(|row| row.read(key)).transpose()
    }

    fn get(&mut self, key: &TallyKey) -> Result<Option<Tally>, StoreError> {
        let columns = (dsl::failures, dsl::last_at, dsl::day_began, dsl::day_count);
        let row = dsl::attempt_tallies.find(IdBytes(key.id)).select(columns);
        let row: Option<TallyRow> = self.query(|connection| row.first(connection).optional())?;
        row.map(|row| row.read(key)).transpose()
    }

    fn keep(&mut self, key: &TallyKey, tally: &Tally) -> Result<bool, StoreError> {
        let row = dsl::attempt_tallies.find(IdBytes(key.id));
        let change = (
            dsl::failures.eq(i64::from(tally.failures)),
            dsl::last_at.eq(Micros::from(tally.last_at)),
            dsl::day_began.eq(Micros::from(tally.day_began)),
            dsl::day_count.eq(i64::from(tally.day_count)),
        );
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn clear(&mut self, key: &TallyKey) -> Result<bool, StoreError> {
        let row = dsl::attempt_tallies.find(IdBytes(key.id));
        self.query(|connection| diesel::delete(row).execute(connection)).map(|rows| rows > 0)
    }

    fn open_window(&mut self, key: &WindowKey, blank: &Window) -> Result<Window, StoreError> {
        let open = OpenWindow::new(key, blank);
        let row: WindowRow = self.query(|connection| open.get_result(connection))?;
        let here = Row { table: "attempt_windows", id: &IdBytes(key.0) };
        Ok(Window { count: here.parse("count", row.count, number)?, until: here.value("until", row.until)?.into() })
    }

    fn keep_window(&mut self, key: &WindowKey, window: &Window) -> Result<bool, StoreError> {
        let row = windows::attempt_windows.find(IdBytes(key.0));
        let change = (windows::count.eq(i64::from(window.count)), windows::until.eq(Micros::from(window.until)));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn forget(&mut self, what: &ForgetAttempts, limit: u32) -> Result<u64, StoreError> {
        Ok(self.forget_windows(what, limit)? + self.forget_tallies(what, limit)? + self.forget_names(what, limit)?)
    }
}
