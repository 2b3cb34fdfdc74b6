//! `auth-server audit`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::ALICE;
use crate::process::{Desk, Serving, assert_done, assert_refused, text};

fn lines(desk: &Desk, arguments: &[&str]) -> Vec<Value> {
    let output = desk.run(&[&["audit"], arguments].concat(), &[]);
    assert_done(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["kind"].as_str().unwrap()).collect()
}

fn create(desk: &Desk, name: &str) {
    desk.write("password", "correct horse battery\n");
    assert_done(&desk.run(&["user", "create", name, "--password-file", "password"], &[("USER", "root")]));
}

#[test]
fn the_log_is_exported_in_order_and_its_end_is_shown() {
    let desk = Desk::new();
    create(&desk, "alice");
    for _ in 0..2 {
        assert_done(&desk.run(&["user", "disable", "alice"], &[("USER", "root")]));
        assert_done(&desk.run(&["user", "enable", "alice"], &[("SUDO_USER", "eve"), ("USER", "root")]));
    }
    let all = lines(&desk, &["export"]);
    let expected =
        ["signing_key_created", "user_created", "user_disabled", "user_enabled", "user_disabled", "user_enabled"];
    assert_eq!(kinds(&all), expected);
    assert_eq!(
        all.iter().map(|line| line["actor"].as_str().unwrap()).skip(1).collect::<Vec<_>>(),
        ["cli:root", "cli:root", "cli:eve", "cli:root", "cli:eve"]
    );
    let id = all[1]["user_id"].as_str().unwrap();
    assert_eq!(lines(&desk, &["export", "--user-id", id]), all[1..]);
    assert_eq!(kinds(&lines(&desk, &["export", "--kind", "user_enabled"])), ["user_enabled"; 2]);
    let (from, until) = (all[2]["at"].as_str().unwrap(), all[4]["at"].as_str().unwrap());
    assert_eq!(lines(&desk, &["export", "--from", from, "--until", until]), all[2..4]);
    assert_eq!(lines(&desk, &["tail", "-n", "2", "--output", "json"]), all[4..]);
    let table = desk.run(&["audit", "tail"], &[]);
    assert_eq!(assert_done(&table).lines().count(), 6);
    assert!(assert_done(&table).lines().last().unwrap().contains("user_enabled"), "the latest last");
    for (arguments, word) in [
        (&["audit", "tail", "-n", "0"][..], "0 is not in"),
        (&["audit", "tail", "--kind", "everything"], "user_enabled"),
        (&["audit", "export", "--user-id", "alice"], "UUID"),
        (&["audit", "export", "--from", "today"], "instant"),
        (&["audit"], "Usage"),
    ] {
        assert_refused(&desk.run(arguments, &[]), 2, &[word]);
    }
}

/// A server and a command write; whoever follows sees both, each once.
#[test]
fn whoever_follows_sees_what_comes_and_stops_when_nobody_reads() {
    let desk = Desk::new();
    create(&desk, "alice");
    let serving = Serving::start(&desk, &[]);
    let mut command = desk.command(&["audit", "tail", "-f", "-n", "1", "--output", "json"], &[]);
    let mut follower = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(follower.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended");
        serde_json::from_str::<Value>(&line).unwrap()
    };
    assert_eq!(next()["kind"], "user_created", "what was there");
    assert!(serving.post("/v1/users/token", ALICE).starts_with("HTTP/1.1 200"));
    assert_eq!(next()["kind"], "signed_in");
    create(&desk, "bobby");
    let made = next();
    assert_eq!((&made["kind"], &made["actor"]), (&Value::from("user_created"), &Value::from("cli:root")));
    drop(out);
    create(&desk, "carol");
    let ended = follower.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
}

/// As while instances are replaced one by one: the line is shown as it is, and hides no other.
#[test]
fn a_line_of_a_newer_release_is_shown_as_it_is() {
    let desk = Desk::new();
    create(&desk, "alice");
    create(&desk, "bob");
    let newer = "UPDATE audit_events SET kind = 'moon_landed', detail = 'eagle' \
                 WHERE id = (SELECT min(id) FROM audit_events WHERE kind = 'user_created')";
    crate::backup::execute(&desk.path("auth.db"), newer);
    let all = lines(&desk, &["export"]);
    assert_eq!(kinds(&all), ["signing_key_created", "moon_landed", "user_created"]);
    assert_eq!(all[1]["detail"], "eagle");
    assert!(all[1]["user_id"].is_string(), "{}", all[1]);
}
