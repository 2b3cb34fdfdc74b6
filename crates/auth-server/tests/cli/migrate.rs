//! `auth-server migrate`.

use crate::process::{Desk, assert_done, assert_refused};

#[test]
fn migrations_are_listed_checked_and_run() {
    let desk = Desk::new();
    assert_refused(&desk.run(&["migrate", "check"], &[]), 1, &["lacks migrations"]);
    let status = desk.run(&["migrate", "status"], &[]);
    assert!(assert_done(&status).lines().all(|line| line.starts_with("pending")));
    assert!(assert_done(&desk.run(&["migrate", "run"], &[])).lines().all(|line| line.starts_with("applied")));
    assert_eq!(assert_done(&desk.run(&["migrate", "run"], &[])), "nothing to apply\n");
    let status = desk.run(&["--output", "json", "migrate", "status"], &[]);
    assert!(!assert_done(&status).contains("false"));
    assert_done(&desk.run(&["migrate", "check"], &[]));
    let refused = desk.run(&["--set", "database.migrate_on_start=false", "--set", "database.url=x"], &[]);
    assert_refused(&refused, 78, &["database.url"]);
    let unmigrated = Desk::new();
    let refused = unmigrated.run(&[], &[("AUTH_DATABASE_MIGRATE_ON_START", "false")]);
    assert_refused(&refused, 1, &["lacks migrations"]);
}
