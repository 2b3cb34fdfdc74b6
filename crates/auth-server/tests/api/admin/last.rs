//! The last active administrator stays.

use std::sync::Barrier;

use serde_json::{Value, json};

use super::{admin, patch, read, roles, subject, user};
use crate::helpers::{Database, PASSWORD, Reply, TestApp, Tokens, on_each_database, spawn_app};

/// How an administrator may take one away.
const WAYS: [fn(&TestApp, &Tokens, &str) -> Reply; 3] = [
    |app, by, id| patch(app, by, id, &roles(&[])),
    |app, by, id| patch(app, by, id, &json!({"state": "disabled"})),
    |app, by, id| app.send_as("DELETE", &user(id), &by.access, None),
];

fn delete_oneself(app: &TestApp, tokens: &Tokens) -> Reply {
    app.send_as("DELETE", "/v1/users/me", &tokens.access, Some(&json!({"password": PASSWORD})))
}

on_each_database! {
    fn the_last_active_administrator_stays(database: Database) {
        for way in WAYS {
            let app = spawn_app(database);
            let root = admin(&app, "carol");
            let own = subject(&root);
            let before = read(&app, &root, &user(&own));
            way(&app, &root, &own).problem(409, "last_admin");
            delete_oneself(&app, &root).problem(409, "last_admin");
            // One that can never sign in, a disabled one, and one with another role, are none.
            let bare = json!({"username": "frank"});
            let bare = app.send_as("POST", crate::admin::USERS, &root.access, Some(&bare)).json();
            assert_eq!(patch(&app, &root, bare["id"].as_str().unwrap(), &roles(&["admin"])).status, 200);
            let dave = admin(&app, "dave");
            assert_eq!(patch(&app, &root, &subject(&dave), &json!({"state": "disabled"})).status, 200);
            let erin = app.register("erin")["id"].as_str().unwrap().to_owned();
            assert_eq!(patch(&app, &root, &erin, &roles(&["admins"])).status, 200);
            way(&app, &root, &own).problem(409, "last_admin");
            patch(&app, &root, &own, &json!({"username": "caroline", "roles": ["other"]})).problem(409, "last_admin");
            assert_eq!(read(&app, &root, &user(&own)), before, "nothing of it was done");
            // With a second one it goes, and the second is then the last.
            assert_eq!(patch(&app, &root, &erin, &roles(&["admin"])).status, 200);
            assert!(way(&app, &root, &own).status < 300);
            let erin_tokens = app.tokens("erin");
            way(&app, &erin_tokens, &erin).problem(409, "last_admin");
            assert_eq!(patch(&app, &erin_tokens, &subject(&dave), &json!({"state": "active"})).status, 200);
            assert_eq!(delete_oneself(&app, &erin_tokens).status, 204);
        }
    }

    /// Each takes the other's role, or disables or deletes the other, at once.
    fn of_two_administrators_who_take_each_other_away_one_stays(database: Database) {
        for way in WAYS {
            for _ in 0..4 {
                let app = spawn_app(database);
                let pair = [admin(&app, "carol"), admin(&app, "dave")];
                let (ids, barrier) = (pair.each_ref().map(subject), Barrier::new(2));
                let statuses: Vec<u16> = std::thread::scope(|scope| {
                    let take = |by: usize| {
                        let (app, pair, ids, barrier) = (&app, &pair, &ids, &barrier);
                        scope.spawn(move || {
                            barrier.wait();
                            way(app, &pair[by], &ids[1 - by]).status
                        })
                    };
                    [take(0), take(1)].map(|thread| thread.join().unwrap()).to_vec()
                });
                let won = statuses.iter().filter(|status| **status < 300).count();
                assert_eq!(won, 1, "{statuses:?}");
                assert!(statuses.iter().all(|status| [200, 204, 401, 403, 409].contains(status)), "{statuses:?}");
                let winner = &pair[usize::from(statuses[1] < 300)];
                let left = read(&app, winner, "/v1/admin/users?role=admin&state=active");
                assert_eq!(left["data"].as_array().map(Vec::len), Some(1), "{left}");
            }
        }
    }

    /// Eight give up the role at once, each their own.
    fn of_many_who_leave_at_once_one_stays(database: Database) {
        let app = spawn_app(database);
        let all: Vec<Tokens> = (0..8).map(|number| admin(&app, &format!("admin-{number}x"))).collect();
        let barrier = Barrier::new(all.len());
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let leave = |number: usize| {
                let (app, tokens, barrier) = (&app, &all[number], &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    match number % 2 {
                        0 => delete_oneself(app, tokens).status,
                        _ => patch(app, tokens, &subject(tokens), &roles(&[])).status,
                    }
                })
            };
            let threads: Vec<_> = (0..all.len()).map(leave).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status < 300).count(), 7, "{statuses:?}");
        let stayed = &all[statuses.iter().position(|status| *status == 409).unwrap()];
        let left = read(&app, stayed, "/v1/admin/users?role=admin");
        assert_eq!(left["data"][0]["id"], Value::from(subject(stayed)));
    }
}
