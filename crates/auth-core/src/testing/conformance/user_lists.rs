//! Accounts, page by page.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{NOW, later, plant, user};
use crate::id::UserId;
use crate::role::Role;
use crate::store::{Store, StoreError, StoreExt};
use crate::user::{AccountState, CanonicalName, User, UserFilter, UserOrder, UserPlace, UserQuery};

fn page(store: &Arc<dyn Store>, filter: &UserFilter, after: Option<&UserPlace>, limit: u32) -> Vec<User> {
    store.read(|tx| tx.users().list(&UserQuery { filter: filter.clone(), after: after.cloned() }, limit)).unwrap()
}

/// All that a filter asks for, by pages of this size.
fn walk(store: &Arc<dyn Store>, filter: &UserFilter, limit: u32) -> Vec<User> {
    let mut seen: Vec<User> = Vec::new();
    loop {
        let after = seen.last().map(|last| filter.place_of(last));
        let next = page(store, filter, after.as_ref(), limit);
        assert!(next.len() <= usize::try_from(limit).unwrap());
        if next.is_empty() {
            return seen;
        }
        seen.extend(next);
    }
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_entered()).collect()
}

fn begins(text: &str) -> UserFilter {
    UserFilter { prefix: Some(CanonicalName::of(text)), ..UserFilter::default() }
}

/// By id, whatever their names and times.
pub fn accounts_are_listed_in_the_order_in_which_they_came(store: &Arc<dyn Store>) {
    let all = UserFilter::default();
    assert_eq!(page(store, &all, None, 10), []);
    let made = |number, name, seconds| User { created_at: later(seconds), ..user(number, name) };
    plant(store, &[made(3, "a", 1), made(1, "c", 2), made(2, "b", 3)]);
    assert_eq!(names(&page(store, &all, None, 10)), ["c", "b", "a"]);
    assert_eq!(names(&page(store, &all, None, 2)), ["c", "b"]);
    assert_eq!(names(&page(store, &all, Some(&UserPlace::Id(user(2, "b").id)), 2)), ["a"]);
    // A place need not be one that somebody has.
    assert_eq!(names(&page(store, &all, Some(&UserPlace::Id(UserId::from_bytes([0; 16]))), 1)), ["c"]);
    assert_eq!(page(store, &all, Some(&UserPlace::Id(user(3, "a").id)), 10), []);
    assert_eq!(page(store, &all, None, 0), []);
}

/// By bytes: no collation of the store's own, and no letter of a prefix is a pattern.
pub fn accounts_are_listed_by_the_beginning_of_their_names(store: &Arc<dyn Store>) {
    let entered = ["b", "Al", "alice", "al%ce", "al_ce", "ALZ", "am", "al\u{10ffff}x", "älice", "a\u{fb00}"];
    let users: Vec<_> = (1..).zip(entered).map(|(number, name)| user(number, name)).collect();
    plant(store, &users);
    for (prefix, expected) in [
        ("al", &["Al", "al%ce", "al_ce", "alice", "ALZ", "al\u{10ffff}x"][..]),
        ("AL", &["Al", "al%ce", "al_ce", "alice", "ALZ", "al\u{10ffff}x"]),
        ("al%", &["al%ce"]),
        ("al_", &["al_ce"]),
        ("al\u{10ffff}", &["al\u{10ffff}x"]),
        ("ä", &["älice"]),
        ("alice", &["alice"]),
        ("alicex", &[]),
    ] {
        assert_eq!(names(&page(store, &begins(prefix), None, 10)), expected, "{prefix}");
        assert_eq!(names(&walk(store, &begins(prefix), 1)), expected, "{prefix}");
    }
    let behind = UserPlace::Name(CanonicalName::of("al_ce"));
    assert_eq!(names(&page(store, &begins("al"), Some(&behind), 1)), ["alice"]);
}

