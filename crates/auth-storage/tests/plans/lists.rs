//! The lists of administrators: each order is that of an index, and a page begins where the one before ended.

use auth_core::audit::{EventKind, EventOrder, EventQuery};
use auth_core::id::EventId;
use auth_core::role::Role;
use auth_core::store::Transaction;
use auth_core::testing::conformance::samples::{NOW, later, user};
use auth_core::user::{AccountState, CanonicalName, UserFilter, UserPlace, UserQuery};
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;

use crate::common::on_both;
use crate::{explain, listened_to, overheard};

type Work = fn(&mut dyn Transaction);

fn list(tx: &mut dyn Transaction, filter: UserFilter, after: Option<UserPlace>) {
    drop(tx.users().list(&UserQuery { filter, after }, 10));
}

fn find(tx: &mut dyn Transaction, query: &EventQuery) {
    drop(tx.audit().find(query, 10));
}

fn begins() -> UserFilter {
    UserFilter { prefix: Some(CanonicalName::of("al")), ..UserFilter::default() }
}

fn made() -> UserFilter {
    UserFilter { created_from: Some(NOW), created_until: Some(later(9)), ..UserFilter::default() }
}

fn disabled() -> UserFilter {
    UserFilter { state: Some(AccountState::Disabled), ..UserFilter::default() }
}

fn admins() -> UserFilter {
    UserFilter { role: Some(Role::ADMIN), ..UserFilter::default() }
}

fn id() -> UserPlace {
    UserPlace::Id(user(1, "a").id)
}

fn event() -> EventId {
    EventId::from_bytes([1; 16])
}

