//! Order, names, files and aliases.

use std::time::Duration;
#[cfg(unix)]
use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

use super::*;
use crate::config::{Algorithm, Origin};

#[test]
fn nothing_at_all_is_a_configuration() {
    let loaded = load(&Inputs::default()).unwrap();
    let settings = &loaded.settings;
    assert_eq!((settings.server.host.as_str(), settings.server.port), ("127.0.0.1", 8080));
    assert_eq!(settings.public_url, "http://localhost:8080");
    assert_eq!((&settings.token.issuer, &settings.token.audience), (&settings.public_url, &settings.public_url));
    assert_eq!((settings.token.algorithm, settings.token.access_ttl), (Algorithm::Es256, Duration::from_secs(7_200)));
    assert_eq!(settings.database.url.expose(), "sqlite://auth.db");
    assert_eq!((settings.hashing.memory_kib(), settings.hashing.iterations), (19_456, 2));
    assert!(settings.secrets.keys.is_none() && settings.token.hs256_secret.is_none() && loaded.warnings.is_empty());
    assert!(settings.password.blocklist.is_none() && settings.username.reserved.is_empty());
    assert_eq!(loaded.origin("server.port"), Some(&Origin::Default));
    assert_eq!(loaded.origin("token.issuer"), Some(&Origin::Derived("public_url")));
    assert_eq!(loaded.origin("no.such_key"), None);
    assert_eq!(loaded.origins().count(), crate::config::keys::KEYS.len());
}

#[test]
fn each_layer_wins_over_those_before() {
    let (_folder, files) =
        files(&["[server]\nport = 1\nworkers = 1\nbody_limit = \"1KiB\"\n", "server.port = 2\nserver.workers = 2\n"]);
    let overrides = vec![("server.host".to_owned(), "::1".to_owned())];
    let inputs = Inputs { files, overrides, ..env(&[("AUTH_SERVER_PORT", "3"), ("AUTH_SERVER_HOST", "localhost")]) };
    let server = load(&inputs).unwrap().settings.server;
    assert_eq!((server.host.as_str(), server.port, server.workers, server.body_limit), ("::1", 3, 2, 1_024));
}

#[test]
fn unknown_names_are_refused_with_their_neighbour() {
    let (_folder, files) = files(&["[server]\nprot = 1\n[databse]\nurl = \"canary\"\n"]);
    let overrides = vec![("token.ttl".to_owned(), "canary".to_owned())];
    let error = refusal(&Inputs { files, overrides, ..env(&[("AUTH_SERVER__PORT", "canary")]) });
    for part in [
        "0.toml: the key `server.prot` is unknown; the nearest known key is `server.port`",
        "0.toml: the key `databse.url` is unknown; the nearest known key is `database.url`",
        "environment variable AUTH_SERVER__PORT is unknown; the nearest known name is AUTH_SERVER_PORT",
        "flag: the key `token.ttl` is unknown; the nearest known key is `token.typ`",
    ] {
        assert!(error.contains(part), "{part}\n{error}");
    }
    assert!(error.lines().count() == 4 && !error.contains("canary"), "{error}");
}

