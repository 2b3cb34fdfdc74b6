//! `auth-server doctor` and `auth-server hash`.

use crate::process::{Desk, Serving, assert_done, assert_refused, text};

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

const BCRYPT: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[test]
fn hashes_are_identified_and_never_repeated() {
    let desk = Desk::new();
    desk.write(
        "hashes.txt",
        &format!(
            "{BCRYPT}\n\n  $argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4\n\
             hunter2canary\n$6$canary$x\n{}\n$2b$10$canary\n",
            "A".repeat(100_000)
        ),
    );
    let found = desk.run(&["--output", "json", "hash", "identify", "hashes.txt"], &[]);
    assert_refused(&found, 1, &["5 line(s)"]);
    let said = String::from_utf8(found.stdout).unwrap();
    let lines: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(lines[0], serde_json::json!({"line": 1, "class": "bcrypt$5", "importable": true, "reason": null}));
    for (line, class, reason) in [
        (1, Some("argon2id$v=19$m=4194304,t=2,p=1,foreign"), "not granted"),
        (2, None, "no hash of a known scheme"),
        (3, None, "SHA-512-crypt"),
        (4, None, "no hash of a known scheme"),
        (5, None, "corrupt"),
    ] {
        assert_eq!(lines[line]["class"], serde_json::json!(class), "{said}");
        assert!(lines[line]["reason"].as_str().unwrap().contains(reason), "{said}");
    }
    assert!(!said.contains("canary") && !said.contains("CCCC"), "{said}");
    assert!(!std::path::Path::new(&desk.path("auth.db")).exists(), "the database is not opened");
    desk.write("one.txt", BCRYPT);
    assert_eq!(assert_done(&desk.run(&["hash", "identify", "one.txt"], &[])), "line 1: bcrypt$5: can be imported\n");
    let argument = desk.run(&["hash", "identify", BCRYPT], &[]);
    assert_refused(&argument, 1, &["standard input"]);
    assert!(!String::from_utf8_lossy(&argument.stderr).contains("CCCC"));
}

#[test]
fn a_hash_of_a_password_is_one_that_an_import_takes() {
    let desk = Desk::new();
    desk.write("password.txt", "correct horse battery\nsecond line\n");
    let hash = assert_done(&desk.run(&["hash", "password", "--password-file", "password.txt"], &[])).trim().to_owned();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    desk.write("users.csv", &format!("id,username,password\n7,alice,\"{hash}\"\n"));
    assert_done(&desk.run(&["user", "import", "users.csv", "--format", "tutorial"], &[]));
    let serving = crate::process::Serving::start(&desk, &[]);
    let signed_in = serving.post("/v1/users/token", r#"{"username":"alice","password":"correct horse battery"}"#);
    assert!(signed_in.starts_with("HTTP/1.1 200"), "{signed_in}");
    let other = assert_done(&desk.run(&["hash", "password", "--password-file", "password.txt"], &[])).trim().to_owned();
    assert_ne!(hash, other, "its salt is its own");
    desk.write("long.txt", &"x".repeat(5_000));
    assert_refused(&desk.run(&["hash", "password", "--password-file", "long.txt"], &[]), 1, &["4096 bytes"]);
    assert_refused(&desk.run(&["hash", "password", "hunter2"], &[]), 2, &[]);
}

/// By the address of a server that runs: what is served is what the database and the configuration say.
#[test]
fn a_doctor_looks_from_outside_too() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    let url = format!("http://{}", serving.address);
    // What the server calls itself, which took its port from the system.
    let public = url.replace("127.0.0.1", "localhost");
    let configured = [("AUTH_PUBLIC_URL", public.as_str())];
    let said = assert_done(&desk.run(&["doctor", "--url", &public], &configured)).to_owned();
    for words in [
        "as the configuration does",
        "1 key(s) of the database are served",
        "every security header",
        "is ready",
        "is active",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let output = desk.run(&["doctor", "--url", &url], &[("AUTH_PUBLIC_URL", "http://localhost:1")]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("the metadata says issuer") && said.contains("clients are told to come by"), "{said}");
    assert_refused(&desk.run(&["doctor", "--url", "auth.example"], &[]), 2, &["https://"]);
    assert_eq!(serving.stop(), Some(0));
    assert_refused(&desk.run(&["doctor", "--url", &public], &configured), 1, &["error"]);
}
