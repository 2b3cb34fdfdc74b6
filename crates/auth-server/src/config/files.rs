//! Files: reading them, and turning TOML into known keys.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use config::{FileFormat, Map, Source as _, Value, ValueKind};

use super::error::Finding;
use super::keys::{self, Key};
use super::layers::{Entry, Raw};
use super::nearest::nearest_key;
use super::origin::Origin;
use super::secret::Secret;

/// Largest file that is read, in bytes: far above any configuration, far below what hurts (a device, a log named by mistake).
const LIMIT: u64 = 1 << 20;

/// Sections are one level deep; what is deeper is reported, not followed.
const DEPTH: usize = 2;

/// The text of a file, named by `origin` in case of trouble.
pub(super) fn read(path: &Path, origin: &Origin) -> Result<String, Box<Finding>> {
    let unreadable = |cause: String, remedy| Box::new(Finding::Unreadable { origin: origin.clone(), cause, remedy });
    let mut bytes = Vec::new();
    let outcome = open_plain(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    outcome.map_err(|error| unreadable(error.to_string(), remedy(error.kind())))?;
    if bytes.len() as u64 > LIMIT {
        return Err(unreadable("it is larger than 1 MiB".to_owned(), "name the right file"));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned(), "save it as UTF-8"))?;
    // Some editors put a byte order mark before everything.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Opens a file that ends: a pipe would be waited for, a device read for ever.
fn open_plain(path: &Path) -> std::io::Result<File> {
    let kind = std::fs::metadata(path)?;
    if kind.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, not a file"));
    }
    File::open(path)
}

/// The text of a file of at most 1 MiB.
///
/// # Errors
/// [`std::io::Error`] with what is wrong with it.
pub(crate) fn read_plain(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = open_plain(path)?.take(LIMIT + 1).read_to_string(&mut text)?;
    if read as u64 > LIMIT {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "it is larger than 1 MiB"));
    }
    Ok(text)
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "check the path: relative ones begin at the working directory",
        ErrorKind::PermissionDenied => "let the user who runs the server read it and search its folders",
        ErrorKind::IsADirectory => "name a file inside",
        _ => "check the path and the disk",
    }
}

/// The known keys of a TOML text; what else it holds becomes findings.
pub(super) fn entries(text: &str, origin: &Origin, findings: &mut Vec<Finding>) -> Vec<(&'static Key, Entry)> {
    let collected = match config::File::from_str(text, FileFormat::Toml).collect() {
        Ok(map) => map,
        Err(error) => {
            findings.push(syntax(&error, origin));
            return Vec::new();
        }
    };
    let mut flat = Vec::new();
    flatten("", collected, 1, &mut flat);
    // The map has no order of its own; messages should not change places between two runs.
    flat.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut known = Vec::new();
    for (name, raw) in flat {
        match keys::find(&name) {
            Some(key) => known.push((key, Entry { raw, origin: origin.clone() })),
            None => {
                findings.push(Finding::UnknownKey { origin: origin.clone(), nearest: nearest_key(&name), key: name });
            }
        }
    }
    known
}

fn flatten(prefix: &str, map: Map<String, Value>, depth: usize, flat: &mut Vec<(String, Raw)>) {
    for (key, value) in map {
        let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value.kind {
            ValueKind::Table(table) if depth <= DEPTH => flatten(&name, table, depth + 1, flat),
            kind => flat.push((name, raw(kind))),
        }
    }
}

fn raw(kind: ValueKind) -> Raw {
    let items = match kind {
        ValueKind::Array(items) => items,
        single => return scalar(single).map_or(Raw::Table, Raw::Text),
    };
    let texts: Option<Vec<Secret>> = items.into_iter().map(|item| scalar(item.kind)).collect();
    texts.map_or(Raw::Table, Raw::List)
}

fn scalar(kind: ValueKind) -> Option<Secret> {
    match kind {
        ValueKind::Table(_) | ValueKind::Array(_) => None,
        ValueKind::String(text) => Some(Secret::new(text)),
        other => Some(Secret::new(other.to_string())),
    }
}

/// The parser's place and reason without the line that it quotes, which may hold a secret.
fn syntax(error: &config::ConfigError, origin: &Origin) -> Finding {
    let text = match error {
        config::ConfigError::FileParse { cause, .. } => cause.to_string(),
        _ => "it cannot be parsed".to_owned(),
    };
    let quoted = |line: &&str| !line.contains('|') && !line.trim().is_empty();
    let message = text.lines().filter(quoted).map(str::trim).collect::<Vec<_>>().join(": ");
    let path = match origin {
        Origin::File(path) => path.clone(),
        other => other.to_string().into(),
    };
    Finding::Syntax { path, message }
}
