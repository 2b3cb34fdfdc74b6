//! `auth-server keys`, and starts that are refused because of a key.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[allow(dead_code, reason = "shared with the other tests of the command line, which use the rest")]
mod process;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use auth_core::StoreExt as _;
use auth_core::root_keys::Sealed;
use auth_core::token::StoredKey;
use auth_storage::{DieselStore, StorageSettings};
use serde_json::Value;

use process::{Desk, Serving, assert_done, assert_refused, text};

const ROOT: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEXT: &str = "next:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
/// Another key of the same name.
const WRONG: &str = "main:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
const SECRET: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";
const OTHER_SECRET: &str = "Zp4Nc8WvQ1sKd6TgYb3XmRf9HjLa2EuV";

/// A folder with a database whose keys were made by a first start.
struct Site {
    desk: Desk,
}

impl Site {
    fn new(environment: &[(&str, &str)]) -> Self {
        let site = Self { desk: Desk::new() };
        assert_eq!(site.start(environment), Some(0));
        site
    }

    /// Starts and stops.
    fn start(&self, environment: &[(&str, &str)]) -> Option<i32> {
        Serving::start(&self.desk, &with(environment)).stop()
    }

    fn keys(&self, arguments: &[&str]) -> Output {
        self.keys_with(arguments, &[])
    }

