//! `auth-server user`.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use auth_core::audit::Actor;
use auth_core::password::{Password, PasswordFault};
use auth_core::secret::Secret;
use auth_core::service::{CreateError, RequestContext, Unlocked};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{print, print_json, quoted};
use super::{Context, Failure, Output, user_import};
use crate::assemble;
use crate::config::read_plain;

/// The longest line that is read where a password is expected, in bytes.
const MAX_LINE: u64 = 64 * 1_024;

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
    /// Read the password from the first line of standard input.
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from the first line of a file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
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
    let password = Password::new(password(create)?);
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

fn password(create: &Create) -> Result<Secret, Failure> {
    if let Some(path) = &create.password_file {
        return first_line(path);
    }
    if create.password_stdin {
        return read_line(io::stdin().lock(), "standard input");
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage("no terminal to ask on: use --password-stdin or --password-file".to_owned()));
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map(Secret::new).map_err(|error| Failure::of(&error));
    let (first, second) = (ask("Password: ")?, ask("Once more: ")?);
    if first == second { Ok(first) } else { Err(Failure::Failed("the two passwords differ".to_owned())) }
}

fn first_line(path: &Path) -> Result<Secret, Failure> {
    let text = Secret::new(
        read_plain(path).map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display())))?,
    );
    read_line(text.expose().as_bytes(), &path.display().to_string())
}

fn read_line(source: impl io::BufRead, name: &str) -> Result<Secret, Failure> {
    let mut line = String::new();
    io::Read::take(source, MAX_LINE)
        .read_line(&mut line)
        .map_err(|error| Failure::Failed(format!("cannot read {name}: {error}")))?;
    let mut line = Secret::new(line);
    for end in ['\n', '\r'] {
        if let Some(rest) = line.expose().strip_suffix(end) {
            line = Secret::new(rest);
        }
    }
    if line.expose().is_empty() { Err(Failure::Failed(format!("{name} holds no password"))) } else { Ok(line) }
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
