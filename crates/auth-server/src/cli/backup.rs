//! `auth-server backup`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::time::{Clock as _, SystemClock};
use auth_storage::{BackupError, Tally};
use clap::{Args, Subcommand};
use serde_json::json;

use super::confirm::confirm;
use super::output::{print, print_json};
use super::user::actor;
use super::{Context, Failure, Output};
use crate::assemble::{self, AssembleError};
use crate::config::Settings;

/// What to do on PostgreSQL.
const POSTGRES: &str = "the database is PostgreSQL, which has tools of its own\n  \
     copy it with `pg_dump --format=custom --file=auth.dump DATABASE`, read the copy back with `pg_restore --clean --if-exists \
     --dbname=DATABASE auth.dump` while no server runs, then `auth-server sessions end-all --retire-keys` before one starts";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Copy the SQLite database into a new file while servers go on. The root keys are not in it: keep them elsewhere.
    ///
    /// Example: auth-server backup create /var/backups/auth-2026-11-23.db
    Create(File),
    /// Read every page of a copy, open its keys under the configured root keys and count what is in it. Writes nothing.
    ///
    /// Example: auth-server backup verify /var/backups/auth-2026-11-23.db
    Verify(File),
    /// Put a copy in the place of the database. Servers must be stopped. Every session ends, every signing key is retired and no
    /// token from before is accepted. The database that was there is kept beside it.
    ///
    /// Example: auth-server backup restore /var/backups/auth-2026-11-23.db --yes
    Restore(Restore),
}

#[derive(Debug, Args)]
pub(super) struct File {
    /// The copy.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The copy.
    file: PathBuf,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    match command {
        Command::Create(File { file }) => create(context, &settings, file),
        Command::Verify(File { file }) => verify(context, &settings, file),
        Command::Restore(restore) => run_restore(context, &settings, restore),
    }
}

fn create(context: &Context, settings: &Settings, file: &Path) -> Result<(), Failure> {
    if let Some(database) = assemble::database_file(settings).filter(|path| !path.exists()) {
        return Err(Failure::Failed(format!("there is no database {} to copy: see database.url", database.display())));
    }
    let store = assemble::open_store(&settings.database)?;
    let bytes = store.back_up(file).map_err(|error| failure(&error))?;
    match context.output {
        Output::Json => print_json(&json!({"file": file, "bytes": bytes})),
        Output::Table => print(&format!(
            "{bytes} bytes in {}\nit holds password hashes: keep it where nobody else reads, and the root keys elsewhere\n",
            file.display()
        )),
    }
}

fn verify(context: &Context, settings: &Settings, file: &Path) -> Result<(), Failure> {
    let found = assemble::verify_backup(settings, file).map_err(|error| trouble(&error))?;
    let Tally { users, sessions, signing_keys, audit_events, .. } = found.tally;
    match context.output {
        Output::Json => print_json(&json!({
            "ok": true, "pending_migrations": found.pending, "users": users, "sessions": sessions,
            "signing_keys": signing_keys, "audit_events": audit_events,
        })),
        Output::Table => print(&format!(
            "it is whole, and its keys open under the configured root keys\n\
             {users} account(s), {sessions} session(s), {signing_keys} signing key(s), {audit_events} line(s) of the audit log\n\
             {} migration(s) are missing; a restore applies them\n",
            found.pending.len()
        )),
    }
}

fn run_restore(context: &Context, settings: &Settings, restore: &Restore) -> Result<(), Failure> {
    if assemble::database_file(settings).is_none() {
        return Err(Failure::Failed(POSTGRES.to_owned()));
    }
    confirm(restore.yes, "This replaces the database and signs everybody out.")?;
    let now = SystemClock.now();
    // A name for one second: of two restores in one, the second is refused.
    let suffix = format!(".before-{}", now.unix_seconds());
    let done = assemble::restore(settings, &restore.file, &suffix, &actor(&context.inputs.env))
        .map_err(|error| trouble(&error))?;
    wait_for_the_next_second();
    match context.output {
        Output::Json => print_json(&json!({
            "sessions_ended": done.sessions, "keys_retired": done.keys, "kept": done.kept,
        })),
        Output::Table => {
            let kept = done.kept.map(|path| format!("the old database is kept as {}\n", path.display()));
            print(&format!(
                "restored: {} session(s) ended, {} signing key(s) retired, and no token from before is accepted\n{}",
                done.sessions,
                done.keys.len(),
                kept.unwrap_or_default()
            ))
        }
    }
}

/// Tokens say the second in which they were issued. One of this second would pass for one from before the restore.
fn wait_for_the_next_second() {
    let now = SystemClock.now();
    let left = Duration::from_secs(1).saturating_sub(now.since(now.floor_to_second()));
    std::thread::sleep(left);
}

fn trouble(error: &assemble::RestoreError) -> Failure {
    match error {
        assemble::RestoreError::Backup(error) => failure(error),
        assemble::RestoreError::Parts(AssembleError::Config(text)) => Failure::Config(text.clone()),
        assemble::RestoreError::Parts(AssembleError::Failed(text)) => Failure::Failed(text.clone()),
    }
}

fn failure(error: &BackupError) -> Failure {
    let Failure::Failed(text) = Failure::of(error) else { return Failure::of(error) };
    Failure::Failed(match error {
        BackupError::NotEmbedded => POSTGRES.to_owned(),
        BackupError::InUse(_) => {
            format!("{text}: a server runs, or another command or program has it open\n  stop them, and try again")
        }
        BackupError::Exists(_) => format!("{text}\n  name a file that is not there yet"),
        BackupError::Damaged(_) => format!("this file cannot be restored: {text}\n  use another copy"),
        BackupError::Open(error) => format!("{text}\n  {}", error.remedy()),
        BackupError::File { .. } => format!("{text}\n  let this user write there, and see that the disk is not full"),
        _ => text,
    })
}