    fn keys_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        self.desk.run(&[&["keys"], arguments].concat(), &with(environment))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(assert_done(&self.keys(&[arguments, &["--output", "json"]].concat()))).unwrap()
    }

    /// The `keys list` of programs.
    fn list(&self) -> Vec<Value> {
        self.json(&["list"])["keys"].as_array().unwrap().clone()
    }

    fn states(&self) -> Vec<String> {
        self.list().iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect()
    }

    fn store(&self) -> DieselStore {
        auth_storage::open(StorageSettings::new(format!("sqlite://{}", self.desk.path("auth.db")))).unwrap()
    }

    fn rows(&self) -> Vec<StoredKey> {
        self.store().read(|tx| tx.keys().all()).unwrap()
    }

    /// Refused at the start, with these words, and nothing was written.
    #[track_caller]
    fn assert_no_start(&self, environment: &[(&str, &str)], code: i32, words: &[&str]) {
        let before = self.rows();
        assert_refused(&self.desk.run(&[], &with(environment)), code, words);
        assert_eq!(self.rows(), before);
    }

    /// Replaces the sealed part of the first key.
    fn corrupt(&self) -> StoredKey {
        let row = self.rows().remove(0);
        let sealed = row.private.clone().unwrap();
        let mut bytes = sealed.bytes.clone();
        bytes[20] ^= 1;
        let cut = Sealed { bytes, ..sealed.clone() };
        assert!(self.store().write(|tx| tx.keys().reseal(&row.id, &sealed, &cut)).unwrap());
        row
    }

    fn with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.desk.command(&[&["keys"], arguments].concat(), &with(&[]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may have had enough before the end.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Makes a private key by the tool that people have, into a file.
    fn openssl(&self, file: &str, arguments: &[&str]) {
        let made = Command::new("openssl").args(arguments).args(["-out", &self.desk.path(file)]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
    }
}

/// What is not told otherwise is as in production.
fn with<'e>(environment: &[(&'e str, &'e str)]) -> Vec<(&'e str, &'e str)> {
    [&[("AUTH_SECRETS_KEYS", ROOT)], environment].concat()
}

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

#[test]
fn keys_of_ones_own_are_taken_and_what_is_none_is_refused_with_the_remedy() {
    let site = Site::new(&[]);
    site.openssl("p256.pem", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    site.openssl("p384.pem", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    site.openssl("ed25519.pem", &["genpkey", "-algorithm", "ed25519"]);
    for (bits, file) in [("1024", "rsa1024.pem"), ("2047", "rsa2047.pem"), ("2048", "rsa2048.pem")] {
        site.openssl(file, &["genpkey", "-algorithm", "RSA", "-pkeyopt", &format!("rsa_keygen_bits:{bits}")]);
    }
    // A point that is not on the curve, and one that is not the secret's.
    let off = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";
    site.desk.write("off.jwk", &format!(r#"{{"kty":"EC","crv":"P-256","x":"{off}","y":"{off}","d":"{off}"}}"#));
    site.desk.write("noise.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    site.desk.write("long.pem", &"x".repeat(2 << 20));
    let before = site.rows();
    let import = |algorithm, file| site.keys_with(&["import", file], &[("AUTH_TOKEN_ALGORITHM", algorithm)]);
    for (algorithm, file, words) in [
        ("RS256", "rsa1024.pem", &["openssl genrsa 3072"][..]),
        ("PS256", "rsa2047.pem", &["openssl genrsa 3072"]),
        ("RS256", "p256.pem", &["openssl genrsa 3072"]),
        ("ES256", "off.jwk", &["nobody should sign with this one"]),
        ("ES256", "p384.pem", &["P-256", "openssl genpkey"]),
        ("ES256", "rsa2048.pem", &["P-256", "openssl genpkey"]),
        ("EdDSA", "p256.pem", &["Ed25519", "openssl genpkey"]),
        ("ES256", "noise.pem", &["P-256"]),
        ("ES256", "missing.pem", &["missing.pem", "No such file"]),
        ("ES256", "long.pem", &["long.pem", "larger than"]),
        ("ES256", ".", &["cannot read"]),
    ] {
        assert_refused(&import(algorithm, file), 1, words);
    }
    let shared = [("JWT_SECRET", SECRET)];
    assert_refused(&site.keys_with(&["import", "p256.pem"], &shared), 1, &["HS256 has no key to import"]);
    assert_refused(&site.with_input(&["import", "-"], &vec![b'x'; 70_000]), 1, &["larger than 64 KiB"]);
    assert_refused(&site.with_input(&["import", "-"], b"\xff\xfe"), 1, &["cannot read -"]);
    assert_refused(&site.keys(&["import"]), 2, &["<FILE>"]);
    assert_eq!(site.rows(), before, "nothing of it was kept");

    let pem = std::fs::read(site.desk.path("p256.pem")).unwrap();
    let taken = site.with_input(&["import", "-", "--now"], &pem);
    assert!(assert_done(&taken).contains("(ES256) is published and signs from"));
    assert_eq!(site.states(), ["verifying", "signing"]);
    assert_refused(&import("ES256", "p256.pem"), 1, &["is there already"]);
    for (algorithm, file) in [("EdDSA", "ed25519.pem"), ("PS256", "rsa2048.pem")] {
        assert_done(&site.keys_with(&["import", file, "--now"], &[("AUTH_TOKEN_ALGORITHM", algorithm)]));
        assert_eq!(site.start(&[("AUTH_TOKEN_ALGORITHM", algorithm)]), Some(0));
        assert_eq!(site.list().last().unwrap()["algorithm"], algorithm, "and the start made no other");
    }
}

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
    assert_refused(&under(NEXT, &["check"]), 1, &["root key `main` is needed", "append it", "drop-root main"]);
    assert_eq!(assert_done(&under(&moved, &["reseal"])), "2 key(s) sealed anew under the active root key\n");
    assert_eq!(assert_done(&under(&moved, &["reseal"])), "0 key(s) sealed anew under the active root key\n");
    let again: Value = serde_json::from_str(assert_done(&under(&moved, &["reseal", "--output", "json"]))).unwrap();
    assert_eq!(again["resealed"], 0);
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

#[test]
fn a_command_without_sense_and_a_database_that_is_not_there_are_told() {
    let desk = Desk::new();
    for arguments in [&["keys"][..], &["keys", "rotat"], &["keys", "rotate", "--yes"], &["keys", "list", "x"]] {
        assert_refused(&desk.run(arguments, &with(&[])), 2, &[]);
    }
    let unmigrated = desk.run(&["keys", "list"], &with(&[("AUTH_DATABASE_MIGRATE_ON_START", "false")]));
    assert_refused(&unmigrated, 1, &["lacks migrations"]);
    let nowhere = desk.run(&["keys", "list"], &with(&[("DATABASE_URL", "sqlite:///dev/null/auth.db")]));
    assert_refused(&nowhere, 1, &["database.url"]);
    let empty = desk.run(&["keys", "list"], &with(&[]));
    assert_eq!(assert_done(&empty).lines().count(), 1, "the head alone");
}
