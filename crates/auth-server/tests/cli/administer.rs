//! `auth-server user` for whoever runs the server: what is seen, changed and refused.

use serde_json::Value;

use crate::process::{Desk, Serving, assert_done, assert_refused, text};
use crate::{ALICE, tokens};

/// Alice, plain, and Carol, an administrator.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("password", "correct horse battery\n");
    desk.write("other", "another horse battery\n");
    desk.write("weak", "password1\n");
    for arguments in [&["alice"][..], &["carol", "--admin"]] {
        let create = [&["user", "create"], arguments, &["--password-file", "password"]].concat();
        assert_done(&desk.run(&create, &[("USER", "root")]));
    }
    desk
}

fn json(desk: &Desk, arguments: &[&str]) -> Value {
    let output = desk.run(&[arguments, &["--output", "json"]].concat(), &[("USER", "root")]);
    serde_json::from_str(assert_done(&output)).unwrap()
}

fn user(desk: &Desk, arguments: &[&str]) -> Value {
    json(desk, &[&["user"], arguments].concat())
}

fn run(desk: &Desk, arguments: &[&str]) -> std::process::Output {
    desk.run(&[&["user"], arguments].concat(), &[("USER", "root")])
}

#[test]
fn accounts_are_listed_and_shown_to_people_and_programs() {
    let desk = desk();
    let listed = user(&desk, &["list"]);
    let names: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect();
    assert_eq!((names, &listed["next_cursor"]), (vec!["alice", "carol"], &Value::Null));
    assert_eq!(user(&desk, &["list", "--role", "admin"])["data"][0]["username"], "carol");
    assert_eq!(user(&desk, &["list", "--name", "AL", "--state", "active"])["data"][0]["username"], "alice");
    assert_eq!(user(&desk, &["list", "--created-from", "2999-01-01T00:00:00Z"])["data"], serde_json::json!([]));
    let first = user(&desk, &["list", "--limit", "1"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(user(&desk, &["list", "--cursor", cursor])["data"][0]["username"], "carol");
    let table = run(&desk, &["list", "--limit", "1"]);
    assert_eq!(assert_done(&table).lines().count(), 2);
    assert!(assert_done(&table).contains("`alice`") && text(&table.stderr).contains("--cursor "));

    let alice = user(&desk, &["show", "ALICE"]);
    let id = alice["id"].as_str().unwrap();
    assert_eq!(user(&desk, &["show", "--id", id]), alice);
    assert_eq!(alice["roles"], serde_json::json!([]));
    assert!(assert_done(&run(&desk, &["show", "carol"])).contains("roles       admin"));
    for (arguments, code, word) in [
        (&["show", "nobody"][..], 1, "no account `nobody`"),
        (&["show", "--id", "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80"], 1, "no account"),
        (&["show", "--id", "alice"], 2, "UUID"),
        (&["show"], 2, "required"),
        (&["show", "alice", "--id", id], 2, "cannot be used"),
        (&["list", "--limit", "0"], 2, "0 is not in"),
        (&["list", "--role", "Admin"], 2, "a-z"),
        (&["list", "--state", "gone"], 2, "gone"),
        (&["list", "--created-from", "yesterday"], 2, "instant"),
        (&["list", "--cursor", "AAAA"], 2, "cursor was not given out"),
        (&["list", "--cursor", "-AAA"], 2, "cursor was not given out"),
    ] {
        assert_refused(&run(&desk, arguments), code, &[word]);
    }
}

#[test]
fn a_running_server_hears_what_is_changed_beside_it() {
    let desk = desk();
    let serving = Serving::start(&desk, &[]);
    let signed_in = || serving.post("/v1/users/token", ALICE);
    tokens(&serving);
    assert_eq!(user(&desk, &["sessions", "alice"])["data"].as_array().unwrap().len(), 1);
    assert!(assert_done(&run(&desk, &["disable", "alice"])).starts_with("disabled "));
    assert!(signed_in().contains("account_disabled"));
    assert_eq!(user(&desk, &["sessions", "alice"])["data"], serde_json::json!([]));
    assert_eq!(user(&desk, &["enable", "alice"])["state"], "active");
    assert!(signed_in().starts_with("HTTP/1.1 200"));
    assert_eq!(user(&desk, &["logout", "alice"])["ended"], 1);
    tokens(&serving);
    tokens(&serving);
    let sessions = user(&desk, &["sessions", "alice"]);
    let session = sessions["data"][0]["id"].as_str().unwrap();
    assert_eq!(user(&desk, &["logout", "alice", "--session", session])["ended"], 1);
    assert_refused(&run(&desk, &["logout", "carol", "--session", session]), 1, &["no such"]);
    assert_refused(&run(&desk, &["logout", "alice", "--session", "x"]), 2, &["UUID"]);
    assert_eq!(user(&desk, &["sessions", "alice"])["data"].as_array().unwrap().len(), 1);

    assert_done(&run(&desk, &["set-password", "alice", "--password-file", "other"]));
    assert!(signed_in().contains("invalid_credentials"));
    assert_refused(&run(&desk, &["set-password", "alice", "--password-file", "weak"]), 1, &["tried first"]);
    assert_refused(&run(&desk, &["set-password", "alice"]), 2, &["--password-stdin"]);
    assert_refused(&run(&desk, &["set-password", "alice", "hunter2hunter2"]), 2, &[]);
}

#[test]
fn roles_are_granted_and_the_last_administrator_stays() {
    let desk = desk();
    for arguments in [&["revoke-role", "carol", "admin"][..], &["disable", "carol"], &["delete", "carol", "--yes"]] {
        assert_refused(&run(&desk, arguments), 1, &["last active administrator", "grant-role"]);
    }
    let id = user(&desk, &["show", "alice"])["id"].as_str().unwrap().to_owned();
    assert_eq!(user(&desk, &["grant-role", "--id", &id, "admin"])["roles"], serde_json::json!(["admin"]));
    assert_eq!(user(&desk, &["grant-role", "alice", "help-desk"])["roles"], serde_json::json!(["admin", "help-desk"]));
    assert_eq!(user(&desk, &["revoke-role", "carol", "admin"])["roles"], serde_json::json!([]));
    assert_refused(&run(&desk, &["grant-role", "alice", "Admin"]), 2, &["a-z"]);
    assert_refused(&run(&desk, &["grant-role", "alice"]), 2, &[]);
    assert_refused(&run(&desk, &["delete", "carol"]), 2, &["--yes"]);
    assert!(assert_done(&run(&desk, &["delete", "carol", "--yes"])).contains("`carol`"));
    assert_refused(&run(&desk, &["show", "carol"]), 1, &["no account"]);
    let bare = user(&desk, &["create", "dave", "--no-password"]);
    assert_eq!(bare["state"], "active");
    assert_refused(&run(&desk, &["create", "erin", "--no-password", "--password-stdin"]), 2, &["cannot be used"]);
}
