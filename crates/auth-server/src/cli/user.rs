//! `auth-server user`.

mod change;
mod create;
mod export;
mod list;
mod sessions;
mod which;

use auth_core::audit::Actor;
use auth_core::password::PasswordFault;
use auth_core::service::{AdminError, RequestContext, Unlocked};
use clap::Subcommand;
use serde_json::json;

use super::output::{print, print_json, quoted};
use super::{Context, Failure, Output, user_import};
use crate::assemble;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an account under the rules of registration. The password comes from a prompt, a file or standard input,
    /// never from the command line, where other users of this machine could read it.
    ///
    /// Example: auth-server user create alice --admin
    Create(create::Create),
    /// List accounts, in the order in which they came; by name, or by the instant of their making, where these are asked for.
    ///
    /// Example: auth-server user list --role admin --output json
    List(list::List),
    /// Show an account.
    Show(which::Which),
    /// Say that an account may not sign in, and end its sessions.
    Disable(which::Which),
    /// Say that it may again.
    Enable(which::Which),
    /// Let devices that an account does not know sign in again, after too many failed attempts of whomever.
    Unlock {
        /// The name.
        name: String,
    },
    /// Delete an account with its password, sessions and roles. There is no way back.
    ///
    /// Example: auth-server user delete alice --yes
    Delete(change::Delete),
    /// Set an account's password, whether it had one or not, and end its sessions. The password comes from a prompt, a file or
    /// standard input.
    ///
    /// Example: auth-server user set-password alice --password-file new-password
    SetPassword(change::SetPassword),
    /// List the sessions of an account.
    Sessions(which::Which),
    /// End the sessions of an account, or one of them.
    ///
    /// Example: auth-server user logout alice
    Logout(sessions::Logout),
    /// Give an account a role. `admin` is the one that means something here; any other is for the services that read tokens.
    ///
    /// Example: auth-server user grant-role alice admin
    GrantRole(change::NamedRole),
    /// Take a role from an account. The last active administrator stays one.
    ///
    /// Example: auth-server user revoke-role alice admin
    RevokeRole(change::NamedRole),
    /// Bring accounts over from another system, with their password hashes. Good lines go in, each bad one is named with its reason; the
    /// same lines again change nothing.
    ///
    /// Example: auth-server user import users.json --format keycloak --dry-run
    Import(user_import::Import),
    /// Write all accounts as lines of JSON, in the order of their ids; `user import --format ndjson` reads them.
    ///
    /// Example: auth-server user export --with-hashes --to users.ndjson
    Export(export::Export),
}

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create::run(context, create),
        Command::List(list) => list::run(context, &list),
        Command::Show(which) => list::show(context, &which),
        Command::Disable(which) => change::disable(context, &which),
        Command::Enable(which) => change::enable(context, &which),
        Command::Unlock { name } => run_unlock(context, &name),
        Command::Delete(delete) => change::delete(context, &delete),
        Command::SetPassword(set) => change::set_password(context, &set),
        Command::Sessions(which) => sessions::list(context, &which),
        Command::Logout(logout) => sessions::logout(context, &logout),
        Command::GrantRole(named) => change::grant_role(context, &named),
        Command::RevokeRole(named) => change::revoke_role(context, &named),
        Command::Import(import) => user_import::run(context, &import),
        Command::Export(export) => export::run(context, &export),
    }
}

/// What was not done, in words for a terminal.
fn refused(error: &AdminError, minimum: usize) -> Failure {
    match error {
        AdminError::Invalid { username, password } => {
            let explain = |fault: &PasswordFault| match fault {
                PasswordFault::TooShort => format!("{fault} (at least {minimum} characters)"),
                other => other.to_string(),
            };
            let faults: Vec<_> = username.iter().map(ToString::to_string).chain(password.iter().map(explain)).collect();
            Failure::Failed(faults.join("\n"))
        }
        AdminError::LastAdmin => Failure::Failed(
            "this is the last active administrator\n  make another account one first: auth-server user grant-role NAME admin"
                .to_owned(),
        ),
        other => Failure::of(other),
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
