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
