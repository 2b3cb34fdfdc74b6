//! A database that cannot be opened is told with its cause and its remedy, and without its password.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::fs;

use auth_core::testing::conformance::samples::{parallel, plant, user};
use auth_storage::testing::SqliteFile;
use auth_storage::{OpenError, StorageSettings};

fn refused(url: &str) -> OpenError {
    let error = auth_storage::open(StorageSettings::new(url)).map(drop).unwrap_err();
    let mut shown = format!("{error} {error:?} {} {:?}", error.remedy(), StorageSettings::new(url));
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        shown.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!error.remedy().is_empty());
    error
}

fn at(file: &SqliteFile, path: &str) -> String {
    format!("sqlite://{}/{path}", file.folder().display())
}

#[test]
fn missing_folders_are_made_and_the_file_is_its_owners_alone() {
    let file = SqliteFile::new().unwrap();
    common::open(&at(&file, "a/b/auth.db")).migrate().unwrap();
    let path = file.folder().join("a/b/auth.db");
    assert!(path.is_file());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_path_that_is_a_literal_is_taken_literally() {
    let file = SqliteFile::new().unwrap();
    common::open(&at(&file, "100% a#b&c=d.db")).migrate().unwrap();
    assert!(file.folder().join("100% a#b&c=d.db").is_file());
}

#[test]
fn an_empty_file_is_a_new_database_and_an_old_one_stays() {
    let file = SqliteFile::new().unwrap();
    fs::write(file.path(), "").unwrap();
    let store = common::open(&file.url());
    assert!(store.is_new().unwrap());
    store.migrate().unwrap();
    common::open(&file.url()).check_schema().unwrap();
}

/// The busy timeout does not apply to the switch to WAL: without patience of our own, a few in a hundred were refused.
#[test]
fn a_new_file_is_opened_by_many_at_once() {
    for _ in 0..40 {
        let file = SqliteFile::new().unwrap();
        parallel(8, |_| drop(common::open(&file.url())));
    }
}

#[test]
fn what_stands_in_the_way_of_a_file_is_named() {
    let file = SqliteFile::new().unwrap();
    fs::write(file.folder().join("plain"), "no folder").unwrap();
    fs::create_dir(file.folder().join("folder")).unwrap();
    for (url, words) in
        [(at(&file, "plain/auth.db"), "make the folder"), (at(&file, "folder"), "read and write the file")]
    {
        let error = refused(&url);
        let text = error.to_string();
        assert!(matches!(error, OpenError::Path { .. }), "{text}");
        assert!(text.contains(words) && text.contains(&file.folder().display().to_string()), "{text}");
        assert!(text.contains("uid"), "{text}");
    }
}

/// Not even root may write here.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_nobody_can_write_is_named() {
    let text = refused("sqlite:///proc/auth/auth.db").to_string();
    assert!(text.contains("/proc"), "{text}");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let file = SqliteFile::new().unwrap();
    fs::write(file.path(), "this is not a database, and longer than a header of one hundred bytes. ".repeat(20))
        .unwrap();
    let text = refused(&file.url()).to_string();
    assert!(text.contains("not a database"), "{text}");
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    let text = refused("postgres://somebody:canary@127.0.0.1:1/db").to_string();
    assert!(text.contains("PostgreSQL") && text.contains("127.0.0.1"), "{text}");
    let text = refused("postgres:///db?host=/nowhere/at/all&password=canary").to_string();
    assert!(text.contains("/nowhere/at/all"), "{text}");
}

#[test]
fn urls_that_cannot_be_read_are_told_without_the_password() {
    for url in ["mysql://u:canary@h/db", "canary", "postgres://u:can@canary@h/db", "postgres://u:canary/x@h/db", ""] {
        assert!(matches!(refused(url), OpenError::Url(_)), "{url}");
    }
}

#[cfg(not(feature = "pg-tls"))]
#[test]
fn without_tls_another_machine_is_refused_with_the_remedy() {
    for url in ["postgres://u:canary@db.example.com/db", "postgres://u:canary@localhost/db?hostaddr=192.0.2.1"] {
        let error = refused(url);
        assert!(matches!(error, OpenError::NoTls { .. }), "{error}");
        assert!(error.remedy().contains("pg-tls"), "{}", error.remedy());
    }
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn a_refusal_by_the_server_is_told() {
    let database = common::Database::empty(auth_storage::Backend::Postgres);
    let url = database.url();
    let (server, _) = url.rsplit_once('/').unwrap();
    let text = refused(&format!("{server}/no_such_database")).to_string();
    assert!(text.contains("no_such_database"), "{text}");
}

#[test]
fn a_file_that_vanished_is_not_made_again() {
    let file = SqliteFile::new().unwrap();
    let store = auth_storage::open(StorageSettings::new(file.url())).unwrap();
    store.migrate().unwrap();
    std::fs::remove_file(file.path()).unwrap();
    assert!(store.check_schema().is_err());
    assert!(!file.path().exists(), "an empty database in its place would be worse than none");
}

/// Another process that reads the file and leaves must not take itself for the last: it would delete the log.
#[cfg_attr(not(python3), ignore = "python3 is not here")]
#[test]
fn a_store_that_is_opened_beside_another_of_this_process_drops_no_locks() {
    let file = SqliteFile::new().unwrap();
    let store = auth_storage::open(StorageSettings::new(file.url())).unwrap();
    store.migrate().unwrap();
    let store: std::sync::Arc<dyn auth_core::Store> = std::sync::Arc::new(store);
    plant(&store, &[user(1, "alice")]);
    drop(auth_storage::open(StorageSettings::new(file.url())).unwrap());
    plant(&store, &[user(2, "bob")]);
    let mut log = file.path().as_os_str().to_owned();
    log.push("-wal");
    assert!(fs::exists(&log).unwrap(), "the log of a file in use");
    // A reader in another process: locks of one process do not stand in its own way.
    let script = format!(
        "import sqlite3; c = sqlite3.connect({:?}); c.execute('select count(*) from users').fetchall(); c.close()",
        file.path()
    );
    let read = std::process::Command::new("python3").args(["-c", &script]).status().unwrap();
    assert!(read.success());
    assert!(fs::exists(&log).unwrap(), "it was deleted under the feet of its writers");
}
