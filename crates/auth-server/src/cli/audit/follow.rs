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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use auth_core::audit::{Actor, AuditEvent};
    use auth_core::entropy::SystemEntropy;
    use auth_core::id::UserId;
    use auth_core::root_keys::RootKeyRing;
    use auth_core::service::ServiceSettings;
    use auth_core::testing::{CheapHasher, ManualClock, MemoryStore};
    use auth_core::time::Clock as _;
    use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
    use auth_core::{Store, StoreExt as _};

    use super::*;

    #[test]
    fn a_line_that_comes_late_is_shown_and_none_is_shown_twice() {
        let (store, clock): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::default()));
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let service = AuthService::builder()
            .store(Arc::clone(&store))
            .hasher(Arc::new(CheapHasher::new()))
            .tokens(Arc::new(Jwt::new(KeyRing::new(key), TokenPolicy::new("a", "a"))))
            .root_keys(Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap()))
            .clock(Arc::clone(&clock) as _)
            .settings(ServiceSettings::new("a"))
            .build()
            .unwrap();
        let append = |at: Timestamp| {
            let (id, event) =
                (EventId::mint(at, &SystemEntropy).unwrap(), AuditEvent::UserRegistered(UserId::from_bytes([1; 16])));
            let record = AuditRecord { id, at, event, actor: Actor::Client, ip: None, request_id: None };
            store.write(|tx| tx.audit().append(&record)).unwrap();
            id
        };
        let filter = EventFilter::default();
        append(clock.now());
        let mut follow = Follow::begin(&service, &filter).unwrap();
        let mut news = || follow.news(&service, &filter).unwrap().iter().map(|record| record.id).collect::<Vec<_>>();
        assert_eq!(news(), [], "what was there before");
        let many: Vec<_> =
            (0..250).map(|micros| append(clock.now().saturating_add(Duration::from_micros(micros + 1)))).collect();
        assert_eq!(news(), many, "over several pages");
        clock.advance(Duration::from_secs(59));
        // Begun before those were shown, and committed now.
        let late = append(clock.now().saturating_sub(Duration::from_secs(58)));
        assert_eq!(news(), [late]);
        assert_eq!(news(), []);
        for _ in 0..5 {
            clock.advance(Duration::from_secs(59));
            let next = append(clock.now());
            assert_eq!(news(), [next]);
        }
        assert_eq!(follow.shown.len(), 2, "and what is older than a minute is not kept");
    }
}
