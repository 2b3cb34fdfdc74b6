//! Whichever call of the store fails, what administrators do is done or not, and never told as done when it was not.

use std::sync::Arc;

use auth_core::testing::{FaultyStore, MemoryStore};
use serde_json::json;

use super::{EVENTS, KEYS, STATS, USERS, admin, patch, read, roles, user};
use crate::helpers::{PASSWORD, Reply, Setup, TestApp, Tokens};

type Send = fn(&TestApp, &Tokens, &str) -> Reply;

/// How an administrator acts, and how many steps come after the commit.
const WRITES: [(Send, usize); 9] = [
    (|app, root, id| patch(app, root, id, &json!({"state": "disabled"})), 1),
    (|app, root, id| patch(app, root, id, &roles(&["admin", "other"])), 1),
    (|app, root, id| patch(app, root, id, &json!({"username": "alicia", "state": "disabled", "roles": ["a"]})), 1),
    (
        |app, root, id| {
            app.send_as(
                "PUT",
                &format!("{}/password", user(id)),
                &root.access,
                Some(&json!({"password": "another horse battery"})),
            )
        },
        1,
    ),
    (|app, root, id| app.send_as("DELETE", &user(id), &root.access, None), 1),
    (|app, root, id| app.send_as("DELETE", &format!("{}/sessions", user(id)), &root.access, None), 1),
    (
        |app, root, _| {
            app.send_as("POST", USERS, &root.access, Some(&json!({"username": "dave", "password": PASSWORD})))
        },
        1,
    ),
    (|app, root, _| app.send_as("POST", USERS, &root.access, Some(&json!({"username": "dave"}))), 1),
    (|app, root, _| app.send_as("POST", KEYS, &root.access, Some(&json!({}))), 5),
];

/// What there is, as an administrator sees it, and how many lines tell of it.
fn all(app: &TestApp, root: &Tokens) -> String {
    let lists = [USERS.to_owned(), KEYS.to_owned(), STATS.to_owned(), format!("{EVENTS}?limit=100")];
    lists.map(|path| read(app, root, &path).to_string()).join("\n")
}

#[test]
fn whichever_call_of_the_store_fails_an_act_is_whole_or_not_at_all() {
    for (act, after) in WRITES {
        let (mut failures, mut halves) = (0, Vec::new());
        for step in 1.. {
            let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
            let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
            let root = admin(&app, "carol");
            let id = app.register("alice")["id"].as_str().unwrap().to_owned();
            app.tokens("alice");
            let before = all(&app, &root);
            store.fail_at(step);
            let reply = act(&app, &root, &id);
            let failed = store.has_failed();
            store.fail_at(0);
            let then = all(&app, &root);
            if !failed {
                assert!(reply.status < 300 && then != before, "{reply:?}");
                break;
            }
            failures += 1;
            if reply.status < 300 {
                // After the commit: who is not heard now is heard later.
                assert_ne!(then, before, "{reply:?}");
                continue;
            }
            reply.problem(503, "unavailable");
            // After the commit it stands, unheard; before, nothing does.
            halves.push(then != before);
        }
        assert!(failures > 5, "the store was called: {failures}");
        let stood = halves.iter().filter(|stood| **stood).count();
        let last_ones = halves.iter().rev().take(stood).all(|stood| *stood);
        assert!(last_ones && stood == after, "only what comes after the commit may fail and leave it: {halves:?}");
    }
}

#[test]
fn whichever_call_of_the_store_fails_a_list_is_no_list() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
    let root = admin(&app, "carol");
    for path in [USERS, EVENTS, KEYS, STATS] {
        for step in 1.. {
            store.fail_at(step);
            let reply = app.get_as(path, &root.access);
            if !store.has_failed() {
                assert_eq!(reply.status, 200);
                assert!(step > 4, "{path}: the store was called");
                break;
            }
            reply.problem(503, "unavailable");
        }
        store.fail_at(0);
    }
}
