//! Rules over several keys, and reporting everything at once.

use super::*;
use crate::config::{Algorithm, Finding};

/// The keys of the one conflict that these variables make.
fn conflict(variables: &[(&str, &str)]) -> Vec<&'static str> {
    let error = load_env(variables).expect_err("it is not refused");
    assert_eq!(error.findings().len(), 1, "{error}");
    assert!(matches!(error.findings()[0], Finding::Conflict { .. }), "{error}");
    assert!(!error.to_string().contains(SHARED), "{error}");
    error.findings()[0].keys()
}

#[test]
fn plain_http_off_loopback_has_to_be_asked_for() {
    for host in ["0.0.0.0", "::", "[::]", "192.0.2.1", "auth.internal"] {
        let keys = ["server.host", "public_url", "server.allow_insecure"];
        assert_eq!(conflict(&[("AUTH_SERVER_HOST", host)]), keys);
        assert!(load_env(&[("AUTH_SERVER_HOST", host), ("AUTH_SERVER_ALLOW_INSECURE", "true")]).is_ok());
        assert!(load_env(&[("AUTH_SERVER_HOST", host), ("AUTH_PUBLIC_URL", "https://auth.example.com")]).is_ok());
    }
    for host in ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"] {
        assert!(load_env(&[("AUTH_SERVER_HOST", host)]).is_ok(), "{host}");
    }
    assert_eq!(load_env(&[("AUTH_SERVER_HOST", "[::1]")]).unwrap().settings.server.host, "::1");
}

#[test]
fn a_shared_secret_selects_hs256_and_contradicts_another_algorithm() {
    assert_eq!(load_env(&[("JWT_SECRET", SHARED)]).unwrap().settings.token.algorithm, Algorithm::Hs256);
    let both = [("JWT_SECRET", SHARED), ("AUTH_TOKEN_ALGORITHM", "HS256")];
    assert_eq!(load_env(&both).unwrap().settings.token.algorithm, Algorithm::Hs256);
    let keys = ["token.algorithm", "token.hs256_secret"];
    for algorithm in ["ES256", "EdDSA"] {
        assert_eq!(conflict(&[("JWT_SECRET", SHARED), ("AUTH_TOKEN_ALGORITHM", algorithm)]), keys);
    }
    assert_eq!(conflict(&[("AUTH_TOKEN_ALGORITHM", "HS256")]), keys);
    let tutorial = ["token.accept_tutorial_tokens", "token.hs256_secret"];
    assert_eq!(conflict(&[("AUTH_TOKEN_ACCEPT_TUTORIAL_TOKENS", "true")]), tutorial);
}

#[test]
fn weak_shared_secrets_are_refused_without_being_shown() {
    for secret in [
        "secret",
        "your-256-bit-secret",
        "changeme",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "Zk9!Zk9!Zk9!Zk9!Zk9!Zk9!Zk9!Zk9",
    ] {
        let error = refusal(&env(&[("JWT_SECRET", secret), ("AUTH_TOKEN_ALGORITHM", "HS256")]));
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.starts_with("token.hs256_secret = ******** (environment variable JWT_SECRET): it "), "{error}");
    }
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let idle = ("AUTH_SESSION_IDLE_TIMEOUT", "2h");
    assert_eq!(
        conflict(&[idle, ("AUTH_SESSION_ABSOLUTE_TIMEOUT", "1h59m59s")]),
        ["session.idle_timeout", "session.absolute_timeout"]
    );
    assert!(load_env(&[idle, ("AUTH_SESSION_ABSOLUTE_TIMEOUT", "2h")]).is_ok());
    let poll = ("AUTH_SESSION_REVOCATION_POLL", "2s");
    assert_eq!(
        conflict(&[poll, ("AUTH_SESSION_REVOCATION_BOUND", "5s999ms")]),
        ["session.revocation_poll", "session.revocation_bound"]
    );
    assert!(load_env(&[poll, ("AUTH_SESSION_REVOCATION_BOUND", "6s")]).is_ok());
    let names = [("AUTH_USERNAME_MIN_LENGTH", "9"), ("AUTH_USERNAME_MAX_LENGTH", "8")];
    assert_eq!(conflict(&names), ["username.min_length", "username.max_length"]);
    let passwords = [("AUTH_PASSWORD_MIN_LENGTH", "65"), ("AUTH_PASSWORD_MAX_LENGTH", "64")];
    assert_eq!(conflict(&passwords), ["password.min_length", "password.max_length"]);
}

#[test]
fn hash_costs_are_held_against_the_owasp_sets() {
    let cost = |kib: u32, passes: u32| {
        load_env(&[("AUTH_HASHING_MEMORY", &format!("{kib}KiB")), ("AUTH_HASHING_ITERATIONS", &passes.to_string())])
    };
    for (kib, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5), (65_536, 3), (7_168, 100)] {
        assert!(cost(kib, passes).is_ok(), "{kib} {passes}");
    }
    for (kib, passes) in [(47_103, 1), (19_455, 2), (12_287, 3), (9_215, 4), (7_168, 4)] {
        let error = cost(kib, passes).expect_err("too cheap");
        assert_eq!(error.findings()[0].keys(), ["hashing.memory", "hashing.iterations", "hashing.parallelism"]);
    }
    assert!(cost(262_144, 4).is_ok());
    assert!(cost(262_144, 5).is_err_and(|error| error.to_string().contains("1 GiB of memory times passes")));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let (_folder, files) = files(&["[server]\nprot = 1\nworkers = -1\n", "not toml"]);
    let overrides =
        vec![("log.format".to_owned(), "xml".to_owned()), ("database.url".to_owned(), "sqlite:canary".to_owned())];
    let variables = [
        ("AUTH_X", "1"),
        ("AUTH_TOKEN_ACCESS_TTL", "25h"),
        ("AUTH_SERVER_HOST", "::"),
        ("AUTH_USERNAME_MIN_LENGTH", "99"),
    ];
    let error = refusal(&Inputs { files, overrides, ..env(&variables) });
    let parts = [
        "`server.prot` is unknown",
        "1.toml is not valid TOML",
        "AUTH_X is unknown",
        "database.url is a secret",
        "server.workers = \"-1\" (file ",
        "token.access_ttl = \"25h\" (environment variable AUTH_TOKEN_ACCESS_TTL): it is too large",
        "log.format = \"xml\" (flag)",
        "server.host, public_url, server.allow_insecure: ",
        "username.min_length, username.max_length: ",
    ];
    assert_eq!(error.lines().count(), parts.len(), "{error}");
    for (line, part) in error.lines().zip(parts) {
        assert!(line.contains(part), "{part}\n{line}");
    }
}

#[test]
fn the_example_for_production_loads() {
    let example = include_str!("../../../config/production.example.toml");
    let (_folder, files) = files(&[example]);
    let secrets = env(&[("AUTH_DATABASE_URL", "postgres://auth@localhost/auth"), ("AUTH_SECRETS_KEYS", "a:AAAA")]);
    let loaded = load(&Inputs { files, ..secrets }).unwrap();
    assert!(loaded.settings.public_url.starts_with("https://") && loaded.warnings.is_empty());
}
