//! `auth-server migrate`.

use auth_storage::MigrateError;
use clap::Subcommand;
use serde_json::json;

use super::output::{print, print_json, print_line};
use super::{Context, Failure, Output};
use crate::assemble;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Apply what is missing.
    Run,
    /// List the migrations of this build, and which the database has.
    Status,
    /// Fail (exit code 1) where one is missing, or the database belongs to a newer release.
    Check,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    let store = assemble::open_store(&settings.database)?;
    let failed = |error: MigrateError| Failure::of(&error);
    match command {
        Command::Run => {
            let applied = store.migrate().map_err(failed)?;
            match context.output {
                Output::Json => print_json(&json!({"applied": applied})),
                Output::Table if applied.is_empty() => print("nothing to apply\n"),
                Output::Table => applied.iter().try_for_each(|name| print_line(&format!("applied {name}"))),
            }
        }
        Command::Status => {
            let all = store.migration_status().map_err(failed)?;
            match context.output {
                Output::Json => {
                    let all: Vec<_> = all.iter().map(|one| json!({"name": one.name, "applied": one.applied})).collect();
                    print_json(&json!({"migrations": all}))
                }
                Output::Table => {
                    let state = |applied| if applied { "applied" } else { "pending" };
                    all.iter().try_for_each(|one| print_line(&format!("{}  {}", state(one.applied), one.name)))
                }
            }
        }
        Command::Check => {
            store.check_schema().map_err(failed)?;
            match context.output {
                Output::Json => print_json(&json!({"ok": true})),
                Output::Table => print("the schema is that of this build\n"),
            }
        }
    }
}
