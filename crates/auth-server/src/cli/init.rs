//! `auth-server init`: the files that a server of one's own begins with.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use auth_core::entropy::SystemEntropy;
use auth_core::root_keys::RootKeyRing;
use clap::Args;
use serde_json::json;

use super::output::{print, print_json};
use super::{Context, Failure, Output};

/// Every key with its sentence and its built-in value.
const DEFAULTS: &str = include_str!("../../../../config/default.toml");

const HEAD: &str = "\
# The configuration of auth-server: `auth-server --config FILE`. What is commented out is built in; take the `#` away to change it.
# `auth-server config check --config FILE` says whether it can be used, docs/CONFIGURATION.md what is allowed.
";

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder; made where it is missing.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(context: &Context, init: &Init) -> Result<(), Failure> {
    let folder = &init.folder;
    let cannot = |what: &str, path: &Path, error: io::Error| {
        let remedy = match error.kind() {
            io::ErrorKind::AlreadyExists => "nothing is overwritten: name another folder, or move it away",
            _ => "let this user write to the folder, or name another one",
        };
        Failure::Failed(format!("cannot {what} {}: {error}\n  {remedy}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, error))?;
    let folder = folder.canonicalize().map_err(|error| cannot("find", folder, error))?;
    let (config, keys, database) =
        (folder.join("auth-server.toml"), folder.join("auth.db.keys"), folder.join("auth.db"));
    // A database that is there has its keys, or has lost them; new ones would open nothing.
    for path in [&config, &keys, &database] {
        if path.exists() {
            return Err(cannot("make", path, io::ErrorKind::AlreadyExists.into()));
        }
    }
    let text = configuration(&database).ok_or_else(|| {
        Failure::Failed(format!("the folder's name cannot stand in a configuration: {}", folder.display()))
    })?;
    let ring = RootKeyRing::generate(&SystemEntropy).map_err(|error| Failure::of(&error))?;
    let ring = ring.to_text();
    write(&keys, &[ring.expose(), "\n"]).map_err(|error| cannot("write", &keys, error))?;
    if let Err(error) = write(&config, &[&text]) {
        let _ = fs::remove_file(&keys);
        return Err(cannot("write", &config, error));
    }
    match context.output {
        Output::Json => print_json(&json!({"config": config, "root_keys": keys})),
        Output::Table => print(&format!(
            "{0}  the configuration\n{1}  the root keys: back them up, apart from the database\n\n\
             auth-server --config {0}\n\n\
             with PostgreSQL: AUTH_SECRETS_KEYS_FILE={1} and AUTH_DATABASE_URL, the same on every instance\n",
            config.display(),
            keys.display()
        )),
    }
}

/// The defaults, commented out, and the database in this folder. `None` for a path that TOML or the URL cannot hold.
fn configuration(database: &Path) -> Option<String> {
    let url = format!("sqlite:{}", database.to_str()?);
    if url.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '?')) {
        return None;
    }
    let mut text = HEAD.to_owned();
    // Its own first lines are about itself.
    for line in DEFAULTS.lines().skip_while(|line| line.starts_with('#')) {
        let is_value = !line.is_empty() && !line.starts_with(['#', '[']);
        if line.starts_with("url = ") {
            let _ = write!(text, "url = \"{url}\"");
        } else if is_value {
            text.push('#');
            text.push_str(line);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    Some(text)
}

/// A new file, its owner's alone from its first byte.
fn write(path: &Path, parts: &[&str]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part.as_bytes()))?;
    file.sync_all()
}
