//! P: passwords that are long, cut, spelled otherwise, common, or set where none may be.

use std::sync::Arc;

use auth_core::StoreExt as _;
use auth_core::audit::{AuditEvent, Refusal};
use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Hasher, Argon2Params, PasswordHash};
use auth_core::testing::conformance::samples::user;
use auth_core::user::{Added, User};
use serde_json::{Value, json};

use super::but_its_id;
use crate::helpers::{Connection, Database, PASSWORD, Reply, Setup, TestApp, head, on_each_database, spawn_app};

const REGISTER: &str = "/v1/users/register";

fn register(app: &TestApp, username: &str, password: &str) -> Reply {
    app.post_json(REGISTER, &json!({"username": username, "password": password}))
}

/// The codes that are told of the password.
fn faults(reply: &Reply, member: &str) -> Vec<String> {
    let errors = reply.json()["errors"].as_array().cloned().unwrap_or_default();
    let of = errors.iter().filter(|error| error["pointer"] == format!("/{member}"));
    of.map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}

fn really_hashing(database: Database) -> TestApp {
    let hasher = Argon2Hasher::new(Argon2Params::default(), 2, Arc::new(SystemEntropy)).unwrap();
    Setup { database, real_hasher: Some(Arc::new(hasher)), ..Setup::default() }.spawn()
}

/// An account that came with this hash.
fn plant(app: &TestApp, number: u8, name: &str, hash: &str) -> User {
    let account = user(number, name);
    app.store
        .write(|tx| {
            assert_eq!(tx.users().insert(&account)?, Added::Added);
            tx.passwords().insert(account.id, &PasswordHash::new(hash), account.created_at)
        })
        .unwrap();
    account
}

fn stored(app: &TestApp, account: &User) -> PasswordHash {
    app.store.read(|tx| tx.passwords().get(account.id)).unwrap().unwrap().hash
}

#[test]
fn p01_long_passwords_are_taken_or_refused_before_any_hash() {
    let app = spawn_app(Database::Memory);
    let long: String = "q7#fZpw-".chars().cycle().take(1_024).collect();
    assert_eq!(register(&app, "alice", &long).status, 201);
    assert_eq!(app.sign_in("alice", &long).status, 200);
    // The control has cost its hash; from here on nothing does.
    let (hashes, checks) = (app.hasher.hashes(), app.hasher.checks());
    let longer = format!("{long}x");
    let refused = register(&app, "bob", &longer);
    refused.problem(422, "weak_password");
    assert_eq!(faults(&refused, "password"), ["too_long"]);
    register(&app, "bob", &"x".repeat(1 << 20)).problem(413, "body_too_large");
    let mut connection = Connection::open(app.address);
    connection.write(&head("POST", REGISTER, &[("Content-Type", "application/json")], Some(64 << 20)));
    connection.read().problem(413, "body_too_large");
    assert_eq!((app.hasher.hashes(), app.hasher.checks()), (hashes, checks));
}

/// Its maker cut it at 72 bytes, so whatever comes behind was never part of it: the first sign-in decides what is.
#[test]
fn p03_a_hash_that_was_cut_at_72_bytes_is_whole_after_the_first_sign_in() {
    // Of `a` 72 times and `one`, by libxcrypt.
    const CUT: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.ODcEJfYFxKziEakDsjep8mcF3zSCvHq";
    let app = really_hashing(Database::Memory);
    let long = |tail: &str| format!("{}{tail}", "a".repeat(72));
    let account = plant(&app, 1, &"n".repeat(60), CUT);
    let name = account.name.as_entered();
    app.sign_in(name, &"a".repeat(71)).problem(401, "invalid_credentials");
    assert_eq!(app.sign_in(name, &long("two")).status, 200, "accepted once");
    assert!(stored(&app, &account).expose().starts_with("$argon2id$"));
    assert_eq!(app.sign_in(name, &long("two")).status, 200);
    for other in [long("one"), long(""), long("two-"), "a".repeat(71)] {
        app.sign_in(name, &other).problem(401, "invalid_credentials");
    }
}

