//! A thousand rounds on each database of refresh and sign-in racing sign-out, revocation, disabling and a change of
//! password: nothing lives after the ending was answered.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use auth_core::audit::Actor;
use auth_core::entropy::SystemEntropy;
use auth_core::password::Password;
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{
    AuthService, Caller, Credentials, LoginOutcome, LogoutScope, Registration, RequestContext, ServiceSettings,
    SignedIn,
};
use auth_core::session::EndReason;
use auth_core::testing::{CheapHasher, ManualClock};
use auth_core::time::Clock;
use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
use auth_core::user::AccountState;
use auth_core::{StoreError, StoreExt};
use auth_storage::{Backend, DieselStore};

const ROUNDS: usize = 1_000;
const OLD: &str = "vM3-kpq0z";
const NEW: &str = "qT8.zzu-41";

/// What ends sessions.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Logout,
    Revoke,
    Disable,
    ChangePassword,
}

struct Bench {
    store: DieselStore,
    service: AuthService,
    clock: Arc<ManualClock>,
}

fn context() -> RequestContext {
    RequestContext::of(Actor::Client)
}

impl Bench {
    fn on(database: &common::Database) -> Self {
        let (store, clock) = (database.open(), Arc::new(ManualClock::default()));
        let issuer = "https://auth.example".to_owned();
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let policy = TokenPolicy::new(issuer.clone(), issuer.clone());
        let service = AuthService::builder()
            .store(Arc::new(store.clone()))
            .hasher(Arc::new(CheapHasher::new()))
            .tokens(Arc::new(Jwt::new(KeyRing::new(key), policy)))
            .root_keys(Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap()))
            .clock(Arc::clone(&clock) as _)
            .revocation(Duration::from_secs(10))
            .settings(ServiceSettings::new(issuer))
            .build()
            .unwrap();
        service.hear_endings().unwrap();
        Self { store, service, clock }
    }

    fn login(&self, name: &str, password: &str) -> Option<SignedIn> {
        let credentials = Credentials::new(name, Password::new(password));
        self.service.login(credentials, &context()).ok().map(|LoginOutcome::SignedIn(signed_in)| signed_in)
    }

    /// Ends the session of `caller` (or all of the account) in one of the ways.
    fn end(&self, ending: Ending, caller: &Caller, victim: &SignedIn) {
        match ending {
            Ending::Logout => self.service.logout(caller, LogoutScope::Global, &context()).unwrap(),
            Ending::Revoke => self.service.revoke(victim.refresh_token.expose(), &context()).unwrap(),
            Ending::ChangePassword => {
                let (old, new) = (Password::new(OLD), Password::new(NEW));
                self.service.change_password(caller, &old, &new, &context()).unwrap();
            }
            Ending::Disable => {
                let now = self.clock.now();
                let disabled = self.store.write(|tx| {
                    tx.users().lock(caller.user)?;
                    tx.users().set_state(caller.user, AccountState::Disabled, now)?;
                    tx.sessions().end_all(caller.user, None, EndReason::Revoked, now)
                });
                disabled.map(drop).unwrap();
                // Done past the service, as another instance does it.
                self.service.hear_endings().unwrap();
            }
        }
    }

    fn lives(&self, signed_in: &SignedIn) -> bool {
        let refreshed = self.service.refresh(signed_in.refresh_token.expose(), &context()).is_ok();
        let row = self.store.read(|tx| tx.sessions().by_id(signed_in.session)).unwrap().unwrap();
        refreshed || row.ended.is_none()
    }

    fn round(&self, round: usize) {
        let name = format!("user-{round}");
        let registration = Registration { username: name.clone(), password: Password::new(OLD) };
        self.service.register(registration, &context()).unwrap();
        let (own, victim) = (self.login(&name, OLD).unwrap(), self.login(&name, OLD).unwrap());
        let caller = self.service.authenticate(own.access_token.expose()).unwrap();
        let ending = [Ending::Logout, Ending::Revoke, Ending::Disable, Ending::ChangePassword][round % 4];
        let (refreshed, signed_in) = std::thread::scope(|scope| {
            let refreshed = scope.spawn(|| self.service.refresh(victim.refresh_token.expose(), &context()).ok());
            let signed_in = scope.spawn(|| self.login(&name, OLD));
            self.end(ending, &caller, &victim);
            (refreshed.join().unwrap(), signed_in.join().unwrap())
        });
        assert!(!self.lives(&victim), "round {round}: {ending:?} was answered");
        if let Some(token) = &refreshed {
            assert!(!self.lives(token), "round {round}: a refresh outlived {ending:?}");
            assert!(self.service.authenticate(token.access_token.expose()).is_err(), "round {round}: {ending:?}");
        }
        match (ending, signed_in) {
            // The account goes on: a sign-in that came later is nobody's mistake.
            (Ending::Logout | Ending::Revoke, _) | (_, None) => {}
            (Ending::Disable | Ending::ChangePassword, Some(token)) => {
                assert!(!self.lives(&token), "round {round}: a sign-in outlived {ending:?}");
            }
        }
        let live = self.store.read(|tx| {
            let now = self.clock.now();
            Ok::<_, StoreError>(tx.sessions().live(caller.user, now, auth_core::time::Timestamp::EPOCH)?.len())
        });
        let most = match ending {
            Ending::Disable => 0,
            Ending::ChangePassword | Ending::Logout => 1,
            Ending::Revoke => 2,
        };
        assert!(live.unwrap() <= most, "round {round}: {ending:?}");
    }
}

fn a_thousand_rounds(backend: Backend) {
    let database = common::Database::migrated(backend);
    let bench = Bench::on(&database);
    for round in 0..ROUNDS {
        bench.round(round);
    }
}

#[test]
fn nothing_lives_after_its_end_on_sqlite() {
    a_thousand_rounds(Backend::Sqlite);
}

#[cfg_attr(
    not(postgres),
    ignore = "no PostgreSQL server binaries found (PATH, pg_config --bindir, /usr/lib/postgresql/*/bin) and no TEST_POSTGRES_URL"
)]
#[test]
fn nothing_lives_after_its_end_on_postgresql() {
    a_thousand_rounds(Backend::Postgres);
}
