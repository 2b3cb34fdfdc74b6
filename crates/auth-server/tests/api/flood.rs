//! A flood of sign-ins costs sign-ins, and nothing else. The hashes are held shut by a hook; nothing is timed.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use auth_core::testing::MemoryStore;
use auth_server::state::HttpSettings;
use serde_json::json;

use crate::helpers::{Connection, Cut, PASSWORD, Setup, TestApp, ask, ask_with, hold};

/// A server with `queue_limit` places behind its one thread that hashes.
fn narrow(queue_limit: usize) -> TestApp {
    let app = Setup { queue_limit, hashing_threads: 1, ..Setup::default() }.spawn();
    app.register("alice");
    app
}

/// Waits until so many sign-ins wait.
#[track_caller]
fn until_depth(app: &TestApp, depth: usize) {
    // Only so that a broken server fails the test instead of holding it.
    let patience = Instant::now() + Duration::from_secs(30);
    while app.state.hashing.depth() != depth {
        assert!(Instant::now() < patience, "{} wait, not {depth}", app.state.hashing.depth());
        std::thread::yield_now();
    }
}

fn fill(app: &TestApp, places: usize) -> Vec<Connection> {
    let waiting = (0..places).map(|_| ask(Connection::open(app.address))).collect();
    until_depth(app, places);
    waiting
}

#[test]
fn sign_ins_beyond_the_queue_are_told_when_to_come_again_and_everything_else_goes_on() {
    let store = Cut::new(Arc::new(MemoryStore::new()));
    let app = Setup { queue_limit: 3, hashing_threads: 1, store: Some(store.clone()), ..Setup::default() }.spawn();
    app.register("alice");
    let tokens = app.tokens("alice");
    let (mut first, release) = hold(&app);
    let waiting = fill(&app, 3);

    let (runs, checks) = (store.runs(), app.hasher.checks());
    let change = json!({"current_password": PASSWORD, "new_password": "another battery staple"});
    for round in 0..20 {
        let refused = [
            app.sign_in("alice", PASSWORD),
            app.post_json("/users/token", &json!({"username": "alice", "password": PASSWORD})),
            app.post_json("/v1/users/register", &json!({"username": format!("bob{round}"), "password": PASSWORD})),
            app.send_as("PUT", "/v1/users/me/password", &tokens.access, Some(&change)),
        ];
        for reply in refused {
            reply.problem(503, "busy");
            let after: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=30).contains(&after), "{after}");
        }
    }
    assert_eq!(store.runs(), runs, "none of them touched the database");
    assert_eq!(app.hasher.checks(), checks);

    for _ in 0..20 {
        assert_eq!(app.get_as("/v1/forward-auth", &tokens.access).status, 204);
        assert_eq!(app.get_as("/v1/users/me", &tokens.access).status, 200);
        assert_eq!(app.get("/readyz").status, 200, "a flood does not take the instance out");
        assert_eq!(app.refresh(&tokens.refresh).status, 200);
    }
    assert_eq!(app.state.hashing.depth(), 3, "all that while");

    drop(release);
    assert_eq!(first.read().status, 200);
    for mut connection in waiting {
        assert_eq!(connection.read().status, 200);
    }
    assert_eq!(app.state.hashing.stats().full, 80);
}

#[test]
fn clients_that_vanish_while_they_wait_are_not_hashed_for_and_their_places_are_free() {
    let app = narrow(5);
    let (mut first, release) = hold(&app);
    let checks = app.hasher.checks();
    for round in 1..=3 {
        drop(fill(&app, 5));
        until_depth(&app, 0);
        assert_eq!(app.state.hashing.stats().abandoned, 5 * round);
    }
    let stays = fill(&app, 5);
    drop(release);
    assert_eq!(first.read().status, 200);
    for mut connection in stays {
        assert_eq!(connection.read().status, 200);
    }
    assert_eq!(app.hasher.checks() - checks, 5, "those who stayed, and nobody else");
    assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
}

