//! Endings, heard and told: what makes a revocation faster than an expiry.

use std::time::Duration;

use super::{AuthService, AuthenticateError};
use crate::id::SessionId;
use crate::session::{Forget, Hearing, Instant, REMEMBERED};
use crate::store::{Store, StoreError, StoreExt};
use crate::time::Timestamp;

/// Endings that are asked for at once.
const PAGE: u32 = 1_000;
/// Rows that are forgotten in one transaction: small enough to hold no lock for long.
const BATCH: u32 = 500;

impl AuthService {
    /// Hears of the sessions that ended anywhere since the last call. A server calls it every second, on a thread and a
    /// connection of its own, so that a flood of requests does not make it late.
    ///
    /// # Errors
    /// [`StoreError`]; what was heard before stays, and grows old.
    pub fn hear_endings(&self) -> Result<(), StoreError> {
        self.hear_endings_from(self.store.as_ref())
    }

    /// Hears of them through another handle on the same database, one whose connection no request ever takes.
    ///
    /// # Errors
    /// [`StoreError`]; what was heard before stays, and grows old.
    pub fn hear_endings_from(&self, store: &dyn Store) -> Result<(), StoreError> {
        let Some(ended) = &self.ended else { return Ok(()) };
        let start = self.instant(self.clock.now());
        loop {
            let page = store.read(|tx| tx.sessions().endings(ended.last(), PAGE))?;
            if !ended.hear(&page, start) {
                return Ok(());
            }
        }
    }

    /// How long ago the last complete poll for endings began, and how long that may be at most; `None` where none is needed.
    /// [`Duration::MAX`] stands for never.
    pub fn endings_age(&self) -> Option<(Duration, Duration)> {
        let ended = self.ended.as_ref()?;
        Some((ended.age(self.instant(self.clock.now())).unwrap_or(Duration::MAX), ended.bound()))
    }

    /// Forgets sessions that are dead for good and endings that no token needs, in small batches, until nothing is left
    /// to forget. Answers how many. Safe with several instances at once.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten before stays forgotten.
    pub fn forget_dead_sessions(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let before = Forget {
            // The list of sessions shows nothing dead; a replayed token of a forgotten session is as good as forged.
            dead_before: now.saturating_sub(REMEMBERED),
            idle_before: now.saturating_sub(self.settings.session_idle).saturating_sub(REMEMBERED),
            endings_before: now.saturating_sub(REMEMBERED),
        };
        let mut forgotten = 0;
        loop {
            let batch = self.store.write(|tx| tx.sessions().forget(&before, BATCH))?;
            forgotten += batch;
            if batch == 0 {
                return Ok(forgotten);
            }
        }
    }

    /// Notes endings of one's own: after their commit, before the reply.
    pub(super) fn note_endings(&self, sessions: &[SessionId], now: Timestamp) {
        if let Some(ended) = &self.ended {
            ended.note(sessions, now);
        }
    }

    /// Whether a token's session may be believed in.
    /// Whether this instance knows what it must know to give out tokens: one that refuses every token signs none.
    pub(super) fn check_heard(&self, now: Timestamp) -> Result<(), StoreError> {
        match &self.ended {
            Some(ended) if ended.is_stale(self.instant(now)) => Err(stale()),
            _ => Ok(()),
        }
    }

    pub(super) fn check_session(
        &self,
        session: SessionId,
        issued_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), AuthenticateError> {
        let Some(ended) = &self.ended else { return Ok(()) };
        match ended.hearing(session, issued_at, self.instant(now)) {
            Hearing::Live => Ok(()),
            Hearing::Ended => Err(AuthenticateError::Invalid(None)),
            Hearing::Stale => Err(AuthenticateError::Unavailable(stale())),
        }
    }

    pub(super) fn instant(&self, now: Timestamp) -> Instant {
        Instant { wall: now, monotonic: self.clock.monotonic() }
    }
}

fn stale() -> StoreError {
    StoreError::unavailable("the endings of sessions were not heard for longer than the bound")
}
