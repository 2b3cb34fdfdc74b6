//! `grant_type=refresh_token`.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use auth_core::service::ServiceSettings;
use auth_core::session::EndReason;
use auth_core::time::Clock as _;
use auth_core::user::{AccountState, CanonicalName};
use auth_core::{StoreError, StoreExt as _};
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Setup, TestApp, Tokens, head, hold, on_each_database, spawn_app};

const TOKEN: &str = "/v1/users/token";
const ME: &str = "/v1/users/me";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn alice(database: Database) -> (TestApp, Tokens) {
    let app = spawn_app(database);
    app.register("alice");
    let tokens = app.tokens("alice");
    (app, tokens)
}

#[track_caller]
fn refreshed(app: &TestApp, tokens: &Tokens) -> Tokens {
    Tokens::of(&app.refresh(&tokens.refresh))
}

#[track_caller]
fn invalid(app: &TestApp, token: &str) {
    let reply = app.refresh(token);
    assert_eq!(reply.problem(401, "token_invalid")["error"], "invalid_grant");
    // A refresh token is no access token, of which alone RFC 6750 speaks.
    assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"auth\""));
}

/// The token is refused as a copy, and the session has ended for whoever has a part in it.
#[track_caller]
fn reused(app: &TestApp, token: &str, also: &[&Tokens]) {
    let problem = app.refresh(token).problem(401, "refresh_token_reused");
    assert_eq!(problem["error"], "invalid_grant");
    for tokens in also {
        invalid(app, &tokens.refresh);
        app.get_as(ME, &tokens.access).problem(401, "token_invalid");
        app.get_as("/v1/forward-auth", &tokens.access).problem(401, "token_invalid");
    }
    assert_eq!(endings(app), [EndReason::Reused], "one ending, one line in the log");
}

/// Why sessions ended, by the audit log.
fn endings(app: &TestApp) -> Vec<EndReason> {
    let records = app.store.read(|tx| tx.audit().list(None, 1_000)).unwrap();
    records
        .into_iter()
        .filter_map(|record| match record.event {
            auth_core::audit::AuditEvent::SessionEnded(_, _, reason) => Some(reason),
            _ => None,
        })
        .collect()
}

