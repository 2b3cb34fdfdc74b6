//! What has come to the audit log since the last look.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_core::AuthService;
use auth_core::audit::{AuditRecord, EventOrder};
use auth_core::id::EventId;
use auth_core::service::{AdminError, Authority, EventFilter, PageRequest};
use auth_core::time::Timestamp;

/// How far behind its instant a line may come. An id is minted when a use case begins, and its line is there when that has
/// committed, a hash and some waiting for the database later: longer than a request is ever kept waiting, and than clocks of
/// instances differ.
const LATE: Duration = Duration::from_secs(60);

/// Looks again at what may have come late, and shows no line twice.
#[derive(Debug)]
pub(super) struct Follow {
    from: Timestamp,
    shown: BTreeSet<EventId>,
}

impl Follow {
    /// Whatever comes from now on. What is there already counts as shown.
    pub(super) fn begin(service: &AuthService, filter: &EventFilter) -> Result<Self, AdminError> {
        let mut follow = Self { from: service.now().saturating_sub(LATE), shown: BTreeSet::new() };
        follow.news(service, filter)?;
        Ok(follow)
    }

    /// Notes a line that was shown already.
    pub(super) fn has_shown(&mut self, record: &AuditRecord) {
        self.shown.insert(record.id);
    }

    /// The lines that were not shown yet, the earliest first.
    pub(super) fn news(&mut self, service: &AuthService, filter: &EventFilter) -> Result<Vec<AuditRecord>, AdminError> {
        let now = service.now();
        let filter = EventFilter { from: Some(self.from), order: EventOrder::EarliestFirst, ..filter.clone() };
        let (mut news, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let request = PageRequest { cursor: cursor.as_deref(), limit: PageRequest::MOST };
            let page = service.list_events(Authority::Operator, &filter, request)?;
            news.extend(page.items.into_iter().filter(|record| self.shown.insert(record.id)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        self.from = self.from.max(now.saturating_sub(LATE));
        // What is older is not asked for again.
        self.shown = self.shown.split_off(&EventId::first_at(self.from));
        Ok(news)
    }
}
