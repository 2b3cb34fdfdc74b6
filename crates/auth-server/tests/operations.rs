//! What `docs/OPERATIONS.md` and its files promise: commands that work as they stand, and queries of metrics that exist.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[allow(dead_code, reason = "shared with the tests of the command line, which use the rest")]
mod process;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use process::{Desk, Serving};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The blocks of a page that a shell is to run.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == "```sh") {
        blocks.push(lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n"));
    }
    blocks
}

/// In the order of the page, in a folder that a server has served from.
#[test]
fn every_command_of_the_page_for_operators_does_what_it_says() {
    let desk = Desk::new();
    let serving = Serving::start(&desk, &[]);
    let alice = r#"{"username":"alice","password":"correct horse battery"}"#;
    assert!(serving.post("/v1/users/register", alice).starts_with("HTTP/1.1 201"));
    assert!(serving.post("/v1/users/token", alice).starts_with("HTTP/1.1 200"));
    assert_eq!(serving.stop(), Some(0));
    let program = Path::new(env!("CARGO_BIN_EXE_auth-server")).parent().unwrap().display().to_string();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap());
    let blocks = blocks(&read("docs/OPERATIONS.md"));
    assert!(blocks.len() >= 6, "{blocks:#?}");
    fs::create_dir(desk.path("backups")).unwrap();
    for block in blocks {
        let here = desk.0.path().display().to_string();
        let script =
            block.replace("/etc/auth", &format!("{here}/etc")).replace("/var/backups", &format!("{here}/backups"));
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .env_clear()
            .env("PATH", &path)
            .current_dir(desk.0.path())
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{script}\n{out}\n{err}");
    }
    assert_eq!(Serving::start(&desk, &[]).stop(), Some(0), "and the server starts after all that");
}

/// The metrics of the table in `docs/API.md`.
fn documented() -> BTreeSet<String> {
    let page = read("docs/API.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `auth_")?.split('`').next().map(str::to_owned));
    rows.map(|name| format!("auth_{name}")).collect()
}

/// The names that begin with `auth_`, those of a histogram's series as the histogram's.
fn named(text: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metrics = words.filter(|word| word.starts_with("auth_"));
    let base = |word: &str| {
        let parts = ["_bucket", "_count", "_sum"].iter().find_map(|part| word.strip_suffix(part));
        parts.filter(|base| known.contains(*base)).unwrap_or(word).to_owned()
    };
    metrics.map(base).collect()
}

#[test]
fn every_metric_of_the_documents_is_in_the_source() {
    let folder = root().join("crates/auth-server/src/metrics");
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let source: String = files.collect::<String>() + &read("crates/auth-server/src/metrics.rs");
    let known = documented();
    assert!(known.len() > 15, "{known:?}");
    for name in known {
        let bare = name.strip_prefix("auth_").unwrap();
        let bare = ["_total", "_seconds", "_info"].iter().find_map(|unit| bare.strip_suffix(unit)).unwrap_or(bare);
        assert!(source.contains(&format!("\"{bare}\"")), "{name}");
    }
}

#[test]
fn every_query_is_of_metrics_that_exist() {
    let known = documented();
    let dashboard: Value = serde_json::from_str(&read("docs/grafana-dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut queries: Vec<String> = queries.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let rules = read("docs/alerts.yml");
    let expressions = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    queries.extend(expressions.map(str::to_owned));
    assert!(queries.len() > 20, "{queries:#?}");
    let mut used = BTreeSet::new();
    for query in &queries {
        let names = named(query, &known);
        assert!(names.is_subset(&known), "{query}: {:?}", names.difference(&known).collect::<Vec<_>>());
        assert!(!names.is_empty() || query.starts_with("up{"), "{query}");
        assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
        used.extend(names);
    }
    assert!(used.len() > 12, "{used:?}");
}

#[test]
fn every_setting_in_the_files_for_deployment_is_known() {
    let reference = read("docs/CONFIGURATION.md");
    let mut found = 0;
    for file in ["auth-server.service", "Dockerfile", "compose.yml"] {
        let text = read(&format!("docs/deploy/{file}"));
        for name in text.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|word| word.starts_with("AUTH_")) {
            found += 1;
            let key = name.strip_suffix("_FILE").unwrap_or(name).strip_prefix("AUTH_").unwrap().to_lowercase();
            let dotted = [key.clone(), key.replacen('_', ".", 1)];
            assert!(dotted.iter().any(|key| reference.contains(&format!("| `{key}` |"))), "{file}: {name}");
        }
    }
    assert!(found > 8, "{found}");
}