on_each_database! {
    fn a_refresh_answers_with_the_next_pair_whichever_way_it_is_sent(database: Database) {
        let (app, first) = alice(database);
        let second = refreshed(&app, &first);
        let form = |token: &str| format!("grant_type=refresh_token&refresh_token={token}&client_id=app&scope=a");
        let reply = app.post_form(TOKEN, &form(&second.refresh));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let body = reply.json();
        assert_eq!(body, json!({
            "access_token": body["access_token"], "token_type": "Bearer", "expires_in": 7200,
            "refresh_token": body["refresh_token"],
        }));
        let third = Tokens::of(&reply);
        assert_ne!(first.refresh, second.refresh);
        assert_ne!(second.refresh, third.refresh);
        assert_eq!((first.session(), second.session()), (second.session(), third.session()), "it is one session");
        for tokens in [&first, &second, &third] {
            assert_eq!(app.get_as(ME, &tokens.access).status, 200, "an access token lives until it expires");
        }
        assert_eq!(app.session(&third).generation, 3);
        assert_eq!(app.hasher.checks(), 1, "only the sign-in was hashed");
    }

    ///
    fn a_used_token_after_the_window_ends_the_session(database: Database) {
        let (app, first) = alice(database);
        let second = refreshed(&app, &first);
        app.clock.advance(5 * MINUTE);
        assert_eq!(refreshed(&app, &first).refresh, second.refresh, "the window's last instant");
        app.clock.advance(Duration::from_micros(1));
        reused(&app, &first.refresh, &[&first, &second]);
    }

    /// whoever comes second with the copy ends it, be it the thief or the victim.
    fn thief_and_victim_end_the_session_in_both_orders(database: Database) {
        for _ in ["the thief first", "the victim first"] {
            let (app, stolen) = alice(database);
            let one = refreshed(&app, &stolen);
            let next = refreshed(&app, &one);
            reused(&app, &stolen.refresh, &[&one, &next]);
        }
        // Inside the window both get one successor; whoever is left behind by the next rotation ends it.
        let (app, stolen) = alice(database);
        let (thief, victim) = (refreshed(&app, &stolen), refreshed(&app, &stolen));
        assert_eq!(thief.refresh, victim.refresh);
        let ahead = refreshed(&app, &thief);
        app.clock.advance(5 * MINUTE + SECOND);
        reused(&app, &victim.refresh, &[&ahead]);
    }

    ///
    fn of_200_parallel_refreshes_all_get_one_successor(database: Database) {
        let (app, first) = alice(database);
        let barrier = Barrier::new(200);
        let answers: Vec<Tokens> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..200)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        refreshed(&app, &first)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|answer| answer.refresh == answers[0].refresh), "one successor");
        assert_eq!(app.session(&first).generation, 2, "one new generation");
        assert_eq!(endings(&app), [], "nobody was signed out");
        assert_eq!(app.get_as(ME, &refreshed(&app, &answers[199]).access).status, 200);
    }

    ///
    fn a_token_two_generations_back_is_a_copy_even_inside_the_window(database: Database) {
        let (app, first) = alice(database);
        let second = refreshed(&app, &first);
        let third = refreshed(&app, &second);
        reused(&app, &first.refresh, &[&third]);
    }

    /// the answer is lost after the commit.
    fn a_client_that_vanishes_before_the_answer_tries_again(database: Database) {
        let (app, first) = alice(database);
        let body = json!({"grant_type": "refresh_token", "refresh_token": first.refresh}).to_string();
        let mut connection = Connection::open(app.address);
        connection.write(&head("POST", TOKEN, &[("Content-Type", "application/json")], Some(body.len())));
        connection.write(body.as_bytes());
        let patience = Instant::now() + Duration::from_secs(30);
        while app.session(&first).generation == 1 {
            assert!(Instant::now() < patience, "it is never committed");
            std::thread::yield_now();
        }
        drop(connection);
        let second = refreshed(&app, &first);
        assert_eq!(app.session(&first).generation, 2, "the retry is no second rotation");
        assert_eq!(app.session(&refreshed(&app, &second)).generation, 3);
    }

    ///
    fn what_ends_the_account_or_its_password_ends_the_refresh(database: Database) {
        let (app, first) = alice(database);
        let (kept, now) = (refreshed(&app, &first), app.clock.now());
        let set = |state: AccountState| {
            let changed = app.store.write(|tx| match tx.users().by_name(&CanonicalName::of("alice"))? {
                Some(user) => tx.users().set_state(user.id, state, now),
                None => Ok::<_, StoreError>(false),
            });
            assert!(changed.unwrap());
        };
        set(AccountState::Disabled);
        invalid(&app, &kept.refresh);
        invalid(&app, &first.refresh);
        set(AccountState::Active);
        let (kept, other) = (refreshed(&app, &kept), app.tokens("alice"));

        let change = json!({"current_password": PASSWORD, "new_password": "another horse battery staple"});
        assert_eq!(app.send_as("PUT", "/v1/users/me/password", &kept.access, Some(&change)).status, 204);
        invalid(&app, &other.refresh);
        let kept = refreshed(&app, &kept);

        let deletion = json!({"password": "another horse battery staple"});
        assert_eq!(app.send_as("DELETE", ME, &kept.access, Some(&deletion)).status, 204);
        invalid(&app, &kept.refresh);
    }

    /// at each limit and one second before it.
    fn the_idle_and_the_absolute_limit_hold_to_the_second(database: Database) {
        let (app, tokens) = alice(database);
        app.clock.advance(Duration::from_secs(14 * 86_400 - 1));
        let tokens = refreshed(&app, &tokens);
        app.clock.advance(14 * DAY);
        invalid(&app, &tokens.refresh);

        let mut tokens = app.tokens("alice");
        for _ in 0..2 {
            app.clock.advance(13 * DAY);
            tokens = refreshed(&app, &tokens);
        }
        app.clock.advance(Duration::from_secs(4 * 86_400 - 1));
        let last = refreshed(&app, &tokens);
        let claims = crate::helpers::token_part(&last.access, 1);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1, "no token outlives its session");
        app.clock.advance(SECOND);
        invalid(&app, &last.refresh);
        invalid(&app, &tokens.refresh);
    }

    /// a clock that is set back makes no session younger.
    fn a_clock_that_is_set_back_extends_nothing(database: Database) {
        let (app, first) = alice(database);
        let began = app.clock.now();
        app.clock.advance(10 * DAY);
        let second = refreshed(&app, &first);
        let rotated_at = app.session(&second).rotated_at;
        app.clock.set(began);
        let third = refreshed(&app, &second);
        assert_eq!(app.session(&third).rotated_at, rotated_at, "a rotation is never dated back");
        reused(&app, &first.refresh, &[&third]);

        let tokens = app.tokens("alice");
        app.clock.set(began.saturating_sub(10 * DAY));
        let tokens = refreshed(&app, &tokens);
        assert_eq!(app.session(&tokens).expires_at, began.saturating_add(30 * DAY), "the absolute limit stays where it was");
        app.clock.set(began.saturating_add(30 * DAY));
        invalid(&app, &tokens.refresh);
    }

    /// J-31, and the tokens of others.
    fn what_is_not_a_refresh_token_is_refused_and_ends_nothing(database: Database) {
        let (app, tokens) = alice(database);
        let token = &tokens.refresh;
        let mut wrong: Vec<String> = (0..token.len()).step_by(7).map(|length| token[..length].to_owned()).collect();
        wrong.extend((8..token.len()).step_by(5).map(|at| {
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &token[..at], &token[at + 1..])
        }));
        wrong.extend([
            format!("{token}A"), format!(" {token}"), format!("{token}\n"), format!("{token}="), token.to_uppercase(),
            token.replace("auth_rt_", ""), tokens.access.clone(), tokens.session(), "\u{0}".to_owned(), "x".repeat(10_000),
        ]);
        for wrong in wrong {
            if wrong.is_empty() {
                app.refresh(&wrong).problem(401, "token_invalid");
            } else {
                invalid(&app, &wrong);
            }
        }
        assert_eq!(app.session(&tokens).generation, 1);
        refreshed(&app, &tokens);
    }
}

