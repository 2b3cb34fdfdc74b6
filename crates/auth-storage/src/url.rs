//! Reads the database URL before any library does: which backend it means, and nothing that two readers could
//! understand differently. What is refused is named without being repeated, for a piece of a URL may be a piece of a
//! password.

mod postgres;
mod transport;

use std::path::PathBuf;

pub(crate) use postgres::PostgresUrl;
#[cfg(test)]
use transport::Environment;
pub(crate) use transport::{check_transport, warn_of_clear_text};

/// Where the data is.
#[derive(Debug)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(PostgresUrl),
}

/// What is wrong with a database URL. Never holds a piece of it, but for a host or a scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Nothing was given.
    #[error("it is empty")]
    Empty,
    /// It does not begin with a scheme that is known.
    #[error("it begins with neither `sqlite:` nor `postgres://`")]
    UnknownScheme,
    /// A control character, which no URL has.
    #[error("it contains a control character, a line end perhaps")]
    ControlCharacter,
    /// A SQLite URL without a file.
    #[error("it names no file (each connection to an in-memory database would see a database of its own)")]
    NoFile,
    /// A SQLite URL with parameters.
    #[error("a SQLite URL has no parameters, and this one contains `?`")]
    SqliteParameters,
    /// A `%` that is not followed by two hexadecimal digits, or that stands for NUL.
    #[error("a `%` in it is not followed by two hexadecimal digits, or is `%00`; a literal one is written `%25`")]
    Escape,
    /// A separator in the user name or the password, or an `@` after the host.
    #[error(
        "it contains an `@` out of place; in user name, password and parameters, `@` is written `%40`, `/` `%2F`, `?` `%3F`, `:` `%3A`"
    )]
    Separator,
    /// A host that is none.
    #[error("a host in it is malformed")]
    Host,
    /// A port that is none.
    #[error(
        "a port in it is not a number up to 65535; `/`, `?` and `:` in a password are written `%2F`, `%3F` and `%3A`"
    )]
    Port,
    /// A parameter that is not `name=value`.
    #[error("a parameter after its `?` is not of the form `name=value`")]
    Parameter,
}

impl Target {
    /// Reads `sqlite:PATH`, `sqlite://PATH` (the path as it is, relative or absolute, no escapes) or
    /// `postgres://…` / `postgresql://…` as libpq defines it.
    pub(crate) fn parse(url: &str) -> Result<Self, UrlFault> {
        if url.is_empty() {
            return Err(UrlFault::Empty);
        }
        if url.chars().any(char::is_control) {
            return Err(UrlFault::ControlCharacter);
        }
        if let Some(path) = url.strip_prefix("sqlite:") {
            return sqlite_path(path.strip_prefix("//").unwrap_or(path)).map(Self::Sqlite);
        }
        match url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) {
            Some(rest) => PostgresUrl::parse(url, rest).map(Self::Postgres),
            None => Err(UrlFault::UnknownScheme),
        }
    }
}

fn sqlite_path(path: &str) -> Result<PathBuf, UrlFault> {
    match path {
        "" | ":memory:" => Err(UrlFault::NoFile),
        _ if path.contains('?') => Err(UrlFault::SqliteParameters),
        // SQLite would read it as a URI, which has rules of its own.
        _ if path.starts_with("file:") => Ok(PathBuf::from(format!("./{path}"))),
        _ => Ok(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests;
