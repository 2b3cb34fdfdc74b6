//! What both examples share: the store, the keys, the service and its two lanes, under any framework.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use auth_core::AuthService;
use auth_core::entropy::SystemEntropy;
use auth_core::lane::{Lane, LaneError, LaneSettings};
use auth_core::password::{Argon2Hasher, Argon2Params, Password};
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{AuthenticateError, KeySettings, LoginError, RegisterError, ServiceSettings, SigningKeys};
use auth_core::token::{Algorithm, Jwt, TokenPolicy};
use auth_storage::StorageSettings;
use serde::{Deserialize, Deserializer};

const ISSUER: &str = "http://localhost:3000";
/// An ended session opens nothing after so long; nothing at all opens anything, where the store was not heard for so long.
const REVOCATION_BOUND: Duration = Duration::from_secs(10);

/// The use cases, and the threads that they run on.
pub(crate) struct Auth {
    service: Arc<AuthService>,
    hashing: Lane,
    database: Lane,
}

impl Auth {
    /// Opens the database that `DATABASE_URL` names, under the root keys in `ROOT_KEYS` (`id:base64`, 32 bytes).
    /// Without either it is a demonstration: a fresh file in the temporary folder, under a key that nobody keeps.
    pub(crate) fn open() -> Result<Self, Box<dyn Error>> {
        let (url, root_keys) = match (std::env::var("DATABASE_URL"), std::env::var("ROOT_KEYS")) {
            (Ok(url), Ok(keys)) => (url, RootKeyRing::parse(&Secret::new(keys))?),
            (Err(_), Err(_)) => demonstration()?,
            _ => return Err("set both DATABASE_URL and ROOT_KEYS, or neither".into()),
        };
        Self::with(&url, root_keys)
    }

    // README begin
    fn with(url: &str, root_keys: RootKeyRing) -> Result<Self, Box<dyn Error>> {
        let store = Arc::new(auth_storage::open(StorageSettings::new(url))?);
        store.migrate()?;
        let root_keys = Arc::new(root_keys);
        let settings = KeySettings::new(Algorithm::Es256);
        let keys = SigningKeys::new(Arc::clone(&store) as _, Arc::clone(&root_keys), settings);
        keys.open()?;
        let policy = TokenPolicy::new(ISSUER, ISSUER);
        let cores = std::thread::available_parallelism()?;
        let hasher = Argon2Hasher::new(Argon2Params::default(), cores.get(), Arc::new(SystemEntropy))?;
        let connections = NonZeroUsize::new(store.connections().try_into()?).unwrap_or(NonZeroUsize::MIN);
        let service = AuthService::builder()
            .store(store)
            .hasher(Arc::new(hasher))
            .tokens(Arc::new(Jwt::new(keys.current(), policy)))
            .root_keys(root_keys)
            .revocation(REVOCATION_BOUND)
            .settings(ServiceSettings::new(ISSUER))
            .build()?;
        let service = Arc::new(service);
        service.hear_endings()?;
        let hearing = Arc::clone(&service);
        // What it does not hear for longer than the bound is refused by itself.
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let _ = keys.hear().and_then(|_| hearing.hear_endings());
            }
        });
        Ok(Self {
            service,
            hashing: Lane::start(LaneSettings { low_priority: true, ..LaneSettings::new("hash", cores) })?,
            database: Lane::start(LaneSettings { queue_limit: 1_000, ..LaneSettings::new("db", connections) })?,
        })
    }
    // README end

    /// Runs a use case that hashes.
    pub(crate) async fn hash<T, E>(
        &self,
        work: impl FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refused>
    where
        T: Send + 'static,
        E: Into<Refused> + Send + 'static,
    {
        hop(&self.hashing, &self.service, work).await
    }

    /// Runs a use case that only asks the database.
    pub(crate) async fn query<T, E>(
        &self,
        work: impl FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refused>
    where
        T: Send + 'static,
        E: Into<Refused> + Send + 'static,
    {
        hop(&self.database, &self.service, work).await
    }

    /// Whoever bears the token of an `Authorization` header. A signature costs no hop and no query.
    pub(crate) fn bearer(&self, header: Option<&[u8]>) -> Result<auth_core::service::Caller, Refused> {
        let token = header.and_then(|header| std::str::from_utf8(header).ok()?.strip_prefix("Bearer "));
        Ok(self.service.authenticate(token.ok_or(Refused(401, "a bearer token is needed"))?)?)
    }
}

async fn hop<T, E>(
    lane: &Lane,
    service: &Arc<AuthService>,
    work: impl FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
) -> Result<T, Refused>
where
    T: Send + 'static,
    E: Into<Refused> + Send + 'static,
{
    let service = Arc::clone(service);
    lane.submit(move || work(&service))?.await?.map_err(Into::into)
}

#[expect(clippy::print_stderr, reason = "an example")]
fn demonstration() -> Result<(String, RootKeyRing), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("auth-demo-{}", std::process::id()));
    let url = format!("sqlite://{}", folder.join("auth.db").display());
    eprintln!("a demonstration: {url}, under a root key that is lost at the end");
    Ok((url, RootKeyRing::generate(&SystemEntropy)?))
}

/// A name and a password, as somebody sends them.
#[derive(Deserialize)]
pub(crate) struct Entry {
    pub(crate) username: String,
    #[serde(deserialize_with = "password")]
    pub(crate) password: Password,
}

fn password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Password, D::Error> {
    String::deserialize(deserializer).map(Password::new)
}

/// An answer other than success: a status, and what to say.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) u16, pub(crate) &'static str);

impl From<LaneError> for Refused {
    fn from(error: LaneError) -> Self {
        match error {
            LaneError::Full | LaneError::TimedOut | LaneError::Stopped => Self(503, "busy"),
            LaneError::Panicked => Self(500, "failed"),
        }
    }
}

impl From<RegisterError> for Refused {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Closed => Self(403, "registration is closed"),
            RegisterError::Invalid { .. } => Self(422, "the name or the password cannot be used"),
            RegisterError::UsernameTaken => Self(409, "the name is taken"),
            RegisterError::Throttled(_) => Self(429, "too many attempts"),
            RegisterError::Unavailable(_) => Self(503, "unavailable"),
            RegisterError::Internal(_) => Self(500, "failed"),
        }
    }
}

impl From<LoginError> for Refused {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Self(401, "the name or the password is wrong"),
            LoginError::AccountDisabled => Self(403, "the account is disabled"),
            LoginError::Throttled(_) => Self(429, "too many attempts"),
            LoginError::Unavailable(_) => Self(503, "unavailable"),
            LoginError::Internal(_) => Self(500, "failed"),
        }
    }
}

impl From<AuthenticateError> for Refused {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid(_) => Self(401, "the token is not valid"),
            AuthenticateError::Unavailable(_) => Self(503, "unavailable"),
            AuthenticateError::Internal(_) => Self(500, "failed"),
        }
    }
}
