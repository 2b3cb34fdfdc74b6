//! Who has an embedded database open: a lock file beside it, which every process holds together with others, and a restore
//! alone.
//!
//! Not the database file itself: to close it again would drop the locks that SQLite holds on it in the same process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::open_error::OpenError;

/// Held as long as this lives, and no longer than the process, however that ends.
#[derive(Debug)]
pub(crate) struct Hold {
    _file: File,
}

/// How a database is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With any number of others.
    Shared,
    /// With nobody else.
    Alone,
}

impl Hold {
    /// Holds the database in this file; `None` where somebody else holds it so that it cannot be.
    pub(crate) fn take(database: &Path, kind: Kind) -> Result<Option<Self>, OpenError> {
        let path = beside(&real(database), ".lock");
        let cannot = |error| OpenError::path("lock the file", &path, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let is_new = !path.exists();
        let file = options.open(&path).map_err(cannot)?;
        if is_new {
            belong(&path, database);
        }
        let locked = match kind {
            Kind::Shared => file.try_lock_shared(),
            Kind::Alone => file.try_lock(),
        };
        match locked {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }
}

/// The file that a name leads to: whoever comes by a link meets those who do not.
pub(crate) fn real(database: &Path) -> PathBuf {
    if let Ok(real) = database.canonicalize() {
        return real;
    }
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), database.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => database.to_owned(),
    }
}

/// `auth.db` has its lock in `auth.db.lock`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What root makes belongs to whom the database belongs, or its folder: the server runs as somebody else. Where that is not
/// allowed, it belongs to whoever made it, who is the same then.
#[cfg(unix)]
pub(crate) fn belong(made: &Path, database: &Path) {
    use std::os::unix::fs::{MetadataExt as _, chown};

    let folder = database.parent().unwrap_or(database);
    if let Ok(owner) = std::fs::metadata(database).or_else(|_| std::fs::metadata(folder)) {
        let _ = chown(made, Some(owner.uid()), Some(owner.gid()));
    }
}

#[cfg(not(unix))]
pub(crate) fn belong(_: &Path, _: &Path) {}
