//! `auth-server user import` and `user export`.

mod formats;
mod resume;
mod round_trip;

use std::fs;
use std::path::Path;

use auth_storage::testing::{PostgresServer, TestDatabase};

use crate::ROOT;
use crate::process::{Desk, Serving, assert_done, assert_refused, text};

const BCRYPT_OF_OLD: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/// One database, and what every command on it is told.
pub(super) struct Site {
    pub(super) desk: Desk,
    url: String,
    _database: Option<TestDatabase>,
}

impl Site {
    pub(super) fn sqlite() -> Self {
        let desk = Desk::new();
        let url = format!("sqlite://{}", desk.path("auth.db"));
        Self { desk, url, _database: None }
    }

    pub(super) fn postgres() -> Self {
        let database = PostgresServer::shared().unwrap().create_database().unwrap();
        Self { desk: Desk::new(), url: database.url().to_owned(), _database: Some(database) }
    }

    pub(super) fn settings(&self) -> [(&str, &str); 2] {
        [("DATABASE_URL", self.url.as_str()), ("AUTH_SECRETS_KEYS", ROOT)]
    }

    pub(super) fn user(&self, arguments: &[&str]) -> std::process::Output {
        self.desk.run(&[&["user"], arguments].concat(), &self.settings())
    }

    pub(super) fn export(&self) -> String {
        assert_done(&self.user(&["export", "--with-hashes"])).to_owned()
    }
}

/// The named test on both databases.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* fn $name:ident($site:ident: &Site) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            fn case($site: &Site) $body

            #[test]
            fn sqlite() {
                case(&Site::sqlite());
            }

            #[test]
            #[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
            fn postgres() {
                case(&Site::postgres());
            }
        }
    )+};
}

pub(super) use on_both_databases;

pub(super) fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/import/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_good_lines_of_an_import_go_in_and_the_bad_ones_are_named() {
    let desk = Desk::new();
    desk.write(
        "users.csv",
        &format!(
            "id,username,password\n7,alice,{BCRYPT_OF_OLD}\n8,ALICE,{BCRYPT_OF_OLD}\n9,bob,hunter2\nten,carol,{BCRYPT_OF_OLD}\n\
             11,,{BCRYPT_OF_OLD}\n12,dave,$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n13,x\n14,ed,{BCRYPT_OF_OLD}\n"
        ),
    );
    let import =
        |more: &[&str]| desk.run(&[&["user", "import", "users.csv", "--format", "tutorial"], more].concat(), &[]);
    let dry = import(&["--dry-run", "--output", "json"]);
    assert_refused(&dry, 1, &[]);
    assert!(text(&dry.stdout).contains("\"created\": 2"), "{}", text(&dry.stdout));
    let first = import(&["--report", "report.ndjson"]);
    assert_refused(&first, 1, &["line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "6 line(s)"]);
    assert_eq!(text(&first.stdout), "2 created, 0 updated, 0 here already, 0 skipped, 6 refused\n");
    assert!(!text(&first.stderr).contains("hunter2"));
    let report = fs::read_to_string(desk.path("report.ndjson")).unwrap();
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(desk.path("report.ndjson")).unwrap().permissions());
    assert_eq!((report.lines().count(), mode & 0o777), (6, 0o600));
    for taken in ["users.csv", "auth.db", "report.ndjson"] {
        let before = fs::read(desk.path(taken)).unwrap();
        assert_refused(&import(&["--report", taken]), 1, &[taken, "not there yet"]);
        assert!(fs::read(desk.path(taken)).unwrap() == before, "{taken} was overwritten");
    }
    assert!(!report.contains("hunter2") && !report.contains("$2b$"));
    assert!(text(&import(&[]).stdout).starts_with("0 created, 0 updated, 2 here already"));
    let doctor = text(&desk.run(&["doctor"], &[]).stdout).to_owned();
    assert!(doctor.contains("2 of 2 are of another scheme or cost: 2 of bcrypt$5"), "{doctor}");
    let serving = Serving::start(&desk, &[]);
    let signed_in = serving.post("/v1/users/token", r#"{"username":"alice","password":"U*U"}"#);
    assert!(signed_in.starts_with("HTTP/1.1 200"), "{signed_in}");
}

#[test]
fn a_source_that_cannot_be_read_is_named() {
    let desk = Desk::new();
    desk.write("bad.csv", "name,secret\n");
    let import = |source: &str| desk.run(&["user", "import", source, "--format", "tutorial"], &[]);
    assert_refused(&import("missing.csv"), 1, &["missing.csv"]);
    assert_refused(&import("bad.csv"), 1, &["bad.csv", "`id`"]);
    assert_refused(&import("sqlite:missing.db"), 1, &["missing.db"]);
    assert!(!Path::new(&desk.path("missing.db")).exists(), "a source is never made");
    assert_refused(&import("postgres://u:canary@127.0.0.1:1/d"), 2, &["--source-env"]);
    let output = desk.run(&["user", "import", "--source-env", "OLD", "--format", "tutorial"], &[]);
    assert_refused(&output, 2, &["OLD"]);
}

/// `$2x$` comes in, and who uses it is told.
#[test]
fn hashes_that_take_ascii_alone_are_reported() {
    let desk = Desk::new();
    let broken = BCRYPT_OF_OLD.replacen("2b", "2x", 1);
    desk.write("users.csv", &format!("id,username,password\n7,alice,{broken}\n8,bob,{BCRYPT_OF_OLD}\n"));
    let import = desk.run(&["user", "import", "users.csv", "--format", "tutorial", "--report", "report.ndjson"], &[]);
    assert_eq!(import.status.code(), Some(0));
    assert!(text(&import.stderr).contains("1 of the hashes are of bcrypt's `$2x$`"), "{}", text(&import.stderr));
    let report = fs::read_to_string(desk.path("report.ndjson")).unwrap();
    assert!(report.lines().count() == 1 && report.contains("\"line\":2") && report.contains("ASCII"), "{report}");
}
