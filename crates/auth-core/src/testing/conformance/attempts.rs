//! Counts of attempts.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;
use std::time::Duration;

use super::samples::{NOW, later, parallel, plant, user};
use crate::attempts::{DAY, ForgetAttempts, Tally, TallyKey, TallyKind, Window, WindowKey};
use crate::store::{Store, StoreError, StoreExt};
use crate::time::Timestamp;

const FULL: Tally = Tally { failures: 7, last_at: NOW, day_began: NOW, day_count: u32::MAX };

fn key(kind: TallyKind, number: u8) -> TallyKey {
    TallyKey { kind, id: [number; 16] }
}

fn get(store: &Arc<dyn Store>, key: &TallyKey) -> Option<Tally> {
    store.read(|tx| tx.attempts().get(key)).unwrap()
}

fn put(store: &Arc<dyn Store>, key: &TallyKey, tally: &Tally) {
    let kept = store.write(|tx| {
        tx.attempts().open(key, &Tally::blank(NOW))?;
        tx.attempts().keep(key, tally)
    });
    assert!(kept.unwrap());
}

fn open_window(store: &Arc<dyn Store>, number: u8, blank: Window) -> Window {
    store.write(|tx| tx.attempts().open_window(&WindowKey([number; 16]), &blank)).unwrap()
}

/// Of each kind.
pub fn a_tally_is_made_once_and_comes_back_as_it_was(store: &Arc<dyn Store>) {
    for (number, kind) in (1..).zip([TallyKind::Account, TallyKind::Name, TallyKind::Device, TallyKind::Session]) {
        let key = key(kind, number);
        let open = |blank: Tally| store.write(|tx| tx.attempts().open(&key, &blank)).unwrap();
        assert_eq!(open(Tally::blank(NOW)), Tally::blank(NOW));
        assert_eq!(open(FULL), Tally::blank(NOW), "what is there is not overwritten");
        put(store, &key, &FULL);
        assert_eq!((open(Tally::blank(later(1))), get(store, &key)), (FULL, Some(FULL)));
        assert_eq!(store.write(|tx| tx.attempts().lock(&key)), Ok(Some(FULL)));
    }
}

/// Nor by what changes a tally.
pub fn what_is_not_there_is_not_made_by_a_look(store: &Arc<dyn Store>) {
    let key = key(TallyKind::Account, 1);
    assert_eq!(store.write(|tx| tx.attempts().lock(&key)), Ok(None));
    assert_eq!(store.write(|tx| tx.attempts().keep(&key, &FULL)), Ok(false));
    assert_eq!(store.write(|tx| tx.attempts().clear(&key)), Ok(false));
    let window = Window { count: 1, until: NOW };
    assert_eq!(store.write(|tx| tx.attempts().keep_window(&WindowKey([1; 16]), &window)), Ok(false));
    assert_eq!(get(store, &key), None);
}

/// And no other does.
pub fn a_cleared_tally_begins_anew(store: &Arc<dyn Store>) {
    let (one, other) = (key(TallyKind::Account, 1), key(TallyKind::Account, 2));
    put(store, &one, &FULL);
    put(store, &other, &FULL);
    assert_eq!(store.write(|tx| tx.attempts().clear(&one)), Ok(true));
    assert_eq!((get(store, &one), get(store, &other)), (None, Some(FULL)));
    assert_eq!(store.write(|tx| tx.attempts().open(&one, &Tally::blank(NOW))), Ok(Tally::blank(NOW)));
}

/// As a tally.
pub fn a_window_is_made_once_and_comes_back_as_it_was(store: &Arc<dyn Store>) {
    let full = Window { count: u32::MAX, until: later(60) };
    assert_eq!(open_window(store, 1, Window::blank(NOW)), Window::blank(NOW));
    assert_eq!(open_window(store, 1, full), Window::blank(NOW));
    assert_eq!(store.write(|tx| tx.attempts().keep_window(&WindowKey([1; 16]), &full)), Ok(true));
    assert_eq!(open_window(store, 1, Window::blank(NOW)), full);
    assert_eq!(open_window(store, 2, Window::blank(NOW)), Window::blank(NOW));
}

/// Sixteen threads, eight attempts each, the first of which makes the row; some of them are cleared from under the others'
/// feet.
pub fn of_parallel_attempts_none_is_lost(store: &Arc<dyn Store>) {
    let key = key(TallyKind::Account, 1);
    let count = || {
        store.write(|tx| {
            let tally = tx.attempts().open(&key, &Tally::blank(NOW))?;
            let next = Tally { failures: tally.failures + 1, ..tally };
            assert!(tx.attempts().keep(&key, &next)?);
            Ok::<_, StoreError>(())
        })
    };
    parallel(16, |_| (0..8).for_each(|_| count().unwrap()));
    assert_eq!(get(store, &key).map(|tally| tally.failures), Some(128));
    parallel(16, |number| match number {
        1 => drop(store.write(|tx| tx.attempts().clear(&key)).unwrap()),
        _ => count().unwrap(),
    });
    assert!(get(store, &key).is_none_or(|tally| (1..=15).contains(&tally.failures) || tally.failures > 128));
}