/// A name for people, what the store does, the index that must serve it (PostgreSQL's name and SQLite's), and the range of it that is
/// read, as each of them words it.
type Case = (&'static str, Work, [&'static str; 2], [&'static str; 2]);

const CASES: [Case; 14] = [
    (
        "accounts, next",
        |tx| list(tx, UserFilter::default(), Some(id())),
        ["users_pkey", "users_1"],
        ["(id > $1)", "id>?"],
    ),
    (
        "accounts by name",
        |tx| list(tx, begins(), None),
        ["users_username_canonical_key", "users_2"],
        ["(username_canonical >= $1)", "username_canonical>? AND username_canonical<?"],
    ),
    (
        "accounts by name, next",
        |tx| list(tx, begins(), Some(UserPlace::Name(CanonicalName::of("alice")))),
        ["users_username_canonical_key", "users_2"],
        ["(username_canonical > $2)", "username_canonical>? AND username_canonical<?"],
    ),
    (
        "accounts by time",
        |tx| list(tx, made(), None),
        ["users_created_at_id_idx", "users_created_at_id_idx"],
        ["(created_at >= $1)", "created_at>? AND created_at<?"],
    ),
    (
        "accounts by time, next",
        |tx| list(tx, made(), Some(UserPlace::Created(NOW, user(1, "a").id))),
        ["users_created_at_id_idx", "users_created_at_id_idx"],
        ["ROW(created_at, id) > ROW($2, $3)", "(created_at,id)>(?,?)"],
    ),
    (
        "accounts by state, next",
        |tx| list(tx, disabled(), Some(id())),
        ["users_state_id_idx", "users_state_id_idx"],
        ["((state = $1) AND (id > $2))", "state=? AND id>?"],
    ),
    (
        "accounts by role",
        |tx| list(tx, admins(), None),
        ["user_roles_role_user_id_idx", "user_roles_role_user_id_idx"],
        ["(role = $1)", "role=?"],
    ),
    (
        "accounts by role, next",
        |tx| list(tx, admins(), Some(id())),
        ["user_roles_role_user_id_idx", "user_roles_role_user_id_idx"],
        ["(role = $1) AND (user_id > $2)", "role=? AND user_id>?"],
    ),
    (
        "events of an account, next",
        |tx| find(tx, &EventQuery { user: Some(user(1, "a").id), before: Some(event()), ..EventQuery::default() }),
        ["audit_events_user_id_id_idx", "audit_events_user_id_id_idx"],
        ["((user_id = $1) AND (id < $2))", "user_id=? AND id<?"],
    ),
    (
        "events of an account and a kind, next",
        |tx| {
            let (user, kind) = (Some(user(1, "a").id), Some(EventKind::SignedIn));
            find(tx, &EventQuery { user, kind, before: Some(event()), ..EventQuery::default() });
        },
        ["audit_events_user_id_id_idx", "audit_events_user_id_id_idx"],
        ["((user_id = $1) AND (id < $3))", "user_id=? AND id<?"],
    ),
    (
        "events of a kind, next",
        |tx| find(tx, &EventQuery { kind: Some(EventKind::SignedIn), before: Some(event()), ..EventQuery::default() }),
        ["audit_events_kind_id_idx", "audit_events_kind_id_idx"],
        ["((kind = $1) AND (id < $2))", "kind=? AND id<?"],
    ),
    (
        "events of a time, the earliest first",
        |tx| {
            let order = EventOrder::EarliestFirst;
            find(tx, &EventQuery { order, ..EventQuery::default().since(NOW).until(later(9)) });
        },
        ["audit_events_pkey", "audit_events_1"],
        ["((id > $1) AND (id < $2))", "id>? AND id<?"],
    ),
    (
        "old events",
        |tx| drop(tx.audit().forget(event(), 10)),
        ["audit_events_pkey", "audit_events_1"],
        ["(id < $1)", "id<?"],
    ),
    (
        "roles",
        |tx| drop(tx.roles().of(user(1, "a").id)),
        ["user_roles_pkey", "PRIMARY KEY"],
        ["(user_id = $1)", "user_id=?"],
    ),
];

fn a_page_is_a_range_of_an_index_and_nothing_is_sorted(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    let which = usize::from(backend == Backend::Sqlite);
    for (name, work, index, range) in CASES {
        let statements = store.write(|tx| {
            overheard();
            work(tx);
            Ok::<_, StoreError>(overheard())
        });
        let statements = statements.unwrap();
        assert_eq!(statements.len(), 1, "{name}: {statements:?}");
        let plan = explain(&database, &statements[0]);
        for part in [index[which], range[which]] {
            assert!(plan.contains(part), "{name}: no {part} in\n{plan}");
        }
        for part in ["Seq Scan", "Sort", "TEMP B-TREE", "SCAN users"] {
            assert!(!plan.contains(part), "{name}: {part} in\n{plan}");
        }
    }
}

/// Several filters at once: the one that gives the order finds the rows, and the others only sift them.
fn of_several_filters_one_finds_and_the_others_sift(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    let name = begins().prefix;
    let [by_name, by_time] = [["users_username_canonical_key", "users_2"], ["users_created_at_id_idx"; 2]];
    let cases: [(UserFilter, [&str; 2]); 6] = [
        (UserFilter { prefix: name.clone(), ..disabled() }, by_name),
        (UserFilter { prefix: name.clone(), ..made() }, by_name),
        (UserFilter { prefix: name, ..admins() }, by_name),
        (UserFilter { state: Some(AccountState::Active), ..made() }, by_time),
        (UserFilter { role: Some(Role::ADMIN), ..made() }, by_time),
        (UserFilter { state: Some(AccountState::Active), ..admins() }, ["user_roles_role_user_id_idx"; 2]),
    ];
    for (filter, index) in cases {
        let place = filter.place_of(&user(1, "alice"));
        for after in [None, Some(place)] {
            store
                .write(|tx| {
                    overheard();
                    list(tx, filter.clone(), after.clone());
                    Ok::<_, StoreError>(())
                })
                .unwrap();
            let plan = explain(&database, &overheard()[0]);
            // PostgreSQL knows how many rows there are of each kind, and decides by it. Here there are none.
            if backend == Backend::Sqlite {
                assert!(plan.contains(index[1]) && !plan.contains("TEMP B-TREE"), "{filter:?}:\n{plan}");
                assert!(plan.starts_with("SEARCH"), "{filter:?}:\n{plan}");
            }
            assert!(!plan.contains("Seq Scan"), "{filter:?}:\n{plan}");
        }
    }
}

/// A count needs no row: the index says it all.
fn counts_are_along_an_index_alone(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    let cases: [(Work, &str); 2] = [
        (|tx| drop(tx.users().count(AccountState::Active)), "users_state_id_idx"),
        (|tx| drop(tx.sessions().count()), "sessions_user_id_ended_at_idx"),
    ];
    for (work, index) in cases {
        store
            .write(|tx| {
                overheard();
                work(tx);
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let plan = explain(&database, &overheard()[0]);
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{plan}");
        // PostgreSQL takes the index alone once its table was vacuumed.
        assert!(plan.contains("COVERING INDEX") || backend == Backend::Postgres, "{plan}");
    }
}

/// Whoever has the role is found by the index, and looked at one by one until one is active.
fn the_next_administrator_is_found_by_an_index(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    let found = store.write(|tx| {
        overheard();
        tx.roles().is_held_by_another(&Role::ADMIN, user(1, "a").id)
    });
    assert_eq!(found, Ok(false));
    let plan = explain(&database, &overheard()[0]);
    assert!(plan.contains("user_roles_role_user_id_idx") && !plan.contains("Seq Scan"), "{plan}");
}

on_both!(
    of_several_filters_one_finds_and_the_others_sift,
    a_page_is_a_range_of_an_index_and_nothing_is_sorted,
    counts_are_along_an_index_alone,
    the_next_administrator_is_found_by_an_index,
);
