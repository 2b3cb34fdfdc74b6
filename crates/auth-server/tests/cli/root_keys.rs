//! Starts that need a root key: where none is told, where it is lost, and what still needs an old one.

use std::fs;
use std::path::Path;

use auth_storage::testing::PostgresServer;

use crate::process::{Desk, Serving, assert_done, assert_refused};
use crate::{NEXT, ROOT, SECRET, tokens};

#[test]
fn postgresql_needs_a_root_key_that_is_the_same_everywhere() {
    let output = Desk::new().run(&[], &[("DATABASE_URL", "postgres://127.0.0.1:1/auth")]);
    // Whichever is found out first, the remedy is there.
    assert!([Some(1), Some(78)].contains(&output.status.code()));
}

#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
#[test]
fn postgresql_without_a_root_key_is_refused_with_the_way_to_make_one() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    let output = Desk::new().run(&[], &[("DATABASE_URL", database.url())]);
    assert_refused(&output, 78, &["secrets.keys", "AUTH_SECRETS_KEYS", "openssl rand"]);
}

#[test]
fn a_lost_root_key_is_named_and_none_is_made_in_its_place() {
    let desk = Desk::new();
    drop(Serving::start(&desk, &[]));
    let key_file = desk.path("auth.db.keys");
    let kept = fs::read_to_string(&key_file).unwrap();
    fs::remove_file(&key_file).unwrap();
    assert_refused(&desk.run(&[], &[]), 78, &["auth.db.keys", "secrets.keys"]);
    assert!(!Path::new(&key_file).exists());
    let needed = kept.split(':').next().unwrap();
    assert_refused(&desk.run(&[], &[("AUTH_SECRETS_KEYS", ROOT)]), 1, &[needed, "secrets.keys"]);
    fs::write(&key_file, "nonsense").unwrap();
    assert_refused(&desk.run(&[], &[]), 78, &["auth.db.keys"]);
    fs::write(&key_file, kept).unwrap();
    assert_eq!(Serving::start(&desk, &[]).stop(), Some(0));
}

/// Under HS256 no rows but sessions need a root key.
#[test]
fn a_root_key_that_live_sessions_need_is_named() {
    let desk = Desk::new();
    desk.write("password", "correct horse battery\n");
    let both = format!("{NEXT},{ROOT}");
    let with = |keys| [("JWT_SECRET", SECRET), ("AUTH_SECRETS_KEYS", keys)];
    assert_done(&desk.run(&["user", "create", "alice", "--password-file", "password"], &with(ROOT)));
    let serving = Serving::start(&desk, &with(ROOT));
    let token = &tokens(&serving)["refresh_token"];
    assert_eq!(serving.stop(), Some(0));

    for command in [&["user", "create", "bob", "--password-file", "password"][..], &["serve"]] {
        let words = ["`main`", "append", "secrets.keys", "AUTH_SECRETS_KEYS"];
        assert_refused(&desk.run(command, &with(NEXT)), 78, &words);
    }
    let serving = Serving::start(&desk, &with(&both));
    let refresh = format!(r#"{{"grant_type":"refresh_token","refresh_token":{token}}}"#);
    assert!(serving.post("/v1/users/token", &refresh).starts_with("HTTP/1.1 200"), "a session keeps its key for life");
    assert!(serving.post("/oauth/revoke", &format!(r#"{{"token":{token}}}"#)).starts_with("HTTP/1.1 200"));
    assert_eq!(serving.stop(), Some(0));
    assert_refused(&desk.run(&[], &with(NEXT)), 1, &["signing key", "`main`", "append", "secrets.keys"]);
    assert_done(&desk.run(&["keys", "reseal"], &with(&both)));
    assert_eq!(Serving::start(&desk, &with(NEXT)).stop(), Some(0), "nobody needs the old key any more");
}
