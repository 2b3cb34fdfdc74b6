//! Copies of an embedded database: made while it is in use, looked at, put in its place.

mod look;
mod restore;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use diesel::sql_types::Text;
use diesel::{RunQueryDsl as _, sql_query};

use crate::connection::{ConnectError, MultiConnection, Role};
use crate::hold::{beside, real};
use crate::open_error::OpenError;
use crate::store::DieselStore;

pub use look::{Tally, sqlite_version};
pub use restore::Restore;

/// Why a backup was not made, cannot be used or was not restored. Nothing half-done is left under the name asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The database is a server, which has tools of its own.
    #[error("the database is not an SQLite file")]
    NotEmbedded,
    /// Somebody has the database open.
    #[error("{} is in use", .0.display())]
    InUse(PathBuf),
    /// There is a file of that name.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// It is not what an `auth-server` wrote, or not all of it.
    #[error("{0}")]
    Damaged(String),
    /// A file cannot be made, copied or moved.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The database did not do what it was asked to.
    #[error("the database could not be {what}: {cause}")]
    Database {
        /// `copied`, `read` or `closed`.
        what: &'static str,
        /// What SQLite said.
        cause: String,
    },
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl BackupError {
    fn file(what: &'static str, path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AlreadyExists {
            return Self::Exists(path.to_owned());
        }
        Self::File { what, path: path.to_owned(), source }
    }

    fn database(what: &'static str, cause: impl std::fmt::Display) -> Self {
        Self::Database { what, cause: cause.to_string() }
    }
}

impl DieselStore {
    /// Copies the database into a new file, which nobody but its owner may open, and answers its size in bytes. It holds one
    /// state: that of a single instant, whatever is written meanwhile. The root keys are not in it.
    ///
    /// # Errors
    /// [`BackupError`]; the file is there whole or not at all.
    pub fn back_up(&self, target: &Path) -> Result<u64, BackupError> {
        if self.sqlite_path().is_none() {
            return Err(BackupError::NotEmbedded);
        }
        // Absolute: SQLite would take `file:…` for a URI.
        let target = real(target);
        if target.exists() {
            return Err(BackupError::Exists(target));
        }
        let draft = beside(&target, ".partial");
        make(&draft)?;
        let copied = self.copy_into(&draft).and_then(|()| {
            let size = File::open(&draft).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
            let size = size.map_err(|error| BackupError::file("write", &draft, error))?.len();
            // A link fails where the name is taken, unlike a rename.
            fs::hard_link(&draft, &target).map_err(|error| BackupError::file("make", &target, error))?;
            sync_folder(&target)?;
            Ok(size)
        });
        let _ = fs::remove_file(&draft);
        copied
    }

    /// `VACUUM INTO` reads in one transaction and writes nothing but its target, an empty file that keeps its mode.
    fn copy_into(&self, draft: &Path) -> Result<(), BackupError> {
        let name = draft.to_str().ok_or_else(|| BackupError::database("copied", "the path is not UTF-8"))?;
        let mut connection = self.own_connection()?;
        match &mut connection {
            MultiConnection::Postgres(_) => Err(BackupError::NotEmbedded),
            MultiConnection::Sqlite(sqlite) => {
                let copy = sql_query("VACUUM INTO ?").bind::<Text, _>(name);
                copy.execute(sqlite).map(drop).map_err(|error| BackupError::database("copied", error))
            }
        }
    }

    /// One outside of the pools, for what takes longer than a request may.
    fn own_connection(&self) -> Result<MultiConnection, BackupError> {
        let manager = &self.shared.manager;
        manager.establish(Role::Migrating).map_err(|ConnectError(cause)| BackupError::database("read", cause))
    }
}

/// A new file, its owner's alone.
fn make(path: &Path) -> Result<(), BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| BackupError::file("make", path, error))
}

/// A name lasts when its folder is on the disk.
fn sync_folder(path: &Path) -> Result<(), BackupError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| BackupError::file("write", folder, error))
}
