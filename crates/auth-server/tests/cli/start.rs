//! Starts that work, and starts that are refused.

use std::fs;
use std::process::Stdio;

use auth_storage::testing::PostgresServer;

use crate::process::{Desk, Serving, assert_refused};
use crate::{ALICE, ROOT};

#[test]
fn it_serves_without_configuration_and_ends_with_0_when_told_to() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    assert!(serving.get("/healthz").contains("\"status\":\"ok\""));
    let key_file = desk.path("auth.db.keys");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&key_file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let keys = serving.get("/.well-known/jwks.json");
    assert_eq!(serving.stop(), Some(0));
    let again = Serving::start(&desk, &[]);
    assert_eq!(again.get("/.well-known/jwks.json"), keys, "the key is kept");
    let leftovers: Vec<_> = fs::read_dir(desk.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("auth.db.keys."))
        .collect();
    assert_eq!(leftovers, Vec::<String>::new());
}

fn five_at_once(desk: &Desk, environment: &[(&str, &str)]) {
    let environment =
        [environment, &[("AUTH_PUBLIC_URL", "http://auth.example"), ("AUTH_SERVER_ALLOW_INSECURE", "true")]].concat();
    let children: Vec<_> = (0..5)
        .map(|_| desk.command(&[], &environment).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap())
        .collect();
    let serving: Vec<_> = children.into_iter().map(Serving::started).collect();
    let keys: Vec<_> = serving.iter().map(|one| one.get("/.well-known/jwks.json")).collect();
    assert!(keys[0].contains("\"kid\""), "{}", keys[0]);
    assert!(keys.iter().all(|set| *set == keys[0]), "one key for all: {keys:?}");
    let registered = serving[0].post("/v1/users/register", ALICE);
    assert!(registered.starts_with("HTTP/1.1 201"), "{registered}");
    for one in serving {
        let token = one.post("/v1/users/token", r#"{"username":"ALICE","password":"correct horse battery"}"#);
        assert!(token.starts_with("HTTP/1.1 200"), "{token}");
        assert_eq!(one.stop(), Some(0));
    }
}

#[test]
fn five_instances_that_start_at_once_on_a_new_file_share_one_schema_and_one_key() {
    five_at_once(&Desk::new(), &[]);
}

#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
#[test]
fn five_instances_that_start_at_once_on_postgresql_share_one_schema_and_one_key() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    five_at_once(&Desk::new(), &[("DATABASE_URL", database.url()), ("AUTH_SECRETS_KEYS", ROOT)]);
}

#[test]
fn a_database_that_cannot_be_opened_is_named_with_cause_and_remedy() {
    let desk = Desk::new();
    desk.write("text.db", &"this is no database, whatever its name says\n".repeat(40));
    desk.write("file", "");
    for (url, words) in [
        ("sqlite:text.db", &["text.db", "not a database"][..]),
        ("sqlite:file/auth.db", &["file", "set the database URL"]),
        ("sqlite:.", &["set the database URL"]),
    ] {
        assert_refused(&desk.run(&[], &[("DATABASE_URL", url)]), 1, words);
    }
    let postgres = |url| desk.run(&[], &[("DATABASE_URL", url), ("AUTH_SECRETS_KEYS", ROOT)]);
    assert_refused(&postgres("postgres://127.0.0.1:1/auth"), 1, &["PostgreSQL", "refused", "psql"]);
    if !cfg!(feature = "pg-tls") {
        assert_refused(&postgres("postgres://db.example/auth"), 1, &["TLS", "pg-tls"]);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_refused(&Desk::new().run(&[], &[("AUTH_SERVER_PORT", &port)]), 1, &[&port, "server.port"]);
}
