//! `auth-server token`.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use auth_core::StoreExt as _;
use auth_core::secret::Secret;
use auth_core::service::AuthenticateError;
use auth_core::time::Timestamp;
use auth_core::user::AccountState;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::output::{print, print_json};
use super::{Context, Failure, Output};
use crate::assemble::{self, Assembled};
use crate::config::read_plain;

/// How much is read: eight times the longest token that is accepted.
const LIMIT: u64 = 64 * 1_024;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what an access token says. Nothing is checked: anybody can write a token that says this.
    ///
    /// Example: auth-server token inspect < token.txt
    Inspect(Source),
    /// Check an access token as the server does, by the configured database, and say which check failed. Exit code 1 where it is
    /// no good.
    ///
    /// Example: auth-server token verify --file token.txt
    Verify(Source),
}

#[derive(Debug, Args)]
pub(super) struct Source {
    /// Read the token from this file instead of standard input. It is never an argument: others could read it there.
    #[arg(long = "file", value_name = "FILE", id = "token_file")]
    file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Inspect(source) => inspect(context, &read(source.file.as_deref())?),
        Command::Verify(source) => verify(context, &read(source.file.as_deref())?),
    }
}

fn inspect(context: &Context, token: &Secret) -> Result<(), Failure> {
    let mut parts = token.expose().split('.');
    let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Failure::Failed("this is no compact token: it does not have three parts between dots".to_owned()));
    };
    let (header, claims) = (object(header, "header")?, object(claims, "payload")?);
    let times: Map<String, Value> = ["iat", "nbf", "exp", "auth_time"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), time(&claims, name)?)))
        .collect();
    let shown = json!({"trusted": false, "header": header, "claims": claims, "times": times});
    match context.output {
        Output::Json => print_json(&shown),
        Output::Table => print(&format!(
            "NOT CHECKED: anybody can write a token that says this; `auth-server token verify` checks\n{shown:#}\n"
        )),
    }
}

fn object(part: &str, name: &str) -> Result<Map<String, Value>, Failure> {
    let text = Base64UrlUnpadded::decode_vec(part)
        .map_err(|_| Failure::Failed(format!("the {name} is not base64url without padding (RFC 7515, section 2)")))?;
    match serde_json::from_slice(&text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Failure::Failed(format!("the {name} is not a JSON object"))),
    }
}

fn time(claims: &Map<String, Value>, name: &str) -> Option<Value> {
    let at = claims.get(name)?.as_i64()?;
    Some(Value::String(Timestamp::from_unix_seconds(at).to_string()))
}

fn verify(context: &Context, token: &Secret) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    if let Some(database) = assemble::database_file(&settings).filter(|path| !path.exists()) {
        return Err(Failure::Failed(format!("there is no database {} to ask: see database.url", database.display())));
    }
    let parts = assemble::assemble(&settings)?;
    parts.service.hear_endings().map_err(|error| Failure::of(&error))?;
    let verdict = judge(&parts, token)?;
    match (context.output, &verdict) {
        (Output::Json, Ok(claims)) => print_json(&json!({"valid": true, "claims": claims})),
        (Output::Table, Ok(claims)) => print(&format!("valid\n{claims:#}\n")),
        (Output::Json, Err(reason)) => {
            print_json(&json!({"valid": false, "reason": reason}))?;
            Err(Failure::Failed("the token is not valid".to_owned()))
        }
        (Output::Table, Err(reason)) => Err(Failure::Failed(format!("the token is not valid: {reason}"))),
    }
}

/// The claims, or why they do not count: by the token alone, then by its session and its account.
fn judge(parts: &Assembled, token: &Secret) -> Result<Result<Value, String>, Failure> {
    let caller = match parts.service.authenticate(token.expose()) {
        Ok(caller) => caller,
        Err(AuthenticateError::Invalid(Some(rejection))) => return Ok(Err(rejection.to_string())),
        Err(AuthenticateError::Invalid(None)) => {
            return Ok(Err("its session has ended, or every token from before some instant is refused".to_owned()));
        }
        Err(error) => return Err(Failure::of(&error)),
    };
    let now = parts.service.now();
    let found = parts.store.read(|tx| {
        let user = tx.users().by_id(caller.user)?;
        let session = caller.session.map(|id| tx.sessions().by_id(id)).transpose()?.flatten();
        Ok::<_, auth_core::StoreError>((user, session))
    });
    let (user, session) = found.map_err(|error| Failure::of(&error))?;
    let reason = match (&user, &session) {
        (None, _) => Some("its account does not exist any more"),
        (Some(user), _) if user.state != AccountState::Active => Some("its account is disabled"),
        (_, None) if caller.session.is_some() => Some("its session does not exist any more"),
        (_, Some(session)) if session.ended.is_some() || session.expires_at <= now => Some("its session is over"),
        _ => None,
    };
    if let Some(reason) = reason {
        return Ok(Err(reason.to_owned()));
    }
    let payload = token.expose().split('.').nth(1).unwrap_or_default();
    Ok(Ok(Value::Object(object(payload, "payload")?)))
}

/// The token, without what people copy along with it: a line's end, `Bearer `.
fn read(file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) => {
            read_plain(path).map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display())))?
        }
        None if io::stdin().is_terminal() => {
            return Err(Failure::Usage("the token is read from standard input, or from --file FILE".to_owned()));
        }
        None => {
            let mut text = String::new();
            let read = io::stdin().lock().take(LIMIT).read_to_string(&mut text);
            read.map_err(|error| Failure::Failed(format!("cannot read the token: {error}")))?;
            text
        }
    };
    let text = text.trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
    if text.is_empty() {
        return Err(Failure::Usage("no token was given on standard input or in the file".to_owned()));
    }
    Ok(Secret::new(text))
}
