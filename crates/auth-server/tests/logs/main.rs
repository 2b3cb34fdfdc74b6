//! What the log says, and what it must never say. A process of its own, for there is one subscriber in a process.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[allow(dead_code, unused_imports, reason = "shared with the tests of the API, which use the rest")]
#[path = "../api/helpers/mod.rs"]
mod helpers;

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use auth_core::StoreExt as _;
use auth_core::secret::Secret;
use auth_core::user::CanonicalName;
use auth_server::config::ClientIp;
use auth_server::state::HttpSettings;
use auth_server::telemetry::subscriber;
use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt as _;

use helpers::{Database, Setup, TestApp, on_each_database};

/// All that was logged by this process, at TRACE, in the format of production.
fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // Takes in what other crates say through `log` as well, as production does.
        subscriber(true, "trace", || Appender).unwrap().try_init().unwrap();
    });
    &LOG
}

struct Appender;

impl Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        log().lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged() -> String {
    String::from_utf8(log().lock().unwrap().clone()).unwrap()
}

/// The access line of a request.
fn access(id: &str) -> Value {
    let lines = logged();
    let mut found = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| {
        line["target"] == "auth_server::access" && line["message"] == "request" && line["span"]["request_id"] == id
    });
    let line = found.next().unwrap_or_else(|| panic!("no access line of {id}"));
    assert_eq!(found.next(), None, "one line a request");
    line
}

fn send(app: &TestApp, method: &str, path: &str, id: &str, headers: &[(&str, &str)], body: &str) -> helpers::Reply {
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("X-Request-Id", id)]).collect();
    app.request(method, path, &headers, body.as_bytes())
}

const JSON: (&str, &str) = ("Content-Type", "application/json");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

