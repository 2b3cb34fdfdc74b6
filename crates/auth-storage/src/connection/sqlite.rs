//! Connections to SQLite.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl, SqliteConnection};

use super::{ConnectError, Role};
use crate::config::StorageSettings;
use crate::open_error::OpenError;

/// Between two attempts to switch a new file to WAL, where the busy timeout does not apply.
const PAUSE: Duration = Duration::from_millis(5);
/// The least patience of a migration: another instance may be at it.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(30);

/// Makes the folder and the file where they are missing, and finds out what would stand in SQLite's way.
pub(super) fn prepare(path: &Path) -> Result<(), OpenError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).map_err(|error| OpenError::path("make the folder", &folder, error))?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    // Hashes are nobody else's business. SQLite gives its log the same mode.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            accessible(path).map_err(|error| OpenError::path("read and write the file", path, error))?;
        }
        Err(error) => return Err(OpenError::path("make the file", path, error)),
    }
    writable(&folder).map_err(|error| OpenError::path("write to the folder", &folder, error))
}

/// Asked of the system, not tried: a file that is opened and closed here would drop the locks that other connections of this
/// process hold on it (POSIX locks belong to the process), and the next one elsewhere to close would take itself for the
/// last, and delete the log that ours still write to.
#[cfg(unix)]
fn accessible(path: &Path) -> std::io::Result<()> {
    if fs::metadata(path)?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    Ok(rustix::fs::access(path, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK)?)
}

#[cfg(not(unix))]
fn accessible(path: &Path) -> std::io::Result<()> {
    fs::metadata(path).map(drop)
}

#[cfg(unix)]
fn writable(folder: &Path) -> std::io::Result<()> {
    Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?)
}

#[cfg(not(unix))]
fn writable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

pub(super) fn establish(path: &Path, settings: &StorageSettings, role: Role) -> Result<SqliteConnection, ConnectError> {
    let uri = existing(path).ok_or_else(|| ConnectError("the path is not UTF-8".to_owned()))?;
    let mut connection = SqliteConnection::establish(&uri).map_err(|error| ConnectError(error.to_string()))?;
    let (patience, foreign_keys) = match role {
        Role::Serving => (settings.busy_timeout, "ON"),
        Role::Migrating => (settings.busy_timeout.max(MIGRATION_PATIENCE), "OFF"),
    };
    // The timeout comes first, so that all that follows waits for locks.
    let millis = patience.as_millis().min(i32::MAX.unsigned_abs().into());
    let trouble = |error: diesel::result::Error| ConnectError(error.to_string());
    connection.batch_execute(&format!("PRAGMA busy_timeout = {millis}")).map_err(trouble)?;
    write_ahead(&mut connection, patience)?;
    let synchronous = settings.synchronous.as_str();
    connection
        .batch_execute(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = {foreign_keys}; PRAGMA trusted_schema = OFF"
        ))
        .map_err(trouble)?;
    Ok(connection)
}

/// A file that nobody writes to: no log, no locks, and nothing in it is obeyed but our own statements.
pub(super) fn frozen(path: &Path) -> Result<SqliteConnection, ConnectError> {
    let uri = uri(path, "mode=ro&immutable=1").ok_or_else(|| ConnectError("the path is not UTF-8".to_owned()))?;
    let mut connection = SqliteConnection::establish(&uri).map_err(|error| ConnectError(error.to_string()))?;
    let pragmas = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; SELECT count(*) FROM sqlite_schema";
    connection.batch_execute(pragmas).map_err(|error| ConnectError(error.to_string()))?;
    Ok(connection)
}

/// A URI that opens the file and never makes one: only [`prepare`] does. A file that vanished while the server runs is then
/// an error, not an empty database that everybody may read.
pub(crate) fn existing(path: &Path) -> Option<String> {
    uri(path, "mode=rw")
}

fn uri(path: &Path, parameters: &str) -> Option<String> {
    let mut uri = String::from("file:");
    for byte in path.to_str()?.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
            other => {
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri.push('?');
    uri.push_str(parameters);
    Some(uri)
}

/// Readers and the writer do not wait for each other in WAL. Of several that switch a new file at once, all but one are
/// told at once that it is locked.
fn write_ahead(connection: &mut SqliteConnection, patience: Duration) -> Result<(), ConnectError> {
    let mut attempts = patience.as_millis() / PAUSE.as_millis();
    loop {
        match sql::<Text>("PRAGMA journal_mode = WAL").get_result::<String>(connection) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(ConnectError(format!(
                    "it cannot be switched to WAL and stays in mode `{mode}`; is it on a network disk?"
                )));
            }
            Err(error) if attempts > 0 && crate::error::is_busy(&error) => attempts -= 1,
            Err(error) => return Err(ConnectError(error.to_string())),
        }
        std::thread::sleep(PAUSE);
    }
}
