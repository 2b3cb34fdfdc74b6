//! Sessions.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, later, parallel, plant, session, user};
use crate::id::SessionId;
use crate::root_keys::RootKeyId;
use crate::session::{EVERY_SESSION, EndReason, Ending, Endings, Forget, Session};
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

/// The present generation, of a session that has not ended, and no other.
pub fn a_rotation_advances_the_generation_that_it_saw(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    insert(store, &session(1, 1)).unwrap();
    insert(store, &session(2, 1)).unwrap();
    let rotate = |number: u8, presented, at| {
        store.write(|tx| tx.sessions().rotate(SessionId::from_bytes([number; 16]), presented, at)).unwrap()
    };
    assert!(!rotate(1, 2, later(1)) && !rotate(1, 0, later(1)) && !rotate(9, 1, later(1)));
    assert!(rotate(1, 1, later(1)));
    assert!(!rotate(1, 1, later(2)));
    assert_eq!(by_id(store, 1), Some(Session { generation: 2, rotated_at: later(1), ..session(1, 1) }));
    assert_eq!(by_id(store, 2), Some(session(2, 1)));
    assert!(store.write(|tx| tx.sessions().end(session(1, 1).id, EndReason::SignedOut, later(3))).unwrap());
    assert!(!rotate(1, 2, later(4)), "a session that ended is not rotated");
}

/// Sixteen tabs at once.
pub fn of_parallel_rotations_one_wins(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    insert(store, &session(1, 1)).unwrap();
    let answers = parallel(16, |number| {
        store.write(|tx| tx.sessions().rotate(session(1, 1).id, 1, later(number.into()))).unwrap()
    });
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    assert_eq!(by_id(store, 1).unwrap().generation, 2);
}

/// Of one account, but for the one that is left out; those that had ended keep their end.
pub fn all_sessions_of_an_account_end_but_one(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    for session in [session(1, 1), session(2, 1), session(3, 1), session(4, 2)] {
        insert(store, &session).unwrap();
    }
    assert!(store.write(|tx| tx.sessions().end(session(3, 1).id, EndReason::SignedOut, later(1))).unwrap());
    let end_all = |except: Option<SessionId>| {
        let alice = user(1, "x").id;
        let mut ended =
            store.write(|tx| tx.sessions().end_all(alice, except, EndReason::PasswordChanged, later(2))).unwrap();
        ended.sort();
        ended
    };
    assert_eq!(end_all(Some(session(2, 1).id)), [session(1, 1).id]);
    assert_eq!(by_id(store, 1).unwrap().ended, Some((later(2), EndReason::PasswordChanged)));
    assert_eq!(by_id(store, 3).unwrap().ended, Some((later(1), EndReason::SignedOut)));
    assert_eq!(end_all(None), [session(2, 1).id]);
    assert_eq!(end_all(None), []);
    assert_eq!(by_id(store, 4).unwrap().ended, None);
}

/// With what was heard so far, as a poller hears it.
fn hear(store: &Arc<dyn Store>, after: i64) -> Endings {
    let mut heard = Endings { counter: after, endings: Vec::new() };
    loop {
        let last = heard.endings.last().map_or(after, |ending: &Ending| ending.seq);
        let page = store.read(|tx| tx.sessions().endings(last, 2)).unwrap();
        assert!(page.endings.len() <= 2);
        heard.counter = page.counter;
        if page.endings.is_empty() {
            return heard;
        }
        heard.endings.extend(page.endings);
    }
}

