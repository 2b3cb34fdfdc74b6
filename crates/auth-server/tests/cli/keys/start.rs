//! Keys that cannot be opened at a start: refused with the remedy, and nothing weaker in their place.

use super::{Site, with};
use crate::process::{assert_done, assert_refused, text};
use crate::{NEXT, ROOT, SECRET};

/// Another key of the same name.
const WRONG: &str = "main:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

const OTHER_SECRET: &str = "Zp4Nc8WvQ1sKd6TgYb3XmRf9HjLa2EuV";

#[test]
fn a_missing_or_a_wrong_root_key_is_refused_with_the_remedy() {
    let site = Site::new(&[]);
    let id = site.rows()[0].id.as_str().to_owned();
    let missing = [id.as_str(), "`main`", "append root key `main`", "secrets.keys", "AUTH_SECRETS_KEYS"];
    site.assert_no_start(&[("AUTH_SECRETS_KEYS", NEXT)], 1, &missing);
    let wrong = [id.as_str(), "another one of the same name", "AUTH_SECRETS_KEYS", "keys retire"];
    site.assert_no_start(&[("AUTH_SECRETS_KEYS", WRONG)], 1, &wrong);
    // Nor does another algorithm help.
    site.assert_no_start(&[("AUTH_SECRETS_KEYS", NEXT), ("AUTH_TOKEN_ALGORITHM", "EdDSA")], 1, &missing);
    site.assert_no_start(&[("AUTH_SECRETS_KEYS", NEXT), ("JWT_SECRET", SECRET)], 1, &missing);
    assert_eq!(site.start(&[]), Some(0));
    let both = format!("{NEXT},{ROOT}");
    assert_eq!(site.start(&[("AUTH_SECRETS_KEYS", &both)]), Some(0));
    assert_eq!(site.rows().len(), 1);
}

#[test]
fn a_wrong_root_key_is_refused_where_a_secret_is_shared_too_and_another_secret_is_the_way_out() {
    let site = Site::new(&[("JWT_SECRET", SECRET)]);
    let id = site.rows()[0].id.as_str().to_owned();
    for (root, words) in [(WRONG, "another one of the same name"), (NEXT, "append root key `main`")] {
        for secret in [SECRET, OTHER_SECRET] {
            site.assert_no_start(&[("JWT_SECRET", secret), ("AUTH_SECRETS_KEYS", root)], 1, &[&id, words]);
        }
    }
    let lost = |secret| [("JWT_SECRET", secret), ("AUTH_SECRETS_KEYS", NEXT)];
    let refused = site.keys_with(&["retire", &id, "--yes"], &lost(SECRET));
    assert_refused(&refused, 1, &["configured shared secret", "AUTH_TOKEN_HS256_SECRET"]);
    let retired = site.keys_with(&["retire", &id, "--yes"], &lost(OTHER_SECRET));
    assert!(assert_done(&retired).contains("signs now"));
    assert_eq!(site.start(&lost(OTHER_SECRET)), Some(0));
    // The secret that went away in an emergency does not come back.
    let words = [id.as_str(), "was retired", "AUTH_TOKEN_HS256_SECRET", "openssl rand"];
    site.assert_no_start(&lost(SECRET), 78, &words);
}

#[test]
fn a_corrupt_row_is_named_and_retiring_it_is_the_remedy() {
    let site = Site::new(&[]);
    let row = site.corrupt();
    let id = row.id.as_str();
    site.assert_no_start(&[], 1, &[id, "restore the row from a backup", &format!("keys retire {id}")]);
    assert_refused(&site.keys(&["check"]), 1, &[id, "cannot be opened"]);
    assert!(assert_done(&site.keys(&["list"])).contains(id), "none has to be opened to be listed");
    let public = site.keys(&["public"]);
    assert_eq!(assert_done(&public).trim(), "{\n  \"keys\": []\n}");
    assert!(text(&public.stderr).contains(id));
    assert_done(&site.keys(&["retire", id, "--yes"]));
    assert_eq!(site.start(&[]), Some(0));
    assert_done(&site.keys(&["check"]));
    assert_eq!(site.states(), ["retired", "signing"]);
}

#[test]
fn a_short_or_well_known_secret_is_refused_and_nothing_weaker_takes_its_place() {
    let site = Site::new(&[]);
    for secret in ["short", &SECRET[..31], "your-256-bit-secret-your-256-bit-secret", &"ab".repeat(20)] {
        let environment = [("JWT_SECRET", secret)];
        site.assert_no_start(&environment, 78, &["token.hs256_secret"]);
        let refused = site.desk.run(&[], &with(&environment));
        assert!(!text(&refused.stderr).contains(secret));
    }
    site.assert_no_start(&[("AUTH_TOKEN_ALGORITHM", "HS256")], 78, &["token.hs256_secret"]);
    assert_eq!(site.states(), ["signing"]);
}
