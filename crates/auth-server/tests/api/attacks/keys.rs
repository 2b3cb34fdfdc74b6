//! J-11, J-35, J-39: keys that come and go, and keys that never were.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use auth_core::secret::SecretBytes;
use auth_core::service::{RequestContext, When};
use auth_core::store::{Access, Outcome, Transaction};
use auth_core::testing::MemoryStore;
use auth_core::time::Clock as _;
use auth_core::token::{Algorithm, KEPT_AFTER};
use auth_core::{Store, StoreError};
use auth_server::worker::WorkerSettings;
use serde_json::{Value, json};

use super::{FORWARD_AUTH, ME, Stage, encode, es256, is_refused, private, with};
use crate::helpers::{Connection, Cut, Setup, TestApp, head, token_part};

/// A token of this key as it would be issued now.
fn by(app: &TestApp, like: &str, id: &str, pkcs8: &SecretBytes) -> String {
    let now = app.clock.now().unix_seconds();
    let claims = with(with(with(token_part(like, 1), "iat", now), "exp", now + 7_200), "auth_time", now);
    let message =
        format!("{}.{}", encode(with(token_part(like, 0), "kid", id).to_string()), encode(claims.to_string()));
    format!("{message}.{}", encode(es256(pkcs8, &message)))
}

fn status(app: &TestApp, token: &str) -> [u16; 2] {
    [FORWARD_AUTH, ME].map(|path| app.get_as(path, token).status)
}

const GOOD: [u16; 2] = [204, 200];
const BAD: [u16; 2] = [401, 401];

#[test]
fn j35_next_current_and_previous_pass_on_every_instance_and_a_retired_key_does_not() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let one = Setup { store: Some(Arc::clone(&store)), ..Setup::default() };
    let (root_keys, clock) = (Arc::clone(&one.root_keys), Arc::clone(&one.clock));
    let two = Setup { store: Some(store), root_keys, clock, ..Setup::default() };
    let stage = Stage::of(one);
    let (one, two) = (&stage.app, two.spawn());
    let like = &stage.tokens.access;
    let judge = |(id, key): &(String, SecretBytes)| {
        let token = by(one, like, id, key);
        [status(one, &token), status(&two, &token)]
    };
    let open = |id: &str| (id.to_owned(), private(one, id));
    let system = RequestContext::system();

    let first = open(token_part(like, 0)["kid"].as_str().unwrap());
    let next = one.keys.rotate(When::Ahead, &system).unwrap();
    let second = open(next.id.as_str());
    assert_eq!(judge(&second), [GOOD, BAD], "the other has not heard of it");
    two.keys.hear().unwrap();
    assert_eq!([judge(&first), judge(&second)], [[GOOD; 2]; 2], "current and next");

    one.clock.set(next.signs_from);
    assert_eq!(token_part(&two.token("alice"), 0)["kid"], next.id.as_str());
    assert_eq!([judge(&first), judge(&second)], [[GOOD; 2]; 2], "previous and current");
    let retires = next.signs_from.saturating_add(KEPT_AFTER);
    one.clock.set(retires.saturating_sub(Duration::from_micros(1)));
    assert_eq!(judge(&first), [GOOD; 2], "to its end");
    one.clock.set(retires);
    assert_eq!([judge(&first), judge(&second)], [[BAD; 2], [GOOD; 2]], "retired, and nobody had to be told");

    // An emergency: at once where it was said, and where it was heard.
    let third = one.keys.retire(&next.id, &system).unwrap().successor.unwrap();
    assert_eq!(judge(&second), [BAD, GOOD]);
    two.keys.hear().unwrap();
    assert_eq!([judge(&second), judge(&open(third.as_str()))], [[BAD; 2], [GOOD; 2]]);
    // J-11: the name of a key that is no more is no name, whoever signs under it.
    for gone in [&first.0, &second.0] {
        stage.refused(&by(one, like, gone, &open(third.as_str()).1));
        stage.refused(&by(one, like, gone, &second.1));
    }
    assert_eq!(one.session(&stage.tokens), stage.before);
}

/// No poll comes by itself: the first token of a new key is what makes the other instance ask.
#[test]
fn j35_the_first_token_of_a_new_key_passes_whichever_route_sees_it_first() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let one = Setup { store: Some(Arc::clone(&store)), ..Setup::default() };
    let (root_keys, clock) = (Arc::clone(&one.root_keys), Arc::clone(&one.clock));
    let never = Duration::from_secs(86_400);
    let worker = Some((Arc::clone(&store), WorkerSettings { poll: never, cleanup: never }));
    let two = Stage::of(Setup { store: Some(store), root_keys, clock, worker, ..Setup::default() });
    let one = one.spawn();
    one.register("bob");
    let fresh = || {
        one.keys.rotate(When::Now, &RequestContext::system()).unwrap();
        one.token("bob")
    };
    for (path, good) in [(FORWARD_AUTH, 204), (ME, 200)] {
        assert_eq!(two.get(path, &format!("Bearer {}", fresh())).status, good, "{path}");
    }
    assert_eq!(two.post("/oauth/introspect", &fresh()).json()["active"], true);
    let token = fresh();
    assert_eq!(two.post("/oauth/revoke", &token).status, 200);
    assert_eq!(status(&two.app, &token), BAD, "it was understood, and its session ended");
    two.unharmed();
}

