//! The audit log.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, later, plant, session, user};
use crate::attempts::Limiter;
use crate::audit::{Actor, AuditEvent, AuditRecord, Refusal};
use crate::id::EventId;
use crate::session::EndReason;
use crate::store::{Store, StoreError, StoreExt};
use crate::token::KeyId;

fn record(number: u8, event: AuditEvent) -> AuditRecord {
    let id = EventId::from_bytes([number; 16]);
    AuditRecord { id, at: later(number.into()), event, actor: Actor::Client, ip: None, request_id: None }
}

fn append(store: &Arc<dyn Store>, records: &[AuditRecord]) {
    store.write(|tx| records.iter().try_for_each(|record| tx.audit().append(record))).unwrap();
}

fn list(store: &Arc<dyn Store>, before: Option<EventId>, limit: u32) -> Vec<AuditRecord> {
    store.read(|tx| tx.audit().list(before, limit)).unwrap()
}

/// With all its circumstances, and without any.
pub fn every_kind_of_event_comes_back_as_it_was(store: &Arc<dyn Store>) {
    let (alice, session) = (user(1, "alice").id, session(1, 1).id);
    let events = [
        AuditEvent::UserRegistered(alice),
        AuditEvent::UserCreated(alice),
        AuditEvent::UserImported(alice),
        AuditEvent::SignedIn(alice, session),
        AuditEvent::SignInRefused(None, Refusal::UnknownUser),
        AuditEvent::SignInRefused(Some(alice), Refusal::WrongPassword),
        AuditEvent::PasswordRehashed(alice),
        AuditEvent::PasswordChanged(alice),
        AuditEvent::UserRenamed(alice),
        AuditEvent::UserDeleted(alice),
        AuditEvent::PasswordCheckFailed(alice),
        AuditEvent::Throttled(None, Limiter::LoginAddress, 137),
        AuditEvent::Throttled(Some(alice), Limiter::Account, u64::MAX),
        AuditEvent::UserUnlocked(alice),
        AuditEvent::SessionEnded(alice, session, EndReason::Displaced),
        AuditEvent::SessionEnded(alice, session, EndReason::Reused),
        AuditEvent::SigningKeyCreated(KeyId::new("k-_1")),
    ];
    for (number, event) in (1..).zip(events) {
        let bare = record(number, event.clone());
        let full = AuditRecord {
            id: EventId::from_bytes([number + 100; 16]),
            actor: Actor::Command("root".to_owned()),
            ip: Some("2001:db8::1".parse().unwrap()),
            request_id: Some("req-1".to_owned()),
            ..bare.clone()
        };
        append(store, &[bare.clone(), full.clone()]);
        assert_eq!(list(store, None, 1), [full]);
        assert!(list(store, None, 100).contains(&bare));
    }
}

/// Page by page until nothing is left.
pub fn lines_are_listed_latest_first_and_by_pages(store: &Arc<dyn Store>) {
    let records: Vec<_> = (1..=5).map(|number| record(number, AuditEvent::UserRegistered(user(1, "a").id))).collect();
    append(store, &records);
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = list(store, before, 2);
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        before = Some(last.id);
        seen.extend(page);
    }
    assert_eq!(seen, records.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(list(store, None, 0), []);
}

/// Deleting an account does not rewrite what it did.
pub fn history_outlives_the_account(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let line = AuditRecord { at: NOW, ..record(1, AuditEvent::UserRegistered(user(1, "alice").id)) };
    append(store, std::slice::from_ref(&line));
    assert!(store.write(|tx| tx.users().delete(user(1, "alice").id)).unwrap());
    assert_eq!(list(store, None, 10), [line]);
    store.read(|_| Ok::<_, StoreError>(())).unwrap();
}
