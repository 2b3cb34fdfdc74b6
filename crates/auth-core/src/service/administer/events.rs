//! The audit log: read page by page, and forgotten from its old end.

use super::page::cut;
use super::{AdminError, Authority, Page, PageRequest};
use crate::audit::{AuditRecord, EventKind, EventOrder, EventQuery};
use crate::id::{EventId, UserId};
use crate::service::AuthService;
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;

/// Lines that are forgotten in one transaction: small enough to hold no lock for long.
const BATCH: u32 = 500;

/// Which events. What is not told is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// About this account.
    pub user: Option<UserId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// In which order.
    pub order: EventOrder,
}

impl EventFilter {
    fn query(&self, place: Option<EventId>) -> EventQuery {
        let mut query = EventQuery { user: self.user, kind: self.kind, order: self.order, ..EventQuery::default() };
        match self.order {
            EventOrder::LatestFirst => query.before = place,
            EventOrder::EarliestFirst => query.after = place,
        }
        if let Some(from) = self.from {
            query = query.since(from);
        }
        match self.until {
            Some(until) => query.until(until),
            None => query,
        }
    }
}

impl AuthService {
    /// A page of the audit log.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn list_events(
        &self,
        by: Authority<'_>,
        filter: &EventFilter,
        request: PageRequest<'_>,
    ) -> Result<Page<AuditRecord>, AdminError> {
        let now = self.clock.now();
        let scope = ("events", filter);
        let query = filter.query(request.cursor.map(|cursor| self.place(&scope, cursor)).transpose()?);
        let mut items = self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            Ok::<_, AdminError>(tx.audit().find(&query, request.look_ahead())?)
        })?;
        let next = cut(&mut items, &request).map(|last| last.id);
        Ok(Page { items, next: next.and_then(|place| self.cursor(&scope, &place)) })
    }

    /// Forgets the lines of the audit log that are older than the configuration keeps them, in small batches, until nothing is left to
    /// forget. Answers how many. Safe with several instances at once.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten before stays forgotten.
    pub fn forget_old_events(&self) -> Result<u64, StoreError> {
        let before = EventId::first_at(self.clock.now().saturating_sub(self.settings.audit_retention));
        let mut forgotten = 0;
        loop {
            let batch = self.store.write(|tx| tx.audit().forget(before, BATCH))?;
            forgotten += batch;
            if batch == 0 {
                return Ok(forgotten);
            }
        }
    }
}
