use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::AtomicUsize;
use std::thread::{self, sleep};
use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool};
use diesel::{Connection, RunQueryDsl};

use super::super::database::execute;
use super::*;

/// Tells a test that it is the child process, and where to write its server's URL.
const CHILD: &str = "AUTH_STORAGE_TESTING_CHILD";

fn run(database: &TestDatabase, statement: &str) {
    execute(database.url(), statement).unwrap();
}

fn count(database: &TestDatabase, table: &str) -> i64 {
    let mut connection = PgConnection::establish(database.url()).unwrap();
    sql::<BigInt>(&format!("SELECT count(*) FROM {table}")).get_result(&mut connection).unwrap()
}

fn exists(url: &str, database: &str) -> bool {
    let mut connection = PgConnection::establish(url).unwrap();
    let question = format!("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = '{database}')");
    sql::<Bool>(&question).get_result(&mut connection).unwrap()
}

/// Whether it comes true within ten seconds.
fn soon(fact: impl Fn() -> bool) -> bool {
    (0..500).any(|_| {
        sleep(Duration::from_millis(20));
        fact()
    })
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn two_databases_do_not_see_each_other() {
    let server = PostgresServer::shared().unwrap();
    let (one, other) = (server.create_database().unwrap(), server.create_database().unwrap());

    run(&one, "CREATE TABLE things AS SELECT 1 AS thing");
    run(&other, "CREATE TABLE things AS SELECT generate_series(1, 5) AS thing");

    assert_eq!((count(&one, "things"), count(&other, "things")), (1, 5));
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn a_copy_holds_what_its_template_holds_and_is_not_shared() {
    static PREPARED: AtomicUsize = AtomicUsize::new(0);
    let copy = || {
        let prepare = |url: &str| {
            PREPARED.fetch_add(1, Ordering::Relaxed);
            execute(url, "CREATE TABLE things AS SELECT generate_series(1, 3) AS thing")
        };
        PostgresServer::shared().unwrap().create_from_template("three things", prepare).unwrap()
    };

    let copies: Vec<TestDatabase> = thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(copy));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    run(&copies[0], "DELETE FROM things");

    let counts: Vec<i64> = copies.iter().map(|copy| count(copy, "things")).collect();
    assert_eq!(counts, [0, 3, 3, 3]);
    assert_eq!(PREPARED.load(Ordering::Relaxed), 1);
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn a_template_that_cannot_be_prepared_is_refused_to_everybody() {
    let server = PostgresServer::shared().unwrap();
    let first = server.create_from_template("broken", |_| Err("a broken migration".to_owned()));
    let second = server.create_from_template("broken", |_| Ok(()));
    assert_eq!(first.unwrap_err(), "a broken migration");
    assert_eq!(second.unwrap_err(), "a broken migration");
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn a_dropped_database_is_gone_even_while_it_is_in_use() {
    let server = PostgresServer::shared().unwrap();
    let database = server.create_database().unwrap();
    let name = database.name().to_owned();
    let _connection = PgConnection::establish(database.url()).unwrap();
    assert!(exists(&server.url, &name));

    drop(database);

    assert!(!exists(&server.url, &name));
}

/// Runs itself a second time, as the process that is killed.
#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn the_server_ends_with_a_process_that_is_killed() {
    if let Some(note) = env::var_os(CHILD) {
        let server = PostgresServer::shared().unwrap();
        let _in_use = PgConnection::establish(&server.url).unwrap();
        fs::write(note, &server.url).unwrap();
        loop {
            thread::park();
        }
    }
    if server_binaries().is_none() {
        return; // Only TEST_POSTGRES_URL: nothing is started that could stay.
    }
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("url");
    let mut child = this_test_again(&note);
    assert!(soon(|| fs::metadata(&note).is_ok_and(|note| note.len() > 0)), "the child started no server");
    let url = fs::read_to_string(&note).unwrap();
    let home = home_in(&url);
    assert!(home.join(".s.PGSQL.5432").exists() && PgConnection::establish(&url).is_ok());

    child.kill().unwrap();
    child.wait().unwrap();

    assert!(soon(|| !home.exists()), "{} is still there", home.display());
    assert!(PgConnection::establish(&url).is_err());
}

fn this_test_again(note: &Path) -> Child {
    let name = "testing::postgres::tests::the_server_ends_with_a_process_that_is_killed";
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture"]).env(CHILD, note).env_remove("TEST_POSTGRES_URL");
    command.spawn().unwrap()
}

/// The folder that stands in the URL where others have a host, percent-encoded.
fn home_in(url: &str) -> PathBuf {
    let host = url.split(['@', ':']).find_map(|part| part.strip_prefix('%')).unwrap();
    let bytes = host.split('%').map(|byte| u8::from_str_radix(byte, 16).unwrap());
    PathBuf::from(String::from_utf8(bytes.collect()).unwrap())
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn a_foreign_server_is_swept_of_what_dead_processes_left() {
    let Some(bin) = server_binaries() else { return };
    let server = launch(&bin).unwrap();
    let (dead, alive, mine) =
        ("auth_test_00000000deadbeef", "auth_test_000000000000a11e", "auth_test_0000000000000123");
    let names = [format!("{dead}_0"), format!("{alive}_0"), "somebody_elses".to_owned()];
    for name in &names {
        execute(&server.url, &format!("CREATE DATABASE {name}")).unwrap();
    }
    let _mark = attend(&server.url, alive).unwrap();

    let _other_mark = attend(&server.url, mine).unwrap();

    assert_eq!(names.map(|name| exists(&server.url, &name)), [false, true, true]);
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found and no TEST_POSTGRES_URL")]
fn a_server_that_does_not_start_leaves_its_log_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = launch(folder.path()).unwrap_err();
    assert!(error.contains("initdb: not found") || error.contains("initdb: No such file"), "{error}");
}
