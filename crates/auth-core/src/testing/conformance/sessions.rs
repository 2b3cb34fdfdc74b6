//! Sessions.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, later, parallel, plant, session, user};
use crate::id::SessionId;
use crate::session::{EndReason, Session};
use crate::store::{Store, StoreError, StoreExt, Unique};
use crate::time::Timestamp;

fn insert(store: &Arc<dyn Store>, session: &Session) -> Result<(), StoreError> {
    store.write(|tx| tx.sessions().insert(session))
}

fn by_id(store: &Arc<dyn Store>, number: u8) -> Option<Session> {
    store.read(|tx| tx.sessions().by_id(SessionId::from_bytes([number; 16]))).unwrap()
}

fn live(store: &Arc<dyn Store>, owner: u8, now: Timestamp) -> Vec<SessionId> {
    let sessions = store.read(|tx| tx.sessions().live(user(owner, "x").id, now, Timestamp::EPOCH)).unwrap();
    sessions.iter().map(|session| session.id).collect()
}

/// Every field, set and unset.
pub fn a_session_comes_back_as_it_was(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let full = Session {
        salt: [0, 1, 2, 3, 4, 5, 6, 127, 128, 129, 250, 251, 252, 253, 254, 255],
        generation: i64::MAX,
        rotated_at: later(5),
        ended: Some((later(6), EndReason::Revoked)),
        client: Some("Mozilla/5.0 (\u{1F980}; 'x')".to_owned()),
        ip: Some("2001:db8::1".parse().unwrap()),
        ..session(2, 1)
    };
    let v4 = Session { ip: Some("192.0.2.1".parse().unwrap()), ..session(3, 1) };
    for session in [session(1, 1), full, v4] {
        insert(store, &session).unwrap();
        let found = store.read(|tx| tx.sessions().by_id(session.id)).unwrap();
        assert_eq!(found, Some(session));
    }
    assert_eq!(by_id(store, 9), None);
}

/// Nothing is kept for nobody, and nothing twice.
pub fn a_session_needs_an_account_and_an_id_of_its_own(store: &Arc<dyn Store>) {
    assert!(insert(store, &session(1, 1)).is_err());
    plant(store, &[user(1, "alice")]);
    insert(store, &session(1, 1)).unwrap();
    assert_eq!(insert(store, &session(1, 1)), Err(StoreError::Conflict(Unique::Id)));
}

/// The first of the list is the first to go.
pub fn live_sessions_are_listed_least_recently_refreshed_first(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let at = |number, seconds| Session { rotated_at: later(seconds), ..session(number, 1) };
    for session in [at(1, 30), at(2, 10), at(4, 20), at(3, 20), session(5, 2)] {
        insert(store, &session).unwrap();
    }
    let expected: Vec<_> = [2, 3, 4, 1].into_iter().map(|number| session(number, 1).id).collect();
    assert_eq!(live(store, 1, NOW), expected);
    assert_eq!(live(store, 3, NOW), []);
}

/// The limit itself is outside.
pub fn a_session_lives_until_its_limit_and_not_at_it(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let limited = session(1, 1);
    insert(store, &limited).unwrap();
    let just_before = Timestamp::from_micros(limited.expires_at.as_micros() - 1);
    assert_eq!(live(store, 1, just_before), [limited.id]);
    assert_eq!(live(store, 1, limited.expires_at), []);
}

/// An instant later it is inside.
pub fn a_session_that_idled_until_its_limit_is_not_live(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    insert(store, &session(1, 1)).unwrap();
    let since = |idle_since| store.read(|tx| tx.sessions().live(user(1, "x").id, NOW, idle_since)).unwrap().len();
    assert_eq!(since(Timestamp::from_micros(NOW.as_micros() - 1)), 1);
    assert_eq!(since(NOW), 0);
}

/// Whatever comes after it.
pub fn the_first_end_of_a_session_stands(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    insert(store, &session(1, 1)).unwrap();
    insert(store, &session(2, 1)).unwrap();
    let end = |number: u8, reason, now| {
        store.write(|tx| tx.sessions().end(SessionId::from_bytes([number; 16]), reason, now)).unwrap()
    };
    assert!(end(1, EndReason::SignedOut, later(1)));
    assert!(!end(1, EndReason::Revoked, later(2)));
    assert!(!end(9, EndReason::Revoked, later(2)));
    assert_eq!(by_id(store, 1).unwrap().ended, Some((later(1), EndReason::SignedOut)));
    assert_eq!(live(store, 1, NOW), [session(2, 1).id]);
    assert!(end(2, EndReason::Displaced, later(3)));
}

/// Sixteen at once.
pub fn of_parallel_ends_one_wins(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    insert(store, &session(1, 1)).unwrap();
    let answers = parallel(16, |number| {
        store.write(|tx| tx.sessions().end(session(1, 1).id, EndReason::SignedOut, later(number.into()))).unwrap()
    });
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    let winner = u64::try_from(answers.iter().position(|won| *won).unwrap() + 1).unwrap();
    assert_eq!(by_id(store, 1).unwrap().ended, Some((later(winner), EndReason::SignedOut)));
}
