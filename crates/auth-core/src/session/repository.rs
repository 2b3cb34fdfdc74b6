//! What a store does for sessions.

use super::{EndReason, Session};
use crate::id::{SessionId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// Sessions.
pub trait SessionRepository {
    /// Inserts a session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the id exists, or another [`StoreError`].
    fn insert(&mut self, session: &Session) -> Result<(), StoreError>;

    /// The session of this id, ended or not.
    ///
    /// # Errors
    /// [`StoreError`].
    fn by_id(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The sessions of an account that live at `now`, those that were refreshed at `idle_since` or before left out: not
    /// ended, their absolute limit not reached. The least recently refreshed first (then by id).
    ///
    /// # Errors
    /// [`StoreError`].
    fn live(&mut self, user: UserId, now: Timestamp, idle_since: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// Ends a session. `false` where it does not exist or had ended before: the first end stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError>;
}