/// From an instant on, up to another, and many of one instant.
pub fn accounts_are_listed_by_when_they_were_made(store: &Arc<dyn Store>) {
    let made = |number, seconds| User { created_at: later(seconds), ..user(number, &format!("u{number}")) };
    plant(store, &[made(1, 9), made(2, 5), made(3, 5), made(4, 5), made(5, 1), made(6, 0)]);
    let range = |from: Option<u64>, until: Option<u64>| UserFilter {
        created_from: from.map(later),
        created_until: until.map(later),
        ..UserFilter::default()
    };
    for (filter, expected) in [
        (range(Some(0), None), &["u6", "u5", "u2", "u3", "u4", "u1"][..]),
        (range(Some(1), Some(9)), &["u5", "u2", "u3", "u4"]),
        (range(None, Some(5)), &["u6", "u5"]),
        (range(Some(5), Some(5)), &[]),
        (range(Some(10), None), &[]),
    ] {
        assert_eq!(names(&page(store, &filter, None, 10)), expected, "{filter:?}");
        assert_eq!(names(&walk(store, &filter, 1)), expected, "{filter:?}");
        assert_eq!(names(&walk(store, &filter, 2)), expected, "{filter:?}");
    }
}

/// Each combination of what can be asked for, by pages of each size, against a plain look at every account.
pub fn every_filter_and_every_page_of_a_list_agree(store: &Arc<dyn Store>) {
    let users: Vec<User> = (1..=24)
        .map(|number: u8| User {
            state: if number.is_multiple_of(3) { AccountState::Disabled } else { AccountState::Active },
            created_at: later(u64::from(number % 5)),
            ..user(number, &format!("{}{number}", if number % 3 == 1 { "bo" } else { "aL" }))
        })
        .collect();
    plant(store, &users);
    let has_role = |user: &User| user.id.as_bytes()[0].is_multiple_of(2);
    for holder in users.iter().filter(|user| has_role(user)) {
        assert!(store.write(|tx| tx.roles().grant(holder.id, &Role::ADMIN, NOW)).unwrap());
    }
    let mut asked = 0;
    for prefix in [None, Some(CanonicalName::of("al"))] {
        for state in [None, Some(AccountState::Active), Some(AccountState::Disabled)] {
            for role in [None, Some(Role::ADMIN), Role::parse("nobody")] {
                for (from, until) in [(None, None), (Some(later(1)), None), (Some(later(1)), Some(later(3)))] {
                    let filter = UserFilter {
                        prefix: prefix.clone(),
                        state,
                        role: role.clone(),
                        created_from: from,
                        created_until: until,
                    };
                    let held = |user: &&User| match &role {
                        None => true,
                        Some(role) => *role == Role::ADMIN && has_role(user),
                    };
                    let mut expected: Vec<_> = users.iter().filter(|user| filter.fits(user)).filter(held).collect();
                    match filter.order() {
                        UserOrder::Id => {}
                        UserOrder::Name => expected.sort_by_key(|user| user.name.canonical()),
                        UserOrder::Created => expected.sort_by_key(|user| (user.created_at, user.id)),
                    }
                    let expected: Vec<User> = expected.into_iter().cloned().collect();
                    for limit in [1, 3, 100] {
                        assert_eq!(walk(store, &filter, limit), expected, "{filter:?} by {limit}");
                        asked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(asked, 2 * 3 * 3 * 3 * 3);
}

/// It would skip or repeat accounts.
pub fn a_place_of_another_order_is_no_place(store: &Arc<dyn Store>) {
    plant(store, &[user(1, "alice")]);
    for (filter, after) in [
        (UserFilter::default(), UserPlace::Name(CanonicalName::of("a"))),
        (UserFilter { role: Some(Role::ADMIN), ..UserFilter::default() }, UserPlace::Created(NOW, user(1, "a").id)),
        (begins("a"), UserPlace::Id(user(1, "a").id)),
    ] {
        let listed =
            store.read(|tx| tx.users().list(&UserQuery { filter: filter.clone(), after: Some(after.clone()) }, 1));
        assert!(matches!(listed, Err(StoreError::Unavailable(_))), "{filter:?}: {listed:?}");
    }
}

/// None, some, and after a change.
pub fn accounts_are_counted_by_state(store: &Arc<dyn Store>) {
    let counts = || {
        let count = |state| store.read(|tx| tx.users().count(state)).unwrap();
        (count(AccountState::Active), count(AccountState::Disabled))
    };
    assert_eq!(counts(), (0, 0));
    plant(store, &[user(1, "a"), user(2, "b"), User { state: AccountState::Disabled, ..user(3, "c") }]);
    assert_eq!(counts(), (2, 1));
    assert!(store.write(|tx| tx.users().set_state(user(1, "a").id, AccountState::Disabled, NOW)).unwrap());
    assert_eq!(counts(), (1, 2));
}
