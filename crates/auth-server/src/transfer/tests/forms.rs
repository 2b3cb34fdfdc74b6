//! Each format's fixture: what is read of it.

use auth_core::password::HashFault;
use auth_core::user::AccountState;

use super::*;
use crate::transfer::formats::firebase::HashConfigError;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/import/", $name))
    };
}

fn record(line: &Line) -> &ImportRecord {
    &line.1.as_ref().unwrap().record
}

fn scheme(line: &Line) -> &'static str {
    record(line).password.as_ref().map_or("none", |password| password.hash.scheme())
}

#[test]
fn our_own_lines_and_tables_are_read_whole() {
    let read = lines(Format::Ndjson, fixture!("ours.ndjson"));
    assert_eq!(names(&read), [(1, "alice"), (2, "Zoë"), (3, "carol")]);
    let alice = record(&read[0]);
    assert_eq!(alice.id.unwrap().to_string(), "019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80");
    assert_eq!((alice.legacy_id, alice.state), (Some(7), Some(AccountState::Active)));
    assert_eq!(alice.created_at.unwrap().to_string(), "2024-05-01T12:34:56.789012Z");
    let changed_at = alice.password.as_ref().unwrap().changed_at;
    assert_eq!(changed_at.unwrap().to_string(), "2024-05-02T00:00:00.000001Z");
    assert_eq!(record(&read[1]).state, Some(AccountState::Disabled));
    assert_eq!(scheme(&read[2]), "none");
    let roles: Vec<_> = record(&read[2]).roles.as_ref().unwrap().iter().map(|role| role.as_str().to_owned()).collect();
    assert_eq!(roles, ["help-desk", "tier_2"]);

    let rows = lines(Format::Csv, fixture!("ours.csv"));
    assert_eq!(names(&rows), [(2, "alice"), (3, "o\"brien, jr"), (5, "carol")]);
    assert_eq!(record(&rows[0]).id, alice.id);
    assert_eq!(record(&rows[1]).state, None);
    assert_eq!(record(&rows[1]).roles.as_ref().unwrap().len(), 2);
    assert_eq!(record(&rows[2]).state, Some(AccountState::Disabled));
}

#[test]
fn the_tutorial_s_table_is_read_as_csv_and_as_json() {
    for text in [fixture!("tutorial.csv"), fixture!("tutorial.json")] {
        let read = lines(Format::Tutorial, text);
        assert_eq!(read.iter().map(|line| record(line).legacy_id).collect::<Vec<_>>(), [Some(7), Some(8)]);
        assert_eq!(record(&read[0]).created_at.unwrap().to_string(), "2024-05-01T12:34:56.789Z");
        assert_eq!(scheme(&read[0]), "bcrypt");
    }
    let odd = "id,username,password,createdAt\n3,\"carol\nof two lines\",$2b$10$x,never\n";
    assert_eq!(record(&lines(Format::Tutorial, odd)[0]).created_at, None);
}

#[test]
fn django_s_dump_and_table_are_read() {
    for (text, at) in
        [(fixture!("django.json"), "2024-05-01T12:34:56.789Z"), (fixture!("django.csv"), "2024-05-01T12:34:56.789012Z")]
    {
        let read = lines(Format::Django, text);
        let schemes: Vec<_> = read.iter().map(scheme).collect();
        assert_eq!(schemes, ["pbkdf2-sha256", "bcrypt-sha256", "argon2id", "none", "pbkdf2-sha256"]);
        assert_eq!(record(&read[0]).legacy_id, Some(1));
        assert_eq!(record(&read[0]).created_at.unwrap().to_string(), at);
        assert!(read.iter().all(|line| record(line).roles.is_none()), "no rights are brought");
        assert_eq!(record(&read[4]).state, Some(AccountState::Disabled));
    }
    let line = r#"{"model":"accounts.person","pk":"019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f80","fields":{"email":"a@example.com","password":"!"}}"#;
    let read = lines(Format::Django, line);
    assert_eq!((names(&read), record(&read[0]).id.is_some()), (vec![(1, "a@example.com")], true));
}

