//! Who can read the files that hold secrets.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::config::{Loaded, Origin};

pub(super) fn examine(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in Loaded::secrets() {
        if let Some(Origin::File(path) | Origin::SecretFile { path, .. }) = loaded.origin(key) {
            findings.push(mode(path, &format!("holds {key}"), Finding::warning));
        }
    }
    if let Some(database) = database_file(loaded.settings.database.url.expose()) {
        for suffix in ["", "-wal", "-shm"] {
            let path = with_suffix(&database, suffix);
            if path.exists() {
                findings.push(mode(&path, "holds the accounts and their password hashes", Finding::warning));
            }
        }
        let keys = with_suffix(&database, ".keys");
        if keys.exists() && loaded.settings.secrets.keys.is_none() {
            findings.push(mode(&keys, "holds the root keys", Finding::error));
        }
    }
    findings
}

/// The file of an embedded database.
pub(super) fn database_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

type Bad = fn(&'static str, String, String) -> Finding;

#[cfg(unix)]
fn mode(path: &Path, what: &str, bad: Bad) -> Finding {
    use std::os::unix::fs::PermissionsExt as _;

    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => bad(
            "files",
            format!(
                "{shown} {what} and has mode {:04o}: others than its owner may open it",
                metadata.permissions().mode() & 0o7777
            ),
            format!("chmod 600 {shown}"),
        ),
        Ok(_) => Finding::ok("files", format!("{shown} is its owner's alone")),
        Err(error) => {
            bad("files", format!("{shown} cannot be looked at: {error}"), "run it as the server's user".to_owned())
        }
    }
}

#[cfg(not(unix))]
fn mode(path: &Path, _: &str, _: Bad) -> Finding {
    Finding::ok("files", format!("{}: modes are not looked at on this system", path.display()))
}