/// Once, in order, with consecutive numbers; whatever was rolled back is not heard of.
pub fn every_ending_is_heard_once_and_in_order(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    for number in 1..=6 {
        insert(store, &session(number, 1)).unwrap();
    }
    insert(store, &session(7, 2)).unwrap();
    assert_eq!(hear(store, 0), Endings::default());
    let end =
        |number, now| store.write(|tx| tx.sessions().end(session(number, 1).id, EndReason::SignedOut, now)).unwrap();
    assert!(end(1, later(1)));
    assert!(!end(1, later(2)), "not told twice");
    let refused: Result<(), _> = store.write(|tx| {
        assert!(tx.sessions().end(session(2, 1).id, EndReason::Revoked, later(3))?);
        Err(StoreError::unavailable("refused by the test"))
    });
    assert!(refused.is_err());
    assert!(end(3, later(4)));
    let heard = hear(store, 0);
    let first = Ending { seq: 1, session: session(1, 1).id, ended_at: later(1) };
    let second = Ending { seq: 2, session: session(3, 1).id, ended_at: later(4) };
    assert_eq!(heard, Endings { counter: 2, endings: vec![first, second] });
    let ended = store.write(|tx| tx.sessions().end_all(user(1, "x").id, None, EndReason::Revoked, later(5))).unwrap();
    assert_eq!(ended.len(), 4);
    let more = hear(store, 2);
    assert_eq!(more.counter, 6);
    assert_eq!(more.endings.iter().map(|ending| ending.seq).collect::<Vec<_>>(), [3, 4, 5, 6]);
    let mut told: Vec<_> = more.endings.iter().map(|ending| ending.session).collect();
    told.sort();
    assert_eq!(told, [2, 4, 5, 6].map(|number| session(number, 1).id));
    assert_eq!(hear(store, 6), Endings { counter: 6, endings: Vec::new() });
    assert!(store.write(|tx| tx.users().delete(user(1, "x").id)).unwrap());
    assert_eq!(hear(store, 0).endings.len(), 6, "an ending outlives the account");
}

/// All are told of at once, by one number, also those that began later by another clock; those that had ended keep what they have.
pub fn every_session_ends_by_batches_and_one_number_tells_of_it(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    for session in [session(1, 1), session(2, 1), session(3, 2), session(4, 2)] {
        insert(store, &session).unwrap();
    }
    let late = Session { created_at: later(9), ..session(5, 1) };
    insert(store, &late).unwrap();
    assert!(store.write(|tx| tx.sessions().end(session(4, 2).id, EndReason::SignedOut, later(1))).unwrap());
    store.write(|tx| tx.sessions().refuse_before(later(3))).unwrap();
    let some = || store.write(|tx| tx.sessions().end_some(EndReason::Restored, later(2), 2)).unwrap();
    assert_eq!([some(), some(), some()], [2, 2, 0]);
    for number in [1, 2, 3, 5] {
        assert_eq!(by_id(store, number).unwrap().ended, Some((later(2), EndReason::Restored)), "{number}");
    }
    assert_eq!(by_id(store, 4).unwrap().ended, Some((later(1), EndReason::SignedOut)));
    let every = Ending { seq: 2, session: EVERY_SESSION, ended_at: later(3) };
    assert_eq!(hear(store, 1), Endings { counter: 2, endings: vec![every] });
}

