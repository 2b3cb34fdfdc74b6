//! `auth-server config`, and configurations that are refused.

use std::fs;
use std::path::Path;

use crate::ROOT;
use crate::process::{Desk, assert_done, assert_refused, text};

/// Arguments, environment, and the words of the refusal.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn a_configuration_that_cannot_be_used_ends_with_78_and_says_why() {
    let desk = Desk::new();
    desk.write("broken.toml", "server = [");
    desk.write("unknown.toml", "[server]\nprot = 1\n");
    let cases: &[Case<'_>] = &[
        (&[], &[("AUTH_SERVER_PROT", "1")], &["AUTH_SERVER_PROT", "AUTH_SERVER_PORT"]),
        (&["--config", "missing.toml"], &[], &["missing.toml"]),
        (&["--config", "broken.toml"], &[], &["broken.toml"]),
        (&["--config", "unknown.toml"], &[], &["unknown.toml", "server.prot", "server.port"]),
        (&["--set", "server.port=many"], &[], &["server.port", "many"]),
        (&[], &[("JWT_SECRET", "secret")], &["token.hs256_secret", "32"]),
        (&[], &[("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], &["token.hs256_secret"]),
        (&[], &[("AUTH_SECRETS_KEYS", "main:c2hvcnQ=")], &["secrets.keys", "entry 1", "32 bytes"]),
        (&[], &[("AUTH_HASHING_MEMORY", "1MiB")], &["hashing.memory", "OWASP"]),
        (&[], &[("AUTH_PASSWORD_BLOCKLIST", "missing.txt")], &["password.blocklist", "missing.txt"]),
        (&[], &[("AUTH_SERVER_HOST", "0.0.0.0")], &["server.allow_insecure"]),
        (&[], &[("DATABASE_URL", "mysql://localhost/x")], &["database.url", "sqlite:"]),
        (&[], &[("AUTH_TOKEN_ACCESS_TTL", "25h")], &["token.access_ttl", "`1d`"]),
    ];
    for (arguments, environment, words) in cases {
        for command in [&["serve"][..], &["config", "check"]] {
            let output = desk.run(&[command, arguments].concat(), environment);
            assert_refused(&output, 78, words);
        }
    }
    assert!(!Path::new(&desk.path("auth.db")).exists(), "nothing was made");
}

#[test]
fn secrets_are_not_shown() {
    let desk = Desk::new();
    let secret = "canary-q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa";
    let environment =
        [("JWT_SECRET", secret), ("DATABASE_URL", "postgres://u:canary@127.0.0.1:1/d"), ("AUTH_SECRETS_KEYS", ROOT)];
    for arguments in
        [&["config", "show", "--origin"][..], &["--output", "json", "config", "show"], &["config", "check"], &["serve"]]
    {
        let output = desk.run(arguments, &environment);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(!said.contains("canary") && !said.contains("AAECAwQF"), "{said}");
    }
    assert!(assert_done(&desk.run(&["config", "show", "--origin"], &environment)).contains("JWT_SECRET"));
}

#[test]
fn a_pipe_or_a_device_is_no_file_and_nobody_waits_for_it() {
    let desk = Desk::new();
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap();
    assert!(made.success());
    for path in ["pipe", "/dev/zero"] {
        assert_refused(&desk.run(&["--config", path], &[]), 78, &[path, "pipe or a device"]);
        assert_refused(&desk.run(&[], &[("AUTH_PASSWORD_BLOCKLIST", path)]), 78, &[path, "pipe or a device"]);
        assert_refused(&desk.run(&[], &[("AUTH_SECRETS_KEYS_FILE", path)]), 78, &[path, "pipe or a device"]);
        assert_refused(&desk.run(&["user", "create", "bob", "--password-file", path], &[]), 1, &[path]);
    }
    fs::rename(desk.path("pipe"), desk.path("auth.db.keys")).unwrap();
    assert_refused(&desk.run(&[], &[]), 1, &["auth.db.keys", "pipe or a device"]);
}
