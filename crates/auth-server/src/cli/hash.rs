//! `auth-server hash`.

mod calibrate;
mod identify;

use std::sync::Arc;

use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Hasher, Password, PasswordHasher as _};
use clap::Subcommand;
use serde_json::json;

use super::output::{print, print_json};
use super::password::Source;
use super::{Context, Failure, Output};
use crate::assemble;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure this machine, and recommend a cost of hashes for a target time: as much memory as it allows, then as many
    /// passes. Never below the sets of the OWASP Password Storage Cheat Sheet.
    Calibrate(calibrate::Calibrate),
    /// Say of each line what hash it is, and whether `user import` takes it, or why not. The database is not opened.
    Identify(identify::Identify),
    /// Print the hash of a password, of the configured cost. The rules for new passwords are not applied.
    Password(Source),
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Calibrate(calibrate) => calibrate::run(context, calibrate),
        Command::Identify(identify) => identify::run(context, identify),
        Command::Password(source) => password(context, source),
    }
}

fn password(context: &Context, source: &Source) -> Result<(), Failure> {
    let (params, _) = assemble::check(&context.load()?.settings)?;
    let password = Password::new(source.password()?);
    if password.is_too_long() {
        return Err(Failure::Failed(format!("the password is longer than {} bytes", Password::MAX_BYTES)));
    }
    let hasher = Argon2Hasher::new(params, 1, Arc::new(SystemEntropy)).map_err(|error| Failure::of(&error))?;
    let hash = hasher.hash(&password).map_err(|error| Failure::of(&error))?;
    match context.output {
        Output::Table => print(&format!("{}\n", hash.expose())),
        Output::Json => print_json(&json!({"hash": hash.expose()})),
    }
}
