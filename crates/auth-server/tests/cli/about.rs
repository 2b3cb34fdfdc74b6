//! `version`, `completions`, `man`, `init`, `healthcheck`, `token`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::process::{Desk, Serving, assert_done, assert_refused, text};
use crate::{ALICE, tokens};

#[test]
fn the_program_says_what_it_is_and_how_shells_and_man_know_it() {
    let desk = Desk::new();
    let version: Value = serde_json::from_str(assert_done(&desk.run(&["version", "--output", "json"], &[]))).unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(version["sqlite"].as_str().unwrap().starts_with("3."), "{version}");
    assert!(version["migrations"]["sqlite"].is_string() && version["features"].is_array(), "{version}");
    assert!(assert_done(&desk.run(&["version"], &[])).contains("SQLite"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(assert_done(&desk.run(&["completions", shell], &[])).contains("backup"), "{shell}");
    }
    assert!(assert_done(&desk.run(&["man"], &[])).contains(".TH auth-server"));
    fs::create_dir(desk.path("man")).unwrap();
    assert_done(&desk.run(&["man", "--dir", "man"], &[]));
    assert!(
        fs::read_to_string(desk.path("man/auth-server-backup-restore.1")).unwrap().contains("Servers must be stopped")
    );
    assert_refused(&desk.run(&["man", "--dir", "gone"], &[]), 1, &["gone"]);
}

#[test]
fn every_command_has_an_example_or_commands_of_its_own() {
    let desk = Desk::new();
    for command in [
        "init",
        "doctor",
        "healthcheck",
        "completions",
        "man",
        "version",
        "backup create",
        "backup verify",
        "backup restore",
        "sessions end-all",
        "token inspect",
        "token verify",
    ] {
        let arguments: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let example = format!("Example: auth-server {command}");
        assert!(assert_done(&desk.run(&arguments, &[])).contains(&example), "{command}");
    }
}

#[test]
fn a_folder_gets_a_configuration_and_root_keys_that_a_server_takes_and_never_twice() {
    let desk = Desk::new();
    let said = assert_done(&desk.run(&["init", "etc"], &[])).to_owned();
    assert!(said.contains("auth-server.toml") && said.contains("back them up"), "{said}");
    for name in ["etc/auth-server.toml", "etc/auth.db.keys"] {
        assert_eq!(fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let config = fs::read_to_string(desk.path("etc/auth-server.toml")).unwrap();
    assert!(config.contains("\n#port = 8080\n") && config.contains("# The TCP port to listen on"), "{config}");
    assert_done(&desk.run(&["--config", "etc/auth-server.toml", "config", "check"], &[]));
    let keys = fs::read_to_string(desk.path("etc/auth.db.keys")).unwrap();
    let serving =
        desk.command(&["--config", "etc/auth-server.toml"], &[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let serving = Serving::started(serving.unwrap());
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    assert_eq!(serving.stop(), Some(0));
    assert!(desk.0.path().join("etc/auth.db").exists() && !desk.0.path().join("auth.db").exists());
    assert_refused(&desk.run(&["init", "etc"], &[]), 1, &["nothing is overwritten"]);
    fs::remove_file(desk.path("etc/auth-server.toml")).unwrap();
    assert_refused(&desk.run(&["init", "etc"], &[]), 1, &["auth.db.keys"]);
    assert_eq!(fs::read_to_string(desk.path("etc/auth.db.keys")).unwrap(), keys);
    fs::remove_file(desk.path("etc/auth.db.keys")).unwrap();
    assert_refused(&desk.run(&["init", "etc"], &[]), 1, &["auth.db"]);
    assert!(!desk.0.path().join("etc/auth.db.keys").exists(), "no new keys for a database that is there");
}

#[test]
fn a_container_hears_whether_the_server_is_ready() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    let url = format!("http://{}", serving.address);
    assert_eq!(assert_done(&desk.run(&["healthcheck", "--url", &url], &[])), "ready\n");
    let port = serving.address.rsplit(':').next().unwrap().to_owned();
    let configured =
        [("AUTH_SERVER_PORT", port.as_str()), ("AUTH_SERVER_HOST", "0.0.0.0"), ("AUTH_SERVER_ALLOW_INSECURE", "true")];
    assert_done(&desk.run(&["healthcheck"], &configured));
    assert_eq!(serving.stop(), Some(0));
    assert_refused(&desk.run(&["healthcheck", "--url", &url], &[]), 1, &["does not answer"]);
    assert_refused(&desk.run(&["healthcheck"], &[]), 2, &["--url"]);
}

fn told(desk: &Desk, arguments: &[&str], input: &str) -> Output {
    let mut child = desk
        .command(arguments, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_token_is_shown_without_trust_and_verified_with_the_reason() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    let pair = tokens(&serving);
    let token = pair["access_token"].as_str().unwrap();
    let shown = told(&desk, &["token", "inspect"], &format!("Bearer {token}\n"));
    assert!(assert_done(&shown).contains("NOT CHECKED") && text(&shown.stdout).contains("\"username\": \"alice\""));
    let shown: Value =
        serde_json::from_str(assert_done(&told(&desk, &["--output", "json", "token", "inspect"], token))).unwrap();
    assert_eq!((&shown["trusted"], &shown["header"]["alg"]), (&false.into(), &"ES256".into()));
    assert!(shown["times"]["exp"].as_str().unwrap().ends_with('Z'));

    // The same issuer as the server's, which took its port from the system.
    let issuer = shown["claims"]["iss"].as_str().unwrap();
    let verify =
        ["--set", &format!("token.issuer={issuer}"), "--set", &format!("token.audience={issuer}"), "token", "verify"];
    assert!(assert_done(&told(&desk, &verify, token)).starts_with("valid\n"));
    desk.write("token", token);
    assert_done(&desk.run(&[&verify[..], &["--file", "token"]].concat(), &[]));
    let flipped = token.replacen('.', ".A", 1);
    assert_refused(&told(&desk, &verify, &flipped), 1, &["not valid", "signature"]);
    assert_refused(&told(&desk, &["token", "verify"], token), 1, &["claim `iss`"]);
    let end = format!(r#"{{"token":{}}}"#, pair["refresh_token"]);
    assert!(serving.post("/oauth/revoke", &end).starts_with("HTTP/1.1 200"));
    assert_refused(&told(&desk, &verify, token), 1, &["its session has ended"]);
    for (input, code, word) in
        [("", 2, "no token"), ("a.b", 1, "three parts"), ("a.!.c", 1, "base64url"), ("e30.W10.c", 1, "JSON object")]
    {
        assert_refused(&told(&desk, &["token", "inspect"], input), code, &[word]);
    }
    assert_eq!(serving.stop(), Some(0));
}
