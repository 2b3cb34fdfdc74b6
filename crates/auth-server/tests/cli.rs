//! The program as an operator meets it: exit codes, causes and remedies, start and stop.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod process;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use auth_storage::testing::PostgresServer;
use base64ct::{Base64, Encoding as _};

use process::{Desk, Serving, assert_done, assert_refused, text};

const ROOT_KEYS: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const BCRYPT_OF_OLD: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[test]
fn it_serves_without_configuration_and_ends_with_0_when_told_to() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    assert!(serving.get("/healthz").contains("\"status\":\"ok\""));
    let key_file = desk.path("auth.db.keys");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&key_file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let keys = serving.get("/.well-known/jwks.json");
    assert_eq!(serving.stop(), Some(0));
    let again = Serving::start(&desk, &[]);
    assert_eq!(again.get("/.well-known/jwks.json"), keys, "the key is kept");
    let leftovers: Vec<_> = fs::read_dir(desk.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("auth.db.keys."))
        .collect();
    assert_eq!(leftovers, Vec::<String>::new());
}

fn five_at_once(desk: &Desk, environment: &[(&str, &str)]) {
    let environment =
        [environment, &[("AUTH_PUBLIC_URL", "http://auth.example"), ("AUTH_SERVER_ALLOW_INSECURE", "true")]].concat();
    let children: Vec<_> = (0..5)
        .map(|_| desk.command(&[], &environment).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap())
        .collect();
    let serving: Vec<_> = children.into_iter().map(Serving::started).collect();
    let keys: Vec<_> = serving.iter().map(|one| one.get("/.well-known/jwks.json")).collect();
    assert!(keys[0].contains("\"kid\""), "{}", keys[0]);
    assert!(keys.iter().all(|set| *set == keys[0]), "one key for all: {keys:?}");
    let registered =
        serving[0].post("/v1/users/register", r#"{"username":"alice","password":"correct horse battery"}"#);
    assert!(registered.starts_with("HTTP/1.1 201"), "{registered}");
    for one in serving {
        let token = one.post("/v1/users/token", r#"{"username":"ALICE","password":"correct horse battery"}"#);
        assert!(token.starts_with("HTTP/1.1 200"), "{token}");
        assert_eq!(one.stop(), Some(0));
    }
}

#[test]
fn five_instances_that_start_at_once_on_a_new_file_share_one_schema_and_one_key() {
    five_at_once(&Desk::new(), &[]);
}

#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
#[test]
fn five_instances_that_start_at_once_on_postgresql_share_one_schema_and_one_key() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    five_at_once(&Desk::new(), &[("DATABASE_URL", database.url()), ("AUTH_SECRETS_KEYS", ROOT_KEYS)]);
}

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
    let environment = [
        ("JWT_SECRET", secret),
        ("DATABASE_URL", "postgres://u:canary@127.0.0.1:1/d"),
        ("AUTH_SECRETS_KEYS", ROOT_KEYS),
    ];
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
fn a_database_that_cannot_be_opened_is_named_with_cause_and_remedy() {
    let desk = Desk::new();
    desk.write("text.db", &"this is no database, whatever its name says\n".repeat(40));
    desk.write("file", "");
    for (url, words) in [
        ("sqlite:text.db", &["text.db", "not a database"][..]),
        ("sqlite:file/auth.db", &["file", "set the database URL"]),
        ("sqlite:.", &["set the database URL"]),
    ] {
        assert_refused(&desk.run(&[], &[("DATABASE_URL", url)]), 1, words);
    }
    let postgres = |url| desk.run(&[], &[("DATABASE_URL", url), ("AUTH_SECRETS_KEYS", ROOT_KEYS)]);
    assert_refused(&postgres("postgres://127.0.0.1:1/auth"), 1, &["PostgreSQL", "refused", "psql"]);
    if !cfg!(feature = "pg-tls") {
        assert_refused(&postgres("postgres://db.example/auth"), 1, &["TLS", "pg-tls"]);
    }
}

#[test]
fn postgresql_needs_a_root_key_that_is_the_same_everywhere() {
    let output = Desk::new().run(&[], &[("DATABASE_URL", "postgres://127.0.0.1:1/auth")]);
    // Whichever is found out first, the remedy is there.
    assert!([Some(1), Some(78)].contains(&output.status.code()));
}

#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
#[test]
fn postgresql_without_a_root_key_is_refused_with_the_way_to_make_one() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    let output = Desk::new().run(&[], &[("DATABASE_URL", database.url())]);
    assert_refused(&output, 78, &["secrets.keys", "AUTH_SECRETS_KEYS", "openssl rand"]);
}