#[test]
fn a_sign_in_that_waits_too_long_is_told_so_although_the_lane_is_stuck() {
    // Long enough for the first one to begin on a busy machine.
    let max_wait = Duration::from_secs(1);
    // Beyond the patience of the client here: it is the deadline in the queue that is met.
    let http = HttpSettings { handler_timeout: Duration::from_secs(600), ..HttpSettings::new("https://auth.test") };
    let app = Setup { hashing_threads: 1, max_wait, http, ..Setup::default() }.spawn();
    app.register("alice");
    let (mut first, release) = hold(&app);
    let checks = app.hasher.checks();
    let reply = app.sign_in("alice", PASSWORD);
    reply.problem(503, "busy");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!((app.state.hashing.stats().timed_out, app.state.hashing.depth()), (1, 0));
    drop(release);
    assert_eq!(first.read().status, 200);
    assert_eq!(app.hasher.checks(), checks, "it was not run");
}

#[test]
fn one_address_with_a_full_queue_does_not_starve_another() {
    let app = narrow(4);
    one_of_many_makes_room(&app, |app| ask(Connection::open_from("127.0.0.2", app.address)));
}

#[test]
fn behind_a_proxy_one_address_with_a_full_queue_does_not_starve_another() {
    let http =
        HttpSettings { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..HttpSettings::new("https://auth.test") };
    let app = Setup { queue_limit: 4, hashing_threads: 1, http, ..Setup::default() }.spawn();
    app.register("alice");
    one_of_many_makes_room(&app, |app| {
        ask_with(Connection::open(app.address), &[("X-Forwarded-For", "127.0.0.1, 192.0.2.7")])
    });
}

fn one_of_many_makes_room(app: &TestApp, guest: impl FnOnce(&TestApp) -> Connection) {
    let (mut first, release) = hold(app);
    let mut flood = fill(app, 4);
    assert_eq!(app.sign_in("alice", PASSWORD).status, 503, "its own next one");
    let mut guest = guest(app);
    // One of the flood made room.
    let patience = Instant::now() + Duration::from_secs(30);
    while app.state.hashing.stats().full < 2 {
        assert!(Instant::now() < patience, "nobody made room");
        std::thread::yield_now();
    }
    assert_eq!(app.state.hashing.depth(), 4);
    drop(release);
    let replies: Vec<_> = flood.iter_mut().map(Connection::read).collect();
    let (served, displaced): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!((served.len(), displaced.len()), (3, 1));
    displaced[0].problem(503, "busy");
    assert!(displaced[0].header("retry-after").is_some());
    assert_eq!((first.read().status, guest.read().status), (200, 200));
}

#[test]
fn a_stop_with_a_full_queue_finishes_what_waits() {
    let mut app = narrow(4);
    let (mut first, release) = hold(&app);
    let waiting = fill(&app, 4);
    app.stop();
    // The port closes first.
    while TcpStream::connect(app.address).is_ok() {
        std::thread::yield_now();
    }
    drop(release);
    assert_eq!(first.read().status, 200);
    for mut connection in waiting {
        assert_eq!(connection.read().status, 200);
    }
    app.join();
}

#[test]
fn a_lane_that_is_stopped_with_a_full_queue_answers_all_of_it_and_waits_for_what_runs() {
    let mut app = narrow(4);
    let (mut first, release) = hold(&app);
    let waiting = fill(&app, 4);
    let state = Arc::clone(&app.state.clone().into_inner());
    let (done, stopped) = channel();
    let stopping = std::thread::spawn(move || {
        state.hashing.stop();
        done.send(()).unwrap();
    });
    for mut connection in waiting {
        let reply = connection.read();
        reply.problem(503, "busy");
        assert!(reply.header("retry-after").is_some());
    }
    assert!(stopped.try_recv().is_err(), "one still runs");
    drop(release);
    assert_eq!(first.read().status, 200);
    stopped.recv().unwrap();
    stopping.join().unwrap();
    assert_eq!(app.state.hashing.running(), 0);
    app.stop();
    app.join();
}
