//! Every format's fixture goes in, and its people sign in with their old passwords.

use serde_json::Value;

use super::*;

/// Format, file, its counts (created, without a password, refused), who signs in with what, and who cannot though the password is right.
type Case = (&'static str, &'static str, [u64; 3], &'static [(&'static str, &'static str)], &'static [&'static str]);

const MICE: &str = "three blind mice";

const CASES: [Case; 12] = [
    ("ndjson", "ours.ndjson", [3, 1, 0], &[("alice", "U*U")], &["Zo\u{eb}"]),
    ("csv", "ours.csv", [3, 1, 0], &[("alice", "U*U"), ("o\\\"brien, jr", "U*U")], &[]),
    ("tutorial", "tutorial.csv", [2, 0, 0], &[("alice", "U*U"), ("bob", "U*U")], &[]),
    ("tutorial", "tutorial.json", [2, 0, 0], &[("alice", "U*U"), ("bob", "U*U")], &[]),
    ("django", "django.json", [5, 1, 0], &[("alice", MICE), ("bob", "l\u{e8}tmein"), ("carol", "secret")], &["eve"]),
    ("django", "django.csv", [5, 1, 0], &[("alice", MICE), ("bob", "l\u{e8}tmein"), ("carol", "secret")], &["eve"]),
    ("firebase", "firebase.json", [3, 2, 1], &[("alice@example.com", "user1password")], &[]),
    (
        "auth0",
        "auth0.ndjson",
        [3, 0, 1],
        &[("alice@example.com", "U*U"), ("bob", "U*U"), ("carol@example.com", "password")],
        &[],
    ),
    (
        "supabase",
        "supabase.csv",
        [3, 1, 1],
        &[("alice@example.com", "U*U"), ("bob@example.com", "mytestpassword")],
        &[],
    ),
    (
        "supabase",
        "supabase.json",
        [3, 1, 1],
        &[("alice@example.com", "U*U"), ("bob@example.com", "mytestpassword")],
        &[],
    ),
    ("keycloak", "keycloak.json", [5, 1, 0], &[("alice", MICE), ("bob", MICE), ("carol", "password")], &["dave"]),
    // What a shell pipes in.
    ("keycloak", "-", [5, 1, 0], &[("alice", MICE)], &["dave"]),
];

fn import(site: &Site, format: &str, file: &str, more: &[&str]) -> std::process::Output {
    let (source, stdin) = match file {
        "-" => ("-".to_owned(), fs::File::open(fixture("keycloak.json")).unwrap().into()),
        file => (fixture(file), std::process::Stdio::null()),
    };
    let config = fixture("firebase.hash-config");
    let config: &[&str] = if format == "firebase" { &["--hash-config", &config] } else { &[] };
    let arguments = [&["--output", "json", "user", "import", &source, "--format", format], config, more].concat();
    site.desk.command(&arguments, &site.settings()).stdin(stdin).output().unwrap()
}

fn tally(output: &std::process::Output) -> Value {
    serde_json::from_str(text(&output.stdout)).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

fn every_fixture(new: fn() -> Site) {
    for (format, file, [created, without_password, refused], people, disabled) in CASES {
        let site = new();
        let dry = import(&site, format, file, &["--dry-run"]);
        assert_eq!(tally(&dry)["created"], created, "{file}: {}", text(&dry.stderr));
        assert_eq!(site.export(), "", "{file}: a dry run writes nothing");
        let first = import(&site, format, file, &["--report", "report.ndjson"]);
        let found = tally(&first);
        assert_eq!(
            (&found["created"], &found["without_password"], &found["refused"]),
            (&created.into(), &without_password.into(), &refused.into()),
            "{file}"
        );
        assert_eq!(first.status.code(), Some(i32::from(refused > 0)), "{file}");
        let before = site.export();
        let again = import(&site, format, file, &["--on-conflict", "fail"]);
        assert_eq!((&tally(&again)["same"], &tally(&again)["refused"]), (&created.into(), &refused.into()), "{file}");
        assert_eq!(site.export(), before, "{file}: brought twice, and nothing changed");
        let serving = Serving::start(&site.desk, &site.settings());
        let sign_in = |name: &str, password: &str| {
            serving.post("/v1/users/token", &format!(r#"{{"username":"{name}","password":"{password}"}}"#))
        };
        for (name, password) in people {
            let refused = sign_in(name, "wrong");
            assert!(refused.starts_with("HTTP/1.1 401"), "{file} {name}: {refused}");
            let answer = sign_in(name, password);
            assert!(answer.starts_with("HTTP/1.1 200"), "{file} {name}: {answer}");
        }
        for name in disabled {
            let password = if format == "ndjson" { "U*U" } else { MICE };
            let answer = sign_in(name, password);
            assert!(answer.starts_with("HTTP/1.1 403"), "{file} {name}: {answer}");
        }
    }
}

#[test]
fn every_fixture_goes_in_and_its_people_sign_in_sqlite() {
    every_fixture(Site::sqlite);
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn every_fixture_goes_in_and_its_people_sign_in_postgres() {
    every_fixture(Site::postgres);
}

#[test]
fn an_id_that_cannot_be_kept_is_told_beside_the_new_one() {
    let site = Site::sqlite();
    import(&site, "firebase", "firebase.json", &["--report", "report.ndjson"]);
    let report = fs::read_to_string(site.desk.path("report.ndjson")).unwrap();
    let notes: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(notes.len(), 4);
    assert_eq!(notes[0]["source_id"], "0Pq3XvYtBnL8wKc5dZr2mJh7gFa1");
    let shown = site.user(&["show", "--id", notes[0]["id"].as_str().unwrap()]);
    assert!(assert_done(&shown).contains("`alice@example.com`"));
    assert_eq!(notes[3]["verdict"], "refused");
    // Neither hashes nor the project's key are in it.
    assert!(!report.contains("lSrfV15c") && !report.contains("jxspr8Ki"));
}

#[test]
fn what_a_format_needs_is_asked_for_before_anything_is_made() {
    let site = Site::sqlite();
    let file = fixture("firebase.json");
    let import = |more: &[&str]| site.user(&[&["import", &file, "--format"], more].concat());
    assert_refused(&import(&["firebase"]), 2, &["--hash-config"]);
    assert_refused(&import(&["keycloak", "--hash-config", "x"]), 2, &["--hash-config"]);
    assert_refused(&import(&["firebase", "--hash-config", "missing"]), 1, &["missing"]);
    assert_refused(&import(&["ndjson", "--resume"]), 2, &["--report"]);
    assert_refused(&import(&["ndjson", "--resume", "--report", "r", "--dry-run"]), 2, &["--dry-run"]);
    assert_refused(&site.user(&["import", "sqlite:old.db", "--format", "django"]), 2, &["tutorial"]);
    assert_refused(
        &site.desk.run(&["user", "import", &file, "--format", "ndjson"], &[("AUTH_NONSENSE", "1")]),
        78,
        &["AUTH_NONSENSE"],
    );
    assert!(!Path::new(&site.desk.path("auth.db")).exists());
}

on_both_databases! {
    fn what_an_update_changes_is_seen_and_what_it_must_not_is_refused(site: &Site) {
        let line = |id: u8, name: &str, more: &str| {
            format!("{{\"id\":\"019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f{id:02x}\",\"username\":\"{name}\"{more}}}\n")
        };
        let hash = format!(",\"password\":{{\"hash\":\"{BCRYPT_OF_OLD}\"}}");
        site.desk.write("users.ndjson", &[line(1, "alice", &hash), line(2, "root1", ",\"roles\":[\"admin\"]")].concat());
        let import = |policy: &str| {
            let output = site.user(&["import", "users.ndjson", "--format", "ndjson", "--on-conflict", policy, "--output", "json"]);
            (output.status.code(), tally(&output))
        };
        assert_eq!(import("skip").1["created"], 2);
        let changed = [line(1, "Alicia", ",\"disabled\":true"), line(2, "root1", ",\"roles\":[\"help\"]"), line(3, "ROOT1", "")];
        site.desk.write("users.ndjson", &changed.concat());
        let before = site.export();
        let counts = |found: &Value| ["created", "updated", "same", "skipped", "refused"].map(|name| found[name].as_u64().unwrap());
        let (code, found) = import("skip");
        assert_eq!((code, counts(&found)), (Some(1), [0, 0, 0, 2, 1]));
        let (code, found) = import("fail");
        assert_eq!((code, counts(&found)), (Some(1), [0, 0, 0, 0, 3]));
        assert_eq!(site.export(), before);
        let (code, found) = import("update");
        assert_eq!((code, counts(&found)), (Some(1), [0, 1, 0, 0, 2]), "the last administrator stays one");
        let shown = site.user(&["show", "alicia"]);
        assert!(assert_done(&shown).contains("disabled"));
        assert!(assert_done(&site.user(&["show", "root1"])).contains("admin"));
    }
}
