//! Endings are heard by every instance, however late and in whatever order their transactions commit.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

#[path = "../common/mod.rs"]
mod common;
mod late;
mod page;
mod undone;

use std::sync::Arc;
use std::time::Duration;

use auth_core::session::{EndReason, EndedSessions, Hearing, Instant};
use auth_core::testing::conformance::samples::{NOW, plant, session, user};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};
use common::Database;

const AT: Instant = Instant { wall: NOW, monotonic: Duration::ZERO };

/// An instance that listens, as `AuthService::hear_endings` does, by small pages.
struct Listener {
    store: DieselStore,
    ended: EndedSessions,
    /// The numbers, as they came.
    numbers: Vec<i64>,
}

impl Listener {
    fn on(database: &Database) -> Self {
        let ended = EndedSessions::new(Duration::from_secs(1));
        Self { store: database.open_patient(), ended, numbers: Vec::new() }
    }

    fn poll(&mut self) {
        loop {
            let page = self.store.read(|tx| tx.sessions().endings(self.ended.last(), 3)).unwrap();
            self.numbers.extend(page.endings.iter().map(|ending| ending.seq));
            if !self.ended.hear(&page, AT) {
                return;
            }
        }
    }

    fn has_heard_of(&self, number: u8) -> bool {
        self.ended.hearing(session(number, 1).id, AT.wall, AT) == Hearing::Ended
    }
}

/// A database with an account and so many sessions of it.
fn with_sessions(backend: Backend, sessions: u8) -> Database {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[user(1, "alice")]);
    store.write(|tx| (1..=sessions).try_for_each(|number| tx.sessions().insert(&session(number, 1)))).unwrap();
    database
}

fn end(store: &DieselStore, number: u8) -> Result<bool, StoreError> {
    store.write(|tx| tx.sessions().end(session(number, 1).id, EndReason::SignedOut, NOW))
}
