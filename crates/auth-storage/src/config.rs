//! What a store is opened with.

use std::time::Duration;

use auth_core::secret::Secret;

/// Where the data is and how patient the store is. [`StorageSettings::new`] gives the defaults; change single fields:
///
/// ```
/// use std::time::Duration;
/// use auth_storage::StorageSettings;
///
/// let mut settings = StorageSettings::new("sqlite://auth.db".to_owned());
/// settings.busy_timeout = Duration::from_secs(1);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StorageSettings {
    /// `sqlite:PATH` or `sqlite://PATH`, the path as it is, or `postgres://…` as libpq reads it. Secret, for it may hold
    /// a password.
    pub url: Secret,
    /// The most connections at once; on SQLite the most readers, beside the one writer. By default 8 on PostgreSQL (more
    /// were slower on the machine that it was measured on) and twice the cores on SQLite.
    pub pool_size: Option<u32>,
    /// How long to wait for a free connection.
    pub pool_timeout: Duration,
    /// SQLite: how long to wait for a lock that another process holds.
    pub busy_timeout: Duration,
    /// PostgreSQL: how long a statement may take, waiting for locks included.
    pub statement_timeout: Duration,
    /// SQLite: when a commit counts as written.
    pub synchronous: Synchronous,
}

impl StorageSettings {
    /// The defaults, for this URL.
    pub fn new(url: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            pool_size: None,
            // Longer than a healthy store ever takes, shorter than a client waits.
            pool_timeout: Duration::from_secs(2),
            busy_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            synchronous: Synchronous::Full,
        }
    }

    pub(crate) fn pool_size(&self, backend: Backend) -> u32 {
        let default = match backend {
            Backend::Postgres => 8,
            Backend::Sqlite => {
                let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
                u32::try_from(cores.saturating_mul(2)).unwrap_or(8)
            }
        };
        self.pool_size.unwrap_or(default).max(1)
    }
}

/// When SQLite takes a commit for written (`PRAGMA synchronous`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Synchronous {
    /// When it is on the disk. An ended session stays ended, whatever happens to the power.
    #[default]
    Full,
    /// When the operating system has it. A power cut may undo the last commits, and never damages the file.
    Normal,
}

impl Synchronous {
    /// The name in configurations, and SQLite's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }

    /// The inverse of [`Synchronous::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Full, Self::Normal].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// The database behind a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Backend {
    /// The name for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
