//! `keys check`, `reseal` and `drop-root`.

use serde_json::Value;

use super::{Site, with};
use crate::process::{Serving, assert_done, assert_refused};
use crate::{ALICE, NEXT, ROOT};

#[test]
fn a_root_key_is_exchanged_step_by_step() {
    let site = Site::new(&[]);
    assert_done(&site.keys(&["rotate"]));
    let appended = format!("{ROOT},{NEXT}");
    let moved = format!("{NEXT},{ROOT}");
    let under = |ring: &str, arguments: &[&str]| site.keys_with(arguments, &[("AUTH_SECRETS_KEYS", ring)]);
    let check = under(&appended, &["check"]);
    let lines: Vec<_> = assert_done(&check).lines().collect();
    assert!(lines[0].starts_with("active   main") && lines[0].contains("2 signing key(s), no sessions"), "{lines:?}");
    assert!(lines[1].starts_with("present  next") && lines[1].contains("0 signing key(s)"), "{lines:?}");
    assert_refused(&under(&appended, &["drop-root", "main", "--yes"]), 1, &["is the active one", "on every instance"]);
    assert_refused(
        &under(&moved, &["drop-root", "main", "--yes"]),
        1,
        &["sealed under root key `main`", "keys reseal"],
    );
    assert_refused(&under(&moved, &["drop-root", "main"]), 2, &["No terminal to ask on", "--yes"]);
    for id in ["", "Main", "a b", &"x".repeat(33)] {
        assert_refused(&under(&moved, &["drop-root", "--yes", "--", id]), 2, &["1 to 32 of a-z, 0-9, -"]);
    }
    assert_refused(&under(NEXT, &["reseal"]), 1, &["cannot be opened", "append the root key", "keys retire"]);
    let ids: Vec<String> = site.rows().iter().map(|row| format!("keys retire {}", row.id)).collect();
    let words = ["root key `main` is needed", "append it", &ids[0], &ids[1]];
    assert_refused(&under(NEXT, &["check"]), 1, &words);
    assert_eq!(assert_done(&under(&moved, &["reseal"])), "2 key(s) sealed anew under the active root key\n");
    assert_eq!(assert_done(&under(&moved, &["reseal"])), "0 key(s) sealed anew under the active root key\n");
    let again: Value = serde_json::from_str(assert_done(&under(&moved, &["reseal", "--output", "json"]))).unwrap();
    assert_eq!(again["resealed"], 0);
    assert_refused(
        &under(&moved, &["drop-root", "mian", "--yes"]),
        1,
        &["nothing knows a root key `mian`", "keys check"],
    );
    let dropped = under(&moved, &["drop-root", "main", "--yes"]);
    assert_eq!(assert_done(&dropped), "0 session(s) ended; root key `main` can be taken out of secrets.keys\n");
    let report: Value = serde_json::from_str(assert_done(&under(NEXT, &["check", "--output", "json"]))).unwrap();
    let keys = &report["root_keys"][0];
    assert_eq!(
        (&keys["id"], &keys["active"], keys["signing_keys"].as_array().unwrap().len()),
        (&"next".into(), &true.into(), 2)
    );
    assert_eq!(site.start(&[("AUTH_SECRETS_KEYS", NEXT)]), Some(0));
}

/// What keeps the server from starting is a fault, and nothing else is.
#[test]
fn a_key_that_is_over_may_be_damaged() {
    let site = Site::new(&[]);
    assert_done(&site.keys(&["rotate", "--now"]));
    site.corrupt();
    assert_refused(&site.keys(&["check"]), 1, &["cannot be opened", "keys retire"]);
    site.age(26);
    assert_eq!(site.start(&[]), Some(0));
    assert_eq!(site.states(), ["retired", "signing"]);
    assert_done(&site.keys(&["check"]));
}

/// The remedy that is named works.
#[test]
fn a_root_key_that_was_lost_is_given_up_as_told() {
    let site = Site::new(&[]);
    let serving = Serving::start(&site.desk, &with(&[]));
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    crate::tokens(&serving);
    assert_eq!(serving.stop(), Some(0));
    let under = |arguments: &[&str]| site.keys_with(arguments, &[("AUTH_SECRETS_KEYS", NEXT)]);
    let refused = under(&["check"]);
    let text = String::from_utf8(refused.stderr).unwrap();
    let (_, remedy) = text.split_once("give it up: ").unwrap();
    assert!(remedy.contains("keys retire") && remedy.contains("keys drop-root main"), "{remedy}");
    for command in remedy.trim().split("; ") {
        let arguments: Vec<&str> = command.split(' ').skip(2).chain(["--yes"]).collect();
        assert_done(&under(&arguments));
    }
    assert_done(&under(&["check"]));
    assert_eq!(site.start(&[("AUTH_SECRETS_KEYS", NEXT)]), Some(0));
}
