//! How a service is put together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{AuthService, ServiceSettings};
use crate::attempts::{Ledger, Refusals};
use crate::entropy::{Entropy, SystemEntropy};
use crate::password::PasswordHasher;
use crate::root_keys::RootKeyRing;
use crate::session::EndedSessions;
use crate::store::Store;
use crate::time::{Clock, SystemClock};
use crate::token::{MAX_ACCESS_TTL, SharedSecretTokens, TokenSigner, TokenVerifier};

/// Collects the parts of an [`AuthService`]. Clock and randomness are the system's unless told otherwise.
#[derive(Default)]
pub struct AuthServiceBuilder {
    store: Option<Arc<dyn Store>>,
    hasher: Option<Arc<dyn PasswordHasher>>,
    signer: Option<Arc<dyn TokenSigner>>,
    verifier: Option<Arc<dyn TokenVerifier>>,
    root_keys: Option<Arc<RootKeyRing>>,
    clock: Option<Arc<dyn Clock>>,
    entropy: Option<Arc<dyn Entropy>>,
    tutorial: Option<SharedSecretTokens>,
    revocation_bound: Option<Duration>,
    settings: Option<ServiceSettings>,
}

/// A service cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A part is missing: call the builder's method of this name.
    #[error("the service has no `{0}`")]
    Missing(&'static str),
    /// Access tokens would live longer than a day, or not at all: a verifier refuses them.
    #[error("access tokens live from one second to 24 hours")]
    AccessTtl,
    /// A session would end before its first token.
    #[error("sessions live for at least one second")]
    SessionTtl,
    /// No session could be made.
    #[error("at least one session an account")]
    MaxSessions,
    /// Nobody could sign in, or more guesses would be free than NIST SP 800-63B-4, section 3.2.2, allows.
    #[error("limits are above zero, and failures in a row at most 100")]
    Limits,
}

impl AuthService {
    /// Starts a service.
    pub fn builder() -> AuthServiceBuilder {
        AuthServiceBuilder::default()
    }
}

impl AuthServiceBuilder {
    /// Where everything is kept.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// How passwords are hashed.
    #[must_use]
    pub fn hasher(mut self, hasher: Arc<dyn PasswordHasher>) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// Who signs and verifies tokens.
    #[must_use]
    pub fn tokens<T: TokenSigner + TokenVerifier + 'static>(mut self, tokens: Arc<T>) -> Self {
        self.signer = Some(Arc::clone(&tokens) as _);
        self.verifier = Some(tokens);
        self
    }

    /// The root key ring that sessions are born under.
    #[must_use]
    pub fn root_keys(mut self, ring: Arc<RootKeyRing>) -> Self {
        self.root_keys = Some(ring);
        self
    }

    /// Who tells the time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Who gives random bytes.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = Some(entropy);
        self
    }

    /// Accepts the tokens of the tutorial's own app as well (`token.accept_tutorial_tokens`).
    #[must_use]
    pub fn accept_tutorial_tokens(mut self, tokens: SharedSecretTokens) -> Self {
        self.tutorial = Some(tokens);
        self
    }

    /// Holds every token against the endings of sessions, which must then be heard: call [`AuthService::hear_endings`] at
    /// start and every second or so. Knowledge older than `bound` is not believed, and tokens are refused as
    /// [`super::AuthenticateError::Unavailable`] until it is renewed. Without this, `authenticate` learns of an ended
    /// session when its token expires; the use cases that read the session learn of it at once.
    #[must_use]
    pub fn revocation(mut self, bound: Duration) -> Self {
        self.revocation_bound = Some(bound);
        self
    }

    /// Issuer, limits and policies.
    #[must_use]
    pub fn settings(mut self, settings: ServiceSettings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Puts the service together.
    ///
    /// # Errors
    /// [`BuildError`] names what is missing or out of its range.
    pub fn build(self) -> Result<AuthService, BuildError> {
        let settings = self.settings.ok_or(BuildError::Missing("settings"))?;
        if settings.access_ttl > MAX_ACCESS_TTL || settings.access_ttl.as_secs() == 0 {
            return Err(BuildError::AccessTtl);
        }
        if settings.session_ttl.as_secs() == 0 || settings.session_idle.as_secs() == 0 {
            return Err(BuildError::SessionTtl);
        }
        if settings.max_sessions == 0 {
            return Err(BuildError::MaxSessions);
        }
        if !settings.limits.are_sound() {
            return Err(BuildError::Limits);
        }
        Ok(AuthService {
            store: self.store.ok_or(BuildError::Missing("store"))?,
            hasher: self.hasher.ok_or(BuildError::Missing("hasher"))?,
            signer: self.signer.ok_or(BuildError::Missing("tokens"))?,
            verifier: self.verifier.ok_or(BuildError::Missing("tokens"))?,
            root_keys: self.root_keys.ok_or(BuildError::Missing("root_keys"))?,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            entropy: self.entropy.unwrap_or_else(|| Arc::new(SystemEntropy)),
            tutorial: self.tutorial,
            ended: self.revocation_bound.map(EndedSessions::new),
            refusals: Refusals::default(),
            refused: Ledger::default(),
            decoys: super::decoys::Decoys::default(),
            settings,
        })
    }
}

impl fmt::Debug for AuthServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthServiceBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
