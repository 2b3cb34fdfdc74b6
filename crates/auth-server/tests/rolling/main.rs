//! Two instances on one PostgreSQL behind a proxy, restarted one after the other under load: no request that reached the proxy
//! is answered with an error or lost.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[allow(dead_code, reason = "shared with the tests of the API, which use the rest")]
#[path = "../api/helpers/client.rs"]
mod client;
mod haproxy;
mod load;
#[allow(dead_code, reason = "shared with the tests of the command line, which use the rest")]
#[path = "../process/mod.rs"]
mod process;
mod proxy;

use std::net::{SocketAddr, TcpListener};

use auth_storage::testing::PostgresServer;

use haproxy::HaProxy;
use load::Load;
use process::{Desk, Serving};
use proxy::Proxy;

const ROOT_KEYS: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What the instances are told. The delay is longer than the proxy keeps an idle connection (`proxy::IDLE`).
fn start(desk: &Desk, url: &str, port: u16, drain_delay: &str) -> Serving {
    let port = port.to_string();
    let environment = [
        ("DATABASE_URL", url),
        ("AUTH_SECRETS_KEYS", ROOT_KEYS),
        ("AUTH_PUBLIC_URL", "http://auth.example"),
        ("AUTH_SERVER_PORT", &port),
        ("AUTH_SERVER_DRAIN_DELAY", drain_delay),
        // A busy machine may be slow: the test is about what is lost, not about how long it takes.
        ("AUTH_HASHING_MAX_WAIT", "60s"),
        ("AUTH_HASHING_QUEUE_LIMIT", "1000"),
        ("AUTH_SERVER_HANDLER_TIMEOUT", "60s"),
        ("AUTH_DATABASE_POOL_TIMEOUT", "60s"),
        ("AUTH_DATABASE_STATEMENT_TIMEOUT", "60s"),
    ];
    Serving::start(desk, &environment)
}

/// A port that was free a moment ago; it stays the instance's through its restarts.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What stands in front.
enum Front {
    Small(Proxy),
    HaProxy(HaProxy),
}

impl Front {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Small(proxy) => proxy.address(),
            Self::HaProxy(haproxy) => haproxy.address(),
        }
    }

    /// `HAProxy` asks by itself, and the drain of the next one is longer than that takes.
    fn wait_until_up(&self, instance: usize) {
        if let Self::Small(proxy) = self {
            proxy.wait_until_up(instance);
        }
    }
}

/// Restarts both in turn, so often, under load.
fn restarted(drain_delay: &str, rounds: usize, front: impl FnOnce([SocketAddr; 2]) -> Front) -> load::Figures {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    let desk = Desk::new();
    let ports = [port(), port()];
    let mut instances = ports.map(|port| Some(start(&desk, database.url(), port, drain_delay)));
    let front = front(ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port))));
    let load = Load::start(front.address(), 8);
    for round in 0..rounds * 2 {
        load.wait_for_more(200);
        let (place, port) = (&mut instances[round % 2], ports[round % 2]);
        // It serves through the drain, and the other one alone until it is back.
        assert_eq!(place.take().unwrap().stop(), Some(0), "everything in flight was finished");
        load.wait_for_more(100);
        *place = Some(start(&desk, database.url(), port, drain_delay));
        front.wait_until_up(round % 2);
    }
    load.wait_for_more(200);
    let figures = load.stop();
    let retried = if let Front::Small(proxy) = &front { proxy.retried() } else { 0 };
    println!("drain of {drain_delay}, {} restarts, {retried} requests sent elsewhere: {figures:?}", rounds * 2);
    for instance in instances.into_iter().flatten() {
        assert_eq!(instance.stop(), Some(0));
    }
    figures
}

fn rounds() -> usize {
    std::env::var("ROLLING_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

fn assert_none_lost(figures: &load::Figures) {
    assert_eq!(figures.wrong, Vec::<String>::new(), "of {} requests", figures.answered);
    assert!(figures.answered > 500 && figures.refreshes > 0 && figures.sign_ins > 0, "{figures:?}");
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn no_request_is_lost_in_a_rolling_restart() {
    assert_none_lost(&restarted("3s", rounds(), |instances| Front::Small(Proxy::start(instances))));
}

/// The same behind `HAProxy` and its file as it is shipped, by the program that `ROLLING_HAPROXY` names.
#[test]
#[ignore = "needs HAProxy: ROLLING_HAPROXY=/usr/sbin/haproxy cargo test -p auth-server --test rolling -- --ignored --nocapture"]
fn no_request_is_lost_in_a_rolling_restart_behind_haproxy() {
    let program = std::env::var("ROLLING_HAPROXY").unwrap();
    assert_none_lost(&restarted("15s", rounds(), |instances| Front::HaProxy(HaProxy::start(&program, instances))));
}
