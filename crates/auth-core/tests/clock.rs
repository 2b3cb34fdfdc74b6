//! Invariant C: a use case asks the clock once, at its top. What is below is told `now`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_core::AuthService;
use auth_core::password::Password;
use auth_core::secret::Secret;
use auth_core::service::{
    Asker, Authority, EventFilter, ImportRecord, ImportSettings, ImportedUser, LogoutScope, PageRequest, UserChange,
};
use auth_core::testing::{CheapHasher, ManualClock};
use auth_core::time::{Clock, Timestamp};
use auth_core::token::SharedSecretTokens;
use auth_core::user::{AccountState, UserFilter};
use serde_json::json;
use support::{Bench, PASSWORD, context, create, login, register};

/// A clock that counts who asks, and moves on each time: whoever asks twice gets two answers.
#[derive(Default)]
struct CountingClock {
    standing: ManualClock,
    asked: AtomicUsize,
}

impl Clock for CountingClock {
    fn now(&self) -> Timestamp {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.standing.advance(std::time::Duration::from_micros(1));
        self.standing.now()
    }

    fn monotonic(&self) -> std::time::Duration {
        self.standing.monotonic()
    }
}

/// Runs one use case and says how often it asked.
struct Count {
    service: AuthService,
    clock: Arc<CountingClock>,
}

impl Count {
    fn new(bench: &Bench) -> Self {
        let clock = Arc::new(CountingClock::default());
        let tutorial = SharedSecretTokens::new(&Secret::new("kept out of the source, at least 32 bytes")).unwrap();
        let service = bench.builder().clock(Arc::clone(&clock) as _).accept_tutorial_tokens(tutorial);
        let service = service.revocation(std::time::Duration::from_secs(10));
        let service = service.build().unwrap();
        service.hear_endings().unwrap();
        Self { service, clock }
    }

    fn once<T>(&self, name: &str, use_case: impl FnOnce(&AuthService) -> T) -> T {
        self.clock.asked.store(0, Ordering::SeqCst);
        let answer = use_case(&self.service);
        assert_eq!(self.clock.asked.load(Ordering::SeqCst), 1, "{name}");
        answer
    }
}

fn imported(name: &str, number: i64) -> ImportedUser {
    let hash = CheapHasher::stale(&Password::new(PASSWORD));
    ImportedUser { legacy_id: Some(number), username: name.to_owned(), hash, created_at: None }
}

#[test]
fn a_use_case_asks_the_clock_once() {
    let bench = Bench::new();
    let count = Count::new(&bench);
    count.once("register", |service| register(service, "alice").unwrap());
    count.once("register, refused", |service| register(service, "alice").unwrap_err());
    count.once("create", |service| create(service, "bob").unwrap());
    count.service.import_user(&imported("old", 7), &context()).unwrap();
    let signed_in = count.once("login", |service| login(service, "alice", PASSWORD).unwrap());
    count.once("login, rehashed", |service| login(service, "old", PASSWORD).unwrap());
    count.once("login, refused", |service| login(service, "alice", "wrong password").unwrap_err());
    count.once("login, unknown", |service| login(service, "nobody", PASSWORD).unwrap_err());
    let token = signed_in.access_token;
    let caller = count.once("authenticate", |service| service.authenticate(token.expose()).unwrap());
    count.once("authenticate, refused", |service| service.authenticate("no token").unwrap_err());
    count.once("me", |service| service.me(&caller).unwrap());
    let refresh = signed_in.refresh_token;
    count.once("refresh", |service| service.refresh(refresh.expose(), &context()).unwrap());
    count.once("refresh, junk", |service| service.refresh("junk", &context()).unwrap_err());
    count.once("sessions", |service| service.sessions(&caller).unwrap());
    for asked in [&token, &refresh] {
        count.once("introspect", |service| service.introspect(asked.expose(), Asker::Caller(&caller)).unwrap());
    }
    count.once("introspect, junk", |service| service.introspect("junk", Asker::Trusted).unwrap());
    count.once("hear endings", |service| service.hear_endings().unwrap());
    count.once("forget", |service| service.forget_dead_sessions().unwrap());
    let (password, other) = (Password::new(PASSWORD), Password::new("qT8.zzu-41"));
    count.once("rename", |service| service.rename(&caller, "carol", &password, &context()).unwrap());
    count.once("change", |service| service.change_password(&caller, &password, &other, &context()).unwrap());
    count.once("revoke", |service| service.revoke("junk", &context()).unwrap());
    count.once("logout", |service| service.logout(&caller, LogoutScope::Others, &context()).unwrap());
    count.once("delete", |service| service.delete_account(&caller, &other, &context()).unwrap());
    administer(&count);
    let tutorial = SharedSecretTokens::new(&Secret::new("kept out of the source, at least 32 bytes")).unwrap();
    let token = tutorial.encode(&json!({"userId": 7, "username": "old"}), count.clock.now()).unwrap();
    count.once("authenticate, tutorial", |service| service.authenticate(token.expose()).unwrap());
    count.once("check an import", |service| service.check_import(&imported("other", 8)).unwrap());
}

/// A check ahead of a hash reads the same instant.
fn administer(count: &Count) {
    let (by, page) = (Authority::Operator, PageRequest::default());
    let id = count.once("create", |service| create(service, "dave").unwrap()).user.id;
    count.once("list", |service| service.list_users(by, &UserFilter::default(), page).unwrap());
    count.once("events", |service| service.list_events(by, &EventFilter::default(), page).unwrap());
    count.once("stats", |service| service.stats(by).unwrap());
    count.once("forget events", |service| service.forget_old_events().unwrap());
    count.once("set", |service| service.set_password(by, id, &Password::new(PASSWORD), &context()).unwrap());
    count.once("sessions of", |service| service.sessions_of(by, id).unwrap());
    count.once("unlock user", |service| service.unlock_user(by, id, &context()).unwrap());
    count.once("end sessions of", |service| service.end_sessions_of(by, id, &context()).unwrap());
    let disable = UserChange { state: Some(AccountState::Disabled), ..UserChange::default() };
    count.once("update", |service| service.update_user(by, id, &disable, &context()).unwrap());
    count.once("delete user", |service| service.delete_user(by, id, &context()).unwrap());
}

#[test]
fn an_import_asks_the_clock_once() {
    let bench = Bench::new();
    let count = Count::new(&bench);
    count.once("import", |service| service.import_user(&imported("alice", 7), &context()).unwrap());
    let (records, settings) = ([ImportRecord::named("bob"), ImportRecord::named("carol")], ImportSettings::default());
    count.once("import a batch", |service| service.import_batch(&records, settings, &context()).unwrap());
    count.once("import, taken", |service| service.import_user(&imported("alice", 7), &context()).unwrap());
}