#[test]
fn a_lost_root_key_is_named_and_none_is_made_in_its_place() {
    let desk = Desk::new();
    drop(Serving::start(&desk, &[]));
    let key_file = desk.path("auth.db.keys");
    let kept = fs::read_to_string(&key_file).unwrap();
    fs::remove_file(&key_file).unwrap();
    assert_refused(&desk.run(&[], &[]), 78, &["auth.db.keys", "secrets.keys"]);
    assert!(!Path::new(&key_file).exists());
    let needed = kept.split(':').next().unwrap();
    assert_refused(&desk.run(&[], &[("AUTH_SECRETS_KEYS", ROOT_KEYS)]), 1, &[needed, "secrets.keys"]);
    fs::write(&key_file, "nonsense").unwrap();
    assert_refused(&desk.run(&[], &[]), 78, &["auth.db.keys"]);
    fs::write(&key_file, kept).unwrap();
    assert_eq!(Serving::start(&desk, &[]).stop(), Some(0));
}

/// Serves once, and answers with what was asked and what the log said.
fn served<T>(desk: &Desk, environment: &[(&str, &str)], ask: impl FnOnce(&Serving) -> T) -> (T, String) {
    let log = fs::File::create(desk.path("log")).unwrap();
    let serving = Serving::started(desk.command(&[], environment).stdout(Stdio::piped()).stderr(log).spawn().unwrap());
    let answer = ask(&serving);
    assert_eq!(serving.stop(), Some(0));
    (answer, fs::read_to_string(desk.path("log")).unwrap())
}