/// As tallies.
pub fn of_parallel_attempts_in_a_window_none_is_lost(store: &Arc<dyn Store>) {
    parallel(16, |_| {
        for _ in 0..8 {
            let counted = store.write(|tx| {
                let window = tx.attempts().open_window(&WindowKey([1; 16]), &Window::blank(NOW))?;
                tx.attempts().keep_window(&WindowKey([1; 16]), &Window { count: window.count + 1, ..window })
            });
            assert_eq!(counted, Ok(true));
        }
    });
    assert_eq!(open_window(store, 1, Window::blank(NOW)).count, 128);
}

fn a_day_on() -> ForgetAttempts {
    let now = NOW.saturating_add(DAY).saturating_add(Duration::from_secs(1));
    ForgetAttempts {
        now,
        devices_before: NOW,
        sessions_before: NOW,
        accounts_before: now.saturating_sub(DAY),
        names_before: NOW,
        names: 100,
        blocked_at: 100,
        per_day: 50,
        rested_before: now.saturating_sub(Duration::from_secs(900)),
    }
}

/// And nothing that does.
pub fn what_matters_to_nobody_is_forgotten(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice"), user(2, "bob")]);
    let just_before = Timestamp::from_micros(NOW.as_micros() - 1);
    let idle = |failures, last_at| Tally { failures, last_at, ..Tally::blank(NOW) };
    let rows = [
        (key(TallyKind::Account, 1), idle(100, just_before), true),
        (key(TallyKind::Account, 2), idle(0, NOW), false),
        (key(TallyKind::Account, 3), idle(100, NOW), false),
        (key(TallyKind::Account, 4), idle(0, later(2)), true),
        (key(TallyKind::Name, 5), idle(1, NOW), true),
        (key(TallyKind::Name, 6), idle(0, NOW), false),
        (key(TallyKind::Name, 11), idle(100, NOW), true),
        (key(TallyKind::Name, 12), idle(100, just_before), false),
        (key(TallyKind::Device, 7), idle(10, NOW), true),
        (key(TallyKind::Device, 8), idle(10, just_before), false),
        (key(TallyKind::Session, 9), idle(10, NOW), true),
        (key(TallyKind::Session, 10), idle(10, just_before), false),
    ];
    for (key, tally, _) in &rows {
        put(store, key, tally);
    }
    let what = a_day_on();
    for (number, until) in [(1, what.now), (2, what.now.saturating_add(Duration::from_micros(1)))] {
        open_window(store, number, Window { count: 9, until });
    }
    assert_eq!(store.write(|tx| tx.attempts().forget(&what, 0)), Ok(0));
    assert_eq!(store.write(|tx| tx.attempts().forget(&what, 100)), Ok(7));
    assert_eq!(store.write(|tx| tx.attempts().forget(&what, 100)), Ok(0));
    for (key, tally, stays) in rows {
        assert_eq!(get(store, &key), stays.then_some(tally), "{key:?}");
    }
    assert_eq!([1, 2].map(|number| open_window(store, number, Window::blank(NOW)).count), [0, 9]);
}

/// Of 40 names with failures, ten of which block, ten are to stay; and accounts are not names.
pub fn the_oldest_of_too_many_names_go_and_none_that_blocks(store: &Arc<dyn Store>) {
    plant(store, &[user(100, "alice")]);
    let blocking = |number: u8| number.is_multiple_of(4);
    let tally = |number: u8| {
        let (failures, day_count, day_began) = match number {
            _ if !blocking(number) => (99, 49, later(60)),
            4 | 8 => (100, 1, NOW),
            _ => (1, 50, later(60)),
        };
        Tally { failures, last_at: later(number.into()), day_began, day_count }
    };
    for number in 1..=40 {
        put(store, &key(TallyKind::Name, number), &tally(number));
    }
    put(store, &key(TallyKind::Account, 100), &Tally { failures: 1, ..Tally::blank(NOW) });
    let what = ForgetAttempts { names: 10, ..a_day_on() };
    let gone = (1..=30).filter(|number| !blocking(*number)).count();
    assert_eq!(store.write(|tx| tx.attempts().forget(&what, 5)), Ok(5));
    assert!((1..=6).all(|number| get(store, &key(TallyKind::Name, number)).is_some() == blocking(number)), "in order");
    let rest = std::iter::repeat_with(|| store.write(|tx| tx.attempts().forget(&what, 5)).unwrap());
    assert_eq!(usize::try_from(rest.take_while(|batch| *batch > 0).sum::<u64>()), Ok(gone - 5));
    for number in 1..=40 {
        let stays = number > 30 || blocking(number);
        assert_eq!(get(store, &key(TallyKind::Name, number)), stays.then(|| tally(number)), "{number}");
    }
    assert!(get(store, &key(TallyKind::Account, 100)).is_some());
}