on_each_database! {
    fn no_secret_is_in_any_line_at_any_level(database: Database) {
        log();
        let clients = vec![("gateway".to_owned(), Secret::new("canary-of-a-service-1"))];
        let http = HttpSettings { clients, ..HttpSettings::new("https://auth.test") };
        let app = Setup { database, http, ..Setup::default() }.spawn();
        let password = "canary-of-a-password-1";
        let user = json!({"username": "alice", "password": password, "password_confirmation": password}).to_string();
        let mut secrets = vec!["canary".to_owned(), "canary-of-a-password-1".replace('-', "%2D")];

        assert_eq!(send(&app, "POST", "/v1/users/register", "r", &[JSON], &user).status, 201);
        let tutorial = user.replace("alice", "bob");
        assert_eq!(send(&app, "POST", "/users/register", "r", &[JSON], &tutorial).status, 201);
        let form = "username=alice&password=canary%2Dof%2Da%2Dpassword%2D1";
        for (path, kind, body) in [
            ("/v1/users/token", JSON, user.as_str()),
            ("/v1/users/token", FORM, form),
            ("/users/token", JSON, tutorial.as_str()),
        ] {
            let reply = send(&app, "POST", path, "r", &[kind], body);
            let token = reply.json()["access_token"].as_str().unwrap().to_owned();
            let bearer = format!("Bearer {token}");
            assert_eq!(send(&app, "GET", "/v1/users/me", "r", &[("Authorization", &bearer)], "").status, 200);
            // Wrong on purpose, and close to what is right.
            for value in [format!("Bearer {token}x"), format!("Basic {token}"), format!("Bearer  {token}"), token.clone()] {
                assert_eq!(send(&app, "GET", "/v1/users/me", "r", &[("Authorization", &value)], "").status, 401);
            }
            send(&app, "GET", &format!("/v1/users/me?access_token={token}"), "r", &[("Cookie", &token)], "");
            send(&app, "GET", &format!("/{token}"), "r", &[], "");
            secrets.extend(introspected(&app, &token));
            secrets.extend(token.split('.').map(str::to_owned));
            secrets.extend(every_way_of_a_refresh_token(&app, &reply, path));
        }
        // Secrets where they do not belong: in members, paths, queries, headers, and in bodies that are refused.
        for (body, kind) in [
            (r#"{"username":"alice","password":"canary"#, JSON),
            (r#"["alice","canary"]"#, JSON),
            (r#"{"username":"alice","password":["canary"]}"#, JSON),
            (r#"{"username":"canary","password":"canary-wrong","canary":1}"#, JSON),
            (r#"{"username":"alice","password":"canary","password":"canary"}"#, JSON),
            ("password=canary&password=canary", FORM),
            ("password=canary%zz", FORM),
            ("canary", ("Content-Type", "canary/canary")),
        ] {
            for path in ["/v1/users/register", "/v1/users/token", "/users/register", "/users/token"] {
                assert!(send(&app, "POST", path, "r", &[kind], body).status >= 400);
            }
        }
        for path in ["/canary", "/v1/users/token?password=canary", "/problems/canary", "/docs/canary", "/%63anary"] {
            send(&app, "GET", path, "r", &[("User-Agent", "canary"), ("X-Any", "canary"), ("Host", "canary.test")], "");
        }
        send(&app, "POST", "/v1/users/token", "r", &[JSON], &"canary".repeat(4_000));
        send(&app, "GET", "/livez", "canary is no id", &[("traceparent", "00-canary")], "");
        send(&app, "CANARY", "/livez", "r", &[], "");

        let hash = app.store.read(|tx| {
            let user = tx.users().by_name(&CanonicalName::of("alice"))?;
            user.map_or(Ok(None), |user| tx.passwords().get(user.id))
        });
        secrets.push(hash.unwrap().unwrap().hash.expose().to_owned());
        drop(app);

        let log = logged().to_lowercase();
        assert!(log.contains("auth_server::access") && log.contains("\"trace\""), "positive control: TRACE was captured");
        for secret in secrets {
            let line = log.lines().find(|line| line.contains(&secret.to_lowercase()));
            assert_eq!(line, None, "{secret}");
        }
    }
}

/// Asks what a token is worth, as a service and as its bearer, right and wrong; answers with what was sent as a credential.
fn introspected(app: &TestApp, token: &str) -> Vec<String> {
    let basic = |text: &str| Base64::encode_string(text.as_bytes());
    let (right, wrong) = (basic("gateway:canary-of-a-service-1"), basic("gateway:canary-of-a-service-2"));
    let body = format!("token={token}");
    for (authorization, status) in [
        (format!("Basic {right}"), 200),
        (format!("Bearer {token}"), 200),
        (format!("Basic {wrong}"), 401),
        (format!("Bearer {token}x"), 401),
        ("Basic canary".to_owned(), 401),
    ] {
        let headers = [FORM, ("Authorization", &*authorization)];
        assert_eq!(send(app, "POST", "/oauth/introspect", "r", &headers, &body).status, status, "{authorization}");
    }
    vec![right, wrong]
}

/// Refreshes, repeats, replays and revokes, by JSON and by form, right and wrong; answers with all tokens that were seen.
fn every_way_of_a_refresh_token(app: &TestApp, signed_in: &helpers::Reply, path: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut token = signed_in.json()["refresh_token"].as_str().unwrap().to_owned();
    let body = |token: &str| json!({"grant_type": "refresh_token", "refresh_token": token}).to_string();
    for _ in 0..2 {
        let used = token;
        let reply = send(app, "POST", path, "r", &[JSON], &body(&used));
        token = reply.json()["refresh_token"].as_str().map(str::to_owned).unwrap();
        let form = format!("grant_type=refresh_token&refresh_token={used}");
        assert_eq!(send(app, "POST", path, "r", &[FORM], &form).status, 200, "a repeat");
        seen.extend(reply.json()["access_token"].as_str().unwrap().split('.').map(str::to_owned));
        seen.push(used);
    }
    let access = signed_in.json()["access_token"].as_str().unwrap().to_owned();
    let (own, bearer) = (format!("Bearer {access}"), format!("Bearer {token}"));
    for wrong in [format!("{token}x"), format!(" {token}"), token[..40].to_owned()] {
        assert!(send(app, "POST", path, "r", &[JSON], &body(&wrong)).status >= 400);
        assert_eq!(send(app, "POST", "/oauth/revoke", "r", &[FORM], &format!("token={wrong}")).status, 200);
    }
    for (method, path) in [("GET", "/v1/users/me"), ("POST", "/v1/users/logout"), ("GET", "/v1/forward-auth")] {
        assert_eq!(send(app, method, path, "r", &[("Authorization", &bearer)], "").status, 401);
        send(app, method, &format!("{path}?refresh_token={token}&scope={token}"), "r", &[("Authorization", &own)], "");
    }
    send(app, "DELETE", &format!("/v1/users/me/sessions/{token}"), "r", &[("Authorization", &own)], "");
    assert_eq!(send(app, "GET", "/v1/forward-auth", "r", &[("Authorization", &own)], "").status, 204);
    assert_eq!(send(app, "GET", "/v1/users/me/sessions", "r", &[("Authorization", &own)], "").status, 200);
    let passwords = json!({"current_password": "canary-wrong", "new_password": "canary-new"}).to_string();
    assert_eq!(
        send(app, "PUT", "/v1/users/me/password", "r", &[JSON, ("Authorization", &own)], &passwords).status,
        403
    );
    // A copy of the oldest: the session ends.
    let oldest = signed_in.json()["refresh_token"].as_str().unwrap().to_owned();
    assert!(send(app, "POST", path, "r", &[JSON], &body(&oldest)).status >= 400);
    assert!(send(app, "POST", path, "r", &[JSON], &body(&token)).status >= 400, "it has ended");
    assert_eq!(send(app, "POST", "/oauth/revoke", "r", &[JSON], &json!({"token": token}).to_string()).status, 200);
    seen.push(token);
    seen
}

#[test]
fn every_request_leaves_one_line() {
    log();
    let app = Setup::default().spawn();
    let user = json!({"username": "alice", "password": helpers::PASSWORD}).to_string();
    let registered = send(&app, "POST", "/v1/users/register?x=1", "line-1", &[JSON], &user).json();
    send(&app, "POST", "/v1/users/token", "line-2", &[JSON], &user.replace("horse", "mule"));
    send(&app, "BREW", "/no/such/path", "line-3", &[], "");
    send(
        &app,
        "GET",
        "/problems/busy",
        "line-4",
        &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")],
        "",
    );
    drop(app);

    let line = access("line-1");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    assert!(line["duration_ms"].is_u64(), "{line}");
    let span = &line["span"];
    assert_eq!(
        (&line["status"], &span["method"], &span["route"]),
        (&json!(201), &json!("POST"), &json!("/v1/users/register"))
    );
    assert_eq!((&span["client.ip"], &span["user.id"]), (&json!("127.0.0.1"), &registered["id"]));
    let line = access("line-2");
    assert_eq!((&line["status"], &line["code"]), (&json!(401), &json!("invalid_credentials")));
    assert_eq!(line["span"].get("user.id"), None);
    let line = access("line-3");
    assert_eq!((&line["span"]["method"], &line["span"]["route"]), (&json!("other"), &json!("unmatched")));
    let line = access("line-4");
    assert_eq!(line["span"]["route"], "/problems/{code}");
    assert_eq!(line["span"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

/// Id, method, path, headers and body.
type Request<'r> = (&'r str, &'r str, &'r str, &'r [(&'r str, &'r str)], &'r str);

/// The short way of a check (`middleware/quick.rs`) is for good tokens and plain requests, and says so in one line.
#[test]
fn a_plain_check_takes_the_short_way_and_nothing_else_does() {
    log();
    let app = Setup::default().spawn();
    app.register("alice");
    let (good, bad) = (format!("Bearer {}", app.token("alice")), "Bearer x".to_owned());
    let padding = "x".repeat(33_000);
    let path = "/v1/forward-auth";
    let requests: [Request<'_>; 11] = [
        ("short-get", "GET", path, &[("Authorization", &good)], ""),
        ("short-head", "HEAD", path, &[("Authorization", &good)], ""),
        ("long-query", "GET", "/v1/forward-auth?a=b", &[("Authorization", &good)], ""),
        ("long-length", "GET", path, &[("Authorization", &good), ("Content-Length", "0")], ""),
        ("long-body", "GET", path, &[("Authorization", &good)], "body"),
        ("long-chunked", "GET", path, &[("Authorization", &good), ("Transfer-Encoding", "chunked")], ""),
        ("long-headers", "GET", path, &[("Authorization", &good), ("X-Padding", &padding)], ""),
        ("long-method", "POST", path, &[("Authorization", &good)], ""),
        ("long-bad", "GET", path, &[("Authorization", &bad)], ""),
        ("long-two", "GET", path, &[("Authorization", &good), ("Authorization", &good)], ""),
        ("long-none", "GET", path, &[], ""),
    ];
    for (id, method, path, headers, body) in requests {
        let chunked = headers.iter().any(|(name, _)| *name == "Transfer-Encoding");
        let mut connection = helpers::Connection::open(app.address);
        let named = [headers, &[("X-Request-Id", id)]].concat();
        connection.write(&helpers::head(method, path, &named, Some(body.len()).filter(|_| !chunked)));
        connection.write(if chunked { b"0\r\n\r\n" } else { body.as_bytes() });
        connection.read_reply_to(method);
    }
    drop(app);
    let log = logged();
    let told = |id: &str, message: &str| {
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines = lines.filter(|line| line["target"] == "auth_server::access" && line["message"] == message);
        lines.filter(|line| line["span"]["request_id"] == id || line["request_id"] == id).count()
    };
    for (id, ..) in requests {
        let ways = [told(id, "checked"), told(id, "request")];
        assert_eq!(ways, if id.starts_with("short") { [1, 0] } else { [0, 1] }, "{id}");
    }
}

#[test]
fn addresses_are_logged_as_configured() {
    log();
    for (mode, shown) in [(ClientIp::Truncated, Some("127.0.0.0")), (ClientIp::Off, None)] {
        let http = HttpSettings { client_ip: mode, ..HttpSettings::new("https://auth.test") };
        let app = Setup { http, ..Setup::default() }.spawn();
        let id = format!("address-{}", mode.as_str());
        send(&app, "GET", "/v1/settings", &id, &[("X-Forwarded-For", "192.0.2.9")], "");
        drop(app);
        assert_eq!(access(&id)["span"].get("client.ip").and_then(Value::as_str), shown);
    }
    assert!(!logged().contains("192.0.2.9"), "whatever a header says");
}

#[test]
fn headers_of_an_untrusted_proxy_are_told_once_though_a_stranger_was_told_of_before() {
    log();
    let app = Setup::default().spawn();
    let mut stranger = helpers::Connection::open_from("127.0.0.8", app.address);
    stranger.write(&helpers::head("GET", "/livez", &[("X-Forwarded-For", "192.0.2.10")], None));
    assert_eq!(stranger.read().status, 200);
    for name in ["X-Forwarded-For", "Forwarded", "X-Forwarded-For"] {
        let mut connection = helpers::Connection::open_from("127.0.0.9", app.address);
        connection.write(&helpers::head("GET", "/livez", &[(name, "192.0.2.10")], None));
        assert_eq!(connection.read().status, 200);
    }
    drop(app);
    let log = logged();
    let told: Vec<&str> =
        log.lines().filter(|line| line.contains("no trusted proxy") && line.contains("127.0.0.9")).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("\"WARN\"") && told[0].contains("AUTH_SERVER_TRUSTED_PROXIES"), "{told:#?}");
    assert!(!log.contains("192.0.2.10"));
}

/// A full queue is one thing, and a body that cannot be read is another.
#[test]
fn a_body_that_cannot_be_read_is_logged_as_ever_though_the_queue_is_full() {
    log();
    let http = HttpSettings { body_timeout: Duration::from_millis(50), ..HttpSettings::new("https://auth.test") };
    let app = Setup { http, queue_limit: 1, hashing_threads: 1, ..Setup::default() }.spawn();
    app.register("alice");
    let (first, release) = helpers::hold(&app);
    let second = helpers::ask(helpers::Connection::open(app.address));
    while app.state.hashing.depth() == 0 {
        std::thread::yield_now();
    }
    let large = " ".repeat(17_000);
    send(&app, "POST", "/v1/users/token", "crowd-413", &[JSON], &large).problem(413, "body_too_large");
    let mut slow = helpers::Connection::open(app.address);
    slow.write(&helpers::head("POST", "/v1/users/token", &[JSON, ("X-Request-Id", "crowd-408")], Some(100)));
    slow.write(b"{");
    let reply = slow.read();
    reply.problem(408, "request_timeout");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(slow.is_closed());
    send(&app, "POST", "/v1/users/token", "crowd-503", &[JSON], r#"{"username":"alice","password":"x"}"#)
        .problem(503, "busy");
    drop(release);
    drop((first, second, app));
    assert_eq!(access("crowd-413")["code"], "body_too_large");
    assert_eq!(access("crowd-408")["code"], "request_timeout");
    assert!(!logged().contains("crowd-503"), "positive control: that is not logged one by one");
}

/// W-27. What a client can say reaches the log escaped and cut, or not at all: every line is one object.
#[test]
fn w27_nothing_that_a_client_says_makes_a_line_of_its_own_or_a_long_one() {
    log();
    let app = Setup::default().spawn();
    let forged = r#"{"level":"ERROR","message":"forged-by-a-client"}"#;
    let agents = [
        "\u{2028}forged-by-a-client\u{2029}".to_owned(),
        format!("x\t{forged}"),
        "\u{85}\u{9b}31m\u{202e}\u{feff}forged".to_owned(),
        format!("agent-{}", "x".repeat(31_000)),
    ];
    app.register("alice");
    let user = json!({"username": "alice", "password": helpers::PASSWORD}).to_string();
    for agent in &agents {
        let everywhere = ["User-Agent", "Referer", "X-Request-Id", "traceparent"].map(|name| (name, agent.as_str()));
        let headers = if agent.len() > 1_000 { &everywhere[..1] } else { &everywhere[..] };
        let reply = app.request("POST", "/v1/users/token", &[headers, &[JSON]].concat(), user.as_bytes());
        let bearer = format!("Bearer {}", reply.json()["access_token"].as_str().unwrap());
        let sessions = app.request("GET", "/v1/users/me/sessions", &[("Authorization", &bearer)], b"").json();
        let own = sessions["data"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
        let client = own["client"].as_str().unwrap();
        assert!(client.chars().count() <= 256 && !client.contains(char::is_control), "{client:?}");
        let named = json!({"username": agent.replace('x', "é"), "password": agent}).to_string();
        app.request("POST", "/v1/users/token", &[JSON], named.as_bytes());
        app.request("POST", "/v1/users/register", &[JSON], named.as_bytes());
        app.request("GET", &format!("/nowhere?{}", "x".repeat(3_000)), &[("X-Forwarded-For", agent)], b"");
    }
    // No request at all: control characters in a head, and a user agent of a mebibyte.
    let large = format!("GET /livez HTTP/1.1\r\nUser-Agent: {}", "x".repeat(1 << 20));
    for bytes in [
        &b"GET /\x1b[31mforged-by-a-client HTTP/1.1\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nX: a\x1b[2J\r\n\r\n",
        large.as_bytes(),
    ] {
        let mut connection = helpers::Connection::open(app.address);
        let _ = connection.try_write(bytes);
        assert!(connection.try_read().is_none_or(|reply| reply.status >= 400));
    }
    drop(app);

    let log = logged();
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no object: {line}"));
        let is_ours = line.contains("\"target\":\"auth_");
        assert!(!is_ours || line.len() < 4_096, "{} bytes: {line:.300}", line.len());
        assert!(
            !line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}\u{202e}\u{feff}".contains(c)),
            "{line:.300}"
        );
    }
    assert!(!log.contains("forged-by-a-client"), "and nothing of it is there at all");
    assert!(log.contains("\"code\":\"bad_request\""), "positive control: what was no request left its line");
}

#[test]
fn what_the_client_is_not_told_stands_in_the_log_under_the_same_id() {
    use std::sync::Arc;

    use auth_core::testing::{FaultyStore, MemoryStore};

    log();
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let app = Setup { store: Some(Arc::clone(&store) as _), ..Setup::default() }.spawn();
    store.fail_at(1);
    let user = json!({"username": "alice", "password": helpers::PASSWORD}).to_string();
    assert_eq!(send(&app, "POST", "/v1/users/token", "cause-1", &[JSON], &user).status, 503);
    drop(app);
    let log = logged();
    let line = log.lines().find(|line| line.contains("cause-1") && line.contains("told to fail at step 1"));
    assert!(line.is_some_and(|line| line.contains("\"WARN\"")), "{line:?}");
}

/// A database that is lost for an hour is not 3,600 lines.
#[test]
fn a_worker_tells_once_that_its_database_is_lost_and_once_that_it_is_back() {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use auth_core::testing::MemoryStore;
    use auth_server::worker::WorkerSettings;

    log();
    let store = helpers::Cut::new(Arc::new(MemoryStore::new()));
    let pace = WorkerSettings { poll: Duration::from_millis(1), cleanup: Duration::from_secs(3_600) };
    let app = Setup { worker: Some((Arc::clone(&store) as _, pace)), ..Setup::default() }.spawn();
    let five_rounds = || {
        let (until, patience) = (store.runs() + 5, Instant::now() + Duration::from_secs(30));
        while store.runs() < until {
            assert!(Instant::now() < patience, "the worker is gone");
            std::thread::yield_now();
        }
    };
    five_rounds();
    store.cut();
    five_rounds();
    store.mend();
    five_rounds();
    drop(app);
    let log = logged();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("auth-endings")).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("\"ERROR\"") && told[0].contains("the store is unavailable: cut"), "{told:#?}");
    assert!(told[1].contains("\"INFO\"") && told[1].contains("is back"), "{told:#?}");
}
