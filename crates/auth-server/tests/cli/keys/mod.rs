//! `auth-server keys`, and starts that are refused because of a key.

mod import;
mod reseal;
mod rotate;
mod start;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use auth_core::root_keys::Sealed;
use auth_core::time::Timestamp;
use auth_core::token::StoredKey;
use auth_core::user::Added;
use auth_core::{StoreError, StoreExt as _};
use auth_storage::{DieselStore, StorageSettings};
use serde_json::Value;

use crate::ROOT;
use crate::process::{Desk, Serving, assert_done, assert_refused, text};

/// A folder with a database whose keys were made by a first start.
struct Site {
    desk: Desk,
}

impl Site {
    fn new(environment: &[(&str, &str)]) -> Self {
        let site = Self { desk: Desk::new() };
        assert_eq!(site.start(environment), Some(0));
        site
    }

    /// Starts and stops.
    fn start(&self, environment: &[(&str, &str)]) -> Option<i32> {
        Serving::start(&self.desk, &with(environment)).stop()
    }

    fn keys(&self, arguments: &[&str]) -> Output {
        self.keys_with(arguments, &[])
    }

    fn keys_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        self.desk.run(&[&["keys"], arguments].concat(), &with(environment))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(assert_done(&self.keys(&[arguments, &["--output", "json"]].concat()))).unwrap()
    }

    /// The `keys list` of programs.
    fn list(&self) -> Vec<Value> {
        self.json(&["list"])["keys"].as_array().unwrap().clone()
    }

    fn states(&self) -> Vec<String> {
        self.list().iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect()
    }

    fn store(&self) -> DieselStore {
        auth_storage::open(StorageSettings::new(format!("sqlite://{}", self.desk.path("auth.db")))).unwrap()
    }

    fn rows(&self) -> Vec<StoredKey> {
        self.store().read(|tx| tx.keys().all()).unwrap()
    }

    /// Refused at the start, with these words, and nothing was written.
    #[track_caller]
    fn assert_no_start(&self, environment: &[(&str, &str)], code: i32, words: &[&str]) {
        let before = self.rows();
        assert_refused(&self.desk.run(&[], &with(environment)), code, words);
        assert_eq!(self.rows(), before);
    }

    /// Replaces the sealed part of the first key.
    fn corrupt(&self) -> StoredKey {
        let row = self.rows().remove(0);
        let sealed = row.private.clone().unwrap();
        let mut bytes = sealed.bytes.clone();
        bytes[20] ^= 1;
        let cut = Sealed { bytes, ..sealed.clone() };
        assert!(self.store().write(|tx| tx.keys().reseal(&row.id, &sealed, &cut)).unwrap());
        row
    }

    /// As if all that was done to the keys had been done so many hours earlier.
    fn age(&self, hours: u64) {
        let earlier = |at: Timestamp| at.saturating_sub(Duration::from_secs(hours * 3_600));
        self.store()
            .write(|tx| {
                for row in tx.keys().all()? {
                    let aged =
                        StoredKey { created_at: earlier(row.created_at), signs_from: earlier(row.signs_from), ..row };
                    assert!(tx.keys().remove(&aged.id)?);
                    assert_eq!(tx.keys().insert(&aged)?, Added::Added);
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    fn with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.desk.command(&[&["keys"], arguments].concat(), &with(&[]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may have had enough before the end.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Makes a private key by the tool that people have, into a file.
    fn openssl(&self, file: &str, arguments: &[&str]) {
        let made = Command::new("openssl").args(arguments).args(["-out", &self.desk.path(file)]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
    }
}

/// What is not told otherwise is as in production.
fn with<'e>(environment: &[(&'e str, &'e str)]) -> Vec<(&'e str, &'e str)> {
    [&[("AUTH_SECRETS_KEYS", ROOT)], environment].concat()
}

#[test]
fn a_command_without_sense_and_a_database_that_is_not_there_are_told() {
    let desk = Desk::new();
    for arguments in [&["keys"][..], &["keys", "rotat"], &["keys", "rotate", "--yes"], &["keys", "list", "x"]] {
        assert_refused(&desk.run(arguments, &with(&[])), 2, &[]);
    }
    let unmigrated = desk.run(&["keys", "list"], &with(&[("AUTH_DATABASE_MIGRATE_ON_START", "false")]));
    assert_refused(&unmigrated, 1, &["lacks migrations"]);
    let nowhere = desk.run(&["keys", "list"], &with(&[("DATABASE_URL", "sqlite:///dev/null/auth.db")]));
    assert_refused(&nowhere, 1, &["database.url"]);
    let empty = desk.run(&["keys", "list"], &with(&[]));
    assert_eq!(assert_done(&empty).lines().count(), 1, "the head alone");
    // An id may begin with a hyphen, and with letters that are options elsewhere.
    for id in ["-Gabc", "-hVabc"] {
        assert_refused(&desk.run(&["keys", "retire", id, "--yes"], &with(&[])), 1, &["no signing key of this id"]);
    }
}
