//! One database of the server.

use std::fmt;

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};

/// A database of one test. Dropping it drops the database, whoever is still connected.
pub struct TestDatabase {
    url: String,
    name: String,
    server: String,
}

impl TestDatabase {
    /// Creates `name` on the server that `server` leads to, as a copy of `source` (a template's name, with or without
    /// options).
    pub(super) fn create(server: &str, name: String, source: &str) -> Result<Self, String> {
        let url = with_database(server, &name)?;
        execute(server, &format!("CREATE DATABASE {name} TEMPLATE {source}"))?;
        Ok(Self { url, name, server: server.to_owned() })
    }

    /// The URL, beginning with `postgres://`. For a server that was started here it names the socket's folder,
    /// percent-encoded, as the host.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Best effort: what is left goes with the server, or is swept by the next test process.
        drop(execute(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
    }
}

impl fmt::Debug for TestDatabase {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase").field("name", &self.name).finish_non_exhaustive()
    }
}

/// On a connection of its own, so that tests do not wait for each other's databases.
pub(super) fn execute(url: &str, statement: &str) -> Result<(), String> {
    let mut connection = PgConnection::establish(url).map_err(|error| error.to_string())?;
    let done = sql_query(statement).execute(&mut connection);
    done.map(drop).map_err(|error| format!("{statement}: {error}"))
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> Result<String, String> {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let (scheme, rest) = address
        .split_once("://")
        .filter(|(scheme, _)| ["postgres", "postgresql"].contains(scheme))
        .ok_or("TEST_POSTGRES_URL has to begin with postgres://")?;
    if query.is_some_and(|query| query.split('&').any(|part| part.starts_with("dbname="))) {
        return Err("TEST_POSTGRES_URL has to name its database in the path, not as dbname=".to_owned());
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{scheme}://{authority}/{name}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_in_the_path_of_whatever_url_the_server_has() {
        for (url, expected) in [
            ("postgres://localhost", "postgres://localhost/new"),
            (
                "postgresql://me:secret@db:5433/old?sslmode=disable",
                "postgresql://me:secret@db:5433/new?sslmode=disable",
            ),
            ("postgres:///old?host=/run/postgresql", "postgres:///new?host=/run/postgresql"),
            ("postgres://me@%2Ftmp:5432/old", "postgres://me@%2Ftmp:5432/new"),
        ] {
            assert_eq!(with_database(url, "new").unwrap(), expected);
        }
        for refused in ["host=localhost", "mysql://localhost/old", "postgres:///?dbname=old"] {
            assert!(with_database(refused, "new").is_err(), "{refused}");
        }
    }
}
