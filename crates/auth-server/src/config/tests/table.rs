//! Every key of the table, by every way in. A new key without a sample fails here.

use super::*;
use crate::config::Origin;
use crate::config::keys::{KEYS, Key};
use crate::config::kind::Kind;

/// Key, a value other than the default as TOML, the same in a variable, and a value that is refused.
const SAMPLES: &[(&str, &str, &str, &str)] = &[
    ("public_url", "\"https://auth.example.com\"", "https://auth.example.com", "auth.example.com"),
    ("server.host", "\"::1\"", "::1", "http://localhost"),
    ("server.port", "9000", "9000", "65536"),
    ("server.workers", "3", "3", "1025"),
    ("server.body_limit", "\"32KiB\"", "32KiB", "32"),
    ("server.body_timeout", "\"1m\"", "1m", "999ms"),
    ("server.header_timeout", "\"2s500ms\"", "2s500ms", "6m"),
    ("server.handler_timeout", "\"20s\"", "20s", "999ms"),
    ("server.shutdown_timeout", "\"0s\"", "0s", "500ms"),
    ("server.drain_delay", "\"15s\"", "15s", "500ms"),
    ("server.max_connections", "1", "1", "0"),
    ("server.connections_per_address", "2", "2", "0"),
    ("server.trusted_proxies", "[\"10.0.0.0/8\", \"::1\"]", "10.0.0.0/8, ::1", "0.0.0.0/0"),
    ("server.allow_insecure", "true", "true", "yes"),
    ("cors.allowed_origins", "[\"https://app.example.com\"]", "https://app.example.com", "*"),
    ("ops.bind", "\"[::1]:9000\"", "[::1]:9000", "localhost:9464"),
    ("database.url", "\"sqlite://other.db\"", "sqlite://other.db", "mysql://canary@localhost"),
    ("database.pool_size", "7", "7", "many"),
    ("database.pool_timeout", "\"100ms\"", "100ms", "0s"),
    ("database.busy_timeout", "\"0s\"", "0s", "1h"),
    ("database.statement_timeout", "\"1m\"", "1m", "0ms"),
    ("database.synchronous", "\"normal\"", "normal", "off"),
    ("database.migrate_on_start", "false", "false", "no"),
    ("secrets.keys", "\"a:AAAA\"", "a:AAAA", "a:canary\u{7}"),
    ("token.issuer", "\"https://issuer.example\"", "https://issuer.example", "a\u{7}b"),
    ("token.audience", "\"everybody\"", "everybody", "a\u{7}b"),
    ("token.algorithm", "\"EdDSA\"", "EdDSA", "none"),
    ("token.hs256_secret", "\"q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU\"", SHARED, "canary"),
    ("token.access_ttl", "\"24h\"", "24h", "24h1s"),
    ("token.leeway", "\"1m\"", "1m", "61s"),
    ("token.typ", "\"at+jwt\"", "at+jwt", "jwt"),
    ("token.accept_tutorial_tokens", "true", "true", "1"),
    ("token.cache_size", "500", "500", "-1"),
    ("token.key_rotation", "\"30d\"", "30d", "10y"),
    ("token.key_publish_ahead", "\"1h\"", "1h", "31d"),
    (
        "introspection.clients",
        "\"api:q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU\"",
        "api:q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU",
        "api:canary",
    ),
    ("session.idle_timeout", "\"1h\"", "1h", "14"),
    ("session.absolute_timeout", "\"90d\"", "90d", "3651d"),
    ("session.retry_window", "\"0s\"", "0s", "61m"),
    ("session.revocation_poll", "\"500ms\"", "500ms", "99ms"),
    ("session.revocation_bound", "\"3s\"", "3s", "11m"),
    ("session.max_per_user", "1", "1", "0"),
    ("cleanup.interval", "\"24h\"", "24h", "59s"),
    ("audit.retention", "\"30d\"", "30d", "23h"),
    ("password.min_length", "15", "15", "7"),
    ("password.max_length", "64", "64", "63"),
    ("password.blocklist", "\"/etc/words\"", "/etc/words", "a\nb"),
    ("hashing.memory", "\"64MiB\"", "64MiB", "6MiB"),
    ("hashing.iterations", "3", "3", "0"),
    ("hashing.parallelism", "2", "2", "0"),
    ("hashing.max_concurrent", "1", "1", "-1"),
    ("hashing.queue_limit", "10", "10", "1.5"),
    ("hashing.max_wait", "\"500ms\"", "500ms", "2"),
    ("registration.mode", "\"closed\"", "closed", "Open"),
    ("username.min_length", "2", "2", "0"),
    ("username.max_length", "255", "255", "256"),
    ("username.reserved", "[\"ceo\", \"cto\"]", "ceo, cto", "a\u{7}b"),
    ("limits.enabled", "false", "false", "off"),
    ("limits.exempt", "\"10.0.0.0/8\"", "10.0.0.0/8, ::1", "10.0.0.1/8"),
    ("limits.login_per_address", "\"5/1s\"", "5/1s", "5"),
    ("limits.register_per_address", "\"5/1s\"", "5/1s", "0/1h"),
    ("limits.account_free_attempts", "3", "3", "101"),
    ("limits.account_per_day", "20", "20", "0"),
    ("limits.account_disable_at", "20", "20", "101"),
    ("limits.device_attempts", "5", "5", "0"),
    ("log.format", "\"json\"", "json", "xml"),
    ("log.level", "\"warn,auth_server=debug\"", "warn,auth_server=debug", "verbose"),
    ("log.client_ip", "\"off\"", "off", "none"),
];

