//! A million accounts with bcrypt hashes go in while the program is killed three times: none is there twice, none is missing, and memory
//! does not grow with their number. Prints the rate, the peak of memory, and what the first and the last pages of the export cost.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[allow(dead_code, reason = "shared with the tests of the command line, which use the rest")]
mod process;

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::process::{Child, Stdio};
use std::time::Instant;

use auth_storage::testing::PostgresServer;
use serde_json::Value;

use process::{Desk, assert_done};

const HASH: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const ROOT: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Far more than a batch and the caches of a connection take, in KiB; a million names alone would be 60 MiB and more on top.
const MOST_MEMORY: u64 = 160 << 10;

fn users() -> u64 {
    std::env::var("IMPORT_SOAK_USERS").map_or(1_000_000, |text| text.parse().unwrap())
}

fn import(desk: &Desk, settings: &[(&str, &str)]) -> Child {
    let report = desk.path("report.ndjson");
    let arguments =
        ["user", "import", "users.csv", "--format", "tutorial", "--report", &report, "--resume", "--output", "json"];
    desk.command(&arguments, settings).stdout(Stdio::piped()).spawn().unwrap()
}

fn items(desk: &Desk) -> u64 {
    let state = fs::read(desk.path("report.ndjson.state")).unwrap_or_default();
    serde_json::from_slice::<Value>(&state).unwrap_or_default()["items"].as_u64().unwrap_or_default()
}

/// The most that a process had in memory, in KiB.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")).map_or(0, |kib| kib.trim().parse().unwrap())
}

fn soak(name: &str, url: &str) {
    let (desk, users) = (Desk::new(), users());
    let settings = [("DATABASE_URL", url), ("AUTH_SECRETS_KEYS", ROOT)];
    let mut file = BufWriter::new(fs::File::create(desk.path("users.csv")).unwrap());
    writeln!(file, "id,username,password,createdAt").unwrap();
    for id in 1..=users {
        writeln!(file, "{id},user{id},{HASH},2024-05-01 12:34:56.789 +00:00").unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();

    let (begun, mut most) = (Instant::now(), 0);
    for quarter in 1..=3 {
        let mut child = import(&desk, &settings);
        while items(&desk) < users * quarter / 4 {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before it was killed");
            most = most.max(peak(&child));
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut child = import(&desk, &settings);
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(&child));
        std::thread::yield_now();
    }
    let output = child.wait_with_output().unwrap();
    let took = begun.elapsed();
    let tally: Value = serde_json::from_str(assert_done(&output)).unwrap();
    let number = |name: &str| tally[name].as_u64().unwrap();
    assert_eq!(number("created") + number("same"), users, "{tally}");
    println!(
        "{name}: {users} accounts in {took:.1?} over three kills, {} a second; peak {most} KiB; {} found again",
        u128::from(users) * 1_000 / took.as_millis(),
        number("same")
    );
    assert!(most < MOST_MEMORY, "{most} KiB");

    let mut export = desk.command(&["user", "export"], &settings).stdout(Stdio::piped()).spawn().unwrap();
    let mut seen = HashSet::new();
    let (begun, mut tenths) = (Instant::now(), Vec::new());
    for line in BufReader::new(export.stdout.take().unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let number = line["legacy_id"].as_u64().unwrap();
        assert_eq!(line["username"], format!("user{number}"));
        assert!(seen.insert(number), "{number} is there twice");
        if (seen.len() as u64).is_multiple_of(users / 10) {
            tenths.push(begun.elapsed());
        }
    }
    assert_eq!(seen.len() as u64, users);
    println!("{name}: exported; after each tenth: {tenths:.1?}; peak {} KiB", peak(&export));
    assert!(export.wait().unwrap().success());
}

#[test]
#[ignore = "takes minutes and a gigabyte of disk: cargo test --release -p auth-server --test import_soak -- --ignored --nocapture --test-threads 1"]
fn a_million_accounts_go_in_over_three_kills_sqlite() {
    let desk = Desk::new();
    soak("sqlite", &format!("sqlite://{}", desk.path("auth.db")));
}

#[test]
#[ignore = "takes minutes and a gigabyte of disk: cargo test --release -p auth-server --test import_soak -- --ignored --nocapture --test-threads 1"]
fn a_million_accounts_go_in_over_three_kills_postgres() {
    let database = PostgresServer::shared().unwrap().create_database().unwrap();
    soak("postgres", database.url());
}
