//! What a store does for the audit log.

use super::AuditRecord;
use crate::id::EventId;
use crate::store::StoreError;

/// The audit log. Lines are added and read, never changed.
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
}
