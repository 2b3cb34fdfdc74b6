//! What a server that runs answers and logs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use base64ct::{Base64, Encoding as _};

use crate::process::{Desk, Serving, assert_refused};
use crate::{ALICE, SECRET, tokens};

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
    let shared = [("JWT_SECRET", SECRET)];
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
        assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
        let tokens = tokens(serving);
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

/// By the program itself: told to stop, it is not ready and serves on.
#[test]
fn a_server_that_was_told_to_stop_serves_through_its_drain_delay() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[("AUTH_SERVER_DRAIN_DELAY", "10m")]);
    assert!(serving.get("/readyz").contains(r#""status":"ok""#));
    crate::process::signal(&serving.child, "TERM");
    while !serving.get("/readyz").contains("stopping") {
        std::thread::yield_now();
    }
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"));
    let ready = desk.run(&["healthcheck", "--url", &format!("http://{}", serving.address)], &[]);
    assert_refused(&ready, 1, &["not ready", "stopping"]);
}

/// A server that a shell starts under these limits of open files, with connections counted from this machine as from others.
fn under(desk: &Desk, limits: &str) -> Serving {
    let log = fs::File::create(desk.path("log")).unwrap();
    let server = desk.command(&[], &[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("ulimit {limits} && exec \"$0\"")]).arg(server.get_program()).env_clear();
    shell.envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("AUTH_LIMITS_EXEMPT", "").current_dir(desk.0.path());
    Serving::started(shell.stdout(Stdio::piped()).stderr(log).spawn().unwrap())
}

/// Connects from there, asks, and answers with the connection where the server answers on it.
fn ask_from(source: &str, serving: &Serving) -> Option<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let mut stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(std::net::SocketAddr::new(source.parse().unwrap(), 0)).unwrap();
        socket.connect(serving.address.parse().unwrap()).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    // Only so that a server that accepts nobody fails the test instead of holding it.
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let mut status = [0; 12];
    let asked =
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").and_then(|()| stream.read_exact(&mut status));
    match asked {
        Ok(()) => Some(stream).filter(|_| &status == b"HTTP/1.1 200"),
        Err(error) => {
            assert!(error.kind() != std::io::ErrorKind::WouldBlock, "nobody answers {source}");
            None
        }
    }
}

#[test]
fn a_limit_of_open_files_is_told_and_leaves_room_for_others_than_the_one_who_takes_his_share() {
    let desk = Desk::new();
    let serving = under(&desk, "-n 384");
    // As many as there are descriptors, were they not shared out: no more is answered than a share.
    let held: Vec<_> = (0..500).map(|_| ask_from("127.0.0.2", &serving)).collect();
    let shared = held.iter().filter(|connection| connection.is_some()).count();
    assert!((1..100).contains(&shared), "{shared}");
    for other in ["127.0.0.3", "127.0.0.4"] {
        assert!(ask_from(other, &serving).is_some(), "{other}");
    }
    assert!(serving.post("/v1/users/register", ALICE).starts_with("HTTP/1.1 201"), "the database has its own");
    drop(held);
    assert_eq!(serving.stop(), Some(0));
    let log = fs::read_to_string(desk.path("log")).unwrap();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("server.max_connections is 10000")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("384") && told[0].contains("LimitNOFILE"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_open_files_that_may_be_raised_is_raised() {
    let desk = Desk::new();
    let serving = under(&desk, "-S -n 128");
    let limits = fs::read_to_string(format!("/proc/{}/limits", serving.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
    assert!(numbers[0] == numbers[1] && numbers[0] != "128", "{line}");
    assert_eq!(serving.stop(), Some(0));
}

/// A rolling upgrade: the new release migrates while the old one serves.
#[test]
fn a_server_under_which_a_newer_release_migrated_stays_ready_and_starts_no_more() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231')";
    crate::backup::execute(&desk.path("auth.db"), newer);
    let report = serving.get("/readyz");
    assert!(report.contains(r#""status":"ok""#) && report.contains(r#""schema":"ok""#), "{report}");
    assert_eq!(serving.stop(), Some(0));
    assert_refused(&desk.run(&["serve"], &[]), 1, &["newer release"]);
}

#[test]
fn a_server_whose_schema_lacks_a_migration_is_not_ready() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    let undone =
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    crate::backup::execute(&desk.path("auth.db"), undone);
    let reply = serving.get("/readyz");
    assert!(reply.contains(r#""status":503"#) && reply.contains(r#""schema":"failed""#), "{reply}");
    assert_eq!(serving.stop(), Some(0));
}
