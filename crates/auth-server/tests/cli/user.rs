//! `auth-server user`.

use std::io::Write as _;
use std::process::Stdio;

use crate::process::{Desk, Serving, assert_done, assert_refused};

/// Guesses at a running server, and a command beside it.
#[test]
fn an_account_that_strangers_are_shut_out_of_is_unlocked_by_name() {
    let desk = Desk::new();
    desk.write("password", "correct horse battery\n");
    assert_done(&desk.run(&["user", "create", "Alice", "--password-file", "password"], &[]));
    let settings = [("AUTH_LIMITS_ACCOUNT_DISABLE_AT", "2")];
    let serving = Serving::start(&desk, &settings);
    let sign_in =
        |password: &str| serving.post("/v1/users/token", &format!(r#"{{"username":"alice","password":"{password}"}}"#));
    for status in ["401", "401", "429"] {
        assert!(sign_in("wrong").starts_with(&format!("HTTP/1.1 {status}")));
    }
    drop(serving);
    assert!(assert_done(&desk.run(&["user", "unlock", "ALICE"], &settings)).starts_with("unlocked "));
    assert!(assert_done(&desk.run(&["user", "unlock", "alice"], &[])).contains("was not locked"));
    assert_refused(&desk.run(&["user", "unlock", "nobody"], &[]), 1, &["no account has this name"]);
    assert!(
        assert_done(&desk.run(&["--output", "json", "user", "unlock", "alice"], &[]))
            .contains("\"was_counted\": false")
    );
    let serving = Serving::start(&desk, &settings);
    let body = r#"{"username":"alice","password":"correct horse battery"}"#;
    assert!(serving.post("/v1/users/token", body).starts_with("HTTP/1.1 200"));
}

#[test]
fn an_account_is_made_from_standard_input_or_a_file_and_never_from_an_argument() {
    let desk = Desk::new();
    desk.write("password", "correct horse battery\r\nignored\n");
    let created = desk.run(&["user", "create", "Alice", "--password-file", "password"], &[("USER", "root")]);
    assert!(assert_done(&created).contains("`Alice`"));
    let again = desk.run(&["user", "create", "ALICE", "--password-file", "password"], &[]);
    assert_refused(&again, 1, &["taken"]);
    desk.write("password", "password1");
    assert_refused(
        &desk.run(&["user", "create", "bo", "--password-file", "password"], &[]),
        1,
        &["too short", "tried first"],
    );
    desk.write("password", "\n");
    assert_refused(
        &desk.run(&["user", "create", "bob", "--password-file", "password"], &[]),
        1,
        &["holds no password"],
    );
    assert_refused(&desk.run(&["user", "create", "bob", "--password-file", "missing"], &[]), 1, &["missing"]);
    assert_refused(&desk.run(&["user", "create", "bob"], &[]), 2, &["--password-stdin"]);
    assert_refused(&desk.run(&["user", "create", "bob", "hunter2hunter2"], &[]), 2, &[]);
    let mut child = desk
        .command(&["--output", "json", "user", "create", "bob", "--password-stdin"], &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery\n").unwrap();
    assert!(assert_done(&child.wait_with_output().unwrap()).contains("\"username\": \"bob\""));
    let serving = Serving::start(&desk, &[]);
    for name in ["alice", "bob"] {
        let body = format!(r#"{{"username":"{name}","password":"correct horse battery"}}"#);
        assert!(serving.post("/v1/users/token", &body).starts_with("HTTP/1.1 200"), "{name}");
    }
}
