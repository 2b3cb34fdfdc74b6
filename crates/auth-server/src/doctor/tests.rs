use auth_core::StoreExt as _;
use auth_core::user::Added;
use tempfile::TempDir;

use super::*;

/// What is found with a database in a folder of its own, and these variables.
fn examined(folder: &TempDir, variables: &[(&str, &str)]) -> Vec<Finding> {
    let url = format!("sqlite://{}", folder.path().join("auth.db").display());
    let variables = [&[("DATABASE_URL", url.as_str())], variables].concat();
    let env = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    examine(&Inputs { env, ..Inputs::default() })
}

#[track_caller]
fn found<'a>(findings: &'a [Finding], check: &str, words: &str) -> &'a Finding {
    let mut matching = findings.iter().filter(|one| one.check == check && one.text.contains(words));
    matching.next().unwrap_or_else(|| panic!("no {check} says {words:?}: {findings:#?}"))
}

fn errors(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|one| one.severity == Severity::Error).collect()
}

fn make(folder: &TempDir) -> auth_storage::DieselStore {
    let url = format!("sqlite://{}", folder.path().join("auth.db").display());
    auth_storage::open(auth_storage::StorageSettings::new(url)).unwrap()
}

#[test]
fn everything_but_what_is_well_has_a_remedy_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let settings = [("JWT_SECRET", "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU"), ("AUTH_LIMITS_ENABLED", "false")];
    let findings = examined(&folder, &settings);
    for finding in &findings {
        assert_eq!(finding.remedy.is_none(), finding.severity == Severity::Ok, "{finding}");
    }
    assert_eq!(errors(&findings), Vec::<&Finding>::new());
    for (check, words) in [("config", "known"), ("database", "no "), ("hashing", "sign-ins/s"), ("threads", "at once")]
    {
        assert_eq!(found(&findings, check, words).severity, Severity::Ok);
    }
    for (check, words) in [("tokens", "HS256"), ("passwords", "15"), ("build", "debug"), ("limits", "false")] {
        assert_eq!(found(&findings, check, words).severity, Severity::Warning);
    }
    assert!(!format!("{findings:?}").contains("q7Rk2"), "no secret");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it looks and makes nothing");
}

#[test]
fn a_proxy_that_nobody_trusts_is_told() {
    let folder = TempDir::new().unwrap();
    let https = ("AUTH_PUBLIC_URL", "https://auth.example.com");
    assert_eq!(found(&examined(&folder, &[https]), "proxies", "no proxy is trusted").severity, Severity::Warning);
    for variables in [&[][..], &[https, ("AUTH_SERVER_TRUSTED_PROXIES", "127.0.0.1")]] {
        assert!(examined(&folder, variables).iter().all(|one| one.check != "proxies"));
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_all_there_is_to_say() {
    let folder = TempDir::new().unwrap();
    let findings = examined(&folder, &[("AUTH_SERVER_PROT", "1"), ("AUTH_LOG_FORMAT", "xml")]);
    assert_eq!((findings.len(), errors(&findings).len()), (2, 2), "{findings:#?}");
    found(&findings, "config", "AUTH_SERVER_PROT");
    found(&findings, "config", "log.format");
    let keys = examined(&folder, &[("AUTH_SECRETS_KEYS", "main:c2hvcnQ=")]);
    assert_eq!(found(&keys, "config", "secrets.keys").severity, Severity::Error);
}

#[test]
fn a_schema_that_is_behind_is_an_error_only_where_nobody_mends_it() {
    let folder = TempDir::new().unwrap();
    let store = make(&folder);
    assert_eq!(found(&examined(&folder, &[]), "schema", "missing").severity, Severity::Ok);
    let by_hand = [("AUTH_DATABASE_MIGRATE_ON_START", "false")];
    assert_eq!(found(&examined(&folder, &by_hand), "schema", "missing").severity, Severity::Error);
    store.migrate().unwrap();
    assert_eq!(found(&examined(&folder, &by_hand), "schema", "that of this build").severity, Severity::Ok);
}

#[cfg(unix)]
#[test]
fn files_that_others_may_read_are_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new().unwrap();
    make(&folder).migrate().unwrap();
    let put = |name: &str, mode| {
        let path = folder.path().join(name);
        if !path.exists() {
            std::fs::write(&path, "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    put("auth.db", 0o644);
    put("auth.db.keys", 0o640);
    let findings = examined(&folder, &[]);
    assert_eq!(found(&findings, "files", "auth.db holds the accounts").severity, Severity::Warning);
    let keys = found(&findings, "files", "auth.db.keys holds the root keys and has mode 0640");
    assert_eq!(keys.severity, Severity::Error);
    assert!(keys.remedy.as_ref().unwrap().starts_with("chmod 600 "), "{keys}");
    put("auth.db", 0o600);
    put("auth.db.keys", 0o600);
    assert_eq!(errors(&examined(&folder, &[])), Vec::<&Finding>::new());
    let twin = put("ring", 0o644);
    let findings = examined(&folder, &[("AUTH_SECRETS_KEYS_FILE", &twin)]);
    assert_eq!(found(&findings, "files", "ring holds secrets.keys").severity, Severity::Warning);
}

#[test]
fn a_database_with_data_and_without_its_root_keys_is_an_error() {
    let folder = TempDir::new().unwrap();
    let store = make(&folder);
    store.migrate().unwrap();
    assert!(
        !examined(&folder, &[]).iter().any(|one| one.check == "keys"),
        "an empty one gets its keys from the server"
    );
    let alice = auth_core::testing::conformance::samples::user(1, "alice");
    assert_eq!(store.write(|tx| tx.users().insert(&alice)).unwrap(), Added::Added);
    let findings = examined(&folder, &[]);
    assert_eq!(found(&findings, "keys", "auth.db.keys is missing").severity, Severity::Error);
    let ring = [("AUTH_SECRETS_KEYS", "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")];
    assert!(!examined(&folder, &ring).iter().any(|one| one.check == "keys"), "it is somewhere else");
}

#[test]
fn a_database_that_does_not_answer_is_an_error_with_a_remedy() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("auth.db"), "this is no database, and it is long enough to be told").unwrap();
    let findings = examined(&folder, &[]);
    let finding = found(&findings, "database", "database.url");
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.remedy.is_some());
}

#[test]
fn a_pool_that_is_too_small_for_the_hashes_is_told() {
    let folder = TempDir::new().unwrap();
    let findings = examined(&folder, &[("AUTH_DATABASE_POOL_SIZE", "3"), ("AUTH_HASHING_MAX_CONCURRENT", "4")]);
    assert_eq!(found(&findings, "threads", "only 1 of 4").severity, Severity::Warning);
}
