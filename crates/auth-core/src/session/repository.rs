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

    /// The sessions of an account that live at `now`, the least recently refreshed first (then by id).
    ///
    /// # Errors
    /// [`StoreError`].
    fn live(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// Ends a session. `false` where it does not exist or had ended before: the first end stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError>;
}
