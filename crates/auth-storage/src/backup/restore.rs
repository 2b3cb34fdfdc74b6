//! A copy in the place of the database.

use std::fs;
use std::path::{Path, PathBuf};

use auth_core::entropy::{Entropy as _, SystemEntropy};
use auth_core::secret::Secret;
use diesel::SqliteConnection;
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::dsl::sql;
use diesel::prelude::RunQueryDsl as _;
use diesel::sql_types::Text;

use super::{BackupError, make, sync_folder};
use crate::connection::existing;
use crate::hold::{Hold, Kind, belong, beside, real};
use crate::url::Target;

/// How long somebody else's lock on the old file is waited for: whoever has it open does not go away by itself.
const PATIENCE: u32 = 1_000;

/// A restore under way: nobody else has the database open as long as this lives, and nobody can open it.
///
/// What is to be changed is changed in the copy; the database is replaced in one step, or not at all.
#[derive(Debug)]
pub struct Restore {
    database: PathBuf,
    /// Where the copy is prepared: beside the database, so that a rename can move it.
    folder: PathBuf,
    _hold: Hold,
}

impl Restore {
    /// Takes the database that a URL names for this restore alone, and copies the backup beside it.
    ///
    /// # Errors
    /// [`BackupError::InUse`] where a server or a command has it open, or another [`BackupError`].
    pub fn begin(url: &Secret, backup: &Path) -> Result<Self, BackupError> {
        let Target::Sqlite(path) = Target::parse(url.expose()).map_err(crate::open_error::OpenError::from)? else {
            return Err(BackupError::NotEmbedded);
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| BackupError::file("make the folder", folder, error))?;
        }
        let database = real(&path);
        let hold = Hold::take(&database, Kind::Alone)?.ok_or_else(|| BackupError::InUse(database.clone()))?;
        let mut tag = [0; 8];
        SystemEntropy.fill(&mut tag).map_err(|error| BackupError::database("copied", error))?;
        let folder = beside(&database, &format!(".restore-{:016x}", u64::from_be_bytes(tag)));
        private_folder(&folder)?;
        let restore = Self { database, folder, _hold: hold };
        let copy = restore.copy();
        make(&copy)?;
        fs::copy(backup, &copy).map_err(|error| BackupError::file("copy", backup, error))?;
        own_mode(&copy)?;
        Ok(restore)
    }

    /// The copy, which may be opened and changed.
    pub fn copy(&self) -> PathBuf {
        self.folder.join("auth.db")
    }

    /// Puts the copy, which nobody may have open, in the place of the database, and answers under which name the old one is
    /// kept: its own and `suffix`.
    ///
    /// # Errors
    /// [`BackupError`]; the database is as it was, but for its log having been moved into it.
    pub fn finish(self, suffix: &str) -> Result<Option<PathBuf>, BackupError> {
        let copy = self.copy();
        settle(&copy).map_err(|cause| BackupError::database("closed", cause))?;
        belong(&copy, &self.database);
        let synced = fs::File::open(&copy).and_then(|file| file.sync_all());
        synced.map_err(|error| BackupError::file("write", &copy, error))?;
        let name = beside(&self.database, suffix);
        let kept = self.database.exists().then(|| name.clone());
        if let Some(kept) = &kept {
            self.keep(kept)?;
        }
        self.clear(&name)?;
        fs::rename(&copy, &self.database).map_err(|error| BackupError::file("replace", &self.database, error))?;
        sync_folder(&self.database)?;
        Ok(kept)
    }

    /// A second name for the old file.
    fn keep(&self, kept: &Path) -> Result<(), BackupError> {
        match settle(&self.database) {
            Ok(()) => {}
            // A program that knows nothing of our lock.
            Err(cause) if cause.contains("locked") => return Err(BackupError::InUse(self.database.clone())),
            // It is damaged, which may be why there is a restore. It is kept as it is.
            Err(cause) => tracing::warn!(cause, "the old database cannot be closed properly; it is kept with its log"),
        }
        fs::hard_link(&self.database, kept).map_err(|error| BackupError::file("make", kept, error))?;
        sync_folder(kept)
    }

    /// Moves what SQLite left beside the old file out of the way, also where that file is gone: it would be read into the
    /// new one.
    fn clear(&self, kept: &Path) -> Result<(), BackupError> {
        for suffix in ["-wal", "-shm", "-journal"] {
            let side = beside(&self.database, suffix);
            if side.exists() {
                fs::rename(&side, beside(kept, suffix)).map_err(|error| BackupError::file("move", &side, error))?;
            }
        }
        sync_folder(&self.database)
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Moves the log into the file, so that the file is all there is. Refused where anybody has it open.
fn settle(path: &Path) -> Result<(), String> {
    let uri = existing(path).ok_or("the path is not UTF-8")?;
    let mut connection = SqliteConnection::establish(&uri).map_err(|error| error.to_string())?;
    connection.batch_execute(&format!("PRAGMA busy_timeout = {PATIENCE}")).map_err(|error| error.to_string())?;
    let mode: String =
        sql::<Text>("PRAGMA journal_mode = DELETE").get_result(&mut connection).map_err(|error| error.to_string())?;
    if mode == "delete" { Ok(()) } else { Err(format!("it stays in mode `{mode}`")) }
}

fn private_folder(path: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| BackupError::file("make the folder", path, error))
}

/// A copy takes the mode of what it is copied from.
#[cfg(unix)]
fn own_mode(path: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(|error| BackupError::file("make", path, error))
}

#[cfg(not(unix))]
fn own_mode(_: &Path) -> Result<(), BackupError> {
    Ok(())
}
