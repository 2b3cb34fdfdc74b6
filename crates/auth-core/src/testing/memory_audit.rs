//! The audit log of the store in memory.

use std::cmp::Reverse;

use super::memory::MemoryTransaction;
use super::memory_repositories::total;
use crate::audit::{AuditRecord, AuditRepository, EventOrder, EventQuery};
use crate::id::EventId;
use crate::store::StoreError;

impl AuditRepository for MemoryTransaction {
    fn append(&mut self, record: &AuditRecord) -> Result<(), StoreError> {
        self.writable()?.audit.push(record.clone());
        Ok(())
    }

    fn list(&mut self, before: Option<EventId>, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.find(&EventQuery { before, ..EventQuery::default() }, limit)
    }

    fn find(&mut self, query: &EventQuery, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let mut records = self.state.audit.clone();
        records.retain(|record| {
            query.before.is_none_or(|before| record.id < before)
                && query.after.is_none_or(|after| record.id > after)
                && query.user.is_none_or(|user| record.event.to_parts().user == Some(user))
                && query.kind.is_none_or(|kind| record.event.kind() == kind)
        });
        match query.order {
            EventOrder::LatestFirst => records.sort_by_key(|record| Reverse(record.id)),
            EventOrder::EarliestFirst => records.sort_by_key(|record| record.id),
        }
        records.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(records)
    }

    fn forget(&mut self, before: EventId, limit: u32) -> Result<u64, StoreError> {
        let earliest = EventQuery { before: Some(before), order: EventOrder::EarliestFirst, ..EventQuery::default() };
        let old: Vec<_> = self.find(&earliest, limit)?.into_iter().map(|record| record.id).collect();
        self.writable()?.audit.retain(|record| !old.contains(&record.id));
        Ok(total(old.len()))
    }
}
