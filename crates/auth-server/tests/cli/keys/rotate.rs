//! `keys rotate`, `list`, `public` and `retire`.

use serde_json::Value;

use super::{Site, with};
use crate::SECRET;
use crate::process::{Serving, assert_done, assert_refused};

#[test]
fn keys_are_rotated_listed_and_retired_for_people_and_for_programs() {
    let site = Site::new(&[]);
    let first = site.list()[0]["id"].as_str().unwrap().to_owned();
    let waiting = site.json(&["rotate"]);
    let next = waiting["id"].as_str().unwrap();
    assert_eq!(
        (site.states(), waiting["algorithm"].as_str()),
        (vec!["signing".into(), "published".into()], Some("ES256"))
    );
    let again = site.keys(&["rotate"]);
    assert_refused(&again, 1, &[next, "published already", "auth-server keys rotate --now"]);
    let forward = site.keys(&["rotate", "--now"]);
    assert!(assert_done(&forward).starts_with(&format!("{next} (ES256) is published and signs from 20")));
    let table = site.keys(&["list"]);
    let lines: Vec<_> = assert_done(&table).lines().collect();
    assert!(lines[0].starts_with("STATE      ALGORITHM  SIGNS FROM") && lines[0].ends_with("ID"), "{lines:?}");
    assert!(lines[1].starts_with("verifying  ES256") && lines[1].ends_with(&first), "{lines:?}");
    assert!(lines[2].starts_with("signing    ES256") && lines[2].ends_with(next), "{lines:?}");
    let public: Value = serde_json::from_str(assert_done(&site.keys(&["public"]))).unwrap();
    let kids: Vec<_> = public["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [first.as_str(), next]);
    assert!(!public.to_string().contains("\"d\""));
    let serving = Serving::start(&site.desk, &with(&[]));
    assert_eq!(serving.get("/.well-known/jwks.json").parse::<Value>().unwrap(), public, "what is served");
    assert_eq!(serving.stop(), Some(0));

    assert_refused(&site.keys(&["retire", next]), 2, &["No terminal to ask on", "--yes"]);
    for id in ["nobody", "", "pF4Xn2cQ…", "../../etc/passwd"] {
        assert_refused(&site.keys(&["retire", "--yes", "--", id]), 1, &["no signing key of this id", "keys list"]);
    }
    assert_refused(&site.keys(&["retire"]), 2, &["<ID>"]);
    let retired = site.json(&["retire", next, "--yes"]);
    assert_eq!(retired["retired"], next);
    assert_eq!(site.list()[2]["id"], retired["successor"]);
    assert_refused(&site.keys(&["retire", next, "--yes"]), 1, &["was retired before"]);
    assert_eq!(assert_done(&site.keys(&["retire", &first, "--yes"])), format!("retired {first}\n"));
    assert!(assert_done(&site.keys(&["list"])).contains("revoked    ES256"));
    let shared = [("JWT_SECRET", SECRET)];
    assert_refused(&site.keys_with(&["rotate"], &shared), 1, &["token.hs256_secret", "change it there"]);
}
