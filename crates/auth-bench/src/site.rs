//! A throw-away database, filled, and the server on it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use auth_core::entropy::{Entropy as _, SystemEntropy};
use auth_core::password::{Argon2Hasher, Argon2Params, Password, PasswordHasher as _};
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{KeySettings, SigningKeys};
use auth_core::token::Algorithm;
use auth_storage::testing::{PostgresServer, SqliteFile, TestDatabase};
use auth_storage::{Backend, DieselStore, StorageSettings};
use base64ct::{Base64, Encoding as _};

use crate::Fallible;
use crate::fill::{Filling, fill};
use crate::process::Process;
use crate::request::PASSWORD;

/// `iss` and `aud` of all tokens.
pub(crate) const ISSUER: &str = "https://bench.example";
/// A database in a folder, or on a server, that goes with it.
#[derive(Debug)]
enum Place {
    Sqlite(SqliteFile),
    Postgres(TestDatabase),
}

/// A database and what opens it.
#[derive(Debug)]
pub(crate) struct Site {
    place: Place,
    pub(crate) ring: RootKeyRing,
    /// What HS256 signs with, where it does.
    pub(crate) shared_secret: Secret,
}

impl Site {
    /// An empty database with its schema.
    ///
    /// # Errors
    /// Where there is no room or no server for it.
    pub(crate) fn new(backend: Backend) -> Fallible<Self> {
        let place = match backend {
            Backend::Sqlite => Place::Sqlite(SqliteFile::new()?),
            Backend::Postgres => Place::Postgres(PostgresServer::shared()?.create_database()?),
        };
        let mut secret = [0; 48];
        SystemEntropy.fill(&mut secret)?;
        let shared_secret = Secret::new(Base64::encode_string(&secret));
        let site = Self { place, ring: RootKeyRing::generate(&SystemEntropy)?, shared_secret };
        site.open()?.migrate()?;
        Ok(site)
    }

    /// One with accounts that can sign in.
    ///
    /// # Errors
    /// As [`Site::new`].
    pub(crate) fn with_users(backend: Backend, users: usize) -> Fallible<Self> {
        let site = Self::new(backend)?;
        let hasher = Argon2Hasher::new(Argon2Params::default(), 1, Arc::new(SystemEntropy))?;
        let hash = hasher.hash(&Password::new(PASSWORD))?;
        site.fill(users, hash.expose(), 0)?;
        Ok(site)
    }

    /// Adds accounts and ended sessions, once.
    ///
    /// # Errors
    /// The database's refusal.
    pub(crate) fn fill(&self, users: usize, hash: &str, ended: usize) -> Fallible<()> {
        fill(self.backend(), &self.url(), Filling { users, hash, ended, root_key: self.ring.active() })
    }

    fn backend(&self) -> Backend {
        match self.place {
            Place::Sqlite(_) => Backend::Sqlite,
            Place::Postgres(_) => Backend::Postgres,
        }
    }

    fn url(&self) -> String {
        match &self.place {
            Place::Sqlite(file) => file.url(),
            Place::Postgres(database) => database.url().to_owned(),
        }
    }

    /// The database as a store.
    ///
    /// # Errors
    /// Where it does not open.
    pub(crate) fn open(&self) -> Fallible<DieselStore> {
        let mut settings = StorageSettings::new(self.url());
        settings.statement_timeout = Duration::from_secs(60);
        Ok(auth_storage::open(settings)?)
    }

    /// The keys that the server on this database signs with; made, where there are none.
    ///
    /// # Errors
    /// Where they do not open.
    pub(crate) fn keys(&self, algorithm: Algorithm) -> Fallible<SigningKeys> {
        let shared_secret = (algorithm == Algorithm::Hs256).then(|| self.shared_secret.clone());
        let settings = KeySettings { shared_secret, ..KeySettings::new(algorithm) };
        let keys = SigningKeys::new(Arc::new(self.open()?), Arc::new(self.ring.clone()), settings);
        keys.open()?;
        Ok(keys)
    }

    /// Starts the server: with its defaults, but for what a throw-away one cannot do without. Its log, at its default
    /// level, goes nowhere.
    ///
    /// # Errors
    /// Where it does not start.
    pub(crate) fn serve(
        &self,
        program: &Path,
        algorithm: Algorithm,
        environment: &[(&str, &str)],
    ) -> Fallible<Process> {
        Process::start(self.command(program, algorithm, environment))
    }

    /// The command that [`Site::serve`] runs.
    pub(crate) fn command(&self, program: &Path, algorithm: Algorithm, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("AUTH_SERVER_PORT", "0")
            // All load comes from this machine.
            .env("AUTH_LIMITS_EXEMPT", "127.0.0.0/8")
            .env("AUTH_DATABASE_URL", self.url())
            .env("AUTH_SECRETS_KEYS", self.ring.to_text().expose())
            .env("AUTH_TOKEN_ISSUER", ISSUER)
            .env("AUTH_TOKEN_AUDIENCE", ISSUER)
            .stderr(Stdio::null());
        if algorithm == Algorithm::Hs256 {
            command.env("AUTH_TOKEN_HS256_SECRET", self.shared_secret.expose());
        }
        command.envs(environment.iter().copied());
        command
    }
}

#[cfg(test)]
mod tests {
    use auth_core::StoreExt as _;
    use auth_core::user::CanonicalName;

    use super::*;
    use crate::request::username;

    #[test]
    fn a_filled_file_has_the_accounts_and_the_endings_that_were_asked_for() {
        let site = Site::new(Backend::Sqlite).unwrap();
        site.fill(3, "$cheap$", 7).unwrap();
        assert_filled(&site);
    }

    #[test]
    #[cfg_attr(
        not(postgres),
        ignore = "no PostgreSQL server binaries found (PATH, pg_config --bindir, \
        /usr/lib/postgresql/*/bin) and no TEST_POSTGRES_URL"
    )]
    fn a_filled_database_has_the_accounts_and_the_endings_that_were_asked_for() {
        let site = Site::new(Backend::Postgres).unwrap();
        site.fill(3, "$cheap$", 7).unwrap();
        assert_filled(&site);
    }

    fn assert_filled(site: &Site) {
        let store = site.open().unwrap();
        let hashes: Vec<_> = (0..5)
            .map(|number| {
                let name = CanonicalName::of(&username(number));
                let user = store.read(|tx| tx.users().by_name(&name)).unwrap();
                user.and_then(|user| store.read(|tx| tx.passwords().get(user.id)).unwrap())
                    .map(|stored| stored.hash.expose().to_owned())
            })
            .collect();
        let hash = Some("$cheap$".to_owned());
        assert_eq!(hashes, [None, hash.clone(), hash.clone(), hash, None]);
        let endings = store.read(|tx| tx.sessions().endings(0, 100)).unwrap();
        assert_eq!((endings.counter, endings.endings.len()), (7, 7));
        assert_eq!(endings.endings.iter().map(|ending| ending.seq).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
        let session = endings.endings[0].session;
        let session = store.read(|tx| tx.sessions().by_id(session)).unwrap().unwrap();
        assert!(session.ended.is_some() && site.ring.contains(&session.root_key));
    }
}
