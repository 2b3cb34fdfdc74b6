//! `auth-server sessions`.

use auth_core::session::EndReason;
use auth_core::token::KeyId;
use clap::{Args, Subcommand};
use serde_json::json;

use super::confirm::confirm;
use super::output::{print, print_json};
use super::user::actor;
use super::{Context, Failure, Output};
use crate::assemble;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// End every session of everybody, and refuse every access token from before, on every instance within
    /// `session.revocation_poll`. For a database that leaked, or that was read back from a copy.
    ///
    /// Example: auth-server sessions end-all --yes
    EndAll(EndAll),
}

#[derive(Debug, Args)]
pub(super) struct EndAll {
    /// Retire every signing key too, so that those refuse the tokens who only know the public keys.
    #[arg(long)]
    retire_keys: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let Command::EndAll(end) = command;
    let settings = context.load()?.settings;
    confirm(end.yes, "This signs everybody out.")?;
    let parts = assemble::assemble(&settings)?;
    let actor = actor(&context.inputs.env);
    // As far as the clocks of instances may differ (`token.leeway`): what one that is ahead issued a moment ago is refused too.
    let ended = parts.service.end_every_session(EndReason::Revoked, settings.token.leeway, &actor);
    let ended = ended.map_err(|error| Failure::of(&error))?;
    let retired =
        if end.retire_keys { parts.keys.retire_all(&actor).map_err(|error| Failure::of(&error))? } else { Vec::new() };
    match context.output {
        Output::Json => {
            let keys: Vec<_> = retired.iter().map(KeyId::as_str).collect();
            print_json(&json!({"sessions_ended": ended, "keys_retired": keys}))
        }
        Output::Table => print(&format!("{ended} session(s) ended, {} signing key(s) retired\n", retired.len())),
    }
}
