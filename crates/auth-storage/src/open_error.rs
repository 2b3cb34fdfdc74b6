//! Why a store could not be opened, for whoever starts it: the cause and the remedy.

use std::path::{Path, PathBuf};

use crate::config::Backend;
use crate::url::UrlFault;

/// Why a store could not be opened. `Display` and the sources say what failed, [`OpenError::remedy`] what to do. Neither
/// ever shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("the database URL cannot be used: {0}")]
    Url(UrlFault),
    /// The connection could leave the machine, and this build has no TLS.
    #[error("this build has no TLS, and {leads_away} in the database URL is neither loopback nor a socket")]
    NoTls {
        /// What leads away from this machine.
        leads_away: String,
    },
    /// A folder or file cannot be made, read or written.
    #[error("cannot {what} {}{}", path.display(), access.as_deref().unwrap_or_default())]
    Path {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Who owns it and who tried, where that can be told.
        access: Option<String>,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A restore has the database for itself.
    #[error("a backup is being restored to {}", path.display())]
    Restoring {
        /// The database.
        path: PathBuf,
    },
    /// The database does not answer, or refuses.
    #[error("cannot open the {backend} database: {cause}")]
    Connect {
        /// Which database.
        backend: Backend,
        /// What it said, without passwords.
        cause: String,
    },
}

impl OpenError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Url(_) => "write `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE` with special \
                             characters percent-encoded"
                .to_owned(),
            Self::NoTls { .. } => "use a build with the feature `pg-tls` (`cargo build --features pg-tls`), or reach \
                                   the server by loopback or a socket (`postgres:///DATABASE?host=/var/run/postgresql`)"
                .to_owned(),
            Self::Path { path, .. } => format!(
                "let this process's user read and write {0} and the folder that holds it (SQLite keeps its log beside \
                 the file), or set the database URL to another place: `sqlite:///var/lib/auth/auth.db`",
                path.display()
            ),
            Self::Restoring { .. } => "wait for `auth-server backup restore` to end, and start it again".to_owned(),
            Self::Connect { backend: Backend::Sqlite, .. } => {
                "check that the file is a SQLite database, on a local disk, and that no other program holds it locked"
                    .to_owned()
            }
            Self::Connect { backend: Backend::Postgres, .. } => {
                "check that the server runs and accepts this user from here: `psql` with the same URL; a socket is \
                 looked for in the temporary folder unless the URL says `?host=/var/run/postgresql`"
                    .to_owned()
            }
        }
    }

    pub(crate) fn path(what: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Path { what, path: path.to_owned(), access: who(path), source }
    }
}

impl From<UrlFault> for OpenError {
    fn from(fault: UrlFault) -> Self {
        Self::Url(fault)
    }
}

/// `(owned by uid 0, this process runs as uid 1000)`, about the path or its nearest folder that exists.
#[cfg(unix)]
fn who(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let (found, metadata) = path.ancestors().find_map(|path| Some((path, std::fs::metadata(path).ok()?)))?;
    let place = if found == path { String::new() } else { format!("{} is ", found.display()) };
    Some(format!(
        " ({place}owned by uid {}, mode {:o}; this process runs as uid {})",
        metadata.uid(),
        metadata.mode() & 0o7777,
        rustix::process::geteuid().as_raw()
    ))
}

#[cfg(not(unix))]
fn who(_: &Path) -> Option<String> {
    None
}
