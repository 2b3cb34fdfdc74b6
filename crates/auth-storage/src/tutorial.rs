//! The `users` table of the Node tutorial (`id`, `username`, `password`), read from where it is, row by row.
//!
//! The source is opened read-only, is never written to, and may be in use meanwhile.

mod postgres;
mod rows;
mod sqlite;

use std::collections::VecDeque;
use std::fmt;

use auth_core::password::PasswordHash;
use auth_core::secret::Secret;
use auth_core::time::Timestamp;

use crate::config::{Backend, StorageSettings};
use crate::connection::{ConnectError, Manager};
use crate::open_error::OpenError;
use crate::url::Target;
use rows::Layout;

/// Rows that are fetched at once.
const BATCH: u32 = 500;

/// A user of the tutorial's system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TutorialUser {
    /// The number, which becomes the `userId` claim.
    pub id: i64,
    /// The name, as it is.
    pub username: String,
    /// The hash, as it is.
    pub password: PasswordHash,
    /// When Sequelize made the row, where the table says so and the value can be read.
    pub created_at: Option<Timestamp>,
}

/// A row of the tutorial's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TutorialRow {
    /// A user.
    User(TutorialUser),
    /// A row that is none. The others are read on.
    Unreadable {
        /// Which: its `id`, or how many rows of this kind there are.
        row: String,
        /// What is wrong with it. Never its content.
        fault: &'static str,
    },
}

/// Why the tutorial's table cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TutorialError {
    /// The database cannot be opened.
    #[error("the source cannot be opened")]
    Open(#[source] OpenError),
    /// There is no such table.
    #[error("the source has no table `users`")]
    NoTable,
    /// The table is another one.
    #[error("the source's table `{table}` has no column {}", columns.join(", "))]
    NoColumn {
        /// The table.
        table: String,
        /// What it lacks.
        columns: Vec<String>,
    },
    /// The ids are no numbers.
    #[error("the source's column `{table}.id` is of type {kind}, not a whole number")]
    NotANumber {
        /// The table.
        table: String,
        /// Its type, in the database's words.
        kind: String,
    },
    /// The source failed.
    #[error("the source cannot be read: {0}")]
    Read(String),
}

/// The rows, in order of their ids; those whose id is no number come first, as one count. It ends after an error.
pub struct TutorialUsers {
    source: Source,
    layout: Layout,
    /// The last id that was read.
    after: Option<i64>,
    waiting: VecDeque<TutorialRow>,
    ended: bool,
}

enum Source {
    Postgres(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}

/// Opens the source at a `postgres://` or `sqlite:` URL, under the same rule about TLS as a store of our own, and looks
/// at its table.
///
/// # Errors
/// [`TutorialError`] names what is missing.
pub fn tutorial_users(url: &Secret) -> Result<TutorialUsers, TutorialError> {
    let manager = Manager::new(StorageSettings::new(url.clone())).map_err(TutorialError::Open)?;
    let refused = |backend| move |ConnectError(cause)| TutorialError::Open(OpenError::Connect { backend, cause });
    let mut source = match &manager.target {
        Target::Sqlite(path) => Source::Sqlite(sqlite::open(path).map_err(refused(Backend::Sqlite))?),
        Target::Postgres(url) => {
            Source::Postgres(postgres::open(url, &manager.settings).map_err(refused(Backend::Postgres))?)
        }
    };
    let layout = match &mut source {
        Source::Postgres(connection) => postgres::layout(connection),
        Source::Sqlite(connection) => sqlite::layout(connection),
    }?;
    let mut users = TutorialUsers { source, layout, after: None, waiting: VecDeque::new(), ended: false };
    let without_number = match &mut users.source {
        Source::Postgres(connection) => postgres::without_number(connection, &users.layout),
        Source::Sqlite(connection) => sqlite::without_number(connection, &users.layout),
    }?;
    if without_number > 0 {
        let row = format!("{without_number} row(s)");
        users.waiting.push_back(TutorialRow::Unreadable { row, fault: "the id is not a whole number" });
    }
    Ok(users)
}

impl TutorialUsers {
    fn fetch(&mut self) -> Result<(), TutorialError> {
        let batch = match &mut self.source {
            Source::Postgres(connection) => postgres::batch(connection, &self.layout, self.after, BATCH),
            Source::Sqlite(connection) => sqlite::batch(connection, &self.layout, self.after, BATCH),
        }?;
        match batch.last() {
            Some((id, _)) => self.after = Some(*id),
            None => self.ended = true,
        }
        self.waiting.extend(batch.into_iter().map(|(_, row)| row));
        Ok(())
    }
}

impl Iterator for TutorialUsers {
    type Item = Result<TutorialRow, TutorialError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.waiting.is_empty()
            && !self.ended
            && let Err(error) = self.fetch()
        {
            self.ended = true;
            return Some(Err(error));
        }
        self.waiting.pop_front().map(Ok)
    }
}

impl fmt::Debug for TutorialUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TutorialUsers").field("after", &self.after).finish_non_exhaustive()
    }
}
