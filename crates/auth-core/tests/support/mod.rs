//! A service over fakes, and what the tests ask of it.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses its part")]

use std::sync::Arc;

use auth_core::audit::{Actor, AuditEvent};
use auth_core::password::{Password, PasswordHasher};
use auth_core::role::Role;
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{
    AdminError, AuthService, AuthServiceBuilder, Authority, Credentials, LoginError, LoginOutcome, ManagedUser,
    NewUser, RegisterError, Registration, RequestContext, ServiceSettings, SignedIn,
};
use auth_core::testing::{CheapHasher, CountingEntropy, FaultyStore, ManualClock, MemoryStore};
use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
use auth_core::user::User;
use auth_core::{Store, StoreError, StoreExt};

pub const PASSWORD: &str = "vM3-kpq0z";
pub const ISSUER: &str = "https://auth.example";

pub struct Bench {
    pub memory: Arc<dyn Store>,
    pub store: Arc<FaultyStore>,
    pub hasher: Arc<CheapHasher>,
    pub clock: Arc<ManualClock>,
    pub entropy: Arc<CountingEntropy>,
    pub tokens: Arc<Jwt>,
    pub root_keys: Arc<RootKeyRing>,
}

impl Bench {
    pub fn new() -> Self {
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let entropy = Arc::new(CountingEntropy::default());
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let policy = TokenPolicy::new(ISSUER, ISSUER);
        Self {
            store: Arc::new(FaultyStore::new(Arc::clone(&memory))),
            memory,
            hasher: Arc::new(CheapHasher::new()),
            clock: Arc::new(ManualClock::default()),
            root_keys: Arc::new(RootKeyRing::generate(entropy.as_ref()).unwrap()),
            entropy,
            tokens: Arc::new(Jwt::new(KeyRing::new(key), policy)),
        }
    }

    pub fn builder(&self) -> AuthServiceBuilder {
        AuthService::builder()
            .store(Arc::clone(&self.store) as _)
            .hasher(Arc::clone(&self.hasher) as _)
            .tokens(Arc::clone(&self.tokens))
            .root_keys(Arc::clone(&self.root_keys))
            .clock(Arc::clone(&self.clock) as _)
            .entropy(Arc::clone(&self.entropy) as _)
            .settings(ServiceSettings::new(ISSUER))
    }

    pub fn service(&self) -> AuthService {
        self.builder().build().unwrap()
    }

    pub fn with_hasher(&self, hasher: Arc<dyn PasswordHasher>) -> AuthService {
        self.builder().hasher(hasher).build().unwrap()
    }

    /// The latest events first.
    pub fn events(&self) -> Vec<AuditEvent> {
        let records = self.memory.read(|tx| tx.audit().list(None, 1_000)).unwrap();
        records.into_iter().map(|record| record.event).collect()
    }

    pub fn sessions_of(&self, user: &User) -> usize {
        self.memory
            .read(|tx| {
                tx.sessions().live(user.id, auth_core::time::Timestamp::EPOCH, auth_core::time::Timestamp::EPOCH)
            })
            .unwrap()
            .len()
    }
}

pub fn context() -> RequestContext {
    RequestContext {
        ip: Some("192.0.2.7".parse().unwrap()),
        address: None,
        user_agent: Some("curl/8".to_owned()),
        request_id: Some("req-1".to_owned()),
        actor: auth_core::audit::Actor::Client,
    }
}

pub fn register(service: &AuthService, name: &str) -> Result<User, RegisterError> {
    let registration = Registration { username: name.to_owned(), password: Password::new(PASSWORD) };
    service.register(registration, &context())
}

/// By the operator, without roles.
pub fn create(service: &AuthService, name: &str) -> Result<ManagedUser, AdminError> {
    create_with(service, name, &[])
}

/// By the operator, with these roles.
pub fn create_with(service: &AuthService, name: &str, roles: &[Role]) -> Result<ManagedUser, AdminError> {
    let password = Some(Password::new(PASSWORD));
    let new = NewUser { username: name.to_owned(), password, roles: roles.to_vec() };
    service.create_user(Authority::Operator, new, &RequestContext::of(Actor::Command("root".to_owned())))
}

pub fn login(service: &AuthService, name: &str, password: &str) -> Result<SignedIn, LoginError> {
    let credentials = Credentials::new(name, Password::new(password));
    service.login(credentials, &context()).map(|LoginOutcome::SignedIn(signed_in)| signed_in)
}

pub fn write<T>(
    store: &Arc<dyn Store>,
    work: impl FnMut(&mut dyn auth_core::store::Transaction) -> Result<T, StoreError>,
) -> T {
    store.write(work).unwrap()
}
