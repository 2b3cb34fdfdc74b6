//! `auth-server keys`.

mod root;
mod show;

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use auth_core::root_keys::RootKeyId;
use auth_core::secret::Secret;
use auth_core::service::{KeyImportError, RequestContext, RetireError, RotateError, SigningKeys, When};
use auth_core::token::{KeyError, KeyFault, KeyId, StoredKey};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{print, print_json, say_error};
use super::user::actor;
use super::{Context, Failure, Output};
use crate::assemble;
use crate::config::{self, Settings};

/// How much of standard input is read, in bytes: an RSA key of 8,192 bits in PEM has seven thousand.
const MAX_KEY: u64 = 64 * 1_024;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the signing keys and their states: published, signing, verifying, retired.
    List,
    /// Publish the next signing key. It signs once it was published for `token.key_publish_ahead`.
    ///
    /// Example: auth-server keys rotate --now
    Rotate(Rotate),
    /// Retire a signing key at once: nothing that it signed is accepted any more. For a key that somebody else has.
    ///
    /// Example: auth-server keys retire pF4Xn2cQ… --yes
    Retire(Retire),
    /// Take a private key of one's own (PEM or JWK, of the configured algorithm) as the next signing key.
    ///
    /// Example: auth-server keys import signing-key.pem
    Import(Import),
    /// Print the public keys as a JWK set, as `/.well-known/jwks.json` does.
    Public,
    /// Seal the stored signing keys anew under the active root key. Stop it wherever you like; run it again.
    Reseal,
    /// End the sessions that still need a root key, so that it can be taken out of `secrets.keys`.
    ///
    /// Example: auth-server keys drop-root root-2025 --yes
    DropRoot(DropRoot),
    /// Check that every stored key opens and every root key that is needed is there; exit code 1 where not.
    Check,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Let it sign now. Verifiers that keep the key set must ask for it again when they meet the new key.
    #[arg(long)]
    now: bool,
}

#[derive(Debug, Args)]
pub(super) struct Retire {
    /// The key's id, as `keys list` shows it.
    // Base64url: one in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    id: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// Let it sign now.
    #[arg(long)]
    now: bool,
}

#[derive(Debug, Args)]
pub(super) struct DropRoot {
    /// The root key's id.
    id: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    let keys = assemble::key_command(&settings)?;
    let actor = actor(&context.inputs.env);
    let when = |now| if now { When::Now } else { When::Ahead };
    match command {
        Command::List => show::list(context, &keys),
        Command::Public => show::public(&keys),
        Command::Rotate(rotate) => {
            let key = keys.rotate(when(rotate.now), &actor).map_err(|error| rotate_failure(&error))?;
            say_key(context, &key)
        }
        Command::Import(import) => {
            let text = read_key(&import.file)?;
            let imported = keys.import(&text, when(import.now), &actor);
            say_key(context, &imported.map_err(|error| import_failure(&error, &settings))?)
        }
        Command::Retire(retire) => run_retire(context, &keys, &retire, &actor),
        Command::Reseal => root::reseal(context, &keys, &actor),
        Command::DropRoot(drop) => {
            let id = RootKeyId::parse(&drop.id)
                .ok_or_else(|| Failure::Usage("a root key's id has 1 to 32 of a-z, 0-9, -".to_owned()))?;
            confirm(drop.yes, &format!("This signs out everybody whose session was born under root key `{id}`."))?;
            root::drop_root(context, &keys, &id, settings.session.idle_timeout, &actor)
        }
        Command::Check => root::check(context, &keys, settings.session.idle_timeout),
    }
}

