//! The audit log.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, later, plant, session, user};
use crate::attempts::Limiter;
use crate::audit::{Actor, AuditEvent, AuditRecord, EventKind, EventOrder, EventQuery, Refusal};
use crate::id::EventId;
use crate::role::Role;
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
        AuditEvent::UsersExported { with_hashes: true },
        AuditEvent::SignedIn(alice, session),
        AuditEvent::SignInRefused(None, Refusal::UnknownUser),
        AuditEvent::SignInRefused(Some(alice), Refusal::WrongPassword),
        AuditEvent::PasswordRehashed(alice),
        AuditEvent::PasswordChanged(alice),
        AuditEvent::UserRenamed(alice),
        AuditEvent::UserDeleted(alice),
        AuditEvent::UserDisabled(alice),
        AuditEvent::UserEnabled(alice),
        AuditEvent::PasswordSet(alice),
        AuditEvent::RoleGranted(alice, Role::ADMIN),
        AuditEvent::RoleRevoked(alice, Role::parse("help-desk").unwrap()),
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
            actor: if number % 2 == 0 { Actor::User(alice) } else { Actor::Command("root".to_owned()) },
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

/// A line of its instant: as they are minted.
fn minted(seconds: u64, tail: u8, event: AuditEvent) -> AuditRecord {
    let mut id = *EventId::first_at(later(seconds)).as_bytes();
    id[15] = tail;
    AuditRecord { id: EventId::from_bytes(id), at: later(seconds), ..record(1, event) }
}

/// Alone and together, in both orders, by pages.
pub fn lines_are_found_by_account_kind_and_time(store: &Arc<dyn Store>) {
    let [alice, bob] = [1, 2].map(|number| user(number, "a").id);
    let mut all = Vec::new();
    for seconds in 0..12 {
        let about = if seconds % 2 == 0 { alice } else { bob };
        let event = match seconds % 3 {
            0 => AuditEvent::UserRegistered(about),
            1 => AuditEvent::PasswordSet(about),
            _ => AuditEvent::RoleGranted(about, Role::ADMIN),
        };
        // Two of each instant.
        all.extend([1, 2].map(|tail| minted(seconds, tail, event.clone())));
    }
    all.push(minted(5, 9, AuditEvent::SignInRefused(None, Refusal::UnknownUser)));
    append(store, &all);
    for user in [None, Some(alice), Some(bob)] {
        for kind in
            [None, Some(EventKind::PasswordSet), Some(EventKind::SignInRefused), Some(EventKind::RootKeyDropped)]
        {
            for (from, until) in
                [(None, None), (Some(3), None), (None, Some(9)), (Some(3), Some(9)), (Some(9), Some(3))]
            {
                for order in [EventOrder::LatestFirst, EventOrder::EarliestFirst] {
                    let mut query = EventQuery { user, kind, order, ..EventQuery::default() };
                    query = from.map_or(query.clone(), |from| query.since(later(from)));
                    query = until.map_or(query.clone(), |until| query.until(later(until)));
                    let fits = |line: &&AuditRecord| {
                        user.is_none_or(|user| line.event.to_parts().user == Some(user))
                            && kind.is_none_or(|kind| line.event.kind() == kind)
                            && from.is_none_or(|from| line.at >= later(from))
                            && until.is_none_or(|until| line.at < later(until))
                    };
                    let mut expected: Vec<_> = all.iter().filter(fits).cloned().collect();
                    expected.sort_by_key(|line| line.id);
                    if order == EventOrder::LatestFirst {
                        expected.reverse();
                    }
                    assert_eq!(walk(store, &query), expected, "{query:?}");
                }
            }
        }
    }
}

fn walk(store: &Arc<dyn Store>, query: &EventQuery) -> Vec<AuditRecord> {
    let (mut query, mut seen) = (query.clone(), Vec::new());
    loop {
        let page = store.read(|tx| tx.audit().find(&query, 3)).unwrap();
        let Some(last) = page.last().map(|line| line.id) else { return seen };
        match query.order {
            EventOrder::LatestFirst => query.before = Some(last),
            EventOrder::EarliestFirst => query.after = Some(last),
        }
        seen.extend(page);
    }
}

/// In batches, and down to an instant.
pub fn the_earliest_lines_are_forgotten_and_no_others(store: &Arc<dyn Store>) {
    let lines: Vec<_> = (0..6).map(|seconds| minted(seconds, 1, AuditEvent::UserRegistered(user(1, "a").id))).collect();
    append(store, &lines);
    let forget =
        |seconds, limit| store.write(|tx| tx.audit().forget(EventId::first_at(later(seconds)), limit)).unwrap();
    let left = || list(store, None, 10).into_iter().rev().map(|line| line.at).collect::<Vec<_>>();
    assert_eq!(forget(0, 10), 0);
    assert_eq!(forget(4, 3), 3);
    assert_eq!(left(), [later(3), later(4), later(5)]);
    assert_eq!((forget(4, 3), forget(4, 3)), (1, 0));
    assert_eq!(left(), [later(4), later(5)], "what is of that instant stays");
}