/// Sixteen threads end four sessions each, while a poller listens: it hears each of them, once.
pub fn a_poller_misses_no_ending_of_parallel_transactions(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    for number in 1..=64 {
        insert(store, &session(number, 1)).unwrap();
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    let heard = std::thread::scope(|scope| {
        let poller = scope.spawn(|| {
            let mut heard: Vec<Ending> = Vec::new();
            loop {
                // Asked before the poll: what ended until then is heard in it.
                let last_round = done.load(std::sync::atomic::Ordering::SeqCst);
                heard.extend(hear(store, heard.last().map_or(0, |ending| ending.seq)).endings);
                if last_round {
                    return heard;
                }
            }
        });
        parallel(16, |thread| {
            for index in 0..4 {
                let id = session((thread - 1) * 4 + index + 1, 1).id;
                assert!(store.write(|tx| tx.sessions().end(id, EndReason::SignedOut, later(1))).unwrap());
            }
        });
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        poller.join().unwrap()
    });
    let mut sessions: Vec<_> = heard.iter().map(|ending| ending.session).collect();
    sessions.sort();
    assert_eq!(sessions, (1..=64).map(|number| session(number, 1).id).collect::<Vec<_>>());
    assert_eq!(heard.iter().map(|ending| ending.seq).collect::<Vec<_>>(), (1..=64).collect::<Vec<i64>>());
}

/// The dead ones, in batches, and the endings that nobody needs; the counter stays.
pub fn the_dead_are_forgotten_and_nobody_else(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let expired = Session { expires_at: later(10), ..session(1, 1) };
    let idle = Session { rotated_at: later(5), expires_at: later(9_000), ..session(2, 1) };
    let fresh = |number| Session { rotated_at: later(100), expires_at: later(9_000), ..session(number, 1) };
    for session in [expired, idle, fresh(3), fresh(4), fresh(5)] {
        insert(store, &session).unwrap();
    }
    let end =
        |number, now| store.write(|tx| tx.sessions().end(session(number, 1).id, EndReason::SignedOut, now)).unwrap();
    assert!(end(3, later(20)) && end(4, later(60)));
    let before = Forget { dead_before: later(50), idle_before: later(6), endings_before: later(50) };
    let mut batches = Vec::new();
    loop {
        let batch = store.write(|tx| tx.sessions().forget(&before, 1)).unwrap();
        if batch == 0 {
            break;
        }
        assert!(batch <= 2, "one session and one ending");
        batches.push(batch);
    }
    assert_eq!(batches.iter().sum::<u64>(), 4, "three sessions and one ending");
    let there: Vec<_> = (1..=5).map(|number| by_id(store, number).is_some()).collect();
    assert_eq!(there, [false, false, false, true, true]);
    let heard = hear(store, 0);
    assert_eq!((heard.counter, heard.endings.len()), (2, 1));
    assert!(end(5, later(70)));
    assert_eq!(hear(store, 2).endings.iter().map(|ending| ending.seq).collect::<Vec<_>>(), [3]);
}

/// Of live sessions alone.
pub fn the_root_keys_of_live_sessions_are_told(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let under = |number, key: &str| Session { root_key: RootKeyId::parse(key).unwrap(), ..session(number, 1) };
    let idle = Session { rotated_at: Timestamp::EPOCH, ..under(5, "idle") };
    let expired = Session { expires_at: NOW, ..under(6, "expired") };
    for session in [under(1, "b"), under(2, "a"), under(3, "b"), under(4, "ended"), idle, expired] {
        insert(store, &session).unwrap();
    }
    assert!(store.write(|tx| tx.sessions().end(session(4, 1).id, EndReason::SignedOut, NOW)).unwrap());
    let keys = store.read(|tx| tx.sessions().root_keys(NOW, Timestamp::EPOCH)).unwrap();
    assert_eq!(keys.iter().map(RootKeyId::as_str).collect::<Vec<_>>(), ["a", "b"]);
}

/// What idled, expired or ended is not there, nor what another key bore; what has ended makes room on the next page.
pub fn live_sessions_born_under_a_root_key_are_listed_by_pages(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let under = |number, owner, key: &str| Session {
        root_key: RootKeyId::parse(key).unwrap(),
        rotated_at: later(10),
        ..session(number, owner)
    };
    let idle = Session { rotated_at: later(5), ..under(6, 1, "old") };
    let just_not_idle = Session { rotated_at: Timestamp::from_micros(later(5).as_micros() + 1), ..under(7, 1, "old") };
    let expired = Session { expires_at: later(20), ..under(8, 1, "old") };
    let just_not_expired =
        Session { expires_at: Timestamp::from_micros(later(20).as_micros() + 1), ..under(9, 1, "old") };
    for session in [under(5, 1, "old"), under(2, 2, "old"), under(3, 1, "new"), under(4, 1, "old"), under(1, 1, "old")]
    {
        insert(store, &session).unwrap();
    }
    for session in [idle, just_not_idle, expired, just_not_expired] {
        insert(store, &session).unwrap();
    }
    let end = |id| store.write(|tx| tx.sessions().end(id, EndReason::RootKeyDropped, later(20))).unwrap();
    assert!(end(session(4, 1).id));
    let page = |key: &str, limit| {
        let key = RootKeyId::parse(key).unwrap();
        store.read(|tx| tx.sessions().born_under(&key, later(20), later(5), limit)).unwrap()
    };
    let ids = |numbers: &[u8]| numbers.iter().map(|number| session(*number, 1).id).collect::<Vec<_>>();
    assert_eq!(page("old", u32::MAX), ids(&[1, 2, 5, 7, 9]));
    assert_eq!(page("new", 10), ids(&[3]));
    assert_eq!(page("ol", 10), []);
    assert_eq!(page("old", 0), []);
    assert_eq!(page("old", 2), ids(&[1, 2]));
    assert_eq!(page("old", 2), ids(&[1, 2]), "asking changes nothing");
    for id in page("old", 2) {
        assert!(end(id));
    }
    assert_eq!(page("old", 2), ids(&[5, 7]));
}

/// Ended ones are not, whatever became of the others.
pub fn sessions_that_have_not_ended_are_counted(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    let count = || store.read(|tx| tx.sessions().count()).unwrap();
    assert_eq!(count(), 0);
    for number in 1..=4 {
        insert(store, &Session { expires_at: later(u64::from(number)), ..session(number, 1) }).unwrap();
    }
    assert_eq!(count(), 4);
    assert!(store.write(|tx| tx.sessions().end(session(4, 1).id, EndReason::SignedOut, NOW)).unwrap());
    assert_eq!(count(), 3);
}