#[test]
fn an_empty_key_set_is_told_at_the_start() {
    const TOLD: &str = "/.well-known/jwks.json is empty";
    let desk = Desk::new();
    let shared = [("JWT_SECRET", "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU")];
    let jwks = |serving: &Serving| serving.get("/.well-known/jwks.json");
    let (keys, log) = served(&desk, &shared, jwks);
    assert_eq!((keys.as_str(), log.matches(TOLD).count()), (r#"{"keys":[]}"#, 1), "{log}");
    let (keys, log) = served(&desk, &[], jwks);
    assert!(keys.contains("ES256") && !log.contains(TOLD), "{log}");
    // Back to the secret: the key that signed until now is still there for its tokens.
    let (still, log) = served(&desk, &shared, jwks);
    assert!(still == keys && !log.contains(TOLD), "{log}");
}

#[test]
fn a_service_that_is_configured_may_introspect() {
    let desk = Desk::new();
    let clients = [("AUTH_INTROSPECTION_CLIENTS", "gateway:9f86d081884c7d659a2feaa0c55ad015")];
    let ask = |serving: &Serving| {
        assert!(serving.get("/.well-known/oauth-authorization-server").contains("client_secret_basic"));
        let user = r#"{"username":"alice","password":"correct horse battery"}"#;
        assert!(serving.post("/v1/users/register", user).starts_with("HTTP/1.1 201"));
        let signed_in = serving.post("/v1/users/token", user);
        let tokens: serde_json::Value = serde_json::from_str(signed_in.split_once("\r\n\r\n").unwrap().1).unwrap();
        ["9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad016"].map(|secret| {
            let body = format!("token={}", tokens["access_token"].as_str().unwrap());
            let basic = Base64::encode_string(format!("gateway:{secret}").as_bytes());
            let mut stream = TcpStream::connect(&serving.address).unwrap();
            write!(
                stream,
                "POST /oauth/introspect HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
    };
    let ([known, unknown], log) = served(&desk, &clients, ask);
    assert!(known.starts_with("HTTP/1.1 200") && known.contains(r#""active":true"#), "{known}");
    assert!(unknown.starts_with("HTTP/1.1 401"), "{unknown}");
    assert!(!log.contains("9f86d081"), "{log}");
}

/// Under HS256 no rows but sessions need a root key.
#[test]
fn a_root_key_that_live_sessions_need_is_named() {
    const NEXT: &str = "next:HxwdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
    let desk = Desk::new();
    desk.write("password", "correct horse battery\n");
    let both = format!("{NEXT},{ROOT_KEYS}");
    let with = |keys| [("JWT_SECRET", "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"), ("AUTH_SECRETS_KEYS", keys)];
    assert_done(&desk.run(&["user", "create", "alice", "--password-file", "password"], &with(ROOT_KEYS)));
    let serving = Serving::start(&desk, &with(ROOT_KEYS));
    let signed_in = serving.post("/v1/users/token", r#"{"username":"alice","password":"correct horse battery"}"#);
    let tokens: serde_json::Value = serde_json::from_str(signed_in.split_once("\r\n\r\n").unwrap().1).unwrap();
    let token = &tokens["refresh_token"];
    assert_eq!(serving.stop(), Some(0));

    for command in [&["user", "create", "bob", "--password-file", "password"][..], &["serve"]] {
        let words = ["`main`", "append", "secrets.keys", "AUTH_SECRETS_KEYS"];
        assert_refused(&desk.run(command, &with(NEXT)), 78, &words);
    }
    let serving = Serving::start(&desk, &with(&both));
    let refresh = format!(r#"{{"grant_type":"refresh_token","refresh_token":{token}}}"#);
    assert!(serving.post("/v1/users/token", &refresh).starts_with("HTTP/1.1 200"), "a session keeps its key for life");
    assert!(serving.post("/oauth/revoke", &format!(r#"{{"token":{token}}}"#)).starts_with("HTTP/1.1 200"));
    assert_eq!(serving.stop(), Some(0));
    assert_refused(&desk.run(&[], &with(NEXT)), 1, &["signing key", "`main`", "append", "secrets.keys"]);
    assert_done(&desk.run(&["keys", "reseal"], &with(&both)));
    assert_eq!(Serving::start(&desk, &with(NEXT)).stop(), Some(0), "nobody needs the old key any more");
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

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_refused(&Desk::new().run(&[], &[("AUTH_SERVER_PORT", &port)]), 1, &[&port, "server.port"]);
}

#[test]
fn migrations_are_listed_checked_and_run() {
    let desk = Desk::new();
    assert_refused(&desk.run(&["migrate", "check"], &[]), 1, &["lacks migrations"]);
    let status = desk.run(&["migrate", "status"], &[]);
    assert!(assert_done(&status).lines().all(|line| line.starts_with("pending")));
    assert!(assert_done(&desk.run(&["migrate", "run"], &[])).lines().all(|line| line.starts_with("applied")));
    assert_eq!(assert_done(&desk.run(&["migrate", "run"], &[])), "nothing to apply\n");
    let status = desk.run(&["--output", "json", "migrate", "status"], &[]);
    assert!(!assert_done(&status).contains("false"));
    assert_done(&desk.run(&["migrate", "check"], &[]));
    let refused = desk.run(&["--set", "database.migrate_on_start=false", "--set", "database.url=x"], &[]);
    assert_refused(&refused, 78, &["database.url"]);
    let unmigrated = Desk::new();
    let refused = unmigrated.run(&[], &[("AUTH_DATABASE_MIGRATE_ON_START", "false")]);
    assert_refused(&refused, 1, &["lacks migrations"]);
}

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

#[test]
fn the_good_lines_of_an_import_go_in_and_the_bad_ones_are_named() {
    let desk = Desk::new();
    desk.write(
        "users.csv",
        &format!(
            "id,username,password\n7,alice,{BCRYPT_OF_OLD}\n8,ALICE,{BCRYPT_OF_OLD}\n9,bob,hunter2\nten,carol,{BCRYPT_OF_OLD}\n\
             11,,{BCRYPT_OF_OLD}\n12,dave,$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n13,x\n14,ed,{BCRYPT_OF_OLD}\n"
        ),
    );
    let import =
        |more: &[&str]| desk.run(&[&["user", "import", "users.csv", "--format", "tutorial"], more].concat(), &[]);
    let dry = import(&["--dry-run", "--output", "json"]);
    assert_refused(&dry, 1, &[]);
    assert!(text(&dry.stdout).contains("\"imported\": 3"), "{}", text(&dry.stdout));
    let first = import(&["--report", "report.ndjson"]);
    assert_refused(&first, 1, &["id 8", "id 9", "line 5", "id 11", "id 12", "line 8", "6 line(s)"]);
    assert_eq!(text(&first.stdout), "2 imported, 0 here already, 6 refused\n");
    assert!(!text(&first.stderr).contains("hunter2"));
    let report = fs::read_to_string(desk.path("report.ndjson")).unwrap();
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(desk.path("report.ndjson")).unwrap().permissions());
    assert_eq!((report.lines().count(), mode & 0o777), (6, 0o600));
    for taken in ["users.csv", "auth.db", "report.ndjson"] {
        let before = fs::read(desk.path(taken)).unwrap();
        assert_refused(&import(&["--report", taken]), 1, &[taken, "not there yet"]);
        assert!(fs::read(desk.path(taken)).unwrap() == before, "{taken} was overwritten");
    }
    assert!(!report.contains("hunter2") && !report.contains("$2b$"));
    assert!(text(&import(&[]).stdout).starts_with("0 imported, 2 here already"));
    let serving = Serving::start(&desk, &[]);
    let signed_in = serving.post("/v1/users/token", r#"{"username":"alice","password":"U*U"}"#);
    assert!(signed_in.starts_with("HTTP/1.1 200"), "{signed_in}");
}

#[test]
fn a_source_that_cannot_be_read_is_named() {
    let desk = Desk::new();
    desk.write("bad.csv", "name,secret\n");
    let import = |source: &str| desk.run(&["user", "import", source, "--format", "tutorial"], &[]);
    assert_refused(&import("missing.csv"), 1, &["missing.csv"]);
    assert_refused(&import("bad.csv"), 1, &["bad.csv", "`id`"]);
    assert_refused(&import("sqlite:missing.db"), 1, &["missing.db"]);
    assert!(!Path::new(&desk.path("missing.db")).exists(), "a source is never made");
    assert_refused(&import("postgres://u:canary@127.0.0.1:1/d"), 2, &["--source-env"]);
    let output = desk.run(&["user", "import", "--source-env", "OLD", "--format", "tutorial"], &[]);
    assert_refused(&output, 2, &["OLD"]);
}

#[test]
fn the_openapi_document_is_the_committed_one() {
    let printed = Desk::new().run(&["openapi"], &[]);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    assert!(
        assert_done(&printed) == fs::read_to_string(committed).unwrap(),
        "cargo run -- openapi > docs/openapi.json"
    );
}

#[test]
fn a_command_line_without_sense_ends_with_2() {
    let desk = Desk::new();
    for arguments in [&["srve"][..], &["--prot", "1"], &["migrate"], &["--set", "server.port"]] {
        assert_refused(&desk.run(arguments, &[]), 2, &[]);
    }
    assert!(assert_done(&desk.run(&["--help"], &[])).contains("migrate"));
    assert!(assert_done(&desk.run(&["--version"], &[])).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn metrics_are_served_where_they_are_asked_for_and_a_taken_address_is_named() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[("AUTH_OPS_BIND", "127.0.0.1:0")]);
    assert!(serving.get("/livez").contains("ok"));
    let address = serving.metrics.clone().unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
    for series in [
        "auth_hash_capacity ",
        "auth_hash_queue_depth 0",
        "auth_db_pool_connections{pool=\"writer\"",
        "auth_build_info{",
    ] {
        assert!(text.contains(series), "{series}\n{text}");
    }
    assert!(!text.contains("auth_hash_capacity 0"), "it was measured");
    let refused = desk.run(&["serve"], &[("AUTH_OPS_BIND", address)]);
    assert_refused(&refused, 1, &["ops.bind", "AUTH_OPS_BIND", address]);
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn a_doctor_ends_with_1_where_something_is_wrong_and_says_what_to_do() {
    let desk = Desk::new();
    let said = assert_done(&desk.run(&["doctor"], &[])).to_owned();
    assert!(said.contains("hashing") && said.contains("sign-ins/s"), "{said}");
    let output = desk.run(&["--output", "json", "doctor"], &[("AUTH_SERVER_PROT", "1")]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["errors"], &report["findings"][0]["severity"]), (&1.into(), &"error".into()));
    assert!(report["findings"][0]["remedy"].is_string(), "{report}");
}

#[test]
fn a_calibration_recommends_what_the_server_takes() {
    let desk = Desk::new();
    let arguments = ["--output", "json", "hash", "calibrate", "--target", "5s", "--memory", "19MiB"];
    let found: serde_json::Value =
        serde_json::from_str(assert_done(&desk.run(&arguments, &[("AUTH_HASHING_MAX_CONCURRENT", "1")]))).unwrap();
    let best = &found["recommended"];
    assert_eq!((&best["memory"], &found["at_once"]), (&"19MiB".into(), &1.into()));
    assert!(best["sign_ins_a_second"].as_f64().unwrap() > 0.0 && best["iterations"].as_u64().unwrap() > 2, "{found}");
    let set = [("AUTH_HASHING_MEMORY", "19MiB"), ("AUTH_HASHING_ITERATIONS", &best["iterations"].to_string())];
    assert_done(&desk.run(&["config", "check"], &set));
    assert_refused(&desk.run(&["hash", "calibrate", "--target", "1ms"], &[]), 1, &["OWASP", "--target"]);
    assert_refused(&desk.run(&["hash", "calibrate", "--target", "soon"], &[]), 2, &["--target"]);
    assert_refused(&desk.run(&["hash", "calibrate", "--target", "1s", "--memory", "1MiB"], &[]), 1, &["OWASP"]);
}
