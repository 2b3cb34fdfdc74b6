//! The command line: what the program is told to do, and how it says what came of it.

mod about;
mod audit;
mod backup;
mod config;
mod confirm;
mod doctor;
mod hash;
mod healthcheck;
mod init;
mod keys;
mod migrate;
mod output;
mod password;
mod serve;
mod sessions;
mod token;
mod user;
mod user_import;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use auth_core::role::Role;
use auth_core::time::Timestamp;
use clap::{Parser, Subcommand, ValueEnum};

use crate::assemble::AssembleError;
use crate::config::{ConfigError, Inputs, Loaded};
use output::say_error;

/// Accounts, sign-in and tokens as one small server.
///
/// Without a command it serves. Configuration comes from `--config` files, `AUTH_*` variables and `--set`; see
/// `auth-server config reference`.
#[derive(Debug, Parser)]
#[command(name = "auth-server", version, max_term_width = 100)]
struct Cli {
    /// A configuration file (TOML). Given several times, the later ones win.
    #[arg(long, value_name = "FILE", global = true)]
    config: Vec<PathBuf>,
    /// Sets one key, over files and environment: `--set server.port=9000`. Secrets are never flags.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true, value_parser = key_value)]
    set: Vec<(String, String)>,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t, global = true)]
    output: Output,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve HTTP until SIGTERM or SIGINT; requests in flight are finished first. The default.
    Serve,
    /// Bring the database's schema to that of this build, or look at it.
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Show, check or document the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Write a commented configuration file and a root key file for a new server into a folder; overwrites nothing.
    ///
    /// Example: auth-server init /etc/auth
    Init(init::Init),
    /// Look at configuration, files, database, schema, keys, clock, disk and hashes, and say what is wrong with each and what to
    /// do; changes nothing. Fails (exit code 1) where something is an error.
    ///
    /// Example: auth-server doctor --url https://auth.example.com
    #[expect(clippy::doc_markdown, reason = "`--help` shows it as it is")]
    Doctor(doctor::Doctor),
    /// Copy the database, look at a copy, and put one in the database's place.
    #[command(subcommand)]
    Backup(backup::Command),
    /// What an access token says, and whether it is good.
    #[command(subcommand)]
    Token(token::Command),
    /// Everybody's sessions.
    #[command(subcommand)]
    Sessions(sessions::Command),
    /// Ask the server that runs here whether it is ready; exit code 1 where it is not. For containers.
    ///
    /// Example: auth-server healthcheck --url http://127.0.0.1:8080
    #[expect(clippy::doc_markdown, reason = "`--help` shows it as it is")]
    Healthcheck(healthcheck::Healthcheck),
    /// Print a script by which a shell completes commands.
    ///
    /// Example: auth-server completions bash > /etc/bash_completion.d/auth-server
    Completions(about::Completions),
    /// Print the man page.
    ///
    /// Example: auth-server man --dir /usr/local/share/man/man1
    Man(about::Man),
    /// Print what was built: version, profile, features, SQLite and the newest migration.
    ///
    /// Example: auth-server version --output json
    Version,
    /// Hashes of passwords: make one, say what one is, find their cost.
    #[command(subcommand)]
    Hash(hash::Command),
    /// Print the OpenAPI document.
    Openapi,
    /// Signing keys and root keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Make, see, change and import accounts.
    #[command(subcommand)]
    User(user::Command),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::Command),
}

/// Why a command failed. The exit code tells the kind, the text what to do.
#[derive(Debug)]
enum Failure {
    /// 1: it was tried and did not work, in whole or in part.
    Failed(String),
    /// 2: the command line makes no sense.
    Usage(String),
    /// 78 (`EX_CONFIG` of `sysexits.h`): the configuration cannot be used.
    Config(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error.to_string())
    }
}

impl From<AssembleError> for Failure {
    fn from(error: AssembleError) -> Self {
        match error {
            AssembleError::Config(text) => Self::Config(text),
            AssembleError::Failed(text) => Self::Failed(text),
        }
    }
}

impl Failure {
    /// An error with its sources, each level on a line of its own.
    fn of(error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let _ = write!(text, "\n  because {error}");
            source = error.source();
        }
        Self::Failed(text)
    }
}

/// What the commands are given.
struct Context {
    inputs: Inputs,
    output: Output,
}

impl Context {
    fn load(&self) -> Result<Loaded, Failure> {
        let loaded = crate::config::load(&self.inputs)?;
        for warning in &loaded.warnings {
            say_error(&format!("warning: {warning}"));
        }
        Ok(loaded)
    }
}

/// Runs the program with these arguments (its own name first) and this environment.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: Vec<(OsString, OsString)>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version end up here as well, with 0. A closed pipe is no reason to complain.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let inputs = Inputs { files: cli.config, env: environment, overrides: cli.set };
    let context = Context { inputs, output: cli.output };
    let done = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&context),
        Command::Migrate(command) => migrate::run(&context, &command),
        Command::Config(command) => config::run(&context, &command),
        Command::Init(init) => init::run(&context, &init),
        Command::Doctor(doctor) => doctor::run(&context, &doctor),
        Command::Backup(command) => backup::run(&context, &command),
        Command::Token(command) => token::run(&context, &command),
        Command::Sessions(command) => sessions::run(&context, &command),
        Command::Healthcheck(check) => healthcheck::run(&context, &check),
        Command::Completions(completions) => about::completions(&completions),
        Command::Man(man) => about::man(&man),
        Command::Version => about::version(&context),
        Command::Hash(command) => hash::run(&context, &command),
        Command::Openapi => output::print(&crate::openapi::document()),
        Command::Keys(command) => keys::run(&context, command),
        Command::User(command) => user::run(&context, command),
        Command::Audit(command) => audit::run(&context, &command),
    };
    let (code, text) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Failed(text)) => (1, text),
        Err(Failure::Usage(text)) => (2, text),
        Err(Failure::Config(text)) => (78, text),
    };
    say_error(&text);
    ExitCode::from(code)
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| "expected an instant as 2026-11-23T10:00:00Z".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "expected 1 to 32 of a-z, 0-9, - and _, a letter first".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// A thumbprint is base64url, and one in 64 begins with a hyphen.
    #[test]
    fn a_key_is_named_whatever_its_id_begins_with() {
        for id in ["-V7", "-hX", "--z", "-_-", "abc"] {
            for arguments in [["keys", "retire", id, "--yes"], ["keys", "retire", "--yes", id]] {
                let parsed = Cli::try_parse_from(["auth-server"].into_iter().chain(arguments));
                assert!(parsed.is_ok(), "{arguments:?}: {parsed:?}");
            }
        }
        assert!(Cli::try_parse_from(["auth-server", "keys", "retire", "--yes"]).is_err());
    }

    #[test]
    fn no_argument_takes_a_password_or_a_key() {
        let mut todo = vec![Cli::command()];
        while let Some(command) = todo.pop() {
            for argument in command.get_arguments() {
                let takes_text = argument.get_action().takes_values() && !argument.get_id().as_str().ends_with("file");
                let id = argument.get_id().as_str();
                assert!(
                    !(takes_text && (id.contains("password") || id.contains("secret") || id.contains("key"))),
                    "{id}"
                );
            }
            todo.extend(command.get_subcommands().cloned());
        }
    }
}
