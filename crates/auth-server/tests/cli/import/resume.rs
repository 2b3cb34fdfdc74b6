//! Imports that were interrupted: by a source that broke, and by `kill -9`.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::*;

/// Of the tutorial's form, as a JSON array.
fn elements(users: std::ops::Range<u32>) -> Vec<String> {
    let user = |id| format!("{{\"id\":{id},\"username\":\"user{id}\",\"password\":\"{BCRYPT_OF_OLD}\"}}");
    users.map(user).collect()
}

fn resume(site: &Site) -> std::process::Output {
    let arguments =
        ["import", "users.json", "--format", "tutorial", "--report", "report.ndjson", "--resume", "--output", "json"];
    site.user(&arguments)
}

fn names(site: &Site) -> Vec<String> {
    let exported = site.export();
    let name = |line: &str| serde_json::from_str::<Value>(line).unwrap()["username"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = exported.lines().map(name).collect();
    names.sort_unstable();
    names
}

fn all_names(users: std::ops::Range<u32>) -> Vec<String> {
    let mut names: Vec<String> = users.map(|id| format!("user{id}")).collect();
    names.sort_unstable();
    names
}

on_both_databases! {
    fn a_source_that_broke_is_gone_on_with_when_it_is_whole(site: &Site) {
        let mut users = elements(1..1_301);
        users[0] = elements(1..2).remove(0).replace("user1", "plain").replace(BCRYPT_OF_OLD, "hunter2");
        let whole = format!("[{}]", users.join(","));
        // In the midst of the last but one.
        site.desk.write("users.json", &whole[..whole.len() - 150]);
        let broken = resume(site);
        assert_refused(&broken, 1, &["line 1:", "broken", "--resume"]);
        let went_in = names(site).len();
        assert!((1_000..1_299).contains(&went_in), "{went_in}");
        // With another beginning it is another source.
        site.desk.write("users.json", &whole.replacen("plain", "plane", 1));
        assert_refused(&resume(site), 1, &["not the one that the report is about"]);
        assert_eq!(names(site).len(), went_in);
        site.desk.write("users.json", &whole);
        let resumed = resume(site);
        assert_eq!(resumed.status.code(), Some(1), "one was refused, before it broke");
        let tally: Value = serde_json::from_str(text(&resumed.stdout)).unwrap();
        assert_eq!((&tally["created"], &tally["refused"], &tally["same"]), (&1_299.into(), &1.into(), &0.into()));
        assert_eq!(names(site), all_names(2..1_301));
        let report = fs::read_to_string(site.desk.path("report.ndjson")).unwrap();
        assert_eq!(report.lines().count(), 1, "{report}");
        assert!(!Path::new(&site.desk.path("report.ndjson.state")).exists());
        assert_refused(&resume(site), 1, &["has ended", "another report"]);
    }

    fn an_import_that_was_killed_is_gone_on_with_and_nothing_is_there_twice_or_missing(site: &Site) {
        let users = elements(1..1_201);
        site.desk.write("users.json", &format!("[{}]", users.join(",")));
        let arguments = ["user", "import", "-", "--format", "tutorial", "--report", "report.ndjson"];
        let mut child = site.desk.command(&arguments, &site.settings()).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        // Two batches, and a part of the third, for which it waits.
        write!(pipe, "[{}", users[..1_100].join(",")).unwrap();
        pipe.flush().unwrap();
        let state = site.desk.path("report.ndjson.state");
        let items = || serde_json::from_slice::<Value>(&fs::read(&state).unwrap_or_default()).unwrap_or_default()["items"].as_u64();
        while items() < Some(500) {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before it was killed");
            std::thread::yield_now();
        }
        // SIGKILL: nothing of it runs any more.
        child.kill().unwrap();
        child.wait().unwrap();
        let went_in = names(site).len();
        assert!(went_in >= 500 && went_in.is_multiple_of(500), "{went_in}: batches are whole");
        let resumed = resume(site);
        let tally: Value = serde_json::from_str(assert_done(&resumed)).unwrap();
        assert_eq!(tally["created"].as_u64().unwrap() + tally["same"].as_u64().unwrap(), 1_200);
        assert_eq!(names(site), all_names(1..1_201));
    }
}

#[test]
fn what_was_only_tried_is_not_taken_for_done() {
    let site = Site::sqlite();
    let users = elements(1..601);
    site.desk.write("users.json", &format!("[{}", users.join(",")));
    let dry = ["import", "users.json", "--format", "tutorial", "--report", "report.ndjson", "--dry-run"];
    assert_refused(&site.user(&dry), 1, &["broken"]);
    site.desk.write("users.json", &format!("[{}]", users.join(",")));
    assert_refused(&resume(&site), 1, &["not the one that the report is about"]);
    assert_eq!(names(&site), Vec::<String>::new());
}

#[test]
fn what_went_into_one_database_is_not_passed_over_for_another() {
    let site = Site::sqlite();
    let users = elements(1..601);
    site.desk.write("users.json", &format!("[{}", users.join(",")));
    assert_refused(&resume(&site), 1, &["broken"]);
    site.desk.write("users.json", &format!("[{}]", users.join(",")));
    let arguments = ["user", "import", "users.json", "--format", "tutorial", "--report", "report.ndjson", "--resume"];
    let other = format!("sqlite://{}", site.desk.path("other.db"));
    let output = site.desk.run(&arguments, &[("DATABASE_URL", &other), ("AUTH_SECRETS_KEYS", ROOT)]);
    assert_refused(&output, 1, &["not the one that the report is about"]);
    assert_done(&resume(&site));
    assert_eq!(names(&site), all_names(1..601));
}
