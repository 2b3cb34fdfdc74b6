//! What a store does for the audit log.

use super::{AuditRecord, EventQuery};
use crate::id::EventId;
use crate::store::StoreError;

/// The audit log. Lines are added and read, never changed; the oldest are forgotten.
pub trait AuditRepository {
    /// Adds a line.
    ///
    /// # Errors
    /// [`StoreError`].
    fn append(&mut self, record: &AuditRecord) -> Result<(), StoreError>;

    /// At most `limit` lines, the latest first, older than `before` where given.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, before: Option<EventId>, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// At most `limit` lines that the query asks for, in its order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, query: &EventQuery, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Forgets at most `limit` lines that are earlier than `before`, the earliest first, and answers how many. Safe with
    /// several instances at once.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget(&mut self, before: EventId, limit: u32) -> Result<u64, StoreError>;
}
