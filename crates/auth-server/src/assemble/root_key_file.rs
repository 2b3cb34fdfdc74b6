//! The root key ring: configured, or in a file beside an embedded database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::entropy::{Entropy as _, SystemEntropy};
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::missing_root_keys;
use auth_core::time::{Clock as _, SystemClock};
use auth_storage::DieselStore;

use super::{AssembleError, failed};
use crate::config::read_plain;

/// A ring, and the file where it was generated just now.
pub(super) struct Found {
    pub(super) ring: RootKeyRing,
    pub(super) new_file: Option<PathBuf>,
}

/// The configured ring; else that of the file beside the embedded database; else, where that database is new, a
/// generated one. An existing database never gets a generated key: its rows could not be read with it.
pub(super) fn ring(configured: Option<&Secret>, store: &DieselStore) -> Result<Found, AssembleError> {
    if let Some(text) = configured {
        let ring = RootKeyRing::parse(text).map_err(|error| AssembleError::Config(format!("secrets.keys: {error}")))?;
        return Ok(Found { ring, new_file: None });
    }
    let Some(path) = store.sqlite_path().map(beside) else {
        return Err(AssembleError::Config(
            "secrets.keys: a root key is required with PostgreSQL, the same on every instance\n  \
             export AUTH_SECRETS_KEYS=\"main:$(openssl rand -base64 32)\", and keep it: the database cannot be read without it"
                .to_owned(),
        ));
    };
    if let Some(ring) = read(&path)? {
        return Ok(Found { ring, new_file: None });
    }
    if !store.is_new().map_err(failed)? {
        return Err(AssembleError::Config(format!(
            "secrets.keys: the database has data, and its root key file {} is missing\n  \
             restore the file from a backup, or set secrets.keys (AUTH_SECRETS_KEYS) to what it held",
            path.display()
        )));
    }
    let ring = RootKeyRing::generate(&SystemEntropy).map_err(failed)?;
    if write(&path, &ring).map_err(|error| cannot("write", &path, &error))? {
        return Ok(Found { ring, new_file: Some(path) });
    }
    // Another process was faster; its ring is the one.
    let ring = read(&path)?.ok_or_else(|| AssembleError::Failed(format!("{} came and went", path.display())))?;
    Ok(Found { ring, new_file: None })
}

/// The configured ring, else that of the file beside the database, which must be there.
pub(super) fn existing(configured: Option<&Secret>, database: &Path) -> Result<RootKeyRing, AssembleError> {
    if let Some(text) = configured {
        return RootKeyRing::parse(text).map_err(|error| AssembleError::Config(format!("secrets.keys: {error}")));
    }
    let path = beside(database);
    read(&path)?.ok_or_else(|| {
        AssembleError::Config(format!(
            "secrets.keys: there is no root key file {}\n  \
             put the one that belongs to the backup there, or set secrets.keys (AUTH_SECRETS_KEYS) to what it held",
            path.display()
        ))
    })
}

/// Refuses a ring that lacks a key of live sessions: they could not be refreshed, and would be told that their tokens are
/// not valid.
pub(super) fn check_sessions(store: &DieselStore, ring: &RootKeyRing, idle: Duration) -> Result<(), AssembleError> {
    let missing = missing_root_keys(store, ring, SystemClock.now(), idle).map_err(failed)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.iter().map(|id| format!("`{id}`")).collect();
    Err(AssembleError::Config(format!(
        "secrets.keys: live sessions need root key(s) that are not in the ring: {}\n  \
         append them to secrets.keys (AUTH_SECRETS_KEYS), after the active one",
        names.join(", ")
    )))
}

/// `auth.db` has its ring in `auth.db.keys`.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".keys");
    name.into()
}

fn read(path: &Path) -> Result<Option<RootKeyRing>, AssembleError> {
    let text = match read_plain(path) {
        Ok(text) => Secret::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot("read", path, &error)),
    };
    warn_of_readers(path);
    let ring =
        RootKeyRing::parse(&text).map_err(|error| AssembleError::Config(format!("{}: {error}", path.display())))?;
    Ok(Some(ring))
}

/// Writes a whole file or none: `false` where there is one already. Mode 0600 from its first byte.
fn write(path: &Path, ring: &RootKeyRing) -> io::Result<bool> {
    let mut tag = [0; 8];
    SystemEntropy.fill(&mut tag).map_err(io::Error::other)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}", u64::from_be_bytes(tag)));
    let draft = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(ring.to_text().expose().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    // A link fails where the name is taken, unlike a rename.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                File::open(folder)?.sync_all()?;
            }
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn warn_of_readers(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o077);
    if mode != 0 {
        tracing::warn!(path = %path.display(), "the root key file can be read by others: chmod 600");
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}

fn cannot(what: &str, path: &Path, error: &io::Error) -> AssembleError {
    AssembleError::Failed(format!(
        "cannot {what} the root key file {}: {error}\n  \
         let this process's user read and write its folder, or set secrets.keys (AUTH_SECRETS_KEYS)",
        path.display()
    ))
}
