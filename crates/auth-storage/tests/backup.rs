//! Copies of an embedded database, and what stands in a restore's way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use auth_core::StoreExt as _;
use auth_core::secret::Secret;
use auth_core::testing::conformance::samples;
use auth_core::user::Added;
use auth_storage::{BackupError, DieselStore, OpenError, Restore, StorageSettings, open};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path("auth.db").display())
    }

    /// A database with accounts of these names.
    fn store(&self, names: &[&str]) -> DieselStore {
        let store = open(StorageSettings::new(self.url())).unwrap();
        store.migrate().unwrap();
        for (number, name) in (1..).zip(names) {
            assert_eq!(store.write(|tx| tx.users().insert(&samples::user(number, name))).unwrap(), Added::Added);
        }
        store
    }

    fn begin(&self, backup: &str) -> Result<Restore, BackupError> {
        Restore::begin(&Secret::new(self.url()), &self.path(backup))
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

fn users(path: &Path) -> u64 {
    DieselStore::open_backup(path).unwrap().tally().unwrap().users
}

#[test]
fn a_copy_is_of_one_instant_and_whole_and_to_look_at_it_writes_nothing() {
    let place = Place::new();
    let store = place.store(&["alice", "bob"]);
    let bytes = store.back_up(&place.path("copy")).unwrap();
    assert_eq!(fs::metadata(place.path("copy")).unwrap().len(), bytes);
    assert_eq!(store.write(|tx| tx.users().insert(&samples::user(3, "carol"))).unwrap(), Added::Added);
    let before = place.files();
    let copy = DieselStore::open_backup(&place.path("copy")).unwrap();
    copy.check_integrity().unwrap();
    copy.check_schema().unwrap();
    assert_eq!(copy.tally().unwrap().users, 2);
    assert!(copy.write(|tx| tx.users().insert(&samples::user(4, "dave"))).is_err(), "nobody writes to it");
    assert_eq!(place.files(), before);
    assert!(matches!(store.back_up(&place.path("copy")), Err(BackupError::Exists(_))));
    assert!(matches!(store.back_up(&place.path("gone").join("copy")), Err(BackupError::File { .. })));
    assert_eq!(place.files(), before, "nothing half-done is left");
}

#[test]
fn a_restore_has_the_database_alone_and_nobody_opens_it_meanwhile() {
    let place = Place::new();
    let store = place.store(&["alice"]);
    store.back_up(&place.path("copy")).unwrap();
    assert!(matches!(place.begin("copy"), Err(BackupError::InUse(_))));
    drop(store);
    let restore = place.begin("copy").unwrap();
    assert!(matches!(open(StorageSettings::new(place.url())), Err(OpenError::Restoring { .. })));
    assert!(matches!(place.begin("copy"), Err(BackupError::InUse(_))), "nor does another restore");
    drop(restore);
    open(StorageSettings::new(place.url())).unwrap();
}

/// By whichever name it is opened.
#[cfg(unix)]
#[test]
fn a_link_to_the_database_is_the_database() {
    let place = Place::new();
    let store = place.store(&["alice"]);
    store.back_up(&place.path("copy")).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let link = elsewhere.path().join("link.db");
    std::os::unix::fs::symlink(place.path("auth.db"), &link).unwrap();
    let url = Secret::new(format!("sqlite:{}", link.display()));
    assert!(matches!(Restore::begin(&url, &place.path("copy")), Err(BackupError::InUse(_))));
    drop(store);
    Restore::begin(&url, &place.path("copy")).unwrap().finish(".before").unwrap();
    assert!(link.is_symlink(), "what it leads to is replaced");
}

#[test]
fn a_restore_replaces_all_or_nothing_and_keeps_the_old_one() {
    let place = Place::new();
    let store = place.store(&["alice"]);
    store.back_up(&place.path("copy")).unwrap();
    assert_eq!(store.write(|tx| tx.users().insert(&samples::user(2, "bob"))).unwrap(), Added::Added);
    drop(store);
    let restore = place.begin("copy").unwrap();
    assert_eq!(users(&restore.copy()), 1);
    drop(restore);
    assert_eq!(users(&place.path("auth.db")), 2, "one that was not finished changed nothing");
    let kept = place.begin("copy").unwrap().finish(".before").unwrap().unwrap();
    assert_eq!((users(&place.path("auth.db")), users(&kept)), (1, 2));
    assert_eq!(place.files(), ["auth.db", "auth.db.before", "auth.db.lock", "copy"]);
    assert!(matches!(place.begin("copy").unwrap().finish(".before"), Err(BackupError::Exists(_))));
    assert_eq!(users(&place.path("auth.db")), 1);
}

/// SQLite would take the log for the new file's, and put pages of the old one into it.
#[test]
fn a_damaged_database_is_replaced_and_its_log_goes_along() {
    let place = Place::new();
    place.store(&["alice"]).back_up(&place.path("copy")).unwrap();
    fs::write(place.path("auth.db"), "no database any more\n".repeat(1_000)).unwrap();
    // One that SQLite cannot open: any other it removes by itself.
    fs::create_dir(place.path("auth.db-wal")).unwrap();
    let kept = place.begin("copy").unwrap().finish(".before").unwrap().unwrap();
    assert_eq!(users(&place.path("auth.db")), 1);
    assert!(fs::read_to_string(kept).unwrap().starts_with("no database"));
    assert!(!place.path("auth.db-wal").exists() && place.path("auth.db.before-wal").exists());
}

/// The shell of SQLite, say, which does not know our lock.
#[test]
fn a_program_that_has_the_database_open_is_seen() {
    use diesel::{Connection as _, RunQueryDsl as _};

    let place = Place::new();
    place.store(&["alice"]).back_up(&place.path("copy")).unwrap();
    let path = place.path("auth.db").display().to_string();
    let mut other = diesel::SqliteConnection::establish(&path).unwrap();
    diesel::sql_query("SELECT count(*) FROM users").execute(&mut other).unwrap();
    let refused = place.begin("copy").unwrap().finish(".before");
    assert!(matches!(refused, Err(BackupError::InUse(_))), "{refused:?}");
    assert!(!place.path("auth.db.before").exists());
    drop(other);
    place.begin("copy").unwrap().finish(".before").unwrap();
}

#[test]
fn a_database_that_is_not_there_yet_is_made_from_a_copy() {
    let place = Place::new();
    place.store(&["alice"]).back_up(&place.path("copy")).unwrap();
    let new = Place::new();
    let url = Secret::new(format!("sqlite:{}", new.path("folder/auth.db").display()));
    assert_eq!(Restore::begin(&url, &place.path("copy")).unwrap().finish(".before").unwrap(), None);
    assert_eq!(users(&new.path("folder/auth.db")), 1);
    let postgres = Secret::new("postgres://localhost/auth");
    assert!(matches!(Restore::begin(&postgres, &place.path("copy")), Err(BackupError::NotEmbedded)));
}
