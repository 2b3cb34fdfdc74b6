//! A backup, looked at and put in the place of an embedded database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth_core::root_keys::RootKeyRing;
use auth_core::service::RequestContext;
use auth_core::session::EndReason;
use auth_storage::{BackupError, DieselStore, MigrateError, Restore, Tally};

use super::{AssembleError, assemble, failed, keys, root_key_file};
use crate::config::{DatabaseSettings, SecretsSettings, Settings};

/// Why a backup cannot be used, or was not restored.
#[derive(Debug)]
pub enum RestoreError {
    /// The file, or the database in whose place it should come.
    Backup(BackupError),
    /// What is in it does not go together with the configuration.
    Parts(AssembleError),
}

impl From<BackupError> for RestoreError {
    fn from(error: BackupError) -> Self {
        Self::Backup(error)
    }
}

impl From<AssembleError> for RestoreError {
    fn from(error: AssembleError) -> Self {
        Self::Parts(error)
    }
}

/// What is in a backup that can be used.
#[derive(Debug)]
pub struct Verified {
    /// How much.
    pub tally: Tally,
    /// The migrations that it lacks, and that a restore applies.
    pub pending: Vec<String>,
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// How many sessions it ended.
    pub sessions: u64,
    /// The signing keys that it retired.
    pub keys: Vec<String>,
    /// The name under which the old database is kept, where there was one.
    pub kept: Option<PathBuf>,
}

/// The file of an embedded database.
pub fn database_file(settings: &Settings) -> Option<PathBuf> {
    let path = settings.database.url.expose().strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

/// Looks at a backup: every page, its schema, its keys under the configured root keys. Writes nothing. A file that has a log
/// beside it is none: what is in the log would be missed.
///
/// # Errors
/// [`RestoreError`] with what keeps it from being restored.
pub fn verify_backup(settings: &Settings, file: &Path) -> Result<Verified, RestoreError> {
    stands_alone(file)?;
    let store = DieselStore::open_backup(file).map_err(BackupError::from)?;
    store.check_integrity()?;
    let pending: Vec<String> = store
        .migration_status()
        .map_err(|error| match error {
            MigrateError::Newer { .. } => AssembleError::Failed(format!("{error}\n  restore it with that release")),
            other => failed(other),
        })?
        .into_iter()
        .filter(|one| !one.applied)
        .map(|one| one.name)
        .collect();
    if pending.is_empty() {
        let ring = Arc::new(ring(settings)?);
        root_key_file::check_sessions(&store, &ring, settings.session.idle_timeout)?;
        let keys = keys::over(settings, &store, &ring);
        if let Some((key, error)) = keys.hear().map_err(failed)?.first() {
            let text = format!(
                "signing key `{key}` of the backup cannot be opened: {error}\n  \
                 put the root keys that belong to it into secrets.keys (AUTH_SECRETS_KEYS)"
            );
            return Err(AssembleError::Failed(text).into());
        }
    }
    Ok(Verified { tally: store.tally()?, pending })
}

/// Puts a backup in the place of the database, which nobody may have open, and sees to it that nothing from before counts:
/// every session ends, every signing key is retired, and every token from before is refused. All of it happens to the copy
/// first: the database is replaced by one that is finished, or not at all.
///
/// # Errors
/// [`RestoreError`]; the database is as it was, unless it is the finished one that is found damaged at the very end.
pub fn restore(
    settings: &Settings,
    file: &Path,
    suffix: &str,
    actor: &RequestContext,
) -> Result<Restored, RestoreError> {
    verify_backup(settings, file)?;
    let restore = Restore::begin(&settings.database.url, file)?;
    // What was looked at above may have been written to since; nobody else has the copy.
    verify_backup(settings, &restore.copy())?;
    let url = restore.copy().into_os_string().into_string();
    let url = url.map_err(|_| AssembleError::Failed("the path of the database is not UTF-8".to_owned()))?;
    let copy = Settings {
        database: DatabaseSettings {
            url: format!("sqlite:{url}").into(),
            migrate_on_start: true,
            ..settings.database.clone()
        },
        secrets: SecretsSettings { keys: Some(ring(settings)?.to_text()) },
        ..settings.clone()
    };
    let parts = assemble(&copy)?;
    // Nothing else runs, and no clock but ours has issued anything.
    let ended = parts.service.end_every_session(EndReason::Restored, Duration::ZERO, actor);
    let sessions = ended.map_err(failed)?;
    let retired = parts.keys.retire_all(actor).map_err(failed)?;
    drop(parts);
    let kept = restore.finish(suffix)?;
    // As whoever opens it next finds it: with whatever lies beside it.
    if let Some(database) = database_file(settings) {
        DieselStore::open_backup(&database).map_err(BackupError::from)?.check_integrity()?;
    }
    Ok(Restored { sessions, keys: retired.iter().map(ToString::to_string).collect(), kept })
}

/// Whether all of a database is in its file.
fn stands_alone(file: &Path) -> Result<(), AssembleError> {
    for suffix in ["-wal", "-journal"] {
        let mut side = file.as_os_str().to_owned();
        side.push(suffix);
        let side = PathBuf::from(side);
        if side.metadata().is_ok_and(|side| side.len() > 0) {
            return Err(AssembleError::Failed(format!(
                "{} lies beside it: the file alone is not the whole database\n  \
                 make a copy with `auth-server backup create FILE`",
                side.display()
            )));
        }
    }
    Ok(())
}

/// The root keys of the database that is to be replaced.
fn ring(settings: &Settings) -> Result<RootKeyRing, AssembleError> {
    let file =
        database_file(settings).ok_or_else(|| AssembleError::Config("database.url: it is no file".to_owned()))?;
    root_key_file::existing(settings.secrets.keys.as_ref(), &file)
}