#[test]
fn sections_are_neither_values_nor_deeper_than_one() {
    let error = load_text("server = 5\n[log.level]\nx = 1\n[token.typ.x.y]\nz = 1\n").unwrap_err().to_string();
    for key in ["`server`", "`log.level.x`", "`token.typ.x`"] {
        assert!(error.contains(key), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn other_programs_variables_are_none_of_our_business() {
    let bytes = OsString::from_vec(vec![0xff, b'X']);
    let mut inputs = env(&[("PATH", "/bin"), ("AUTHOR", "me"), ("auth_server_port", "x"), ("PORT_FILE", "x")]);
    inputs.env.push((bytes.clone(), bytes));
    assert!(load(&inputs).unwrap().warnings.is_empty());
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_utf8_are_named() {
    let broken = |name: &[u8]| {
        let mut inputs = Inputs::default();
        inputs.env.push((OsString::from_vec(name.to_vec()), OsString::from_vec(vec![b'c', 0xff])));
        refusal(&inputs)
    };
    assert!(broken(b"AUTH_SERVER_PORT").starts_with("environment variable AUTH_SERVER_PORT is not UTF-8"));
    assert!(broken(b"DATABASE_URL").starts_with("environment variable DATABASE_URL is not UTF-8"));
    assert!(broken(b"AUTH_\xff").starts_with("environment variable AUTH_\u{fffd} is not UTF-8"));
}

#[test]
fn what_a_platform_injects_is_ignored_with_one_warning() {
    let loaded = load_env(&[
        ("AUTH_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("AUTH_SERVER_SERVICE_PORT", "80"),
        ("AUTH_SERVER_PORT", "tcp://10.0.0.1:80"),
        ("AUTH_SERVER_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("PORT", "9000"),
    ])
    .unwrap();
    assert_eq!((loaded.settings.server.port, loaded.warnings.len()), (9000, 1));
    assert!(
        loaded.warnings[0]
            .starts_with("ignored AUTH_SERVER_PORT, AUTH_SERVER_PORT_80_TCP_ADDR, AUTH_SERVER_SERVICE_HOST, ")
    );
}

#[test]
fn our_name_wins_over_the_alias_and_a_difference_is_told() {
    let loaded = load_env(&[("AUTH_SERVER_PORT", "1"), ("PORT", "2")]).unwrap();
    assert_eq!(loaded.settings.server.port, 1);
    let warning = "server.port is set twice: environment variable AUTH_SERVER_PORT wins over environment variable PORT, which differs";
    assert_eq!(loaded.warnings, [warning]);
    assert!(load_env(&[("AUTH_SERVER_PORT", "1"), ("PORT", "1")]).unwrap().warnings.is_empty());
    // Compose files pass on variables that nobody set as empty ones.
    assert_eq!(
        load_env(&[("PORT", ""), ("JWT_SECRET", ""), ("DATABASE_URL_FILE", "")]).unwrap().settings.server.port,
        8080
    );
    assert!(refusal(&env(&[("AUTH_SERVER_PORT", "")])).starts_with("server.port = \"\""));
}

#[test]
fn a_secret_and_its_twin_exclude_each_other() {
    for name in ["AUTH_SECRETS_KEYS", "AUTH_DATABASE_URL", "DATABASE_URL", "JWT_SECRET", "AUTH_TOKEN_HS256_SECRET"] {
        let twin = format!("{name}_FILE");
        let value = if name.ends_with("URL") { "sqlite:canary" } else { SHARED };
        let error = refusal(&env(&[(name, value), (&twin, "/no/such/canary")]));
        assert_eq!(error, format!("environment variables {name} and {name}_FILE are both set; unset one of them"));
    }
}

#[test]
fn a_twin_that_cannot_be_read_is_named_with_cause_and_remedy() {
    let (folder, files) = files(&["\n"]);
    let missing = folder.path().join("missing");
    for (path, cause) in [(missing.as_path(), "No such file"), (folder.path(), "directory"), (&files[0], "it is empty")]
    {
        let error = refusal(&env(&[("JWT_SECRET_FILE", path.to_str().unwrap()), ("AUTH_TOKEN_ALGORITHM", "HS256")]));
        let start = format!("file {} named by environment variable JWT_SECRET_FILE cannot be read: ", path.display());
        assert!(error.starts_with(&start) && error.contains(cause) && error.contains("; "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_cause_and_remedy() {
    let (folder, _) = files(&[]);
    let large = folder.path().join("large");
    std::fs::write(&large, vec![b'#'; (1 << 20) + 1]).unwrap();
    let bytes = folder.path().join("bytes");
    std::fs::write(&bytes, b"# \xff").unwrap();
    let files = vec![folder.path().join("missing"), folder.path().to_owned(), large, bytes];
    let error = refusal(&Inputs { files: files.clone(), ..Inputs::default() });
    let causes = ["No such file", "directory", "larger than 1 MiB", "not UTF-8"];
    assert_eq!(error.lines().count(), 4);
    for ((line, path), cause) in error.lines().zip(&files).zip(causes) {
        assert!(
            line.starts_with(&format!("file {} cannot be read: ", path.display())) && line.contains(cause),
            "{line}"
        );
    }
}

#[test]
fn a_file_that_is_not_toml_is_named_with_the_place_but_not_the_line() {
    for text in [
        "[token]\nhs256_secret = \"canary",
        "[token]\nhs256_secret = canary",
        "[token]\nhs256_secret = 'x' canary",
        "[token]\nx = 1\nx = 'canary'",
    ] {
        let error = load_text(text).unwrap_err().to_string();
        assert!(
            error.contains("0.toml is not valid TOML: TOML parse error at line ") && !error.contains("canary"),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert!(load_text("server.port = 99999999999999999999").unwrap_err().to_string().contains("not valid TOML"));
    assert!(load_text("\u{feff}server.port = 1").is_ok());
}

#[test]
fn output_masks_secrets_and_tells_origins() {
    let variables =
        [("AUTH_DATABASE_URL", "postgres://me:canary@db/auth"), ("AUTH_SECRETS_KEYS", "canary"), ("PORT", "9000")];
    let mut inputs = env(&variables);
    let shared = format!("canary{SHARED}");
    inputs.env.push(("JWT_SECRET".into(), shared.into()));
    let loaded = load(&inputs).unwrap();
    let plain = loaded.show(false);
    assert!(
        plain.starts_with("public_url = \"http://localhost:9000\"\n\n[server]\nhost = \"127.0.0.1\"\nport = 9000\n"),
        "{plain}"
    );
    assert!(plain.contains("\n[database]\nurl = \"********\"\n"), "{plain}");
    let told = loaded.show(true);
    for line in [
        "port = 9000  # environment variable PORT\n",
        "algorithm = \"HS256\"  # follows token.hs256_secret\n",
        "workers = 0  # default\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let (json, with_origin) = (loaded.show_json(false), loaded.show_json(true));
    assert_eq!(json["server"]["port"], 9000);
    assert_eq!(json["secrets"]["keys"], "********");
    assert_eq!(with_origin["server"]["port"]["origin"], "environment variable PORT");
    assert_eq!(with_origin["public_url"]["value"], "http://localhost:9000");
    let everything = format!("{plain}{told}{json}{with_origin}{loaded:?}{inputs:?}");
    assert!(!everything.contains("canary"), "{everything}");
    assert!(load(&Inputs::default()).unwrap().show(false).contains("url = \"sqlite://auth.db\""));
}

#[test]
fn the_shown_configuration_loads_again_to_the_same_settings() {
    let loaded = load_env(&[("AUTH_USERNAME_RESERVED", "ceo, \"x\""), ("AUTH_TOKEN_ISSUER", "a\\b\"c")]).unwrap();
    assert_eq!(load_text(&loaded.show(true)).unwrap().settings, loaded.settings);
}
