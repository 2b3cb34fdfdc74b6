//! `auth-server backup` and `auth-server sessions end-all`: nothing from before a restore counts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use auth_storage::testing::PostgresServer;
use serde_json::Value;

use crate::process::{Desk, Serving, assert_done, assert_refused};
use crate::{ALICE, NEXT, ROOT, SECRET, tokens};

/// Whether a token opens anything.
fn is_accepted(serving: &Serving, token: &Value) -> bool {
    serving.bearing("/v1/forward-auth", token.as_str().unwrap()).starts_with("HTTP/1.1 204")
}

fn refresh(serving: &Serving, token: &Value) -> String {
    serving.post("/v1/users/token", &format!(r#"{{"grant_type":"refresh_token","refresh_token":{token}}}"#))
}

fn files(desk: &Desk) -> Vec<String> {
    let names = fs::read_dir(desk.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_copy_that_was_made_while_a_server_wrote_is_whole_and_its_owners_alone() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(std::sync::atomic::Ordering::SeqCst) || count == 0 {
                let body = format!(r#"{{"username":"user{count}","password":"correct horse battery"}}"#);
                assert!(serving.post("/v1/users/register", &body).starts_with("HTTP/1.1 201"));
                count += 1;
            }
            count
        });
        for name in ["one", "two"] {
            let made: Value =
                serde_json::from_str(assert_done(&desk.run(&["--output", "json", "backup", "create", name], &[])))
                    .unwrap();
            assert_eq!(made["bytes"].as_u64(), Some(fs::metadata(desk.path(name)).unwrap().len()));
        }
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        writer.join().unwrap()
    });
    for name in ["one", "two"] {
        assert_eq!(fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777, 0o600);
        let found: Value =
            serde_json::from_str(assert_done(&desk.run(&["--output", "json", "backup", "verify", name], &[]))).unwrap();
        assert!(found["users"].as_u64().unwrap() <= written, "{found}");
        assert_eq!((&found["ok"], &found["signing_keys"]), (&true.into(), &1.into()));
    }
    assert_refused(&desk.run(&["backup", "create", "one"], &[]), 1, &["is there already", "name a file"]);
    let left: Vec<_> =
        files(&desk).into_iter().filter(|name| name.contains("one") || name.contains("partial")).collect();
    assert_eq!(left, ["one"], "nothing half-done is left");
    assert_eq!(serving.stop(), Some(0));
}

