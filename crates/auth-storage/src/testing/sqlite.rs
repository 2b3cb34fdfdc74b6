//! A SQLite database in a folder of its own.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::folder::new_folder;

/// A path where a test can open a SQLite database. The folder, with the database's `-wal` and `-shm` files, is deleted
/// when this is dropped.
#[derive(Debug)]
pub struct SqliteFile {
    folder: TempDir,
    path: PathBuf,
}

impl SqliteFile {
    /// Makes the folder. The file is not there yet; whoever opens the database creates it.
    ///
    /// # Errors
    ///
    /// The folder cannot be created, as a text.
    pub fn new() -> Result<Self, String> {
        let folder = new_folder("auth-sqlite-")?;
        let path = folder.path().join("auth.db");
        Ok(Self { folder, path })
    }

    /// The URL, `sqlite://` and the absolute path.
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.path.display())
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that holds the database and nothing else.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

#[cfg(test)]
mod tests {
    use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};

    use super::*;

    #[test]
    fn the_url_opens_the_file_and_nothing_stays() {
        let file = SqliteFile::new().unwrap();
        let mut connection = SqliteConnection::establish(&file.url()).unwrap();
        sql_query("CREATE TABLE things (thing integer)").execute(&mut connection).unwrap();
        assert!(file.path().is_file());
        let folder = file.folder().to_owned();

        drop(connection);
        drop(file);

        assert!(!folder.exists());
    }
}
