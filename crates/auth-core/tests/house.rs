//! The house rules that a compiler does not know.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::process::Command;

use serde_json::Value;

/// The dependency rule: no web framework, async runtime, database or HTTP client, at any depth.
#[test]
fn the_core_depends_on_no_framework_runtime_or_database() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let node = |id: &str| nodes.iter().find(|node| node["id"] == id).unwrap();
    let core = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "auth-core").unwrap();
    let mut todo = vec![core["id"].as_str().unwrap()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dependency in node(id)["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                todo.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    let names: Vec<_> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| seen.contains(package["id"].as_str().unwrap()))
        .map(|package| package["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"argon2") && names.len() > 10, "the walk finds dependencies: {names:?}");
    let banned = [
        "tokio",
        "async-std",
        "smol",
        "actix-web",
        "actix-rt",
        "axum",
        "hyper",
        "reqwest",
        "awc",
        "diesel",
        "r2d2",
        "libsqlite3-sys",
        "pq-sys",
        "sqlx",
        "rusqlite",
        "auth-storage",
        "auth-server",
    ];
    for name in banned {
        assert!(!names.contains(&name), "auth-core depends on {name}");
    }
}

/// A resource server that only verifies builds no hasher, no store's types and no Unicode tables.
#[test]
fn the_feature_that_verifies_brings_little() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-p", "auth-core", "--no-default-features", "--features", "verify"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: std::collections::BTreeSet<_> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains("jsonwebtoken"), "the tree is read: {names:?}");
    for name in [
        "argon2",
        "bcrypt",
        "scrypt",
        "getrandom",
        "oneshot",
        "pkcs8",
        "precis-profiles",
        "quick_cache",
        "unicode-security",
        "uuid",
    ] {
        assert!(!names.contains(name), "verifying depends on {name}");
    }
}
