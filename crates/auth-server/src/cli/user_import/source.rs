//! Where accounts come from: a file, standard input, or the tutorial's database.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, stdin};
use std::path::Path;

use auth_core::secret::Secret;
use auth_core::service::{ImportRecord, ImportedPassword};
use auth_core::time::{Clock as _, SystemClock};
use auth_storage::tutorial::{TutorialRow, tutorial_users};

use super::{Format, Import, Incoming, LineFault};
use crate::cli::{Context, Failure};
use crate::transfer::{self, HashConfig, Known};

/// Far longer than the parameters of any project, in bytes.
const LONGEST_CONFIG: u64 = 16 << 10;

/// Larger reads than the standard library's: a file of a million accounts has hundreds of megabytes.
const BUFFER: usize = 64 << 10;

/// What is imported from.
pub(super) struct Source {
    pub(super) items: Box<dyn Iterator<Item = Result<Item, Failure>>>,
    /// How long it is, where that is known.
    pub(super) bytes: Option<u64>,
}

/// One account of a source, or what is wrong there.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) account: Result<Incoming, LineFault>,
}

/// Where in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The line, counted from one.
    Line(u64),
    /// The row of a table that is read where it is.
    Row(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => f.write_str(row),
        }
    }
}

pub(super) fn open(context: &Context, import: &Import) -> Result<Source, Failure> {
    let known = Known { now: SystemClock.now(), firebase: hash_config(import)? };
    let source = match (&import.source, &import.source_env) {
        (Some(source), _) if has_password(source) => {
            return Err(Failure::Usage(
                "a password on the command line can be read by other users of this machine: put the URL into an \
                 environment variable and name it with --source-env"
                    .to_owned(),
            ));
        }
        (Some(source), _) => source.clone(),
        (None, Some(name)) => {
            let value = context.inputs.env.iter().find(|(key, _)| key == name.as_str());
            let text = value.and_then(|(_, value)| value.to_str());
            text.ok_or_else(|| Failure::Usage(format!("the environment variable {name} is not set, or not UTF-8")))?
                .to_owned()
        }
        (None, None) => return Err(Failure::Usage("no source".to_owned())),
    };
    if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| source.starts_with(scheme)) {
        if import.format != Format::Tutorial {
            return Err(Failure::Usage(
                "a database is read with --format tutorial alone; others export a file".to_owned(),
            ));
        }
        let rows = tutorial_users(&Secret::new(source)).map_err(|error| Failure::of(&error))?;
        let items = rows.map(|row| row.map(from_table).map_err(|error| Failure::of(&error)));
        return Ok(Source { items: Box::new(items), bytes: None });
    }
    let (name, reader, bytes): (_, Box<dyn BufRead>, _) = if source == "-" {
        ("standard input".to_owned(), Box::new(BufReader::with_capacity(BUFFER, stdin())), None)
    } else {
        let file = File::open(&source).map_err(|error| Failure::Failed(format!("{source}: {error}")))?;
        let bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|about| about.len());
        (source, Box::new(BufReader::with_capacity(BUFFER, file)), bytes)
    };
    let failed = move |error| Failure::Failed(format!("{name}: {error}"));
    let lines = transfer::read(import.format, reader, known).map_err(&failed)?;
    let items =
        lines.map(move |line| line.map(|(line, account)| Item { place: Place::Line(line), account }).map_err(&failed));
    Ok(Source { items: Box::new(items), bytes })
}

fn hash_config(import: &Import) -> Result<Option<HashConfig>, Failure> {
    match (&import.hash_config, import.format) {
        (Some(path), Format::Firebase) => read_hash_config(path).map(Some),
        (Some(_), _) => Err(Failure::Usage("--hash-config goes with --format firebase".to_owned())),
        (None, Format::Firebase) => Err(Failure::Usage(
            "Firebase's hashes need the project's parameters: copy them from its console (Authentication, Users, Password hash \
             parameters) into a file and name it with --hash-config"
                .to_owned(),
        )),
        (None, _) => Ok(None),
    }
}

fn read_hash_config(path: &Path) -> Result<HashConfig, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_CONFIG).read_to_string(&mut text));
    read.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    HashConfig::parse(&text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

fn from_table(row: TutorialRow) -> Item {
    match row {
        TutorialRow::Unreadable { row, fault } => {
            Item { place: Place::Row(row), account: Err(LineFault::Other(fault)) }
        }
        TutorialRow::User(user) => {
            let record = ImportRecord {
                legacy_id: Some(user.id),
                password: Some(ImportedPassword { hash: user.password, changed_at: None }),
                created_at: user.created_at,
                ..ImportRecord::named(user.username)
            };
            let place = Place::Row(format!("id {}", user.id));
            Item { place, account: Ok(Incoming { record, source_id: None }) }
        }
    }
}

/// Whether a URL holds a password, in its authority or as a parameter.
fn has_password(source: &str) -> bool {
    let Some((_, rest)) = source.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let in_authority = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    // `sslpassword`, which opens the client's key, is one as well.
    let is_password = |part: &str| part.split_once('=').is_some_and(|(name, _)| name.ends_with("password"));
    in_authority || rest.split(['?', '&']).any(is_password)
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn passwords_in_urls_are_seen() {
        for url in
            ["postgres://u:p@h/d", "postgres://h/d?user=u&password=p", "postgres://u:@h", "postgres://u:p@/d?host=/tmp"]
        {
            assert!(has_password(url), "{url}");
        }
        for url in ["postgres://u@h:5432/d", "postgres:///d?host=/tmp", "sqlite:old.db", "users.csv", "sqlite:///a:b@c"]
        {
            assert!(!has_password(url), "{url}");
        }
    }
}
