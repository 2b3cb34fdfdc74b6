//! `auth-server user`.

use auth_core::audit::Actor;
use auth_core::password::{Password, PasswordFault};
use auth_core::service::{CreateError, RequestContext, Unlocked};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{print, print_json, quoted};
use super::password::Source;
use super::{Context, Failure, Output, user_import};
use crate::assemble;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an account under the rules of registration. The password comes from a prompt, a file or standard input,
    /// never from the command line, where other users of this machine could read it.
    Create(Create),
    /// Let devices that an account does not know sign in again, after too many failed attempts of whomever.
    Unlock {
        /// The name.
        name: String,
    },
    /// Bring accounts over from another system, with their password hashes.
    Import(user_import::Import),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The name.
    name: String,
    #[command(flatten)]
    source: Source,
}

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(create) => run_create(context, &create),
        Command::Unlock { name } => run_unlock(context, &name),
        Command::Import(import) => user_import::run(context, &import),
    }
}

fn run_create(context: &Context, create: &Create) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    let assembled = assemble::assemble(&settings)?;
    let password = Password::new(create.source.password()?);
    match assembled.service.create_user(&create.name, &password, &actor(&context.inputs.env)) {
        Ok(user) => match context.output {
            Output::Table => print(&format!("created {} {}\n", user.id, quoted(user.name.as_entered()))),
            Output::Json => print_json(&json!({"id": user.id.to_string(), "username": user.name.as_entered()})),
        },
        Err(CreateError::Invalid { username, password }) => {
            let minimum = settings.password.min_length;
            let explain = |fault: PasswordFault| match fault {
                PasswordFault::TooShort => format!("{fault} (at least {minimum} characters)"),
                other => other.to_string(),
            };
            let faults: Vec<_> =
                username.map(|fault| fault.to_string()).into_iter().chain(password.into_iter().map(explain)).collect();
            Err(Failure::Failed(faults.join("\n")))
        }
        Err(other) => Err(Failure::of(&other)),
    }
}

fn run_unlock(context: &Context, name: &str) -> Result<(), Failure> {
    let assembled = assemble::assemble(&context.load()?.settings)?;
    let Unlocked { user, was_counted } =
        assembled.service.unlock(name, &actor(&context.inputs.env)).map_err(|error| Failure::of(&error))?;
    let shown = quoted(user.name.as_entered());
    match context.output {
        Output::Table if was_counted => print(&format!("unlocked {} {shown}\n", user.id)),
        Output::Table => print(&format!("{} {shown} was not locked: no failed attempts are counted\n", user.id)),
        Output::Json => print_json(&json!({
            "id": user.id.to_string(), "username": user.name.as_entered(), "was_counted": was_counted,
        })),
    }
}

/// Who runs the command, for the audit log.
pub(super) fn actor(environment: &[(std::ffi::OsString, std::ffi::OsString)]) -> RequestContext {
    let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| {
        let value = environment.iter().find(|(key, _)| key == name)?.1.to_str()?;
        let sound = !value.is_empty() && value.len() <= 64 && !value.contains(char::is_control);
        sound.then(|| value.to_owned())
    });
    RequestContext::of(Actor::Command(name.unwrap_or_else(|| "unknown".to_owned())))
}