/// D-19: what was revoked, changed or issued since the copy, and what the copy would bring back to life.
fn nothing_from_before_a_restore_counts(settings: &[(&str, &str)], keys_retired: usize) {
    let desk = Desk::new();
    let serving = Serving::start(&desk, settings);
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    let revoked = tokens(&serving);
    let kept = tokens(&serving);
    assert_done(&desk.run(&["backup", "create", "copy"], settings));
    let end = format!(r#"{{"token":{}}}"#, revoked["refresh_token"]);
    assert!(serving.post("/oauth/revoke", &end).starts_with("HTTP/1.1 200"));
    // Of a session that the copy does not know, so that no row of it can be ended.
    let later = tokens(&serving);
    assert!(is_accepted(&serving, &later["access_token"]));
    let refused = desk.run(&["backup", "restore", "copy", "--yes"], settings);
    assert_refused(&refused, 1, &["is in use", "stop"]);
    assert_eq!(serving.stop(), Some(0));

    assert_refused(&desk.run(&["backup", "restore", "copy"], settings), 2, &["--yes"]);
    let said = desk.run(&["--output", "json", "backup", "restore", "copy", "--yes"], settings);
    let done: Value = serde_json::from_str(assert_done(&said)).unwrap();
    assert_eq!(done["sessions_ended"], 2, "{done}");
    assert_eq!(done["keys_retired"].as_array().unwrap().len(), keys_retired, "{done}");
    assert!(Path::new(done["kept"].as_str().unwrap()).exists(), "the old one is kept");
    assert_eq!(fs::metadata(desk.path("auth.db")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!files(&desk).iter().any(|name| name.contains("restore")), "{:?}", files(&desk));

    let serving = Serving::start(&desk, settings);
    for tokens in [&revoked, &kept, &later] {
        assert!(!is_accepted(&serving, &tokens["access_token"]));
        assert!(refresh(&serving, &tokens["refresh_token"]).starts_with("HTTP/1.1 401"));
    }
    let new = tokens(&serving);
    assert!(is_accepted(&serving, &new["access_token"]), "from then on all is as ever");
    assert!(refresh(&serving, &new["refresh_token"]).starts_with("HTTP/1.1 200"));
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn nothing_from_before_a_restore_counts_by_public_keys() {
    nothing_from_before_a_restore_counts(&[], 1);
}

/// Whose key is the configuration's, and stays: only the instant of issue can tell.
#[test]
fn nothing_from_before_a_restore_counts_by_a_shared_secret() {
    nothing_from_before_a_restore_counts(&[("JWT_SECRET", SECRET)], 0);
}

/// What a server that was killed left beside its file belongs to no other file, even where its own is gone.
fn nothing_that_a_killed_server_left_comes_back(is_gone: bool) {
    let desk = Desk::new();
    let mut serving = Serving::start(&desk, &[]);
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    assert_done(&desk.run(&["backup", "create", "copy"], &[]));
    let mallory = ALICE.replace("alice", "mallory");
    assert!(serving.post("/v1/users/register", &mallory).starts_with("HTTP/1.1 201"));
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    drop(serving);
    assert!(fs::metadata(desk.path("auth.db-wal")).unwrap().len() > 0, "positive control");
    if is_gone {
        fs::remove_file(desk.path("auth.db")).unwrap();
    }
    assert_done(&desk.run(&["backup", "restore", "copy", "--yes"], &[]));
    for side in ["auth.db-wal", "auth.db-shm", "auth.db-journal"] {
        assert!(!Path::new(&desk.path(side)).exists(), "{side} lies beside the restored file: {:?}", files(&desk));
    }
    let kept = files(&desk).into_iter().filter(|name| name.ends_with("-wal")).count();
    assert_eq!(kept, usize::from(is_gone), "a log without its file is kept under another name: {:?}", files(&desk));
    let serving = Serving::start(&desk, &[]);
    assert!(serving.post("/v1/users/token", &mallory).starts_with("HTTP/1.1 401"), "as the copy is");
    tokens(&serving);
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn nothing_that_a_killed_server_left_comes_back_where_its_file_is_gone() {
    nothing_that_a_killed_server_left_comes_back(true);
}

#[test]
fn nothing_that_a_killed_server_left_comes_back_where_its_file_is_there() {
    nothing_that_a_killed_server_left_comes_back(false);
}

#[test]
fn a_copy_is_restored_elsewhere_with_its_root_keys_and_not_without() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    assert_eq!(serving.stop(), Some(0));
    assert_done(&desk.run(&["backup", "create", "copy"], &[]));
    let elsewhere = Desk::new();
    fs::copy(desk.path("copy"), elsewhere.path("copy")).unwrap();
    let restore = ["backup", "restore", "copy", "--yes"];
    assert_refused(&elsewhere.run(&restore, &[]), 78, &["auth.db.keys", "secrets.keys"]);
    let wrong = [("AUTH_SECRETS_KEYS", ROOT)];
    assert_refused(&elsewhere.run(&restore, &wrong), 1, &["cannot be opened", "secrets.keys"]);
    assert_eq!(files(&elsewhere), ["copy"], "nothing was made");
    fs::copy(desk.path("auth.db.keys"), elsewhere.path("auth.db.keys")).unwrap();
    assert_done(&elsewhere.run(&restore, &[]));
    let serving = Serving::start(&elsewhere, &[]);
    tokens(&serving);
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn what_is_no_copy_or_a_damaged_one_is_named_and_the_database_stays() {
    let desk = Desk::new();
    drop(Serving::start(&desk, &[]));
    assert_done(&desk.run(&["backup", "create", "copy"], &[]));
    let before = fs::read(desk.path("auth.db")).unwrap();
    desk.write("text", "this is no database, and it is long enough to be told");
    let mut bytes = fs::read(desk.path("copy")).unwrap();
    // A page of SQLite's.
    let page = bytes.len() / 2 / 4_096 * 4_096;
    bytes[page..page + 4_096].fill(0xff);
    fs::write(desk.path("damaged"), bytes).unwrap();
    let foreign = "CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM sessions; END";
    fs::copy(desk.path("copy"), desk.path("foreign")).unwrap();
    execute(&desk.path("foreign"), foreign);
    fs::copy(desk.path("copy"), desk.path("newer")).unwrap();
    execute(&desk.path("newer"), "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231')");
    for (name, word) in [
        ("text", "not a database"),
        ("damaged", "damaged"),
        ("foreign", "triggers"),
        ("newer", "newer release"),
        ("gone", "gone"),
    ] {
        for command in [&["backup", "verify", name][..], &["backup", "restore", name, "--yes"]] {
            assert_refused(&desk.run(command, &[]), 1, &[word]);
        }
    }
    for side in ["copy-wal", "copy-journal"] {
        desk.write(side, "");
        assert_done(&desk.run(&["backup", "verify", "copy"], &[]));
        desk.write(side, "what is not in the file yet");
        for command in [&["backup", "verify", "copy"][..], &["backup", "restore", "copy", "--yes"]] {
            assert_refused(&desk.run(command, &[]), 1, &[side, "backup create"]);
        }
        fs::remove_file(desk.path(side)).unwrap();
    }
    assert_eq!(fs::read(desk.path("auth.db")).unwrap(), before);
    assert_refused(&desk.run(&["backup", "create", "x"], &[("AUTH_DATABASE_URL", "sqlite:none.db")]), 1, &["none.db"]);
    assert!(!Path::new(&desk.path("none.db")).exists(), "nothing is made");
}

pub(crate) fn execute(path: &str, statement: &str) {
    use diesel::{Connection as _, RunQueryDsl as _};
    diesel::sql_query(statement).execute(&mut diesel::SqliteConnection::establish(path).unwrap()).unwrap();
}

#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
#[test]
fn postgresql_has_tools_of_its_own_and_they_are_named() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    let settings = [("DATABASE_URL", database.url()), ("AUTH_SECRETS_KEYS", NEXT)];
    for command in [&["backup", "create", "copy"][..], &["backup", "restore", "copy", "--yes"]] {
        assert_refused(&Desk::new().run(command, &settings), 1, &["pg_dump", "pg_restore", "sessions end-all"]);
    }
}

/// While a server runs, which hears of it.
fn every_session_ends_by_command(desk: &Desk, settings: &[(&str, &str)]) {
    let serving = Serving::start(desk, settings);
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    let before = tokens(&serving);
    assert!(is_accepted(&serving, &before["access_token"]));
    assert_refused(&desk.run(&["sessions", "end-all"], settings), 2, &["--yes"]);
    let said = desk.run(&["--output", "json", "sessions", "end-all", "--yes"], settings);
    let done: Value = serde_json::from_str(assert_done(&said)).unwrap();
    assert_eq!((&done["sessions_ended"], done["keys_retired"].as_array().unwrap().len()), (&1.into(), 0));
    while is_accepted(&serving, &before["access_token"]) {
        std::thread::yield_now();
    }
    assert!(refresh(&serving, &before["refresh_token"]).starts_with("HTTP/1.1 401"));
    assert!(tokens(&serving)["refresh_token"].is_string(), "people sign in again");
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn every_session_ends_by_command_sqlite() {
    every_session_ends_by_command(&Desk::new(), &[]);
}

#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
#[test]
fn every_session_ends_by_command_postgres() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    every_session_ends_by_command(&Desk::new(), &[("DATABASE_URL", database.url()), ("AUTH_SECRETS_KEYS", ROOT)]);
}
