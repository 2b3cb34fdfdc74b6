//! `auth-server user create`.

use std::io::Write as _;
use std::process::Stdio;

use crate::process::{Desk, Serving, assert_done, assert_refused};

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
