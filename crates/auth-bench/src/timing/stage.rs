//! Accounts in every state, and sign-ins that are refused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::attempts::LimitSettings;
use auth_core::audit::Actor;
use auth_core::entropy::SystemEntropy;
use auth_core::id::UserId;
use auth_core::password::{Argon2Params, DecoyPlan, HashClass, Password, PasswordHash, PasswordHasher};
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{AuthService, Credentials, LoginError, RequestContext, ServiceSettings};
use auth_core::testing::MemoryStore;
use auth_core::time::{Clock as _, SystemClock};
use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
use auth_core::user::{AccountState, CanonicalName, User, Username};
use auth_core::{Store, StoreError, StoreExt as _};
use clap::ValueEnum;

use super::pairs::Pairs;
use crate::Fallible;

/// A state of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Arm {
    Active,
    Unknown,
    Disabled,
    Passwordless,
    OtherCost,
    Imported,
    TooLong,
}

impl Arm {
    pub(super) const ALL: [Self; 7] = [
        Self::Active,
        Self::Unknown,
        Self::Disabled,
        Self::Passwordless,
        Self::OtherCost,
        Self::Imported,
        Self::TooLong,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Active => "active, wrong password",
            Self::Unknown => "unknown (the control)",
            Self::Disabled => "disabled",
            Self::Passwordless => "without a password",
            Self::OtherCost => "Argon2id of another cost",
            Self::Imported => "imported, bcrypt of cost 10",
            Self::TooLong => "active, password too long",
        }
    }

    /// The class of its hash; none where it has no hash.
    fn class(self) -> Option<HashClass> {
        match self {
            Self::Active | Self::Disabled | Self::TooLong => Some(Argon2Params::default().class()),
            Self::OtherCost => HashClass::parse("argon2id$v=19$m=12288,t=3,p=1"),
            Self::Imported => HashClass::parse("bcrypt$10"),
            Self::Unknown | Self::Passwordless => None,
        }
    }

    fn password(self) -> Password {
        match self {
            Self::TooLong => Password::new("x".repeat(5_000)),
            _ => Password::new("wrong horse battery"),
        }
    }
}

/// A service with accounts of every state. Each name is used once, so that no limit on guessing is ever met.
pub(super) struct Stage {
    service: AuthService,
    plan: DecoyPlan,
    pairs: usize,
}

impl Stage {
    pub(super) fn new(hasher: Arc<dyn PasswordHasher>, pairs: usize) -> Fallible<Self> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let issuer = "https://auth.bench".to_owned();
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).map_err(|error| error.to_string())?;
        let tokens = Jwt::new(KeyRing::new(key), TokenPolicy::new(issuer.clone(), issuer.clone()));
        let service = AuthService::builder()
            .store(Arc::clone(&store))
            .hasher(hasher)
            .tokens(Arc::new(tokens))
            .root_keys(Arc::new(RootKeyRing::generate(&SystemEntropy)?))
            // The same account is signed in to more often than anybody may.
            .settings(ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new(issuer) })
            .build()?;
        fill(store.as_ref(), pairs)?;
        service.count_hashes()?;
        let text = store.read(|tx| tx.passwords().decoy_plan())?;
        let plan = DecoyPlan::parse(&text).ok_or("the service made no plan")?;
        Ok(Self { service, plan, pairs })
    }

    /// In turn, and in turn who is first.
    pub(super) fn measure(&self, arm: Arm) -> Fallible<Pairs> {
        let mut unknown = (0_u32..).map(|number| format!("nobody{number}"));
        let mut found = Pairs::default();
        for number in 0..self.pairs {
            let own = match arm {
                Arm::Unknown => format!("somebody{number}"),
                _ => name(arm, number),
            };
            let class = self.class(arm, &own);
            let other = unknown.find(|name| self.class(Arm::Unknown, name) == class).ok_or("no name is left")?;
            // A password that is too long is held against one that is not: to refuse it sooner would be to say so.
            let password = if arm == Arm::TooLong { Arm::Active.password() } else { arm.password() };
            let (first, second) = if number % 2 == 0 {
                let own = self.refused(&own, arm.password())?;
                (own, self.refused(&other, password)?)
            } else {
                let other = self.refused(&other, password)?;
                (self.refused(&own, arm.password())?, other)
            };
            found.push(first, second);
        }
        Ok(found)
    }

    /// What a check of this name costs.
    fn class(&self, arm: Arm, name: &str) -> Option<HashClass> {
        let present = Argon2Params::default().class();
        arm.class().or_else(|| self.plan.class_of(&CanonicalName::of(name)).or(Some(present)))
    }

    fn refused(&self, name: &str, password: Password) -> Fallible<Duration> {
        let credentials = Credentials::new(name, password);
        let context = RequestContext::of(Actor::Client);
        let since = Instant::now();
        let done = self.service.login(credentials, &context);
        let took = since.elapsed();
        match done {
            Err(LoginError::InvalidCredentials) => Ok(took),
            other => Err(format!("{name} was answered {:?}", other.map(drop)).into()),
        }
    }
}

fn name(arm: Arm, number: usize) -> String {
    format!("{arm:?}-{number}").to_lowercase()
}

/// So many accounts of each state, each under a hash that is nobody's.
fn fill(store: &dyn Store, pairs: usize) -> Fallible<()> {
    let mut accounts = Vec::new();
    for arm in Arm::ALL.into_iter().filter(|arm| *arm != Arm::Unknown) {
        let hash = arm.class().map(|class| PasswordHash::decoy(class, &SystemEntropy)).transpose()?;
        let hash = hash.map(|hash| PasswordHash::new(hash.expose()));
        for number in 0..pairs {
            let now = SystemClock.now();
            let state = if arm == Arm::Disabled { AccountState::Disabled } else { AccountState::Active };
            let user = User {
                id: UserId::mint(now, &SystemEntropy)?,
                name: Username::imported(&name(arm, number)).ok_or("no name")?,
                state,
                legacy_id: None,
                credential_version: 1,
                created_at: now,
                updated_at: now,
            };
            accounts.push((user, hash.clone()));
        }
    }
    store.write(|tx| {
        for (user, hash) in &accounts {
            let _ = tx.users().insert(user)?;
            if let Some(hash) = hash {
                tx.passwords().insert(user.id, hash, user.created_at)?;
            }
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}