#[test]
fn without_a_window_every_second_use_is_a_copy() {
    let service = ServiceSettings { retry_window: Duration::ZERO, ..ServiceSettings::new("https://auth.test") };
    let app = Setup { service, ..Setup::default() }.spawn();
    app.register("alice");
    let first = app.tokens("alice");
    let second = refreshed(&app, &first);
    app.clock.advance(Duration::from_micros(1));
    reused(&app, &first.refresh, &[&second]);
}

#[test]
fn the_members_of_a_refresh_are_read_like_those_of_a_sign_in() {
    let (app, tokens) = alice(Database::Memory);
    let required = [("/refresh_token", "required")];
    app.post_json(TOKEN, &json!({"grant_type": "refresh_token"})).faults(422, "validation_failed", &required);
    app.post_form(TOKEN, "grant_type=refresh_token&refresh_token=").faults(422, "validation_failed", &required);
    let only_in_the_url = format!("{TOKEN}?grant_type=refresh_token&refresh_token={}", tokens.refresh);
    app.post_json(&only_in_the_url, &json!({"grant_type": "refresh_token"})).faults(
        422,
        "validation_failed",
        &required,
    );
    app.post_json(TOKEN, &json!({"grant_type": "refresh_token", "refresh_token": 7})).faults(
        422,
        "validation_failed",
        &[("/refresh_token", "wrong_type")],
    );
    // Without a grant type it is a sign-in.
    app.post_json(TOKEN, &json!({"refresh_token": tokens.refresh})).faults(
        422,
        "validation_failed",
        &[("/username", "required"), ("/password", "required")],
    );
    let twice = format!("grant_type=refresh_token&refresh_token={0}&refresh_token={0}", tokens.refresh);
    app.post_form(TOKEN, &twice).problem(400, "duplicate_member");
    assert_eq!(app.session(&tokens).generation, 1);
    let members = json!({
        "grant_type": "refresh_token", "refresh_token": tokens.refresh, "username": 1, "scope": ["x"], "client_id": "app",
    });
    Tokens::of(&app.post_json(TOKEN, &members));
}

#[test]
fn a_refresh_does_not_wait_for_those_who_hash() {
    let app = Setup { queue_limit: 1, hashing_threads: 1, ..Setup::default() }.spawn();
    app.register("alice");
    let tokens = app.tokens("alice");
    let (mut hashing, release) = hold(&app);
    refreshed(&app, &tokens);
    drop(release);
    assert_eq!(hashing.read().status, 200);
}