fn sample(key: &Key) -> (&'static str, &'static str, &'static str) {
    let found = SAMPLES.iter().find(|(name, ..)| *name == key.name);
    let (_, toml, text, wrong) = found.unwrap_or_else(|| panic!("{} has no sample", key.name));
    (toml, text, wrong)
}

/// Variables without which the sample would be refused for another key's sake.
fn companions(key: &Key) -> Vec<(&'static str, &'static str)> {
    if key.name == "token.accept_tutorial_tokens" { vec![("JWT_SECRET", SHARED)] } else { Vec::new() }
}

/// The settings show the sample: they are neither the default nor what the companions alone make.
fn assert_arrived(key: &Key, loaded: &Loaded, origin: &Origin) {
    let without = load_env(&companions(key)).unwrap();
    assert_ne!(loaded.settings, without.settings, "{}", key.name);
    assert_eq!(loaded.origin(key.name), Some(origin), "{}", key.name);
    assert!(loaded.show(true).contains(&format!("# {origin}")), "{}", key.name);
}

#[test]
fn every_key_is_read_from_a_file() {
    for key in KEYS {
        let line = match key.name.split_once('.') {
            Some((section, name)) => format!("[{section}]\n{name} = {}\n", sample(key).0),
            None => format!("{} = {}\n", key.name, sample(key).0),
        };
        let (_folder, files) = files(&[&line]);
        let origin = Origin::File(files[0].clone());
        let loaded = load(&Inputs { files, ..env(&companions(key)) }).unwrap();
        assert_arrived(key, &loaded, &origin);
    }
}

#[test]
fn every_key_is_read_from_the_environment() {
    for key in KEYS {
        let mut inputs = env(&companions(key));
        inputs.env.push((key.variable().into(), sample(key).1.into()));
        assert_arrived(key, &load(&inputs).unwrap(), &Origin::Environment(key.variable()));
    }
}

#[test]
fn every_alias_is_read_and_so_is_the_twin_of_every_secret() {
    for key in KEYS {
        let (_folder, files) = files(&[&format!("{}\r\n", sample(key).1)]);
        for name in key.alias.into_iter().map(str::to_owned).chain(key.secret.then(|| key.variable())) {
            if key.alias == Some(name.as_str()) {
                assert_arrived(key, &load_env(&[(&name, sample(key).1)]).unwrap(), &Origin::Environment(name.clone()));
            }
            if key.secret {
                let variable = format!("{name}_FILE");
                let loaded = load_env(&[(&variable, files[0].to_str().unwrap())]).unwrap();
                assert_arrived(key, &loaded, &Origin::SecretFile { variable, path: files[0].clone() });
            }
        }
    }
}

#[test]
fn every_key_but_a_secret_is_a_flag() {
    for key in KEYS {
        let overrides = vec![(key.name.to_owned(), sample(key).1.to_owned())];
        let inputs = Inputs { overrides, ..env(&companions(key)) };
        if key.secret {
            let error = refusal(&inputs);
            assert!(
                error.starts_with(&format!("{} is a secret", key.name)) && !error.contains(sample(key).1),
                "{error}"
            );
        } else {
            assert_arrived(key, &load(&inputs).unwrap(), &Origin::Flag);
        }
    }
}

#[test]
fn a_wrong_value_names_key_origin_value_and_what_is_allowed() {
    for key in KEYS {
        let wrong = sample(key).2;
        let mut inputs = env(&companions(key));
        inputs.env.push((key.variable().into(), wrong.into()));
        let error = load(&inputs).expect_err(key.name);
        let (text, findings) = (error.to_string(), error.findings().to_vec());
        assert_eq!(findings.len(), 1, "{text}");
        assert_eq!(findings[0].keys(), [key.name]);
        assert!(text.starts_with(&format!("{} = ", key.name)), "{text}");
        assert!(text.contains(&format!("(environment variable {})", key.variable())), "{text}");
        assert!(text.ends_with(&format!("allowed: {}", key.allowed())), "{text}");
        let shown: String = wrong.chars().flat_map(char::escape_debug).collect();
        assert_eq!(text.contains(&format!("\"{shown}\"")), !key.secret, "{text}");
        assert!(!(key.secret && format!("{text} {error:?}").contains("canary")), "{text}");
    }
}

#[test]
fn no_key_takes_a_table_and_only_lists_take_arrays() {
    for key in KEYS {
        for (value, taken) in
            [("[[\"a\"]]", false), ("[{ x = 1 }]", false), ("[\"a\"]", matches!(key.kind, Kind::List))]
        {
            let outcome = load_text(&format!("{} = {value}", key.name));
            assert_eq!(outcome.is_ok(), taken, "{} = {value}", key.name);
        }
    }
}