/// How many tokens J-39 sends on one connection.
const MANY: usize = 10_000;

/// Tokens by keys that nobody has.
fn strangers(stage: &Stage) -> impl Fn(usize) -> String {
    let (header, claims) = (stage.header(), encode(stage.claims().to_string()));
    move |at: usize| {
        format!("{}.{claims}.{}", encode(with(header.clone(), "kid", format!("{at:043}")).to_string()), encode([7; 64]))
    }
}

fn request(path: &str, token: &str) -> Vec<u8> {
    head("GET", path, &[("Authorization", &format!("Bearer {token}"))], None)
}

#[test]
fn j39_ten_thousand_unknown_keys_ask_no_database_and_leave_no_trace() {
    let store = Cut::new(Arc::new(MemoryStore::new()));
    let stage = Stage::of(Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() });
    let stranger = strangers(&stage);
    is_refused(&stage.send(&request(FORWARD_AUTH, &stranger(MANY))), &stage.nonsense[0], "the first");
    let (runs, series) = (store.runs(), stage.app.metrics().lines().count());
    let mut connection = Connection::open(stage.app.address);
    for at in (0..MANY).step_by(100) {
        let many: Vec<u8> = (at..at + 100).flat_map(|at| request(FORWARD_AUTH, &stranger(at))).collect();
        connection.write(&many);
        for at in at..at + 100 {
            is_refused(&connection.read(), &stage.nonsense[0], &stranger(at));
        }
    }
    connection.write(&request(FORWARD_AUTH, &stage.tokens.access));
    assert_eq!(connection.read().status, 204);
    assert_eq!((store.runs(), stage.app.metrics().lines().count()), (runs, series));
    stage.unharmed();
}

/// A store that keeps whoever asks waiting while it is shut.
struct Gate {
    inner: Arc<dyn Store>,
    shut: Mutex<bool>,
    opened: Condvar,
    runs: AtomicUsize,
}

impl Gate {
    fn set(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.opened.notify_all();
    }
}

impl Store for Gate {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        drop(self.opened.wait_while(self.shut.lock().unwrap(), |shut| *shut).unwrap());
        self.inner.run(access, work)
    }
}

/// Each of these would like to hear of new keys. They wait for one round together, and nobody else waits.
#[test]
fn j39_many_unknown_keys_at_once_bring_about_two_hearings() {
    const CLIENTS: usize = 64;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (inner, shut, opened) = (Arc::clone(&store), Mutex::new(false), Condvar::new());
    let gate = Arc::new(Gate { inner, shut, opened, runs: AtomicUsize::new(0) });
    // No poll comes by itself.
    let never = Duration::from_secs(86_400);
    let worker = Some((Arc::clone(&gate) as _, WorkerSettings { poll: never, cleanup: never }));
    let stage = Stage::of(Setup { store: Some(store), worker, ..Setup::default() });
    let stranger = strangers(&stage);
    stage.refused(&stranger(CLIENTS));
    let before = gate.runs.load(Ordering::SeqCst);
    gate.set(true);
    let ask = |at: usize| {
        let mut connection = Connection::open(stage.app.address);
        connection.write(&request(FORWARD_AUTH, &stranger(at)));
        connection
    };
    let waiting: Vec<Connection> = (0..CLIENTS).map(ask).collect();
    assert_eq!(status(&stage.app, &stage.tokens.access), GOOD, "while they wait");
    for (at, mut connection) in waiting.into_iter().enumerate() {
        is_refused(&connection.read(), &stage.nonsense[0], &stranger(at));
    }
    gate.set(false);
    // It does what it was told before: with its end, all rounds have been.
    stage.app.stop_worker();
    let rounds = gate.runs.load(Ordering::SeqCst) - before;
    // The keys and the endings are read in each of two rounds; the removal of what is over may have begun late.
    assert!((2..=8).contains(&rounds), "{rounds} reads for {CLIENTS} requests");
    stage.unharmed();
}

/// The header is all that is read of a token whose key nobody has: no claim helps it.
#[test]
fn j39_an_unknown_key_is_refused_whatever_the_token_says() {
    let stage = Stage::with(Algorithm::Es256);
    for claims in [stage.claims(), with(stage.claims(), "exp", 0), json!({}), Value::Null] {
        let header = with(stage.header(), "kid", "nobody's");
        stage.refused(&stage.token(header.to_string(), claims.to_string()));
    }
    stage.unharmed();
}