#[test]
fn p04_a_nul_ends_no_password() {
    let app = really_hashing(Database::Memory);
    // John the Ripper's vector for `U*U`.
    plant(&app, 1, "imported", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    for cut in ["U*U\0def", "U*U\0", "U*U\0U*U", "\0U*U"] {
        app.sign_in("imported", cut).problem(401, "invalid_credentials");
    }
    assert_eq!(app.sign_in("imported", "U*U").status, 200);
    let (short, whole) = ("abc-q7#fZ", "abc-q7#fZ\0def");
    assert_eq!((register(&app, "alice", short).status, register(&app, "bob", whole).status), (201, 201));
    app.sign_in("alice", whole).problem(401, "invalid_credentials");
    app.sign_in("bob", short).problem(401, "invalid_credentials");
    assert_eq!((app.sign_in("alice", short).status, app.sign_in("bob", whole).status), (200, 200));
}

#[test]
fn p05_composed_and_decomposed_are_one_password_and_compatible_forms_are_not() {
    let app = spawn_app(Database::Memory);
    assert_eq!(register(&app, "alice", "q7#fZ-caf\u{e9}-\u{fb01}").status, 201);
    assert_eq!(app.sign_in("alice", "q7#fZ-cafe\u{301}-\u{fb01}").status, 200);
    for other in
        ["q7#fZ-caf\u{e9}-fi", "q7#fZ-cafe-\u{fb01}", "\u{ff51}7#fZ-caf\u{e9}-\u{fb01}", " q7#fZ-caf\u{e9}-\u{fb01}"]
    {
        app.sign_in("alice", other).problem(401, "invalid_credentials");
    }
}

#[test]
fn p07_characters_are_code_points_and_half_of_one_is_none() {
    let app = spawn_app(Database::Memory);
    let emoji = "\u{1F980}\u{1F40D}\u{1F99C}\u{1F419}\u{1F984}\u{1F433}\u{1F41D}\u{1F98A}";
    let seven: String = emoji.chars().take(7).collect();
    assert_eq!(faults(&register(&app, "alice", &seven), "password"), ["too_short"]);
    assert_eq!(register(&app, "alice", emoji).status, 201);
    assert_eq!(app.sign_in("alice", emoji).status, 200);
    // A family: four people and three joiners, each of which counts.
    let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}";
    assert_eq!(faults(&register(&app, "bob", family), "password"), ["too_short"]);
    assert_eq!(register(&app, "bob", &format!("{family}\u{1F9A9}")).status, 201);
    let half = app.post(REGISTER, r#"{"username":"carol","password":"\ud83e-q7#fZpw"}"#);
    assert!(half.status == 400 || half.status == 422, "{half:?}");
    app.sign_in("carol", "\u{fffd}-q7#fZpw").problem(401, "invalid_credentials");
}

#[test]
fn p08_a_listed_password_is_refused_in_every_disguise() {
    let app = spawn_app(Database::Memory);
    for password in [
        "password",
        "PassWord",
        " password ",
        "password1",
        "Password123!",
        "2024password",
        "drowssap",
        "p4ssw0rd",
        "P@$$w0rd",
        "passwordpassword",
        "12345678",
        "qwertyuiop",
        "poiuytrewq",
        "aaaaaaaa",
        "abcabcabc",
        "1qaz2wsx",
        "letmein!2024",
        "monkeymonkey",
        "iloveyou",
        "password20242025",
        "Password1!Password1!",
        "we1come1",
        "qwertyasdf",
        "!@#$%^&*",
        "1q2w3e4r5t6y7u",
        "password\u{200b}",
        "1990-01-01",
    ] {
        let reply = register(&app, "alice", password);
        reply.problem(422, "weak_password");
        assert_eq!(faults(&reply, "password"), ["common"], "{password}");
    }
    for password in ["password is my dog", "vM3-kpq0z", "correct horse battery staple"] {
        assert_eq!(register(&app, "alice", password).status, 201, "{password}");
        let own = app.sign_in("alice", password).json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(app.send_as("DELETE", "/v1/users/me", &own, Some(&json!({"password": password}))).status, 204);
    }
}

#[test]
fn p09_a_name_the_service_and_the_present_password_are_none_and_all_faults_are_told() {
    let setup = Setup::default();
    let password = setup.service.password.clone().of_service(["https://login.contoso.example"]);
    let service = auth_core::service::ServiceSettings { password, ..setup.service };
    let app = Setup { service, ..Setup::default() }.spawn();
    for (username, password, codes) in [
        ("margarete", "Margarete1", vec!["is_name"]),
        ("margarete", "eteragram1", vec!["is_name"]),
        ("margarete", "margarete1234567", vec!["is_name"]),
        ("margarete", "contoso2024", vec!["is_service"]),
        ("contosox", "c0ntoso", vec!["too_short", "is_service"]),
        ("abcdefg", "abcdefg", vec!["too_short", "is_name", "common"]),
    ] {
        assert_eq!(faults(&register(&app, username, password), "password"), codes, "{username} {password}");
    }
    let both = register(&app, "\u{430}dmin", "short");
    assert_eq!(
        (faults(&both, "username"), faults(&both, "password")),
        (vec!["mixed_scripts".to_owned()], vec!["too_short".to_owned()])
    );
    app.register("margarete");
    let own = app.token("margarete");
    let change = |new: &str| {
        let body = json!({"current_password": PASSWORD, "new_password": new});
        app.send_as("PUT", "/v1/users/me/password", &own, Some(&body))
    };
    let same = change(PASSWORD);
    same.problem(422, "weak_password");
    assert_eq!(faults(&same, "new_password"), ["unchanged"]);
    assert_eq!(faults(&change("margarete"), "new_password"), ["is_name"]);
    assert_eq!(change("another horse battery staple").status, 204);
}

on_each_database! {
    fn p11_a_corrupt_row_refuses_as_an_unknown_name_and_is_told_in_the_log(database: Database) {
        let app = spawn_app(database);
        app.register("control");
        let unknown = app.sign_in("nobody", PASSWORD);
        let hostile = [
            "",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=19456,t=4294967295,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$scrypt$ln=63,r=4294967295,p=4294967295$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg",
            "$pbkdf2-sha256$4294967295$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg",
            "\u{1F980}\u{e9}$\u{202e}",
        ];
        for (number, hash) in (1..).zip(hostile) {
            let account = plant(&app, number, &format!("corrupt{number}"), hash);
            let mut tries = 0;
            for password in ["", PASSWORD] {
                let checks = app.hasher.checks();
                let reply = app.sign_in(account.name.as_entered(), password);
                reply.problem(401, "invalid_credentials");
                assert_eq!(but_its_id(&reply), but_its_id(&unknown), "{hash}");
                assert_eq!(reply.header_names(), unknown.header_names());
                assert_eq!(app.hasher.checks(), checks + 1, "{hash}");
                // The clock stands, so that the latest is not told from the others.
                let lines = app.store.read(|tx| tx.audit().list(None, 1_000)).unwrap();
                let event = AuditEvent::SignInRefused(Some(account.id), Refusal::UnreadableHash);
                tries += 1;
                let told = lines.iter().filter(|line| line.event == event).count();
                assert_eq!(told, tries, "{hash}");
            }
        }
        assert_eq!(app.sign_in("control", PASSWORD).status, 200);
    }
}

/// A password is set at registration and by its owner's change, and nowhere else.
#[test]
fn p16_no_other_route_sets_a_password() {
    let app = spawn_app(Database::Memory);
    let id = app.register("alice")["id"].as_str().unwrap().parse().unwrap();
    let own = app.token("alice");
    let before = app.store.read(|tx| tx.passwords().get(id)).unwrap();
    let new = "another horse battery staple";
    for method in ["PATCH", "PUT", "POST"] {
        app.send_as(method, "/v1/users/me", &own, Some(&json!({"password": new}))).problem(405, "method_not_allowed");
    }
    let (rename, logout) = ("/v1/users/me/username", "/v1/users/logout");
    for body in [
        json!({"username": "alicia", "password": PASSWORD, "new_password": new}),
        json!({"username": "alicia", "password": PASSWORD, "password_hash": "$2b$10$x"}),
    ] {
        app.send_as("PUT", rename, &own, Some(&body)).problem(422, "validation_failed");
    }
    let _ = app.send_as("POST", logout, &app.token("alice"), Some(&json!({"password": new})));
    for member in ["password_hash", "hash", "passwordHash", "new_password", "Password"] {
        let body = json!({"username": "bob", "password": new, member: "$2b$10$x"});
        app.post_json(REGISTER, &body).problem(422, "validation_failed");
    }
    assert_eq!(app.store.read(|tx| tx.passwords().get(id)).unwrap(), before);
    let body: Value = json!({"current_password": PASSWORD, "new_password": new});
    assert_eq!(app.send_as("PUT", "/v1/users/me/password", &own, Some(&body)).status, 204, "the control");
    assert_ne!(app.store.read(|tx| tx.passwords().get(id)).unwrap(), before);
}

/// What stands in a URL ends up in logs: it is not read. That no log has it is shown by the tests of the logs.
#[test]
fn p17_a_password_in_the_query_is_none() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let ask = |query: &str, body: Value| app.post_json(&format!("/v1/users/token?{query}"), &body);
    let query = format!("username=alice&password={}", PASSWORD.replace(' ', "+"));
    ask(&query, json!({"username": "alice", "password": "wrong"})).problem(401, "invalid_credentials");
    ask(&query, json!({"username": "alice"})).problem(422, "validation_failed");
    ask(&query, json!({})).problem(422, "validation_failed");
    let reply = ask("password=wrong", json!({"username": "alice", "password": PASSWORD}));
    assert_eq!(reply.status, 200);
    assert!(!reply.text().contains("wrong"));
}
