//! What attackers try with passwords: the rows L, I and E of the catalogue, sent to the server.

mod devices;
mod networks;

use std::time::Duration;

use auth_core::StoreExt as _;
use auth_core::audit::AuditEvent;
use auth_core::service::RequestContext;
use auth_core::testing::conformance::samples::parallel;
use serde_json::json;

use crate::helpers::{Database, PASSWORD, Reply, Setup, TestApp, on_each_database, spawn_app};

const TOKEN: &str = "/v1/users/token";

/// The seconds of a refusal, which is as every refusal: `None` where waiting is of no use.
#[track_caller]
fn refused(reply: &Reply) -> Option<u64> {
    let problem = reply.problem(429, "too_many_attempts");
    assert_eq!(problem["error"], "temporarily_unavailable");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!((reply.header("www-authenticate"), reply.header("set-cookie")), (None, None));
    reply.header("retry-after").map(|seconds| seconds.parse().unwrap())
}

/// One wrong guess: 401, or how long to wait.
#[track_caller]
fn guess(app: &TestApp, name: &str) -> (u16, Option<u64>) {
    let reply = app.sign_in(name, "wrong");
    match reply.status {
        429 => (429, refused(&reply)),
        status => {
            reply.problem(401, "invalid_credentials");
            (status, None)
        }
    }
}

/// Guesses as fast as it is told, until waiting is of no use.
fn guess_to_the_end(app: &TestApp, name: &str) -> Vec<(u16, Option<u64>)> {
    let mut answers = Vec::new();
    loop {
        let answer = guess(app, name);
        answers.push(answer);
        match answer {
            (429, None) => return answers,
            (429, Some(seconds)) => app.clock.advance(Duration::from_secs(seconds)),
            _ => {}
        }
    }
}

fn throttled(app: &TestApp) -> u64 {
    app.service.tell_refusals().unwrap();
    let lines = app.store.read(|tx| tx.audit().list(None, 10_000)).unwrap();
    lines.into_iter().map(|line| if let AuditEvent::Throttled(_, _, count) = line.event { count } else { 0 }).sum()
}

fn wrong_passwords(app: &TestApp) -> usize {
    let lines = app.store.read(|tx| tx.audit().list(None, 10_000)).unwrap();
    lines.into_iter().filter(|line| matches!(line.event, AuditEvent::SignInRefused(..))).count()
}

