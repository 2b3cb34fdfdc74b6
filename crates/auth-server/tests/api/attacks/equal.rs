//! E: who has an account, told by nothing that a refused sign-in shows or costs.

use auth_core::StoreExt as _;
use auth_core::attempts::LimitSettings;
use auth_core::password::{Argon2Params, DecoyPlan, HashClass, PasswordHash};
use auth_core::service::ServiceSettings;
use auth_core::testing::conformance::samples::user;
use auth_core::user::{AccountState, Added, CanonicalName};
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Reply, Setup, TestApp, head, on_each_database, spawn_app};

const BCRYPT: &str = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const PRESENT: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const OLDER: &str = "$argon2id$v=19$m=12288,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/// A name for each state that an account may be in, and one that has none.
fn states(app: &TestApp) -> [&'static str; 6] {
    let accounts = [
        ("active", Some(PRESENT), AccountState::Active),
        ("disabled", Some(PRESENT), AccountState::Disabled),
        ("passwordless", None, AccountState::Active),
        ("older", Some(OLDER), AccountState::Active),
        ("imported", Some(BCRYPT), AccountState::Active),
    ];
    for (number, (name, hash, state)) in (1..).zip(accounts) {
        let account = user(number, name);
        app.store
            .write(|tx| {
                assert_eq!(tx.users().insert(&account)?, Added::Added);
                if let Some(hash) = hash {
                    tx.passwords().insert(account.id, &PasswordHash::new(hash), account.created_at)?;
                }
                tx.users().set_state(account.id, state, account.created_at)
            })
            .unwrap();
    }
    app.service.count_hashes().unwrap();
    ["active", "unknown", "disabled", "passwordless", "older", "imported"]
}

on_each_database! {
    /// The time of a check is that of its class, and nothing else of an account makes a difference to it. Measured as well:
    /// `docs/BENCHMARKS.md`.
    fn e04_every_state_costs_one_hash_of_its_class(database: Database) {
        let app = spawn_app(database);
        let plan = || DecoyPlan::parse(&app.store.read(|tx| tx.passwords().decoy_plan()).unwrap()).unwrap();
        for name in states(&app) {
            let stored = match name {
                "active" | "disabled" => PasswordHash::new(PRESENT).class(),
                "older" => PasswordHash::new(OLDER).class(),
                "imported" => PasswordHash::new(BCRYPT).class(),
                _ => plan().class_of(&CanonicalName::of(name)),
            };
            let class: HashClass = stored.unwrap_or_else(|| Argon2Params::default().class());
            for password in [PASSWORD, "", &"x".repeat(5_000)] {
                let before = (app.hasher.checked().len(), app.hasher.hashes());
                app.sign_in(name, password).problem(401, "invalid_credentials");
                assert_eq!(app.hasher.checked().split_off(before.0), [class], "{name}");
                assert_eq!(app.hasher.hashes(), before.1, "{name}");
            }
        }
        let unknown = (0..200).map(|number| format!("nobody{number}"));
        let drawn: std::collections::BTreeSet<_> = unknown.map(|name| plan().class_of(&CanonicalName::of(&name))).collect();
        assert_eq!(drawn.len(), 3, "names without an account are of every class: {drawn:?}");
    }
}

/// All that comes back, without what differs from request to request.
fn shown(reply: &Reply) -> (u16, serde_json::Value, Vec<(String, String)>, usize) {
    let differs = ["date", "x-request-id"];
    let headers = reply.header_names().into_iter().filter(|name| !differs.contains(name));
    let headers = headers.map(|name| (name.to_owned(), reply.header(name).unwrap_or_default().to_owned()));
    (reply.status, super::but_its_id(reply), headers.collect(), reply.body.len())
}

#[test]
fn e08_refusals_are_the_same_in_length_headers_and_connection() {
    // What is refused unseen has rows of its own: here everybody is looked at.
    let service = ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new("https://auth.test") };
    let app = Setup { service, ..Setup::default() }.spawn();
    let states = states(&app);
    for (path, media) in [("/v1/users/token", "application/json"), ("/users/token", "application/json")] {
        let ask = |name: &str| {
            // One connection for three: whether it is kept is part of the answer.
            let mut connection = Connection::open(app.address);
            let replies: Vec<_> = (0..3)
                .map(|_| {
                    let body = json!({"username": name, "password": PASSWORD}).to_string();
                    connection.write(&head("POST", path, &[("Content-Type", media)], Some(body.len())));
                    connection.write(body.as_bytes());
                    shown(&connection.read())
                })
                .collect();
            replies
        };
        let expected = ask("unknown");
        for name in states {
            assert_eq!(ask(name), expected, "{path} {name}");
        }
    }
    app.register("control");
    assert_eq!(app.sign_in("control", PASSWORD).status, 200);
}
