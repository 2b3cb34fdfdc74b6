//! What is taken out and brought in is the same, byte by byte, also in the other database.

use super::*;

fn import(site: &Site, lines: &str) {
    site.desk.write("all.ndjson", lines);
    assert_done(&site.user(&["import", "all.ndjson", "--format", "ndjson"]));
}

/// Accounts as imports and as people make them, on a site that was lived in.
fn filled(site: &Site) -> String {
    for (format, file) in [("tutorial", "tutorial.csv"), ("keycloak", "keycloak.json")] {
        // Alice and Bob are here already, by other ids; each format has its own.
        site.user(&["import", &fixture(file), "--format", format]);
    }
    site.desk.write("password", "correct horse battery\n");
    assert_done(&site.user(&["create", "walter", "--admin", "--password-file", "password"]));
    assert_done(&site.user(&["disable", "carol"]));
    site.export()
}

fn there_and_back(one: &Site, other: &Site) {
    let exported = filled(one);
    assert_eq!(exported.lines().count(), 6, "{exported}");
    assert!(
        exported.contains("\"legacy_id\":7")
            && exported.contains("\"disabled\":true")
            && exported.contains("$argon2id$")
    );
    import(other, &exported);
    assert_eq!(other.export(), exported);
    let third = Site::sqlite();
    import(&third, &other.export());
    assert_eq!(third.export(), exported);
    let serving = Serving::start(&third.desk, &third.settings());
    let body = r#"{"username":"walter","password":"correct horse battery"}"#;
    assert!(serving.post("/v1/users/token", body).starts_with("HTTP/1.1 200"));
}

#[test]
fn from_sqlite_to_sqlite_and_back() {
    there_and_back(&Site::sqlite(), &Site::sqlite());
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn from_sqlite_to_postgres_and_back() {
    there_and_back(&Site::sqlite(), &Site::postgres());
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn from_postgres_to_sqlite_and_back() {
    there_and_back(&Site::postgres(), &Site::sqlite());
}

#[test]
fn hashes_leave_only_when_asked_for_and_into_a_file_of_its_owner() {
    let site = Site::sqlite();
    assert_done(&site.user(&["import", &fixture("ours.ndjson"), "--format", "ndjson"]));
    let plain = site.user(&["export"]);
    assert!(assert_done(&plain).lines().count() == 3 && !assert_done(&plain).contains("$2b$"));
    assert_done(&site.user(&["export", "--with-hashes", "--to", "all.ndjson"]));
    assert_eq!(
        fs::read_to_string(site.desk.path("all.ndjson")).unwrap(),
        fs::read_to_string(fixture("ours.ndjson")).unwrap()
    );
    let mode = fs::metadata(site.desk.path("all.ndjson")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    assert_refused(&site.user(&["export", "--to", "all.ndjson"]), 1, &["all.ndjson"]);
}