on_each_database! {
    /// Checked or refused, in the audit log and in the metrics.
    fn l03_of_five_hundred_guesses_at_once_all_are_accounted_for_and_five_are_looked_at(database: Database) {
        let app = Setup { database, hashing_threads: 4, queue_limit: 1_000, ..Setup::default() }.spawn();
        app.register("alice");
        app.register("bobby");
        let answers = parallel(50, |_| (0..10).map(|_| app.sign_in("alice", "wrong").status).collect::<Vec<_>>());
        let answers: Vec<_> = answers.into_iter().flatten().collect();
        let count = |status| answers.iter().filter(|found| **found == status).count();
        assert_eq!((count(401), count(429)), (5, 495));
        assert_eq!((app.hasher.checks(), wrong_passwords(&app), throttled(&app)), (5, 5, 495));
        assert_eq!(app.metric("auth_rate_limited_total{limiter=\"account\"}").to_string(), "495");
        assert_eq!(app.metric("auth_sign_in_total{method=\"password\",outcome=\"throttled\"}").to_string(), "495");
        assert_eq!(app.sign_in("bobby", PASSWORD).status, 200, "nobody else is concerned");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
    }

    fn l04_a_thousand_guesses_over_all_spellings_have_one_budget(database: Database) {
        let app = spawn_app(database);
        app.register("José");
        let spellings = ["josé", "JOSÉ", "jose\u{301}", "ＪＯＳＥ\u{301}", "José"];
        let guesses = (0..1_000).map(|number| app.sign_in(spellings[number % 5], "wrong").status);
        assert_eq!(guesses.filter(|status| *status == 401).count(), 5);
        assert_eq!(app.hasher.checks(), 5);
        assert_eq!(guess(&app, "Josef"), (401, None));
    }

    fn e06_a_name_that_nobody_has_gets_the_answers_of_one_that_somebody_has(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let known = guess_to_the_end(&app, "alice");
        let checks = app.hasher.checks();
        assert_eq!(guess_to_the_end(&app, "nobody"), known);
        assert_eq!((checks, app.hasher.checks()), (100, 200));
        let (one, other) = (app.sign_in("alice", PASSWORD), app.sign_in("nobody", PASSWORD));
        assert_eq!(crate::attacks::but_its_id(&one), crate::attacks::but_its_id(&other));
        assert_eq!(one.header_names(), other.header_names());
    }

    fn l12_a_restart_and_another_instance_go_on_where_the_first_one_was(database: Database) {
        let (store, _keep) = database.create();
        let first = Setup { store: Some(store.clone()), ..Setup::default() };
        let (keys, clock) = (first.root_keys.clone(), first.clock.clone());
        let again = || Setup { store: Some(store.clone()), root_keys: keys.clone(), clock: clock.clone(), ..Setup::default() };
        let (first, second) = (first.spawn(), again().spawn());
        first.register("alice");
        for app in [&first, &second, &first, &second, &first] {
            assert_eq!(guess(app, "alice"), (401, None));
        }
        drop(first);
        let third = again().spawn();
        for app in [&second, &third] {
            assert_eq!(guess(app, "alice"), (429, Some(1)));
            assert_eq!(guess(app, "alice"), (429, Some(1)), "and from memory");
        }
        clock.advance(Duration::from_secs(1));
        assert_eq!(third.sign_in("alice", PASSWORD).status, 200);
    }

    /// A locked account's sessions go on, and no other way lets anybody in.
    fn l15_whoever_is_locked_out_keeps_what_he_has_and_gets_nothing_new(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let tokens = app.tokens("alice");
        guess_to_the_end(&app, "alice");
        let credentials = json!({"username": "alice", "password": PASSWORD});
        for path in [TOKEN, "/users/token"] {
            let reply = app.post_json(path, &credentials);
            assert_eq!((reply.status, reply.header("retry-after")), (429, None), "{path}");
            assert!(!reply.text().contains("token\":"), "{path}");
        }
        let checks = app.hasher.checks();
        let next = crate::helpers::Tokens::of(&app.refresh(&tokens.refresh));
        assert_eq!(app.get_as("/v1/users/me", &next.access).status, 200);
        assert_eq!(app.get_as("/v1/forward-auth", &next.access).status, 204);
        assert_eq!(app.hasher.checks(), checks);
        // The owner helps himself: a change of password lifts it.
        let change = json!({"current_password": PASSWORD, "new_password": "another battery staple"});
        assert_eq!(app.send_as("PUT", "/v1/users/me/password", &next.access, Some(&change)).status, 204);
        assert_eq!(app.sign_in("alice", "another battery staple").status, 200);
    }

    fn what_an_administrator_lifts_is_lifted(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        guess_to_the_end(&app, "alice");
        app.service.unlock("Alice", &RequestContext::system()).unwrap();
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
    }

    fn l06_an_attackers_own_successes_lift_nothing(database: Database) {
        let app = spawn_app(database);
        app.register("victim");
        app.register("mallory");
        for _ in 0..5 {
            assert_eq!(guess(&app, "victim"), (401, None));
            assert_eq!(app.sign_in("mallory", PASSWORD).status, 200);
        }
        assert_eq!(guess(&app, "victim"), (429, Some(1)));
        app.refresh(&app.tokens("mallory").refresh);
        assert_eq!(guess(&app, "victim"), (429, Some(1)));
    }

    fn wrong_passwords_in_a_session_are_guesses_too(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let (thief, owner) = (app.token("alice"), app.token("alice"));
        let change = |current: &str| json!({"current_password": current, "new_password": "another battery staple"});
        let put = |token: &str, current| app.send_as("PUT", "/v1/users/me/password", token, Some(&change(current)));
        for _ in 0..10 {
            put(&thief, "wrong").problem(403, "current_password_wrong");
        }
        let checks = app.hasher.checks();
        for _ in 0..10 {
            let reply = put(&thief, PASSWORD);
            reply.problem(429, "too_many_attempts");
            assert_eq!(reply.header("retry-after"), None, "a new sign-in is what helps");
        }
        assert_eq!(app.hasher.checks(), checks);
        assert_eq!(app.metric("auth_rate_limited_total{limiter=\"session\"}").to_string(), "10");
        assert_eq!(put(&owner, PASSWORD).status, 204);
    }
}

/// To wait as long as told is enough, and to wait a second less is not.
#[test]
fn l16_retry_after_is_the_truth_to_the_second_and_every_refusal_is_a_problem() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    for expected in [1_u64, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        while guess(&app, "alice") == (401, None) {}
        assert_eq!(guess(&app, "alice"), (429, Some(expected)));
        app.clock.advance(Duration::from_secs(expected - 1));
        assert_eq!(guess(&app, "alice"), (429, Some(1)));
        app.clock.advance(Duration::from_millis(500));
        assert_eq!(guess(&app, "alice"), (429, Some(1)), "rounded up");
        app.clock.advance(Duration::from_millis(500));
        assert_eq!(guess(&app, "alice"), (401, None));
    }
    let reply = app.post_json("/users/token", &json!({"username": "alice", "password": PASSWORD}));
    assert_eq!(reply.problem(429, "too_many_attempts")["message"], "There were too many attempts");
    let form = app.post_form(TOKEN, "username=alice&password=wrong");
    assert_eq!(refused(&form), Some(900));
    assert_eq!(app.get("/problems/too_many_attempts").status, 200);
}