fn run_retire(context: &Context, keys: &SigningKeys, retire: &Retire, actor: &RequestContext) -> Result<(), Failure> {
    let id = KeyId::new(retire.id.as_str());
    confirm(retire.yes, "No token that the key signed will be accepted any more. Sessions live on: clients refresh.")?;
    let retired = keys.retire(&id, actor).map_err(|error| match error {
        RetireError::SharedSecret(_) => Failure::Failed(
            "the configured shared secret signs with this key, or was retired itself\n  \
             set token.hs256_secret (AUTH_TOKEN_HS256_SECRET) to a new one on every instance, restart them, then retire this key"
                .to_owned(),
        ),
        RetireError::Unknown(_) => Failure::Failed("there is no signing key of this id: see `auth-server keys list`".to_owned()),
        other => Failure::of(&other),
    })?;
    let successor = retired.successor.as_ref().map(KeyId::as_str);
    match (context.output, successor) {
        (Output::Json, _) => print_json(&json!({"retired": retired.id.as_str(), "successor": successor})),
        (Output::Table, Some(next)) => print(&format!("retired {}\n{next} signs now\n", retired.id)),
        (Output::Table, None) => print(&format!("retired {}\n", retired.id)),
    }
}

fn say_key(context: &Context, key: &StoredKey) -> Result<(), Failure> {
    match context.output {
        Output::Json => print_json(&json!({
            "id": key.id.as_str(), "algorithm": key.algorithm.as_str(), "signs_from": key.signs_from.to_string()
        })),
        Output::Table => {
            print(&format!("{} ({}) is published and signs from {}\n", key.id, key.algorithm, key.signs_from))
        }
    }
}

fn rotate_failure(error: &RotateError) -> Failure {
    match error {
        RotateError::SharedSecret => Failure::Failed(
            "tokens are signed by HS256 under token.hs256_secret, which comes from the configuration\n  \
             change it there and restart: tokens of the old secret are accepted until they expire"
                .to_owned(),
        ),
        RotateError::Waiting(key, at) => Failure::Failed(format!(
            "key `{key}` is published already and signs from {at}\n  let it sign now: auth-server keys rotate --now"
        )),
        other => Failure::of(other),
    }
}

fn import_failure(error: &KeyImportError, settings: &Settings) -> Failure {
    let algorithm = settings.token.algorithm;
    let remedy = match error {
        KeyImportError::Rotate(error) => return rotate_failure(error),
        KeyImportError::Known(_) => "nothing is left to do",
        KeyImportError::Key(_) if algorithm == config::Algorithm::Hs256 => {
            "HS256 has no key to import: set token.hs256_secret (AUTH_TOKEN_HS256_SECRET)"
        }
        KeyImportError::Key(KeyError::Unfit(KeyFault::SmallModulus)) => "make one of 3072 bits: openssl genrsa 3072",
        KeyImportError::Key(KeyError::Unfit(_)) => "make another one; nobody should sign with this one",
        KeyImportError::Key(_) => match algorithm {
            config::Algorithm::Es256 => {
                "ES256 takes an EC key on P-256: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
            }
            config::Algorithm::EdDsa => "EdDSA takes an Ed25519 key: openssl genpkey -algorithm ed25519",
            _ => "it takes an RSA key without a passphrase: openssl genrsa 3072",
        },
    };
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Failure::Failed(format!("{error}{source}\n  {remedy}"))
}

fn read_key(path: &Path) -> Result<Secret, Failure> {
    let failed = |error| Failure::Failed(format!("cannot read {}: {error}", path.display()));
    if path != Path::new("-") {
        return config::read_plain(path).map(Secret::new).map_err(failed);
    }
    let mut text = String::new();
    let read = io::stdin().lock().take(MAX_KEY + 1).read_to_string(&mut text).map_err(failed)?;
    if read as u64 > MAX_KEY {
        return Err(Failure::Failed("standard input is larger than 64 KiB: that is no key".to_owned()));
    }
    Ok(Secret::new(text))
}

/// Asks on a terminal. Scripts say `--yes`.
fn confirm(is_sure: bool, what: &str) -> Result<(), Failure> {
    if is_sure {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{what} No terminal to ask on: say --yes.")));
    }
    say_error(&format!("{what} Go on? [y/N]"));
    io::stderr().flush().map_err(|error| Failure::of(&error))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::of(&error))?;
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err(Failure::Failed("nothing was done".to_owned())) }
}