#[test]
fn firebase_s_export_is_read_with_the_project_s_parameters() {
    let read = lines(Format::Firebase, fixture!("firebase.json"));
    assert_eq!(names(&read), [(2, "alice@example.com"), (13, "bob@example.com"), (27, "+15555550100")]);
    assert_eq!(read.iter().map(|line| line.1.is_ok()).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!([scheme(&read[0]), scheme(&read[1])], ["firebase-scrypt", "none"]);
    assert_eq!(read[0].1.as_ref().unwrap().source_id.as_deref(), Some("0Pq3XvYtBnL8wKc5dZr2mJh7gFa1"));
    assert_eq!(record(&read[1]).state, Some(AccountState::Disabled));
    assert_eq!(record(&read[0]).created_at.unwrap().to_string(), "2024-05-01T12:34:56.789Z");
}

#[test]
fn parameters_of_a_firebase_project_are_read_as_people_keep_them() {
    let console = fixture!("firebase.hash-config");
    let json = r#"{"hash_config":{"algorithm":"SCRYPT","base64_signer_key":"AAECAw==","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}}"#;
    let inner = r#"{"algorithm":"SCRYPT","base64_signer_key":"AAECAw==","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}"#;
    for text in [console, inner, json] {
        assert!(HashConfig::parse(text).is_ok(), "{text}");
    }
    for (text, error) in [
        (console.replace("SCRYPT", "BCRYPT"), HashConfigError::Algorithm),
        (console.replace("rounds: 8", "rounds: eight"), HashConfigError::Wrong("rounds", "a number")),
        (console.replace("base64_signer_key", "signer"), HashConfigError::Wrong("base64_signer_key", "base64")),
        (String::new(), HashConfigError::Wrong("base64_signer_key", "base64")),
    ] {
        assert_eq!(HashConfig::parse(&text).err(), Some(error));
    }
    assert!(!format!("{:?}", HashConfig::parse(console).unwrap()).contains("jxspr8Ki"));
}

#[test]
fn auth0_s_export_is_read() {
    let read = lines(Format::Auth0, fixture!("auth0.ndjson"));
    assert_eq!(names(&read), [(1, "alice@example.com"), (2, "bob"), (3, "carol@example.com")]);
    assert_eq!(
        faults(&read),
        [(4, LineFault::Other("`custom_password_hash` is of an algorithm that is not brought over"))]
    );
    assert_eq!(read[1].1.as_ref().unwrap().source_id.as_deref(), Some("euclid"));
    let changed_at = record(&read[0]).password.as_ref().unwrap().changed_at;
    assert_eq!(changed_at.unwrap().to_string(), "2019-12-06T18:36:12.412Z");
    assert_eq!(record(&read[0]).created_at.unwrap().to_string(), "2019-12-06T18:36:12Z", "of the object's id");
    assert_eq!(scheme(&read[2]), "argon2id");
}

#[test]
fn supabase_s_table_is_read_as_csv_and_as_json() {
    for text in [fixture!("supabase.csv"), fixture!("supabase.json")] {
        let read = lines(Format::Supabase, text);
        let found: Vec<_> = names(&read).into_iter().map(|(_, name)| name).collect();
        assert_eq!(found, ["alice@example.com", "bob@example.com", "15555550100"]);
        assert_eq!(faults(&read).len(), 1, "who was deleted there");
        assert_eq!([scheme(&read[0]), scheme(&read[1]), scheme(&read[2])], ["bcrypt", "firebase-scrypt", "none"]);
        assert_eq!(record(&read[0]).id.unwrap().to_string(), "3f0c1f2e-8a9b-4c5d-9e6f-7a8b9c0d1e2f");
        assert_eq!(record(&read[0]).created_at.unwrap().to_string(), "2024-05-01T12:34:56.789012Z");
        assert_eq!(record(&read[0]).state, Some(AccountState::Active));
        assert_eq!(record(&read[2]).state, Some(AccountState::Disabled), "banned for a century");
    }
}

#[test]
fn keycloak_s_realm_is_read_with_its_users() {
    let realm = fixture!("keycloak.json");
    let read = lines(Format::Keycloak, realm);
    let found: Vec<_> = names(&read).into_iter().map(|(_, name)| name).collect();
    assert_eq!(found, ["alice", "bob", "carol", "dave", "eve"]);
    let schemes: Vec<_> = read.iter().map(scheme).collect();
    assert_eq!(schemes, ["pbkdf2-sha256", "pbkdf2-sha512", "argon2id", "pbkdf2-sha1", "none"]);
    assert_eq!(record(&read[0]).id.unwrap().to_string(), "a0b1c2d3-0000-4000-8000-000000000001");
    assert_eq!(record(&read[3]).state, Some(AccountState::Disabled));
    for line in &read {
        assert!(record(line).password.as_ref().is_none_or(|password| password.hash.class().is_some()));
    }
    // Several realms in one file.
    let both = format!("[{realm},{}]", r#"{"realm":"empty","users":[]}"#);
    assert_eq!(lines(Format::Keycloak, &both).len(), 5);
    let old = r#"{"users":[{"username":"old","credentials":[{"type":"password","algorithm":"pbkdf2","hashIterations":20000,
        "hashedSaltedValue":"DGDID5YfDnHzqbUkr2ASBi/gN6Y=","salt":"c2FsdA=="}]}]}"#;
    assert_eq!(scheme(&lines(Format::Keycloak, old)[0]), "pbkdf2-sha1");
    let foreign =
        realm.replace("pbkdf2-sha512", "md5").replace("\\\"hashIterations\\\":27500", "\\\"hashIterations\\\":-1");
    assert_eq!(
        faults(&lines(Format::Keycloak, &foreign)).into_iter().map(|(_, fault)| fault).collect::<Vec<_>>(),
        [
            LineFault::Wrong("hashIterations", "a number"),
            LineFault::Other("its hash is of an algorithm that is not known here")
        ]
    );
}

/// What a line says is not what a hash is: that is asked where it goes in.
#[test]
fn plain_passwords_are_read_and_have_no_class() {
    let read = lines(Format::Tutorial, "id,username,password\n1,alice,hunter2\n");
    let hash = &record(&read[0]).password.as_ref().unwrap().hash;
    assert_eq!(hash.inspect(auth_core::password::Argon2Params::default()).err(), Some(HashFault::Unknown));
}
