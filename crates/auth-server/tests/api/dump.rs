//! whoever has the whole database has nobody's credentials.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use auth_core::attempts::LimitSettings;
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::ServiceSettings;
use auth_core::session::refresh;
use auth_server::problem::Code;
use auth_server::routes::ROUTES;
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use diesel::sql_types::{Binary, Nullable, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use serde_json::json;

use crate::helpers::{Connection, Database, PASSWORD, Setup, TestApp, Tokens, head};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Nullable<Binary>)]
    value: Option<Vec<u8>>,
}

/// Every value of every column of every table, as bytes.
fn dump(file: &Path) -> BTreeSet<Vec<u8>> {
    let mut connection = SqliteConnection::establish(&file.display().to_string()).unwrap();
    let mut names = |query: &str| -> Vec<String> {
        let found: Vec<Name> = sql_query(query).load(&mut connection).unwrap();
        found.into_iter().map(|row| row.name).collect()
    };
    let tables = names("SELECT name FROM sqlite_master WHERE type = 'table'");
    assert!(tables.len() > 4, "{tables:?}");
    let columns: Vec<(String, String)> = tables
        .into_iter()
        .flat_map(|table| {
            let columns = names(&format!("SELECT name FROM pragma_table_info('{table}')"));
            columns.into_iter().map(move |column| (table.clone(), column))
        })
        .collect();
    let mut values = BTreeSet::new();
    for (table, column) in columns {
        let query = format!("SELECT CAST(\"{column}\" AS BLOB) AS value FROM \"{table}\"");
        let found: Vec<Value> = sql_query(query).load(&mut connection).unwrap();
        values.extend(found.into_iter().filter_map(|row| row.value).filter(|value| !value.is_empty()));
    }
    values
}

/// What somebody would try with a value: as it is, in the usual spellings, and dressed as a token.
fn spellings(value: &[u8]) -> BTreeSet<String> {
    let hex = value.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let mut spellings: BTreeSet<String> =
        [hex.to_uppercase(), Base64UrlUnpadded::encode_string(value), Base64::encode_string(value), hex].into();
    if let Ok(bytes) = <[u8; 16]>::try_from(value) {
        spellings.insert(auth_core::id::SessionId::from_bytes(bytes).to_string());
    }
    spellings.extend(std::str::from_utf8(value).map(str::to_owned));
    spellings.extend(spellings.clone().into_iter().map(|text| format!("{}{text}", refresh::PREFIX)));
    spellings
}

/// Tokens that are computed as the server does, under keys that the database holds.
fn forged(app: &TestApp, tokens: &Tokens, values: &BTreeSet<Vec<u8>>) -> BTreeSet<String> {
    let session = app.session(tokens);
    let mut forged = BTreeSet::new();
    for value in values {
        for key in value.windows(32.min(value.len())) {
            let mut key = key.to_vec();
            key.resize(32, 0);
            let ring = Secret::new(format!("{}:{}", session.root_key, Base64::encode_string(&key)));
            let Ok(ring) = RootKeyRing::parse(&ring) else { continue };
            forged.extend(refresh::token(&session, session.generation, &ring).map(|token| token.expose().to_owned()));
        }
    }
    forged
}

#[test]
fn no_value_of_the_database_signs_anybody_in() {
    // What slows guessing down is not what is tried here.
    let service = ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new("https://auth.test") };
    let app = Setup { database: Database::Sqlite, service, ..Setup::default() }.spawn();
    app.register("alice");
    app.register("bobby");
    let (alice, bobby, gone) = (app.tokens("alice"), app.tokens("bobby"), app.tokens("alice"));
    let alice = Tokens::of(&app.refresh(&alice.refresh));
    assert_eq!(app.post_json("/oauth/revoke", &json!({"token": gone.refresh})).status, 200);
    app.sign_in("alice", "wrong").problem(401, "invalid_credentials");

    let values = dump(app.sqlite_file());
    assert!(values.contains(app.session(&alice).salt.as_slice()), "positive control: the dump has what is there");
    for secret in [&alice.refresh, &alice.access, &bobby.refresh, PASSWORD] {
        assert!(!values.iter().any(|value| value.windows(secret.len()).any(|part| part == secret.as_bytes())));
    }
    let session = app.session(&alice);
    let made = refresh::token(&session, session.generation, &app.root_keys).unwrap();
    assert_eq!(made.expose(), alice.refresh, "positive control: so it is computed, with the right key");
    let mut tried: BTreeSet<String> = values.iter().flat_map(|value| spellings(value)).collect();
    tried.extend(forged(&app, &alice, &values));
    let mut connection = Connection::open(app.address);
    for credential in &tried {
        try_as_bearer(&app, &mut connection, credential);
        try_as_refresh_token(&mut connection, credential);
    }
    println!("{} values, {} credentials, each at every route", values.len(), tried.len());
    // Nothing was ended either, and the real ones are good: positive control.
    for tokens in [&alice, &bobby] {
        assert_eq!(app.get_as("/v1/users/me", &tokens.access).status, 200);
        Tokens::of(&app.refresh(&tokens.refresh));
    }
}

/// At every operation that wants a token, with a body that would do.
fn try_as_bearer(app: &TestApp, connection: &mut Connection, credential: &str) {
    if credential.is_empty() || !credential.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return;
    }
    let body = json!({"password": PASSWORD}).to_string();
    for route in ROUTES {
        let path = route.path.replace("{id}", "5f0c3a52-9f0f-4a39-8a53-1f3f6f6f2f10");
        let guarded = |codes: &&[Code]| codes.contains(&Code::TokenMissing) || codes.contains(&Code::InvalidClient);
        for operation in route.operations.iter().filter(|operation| operation.codes.iter().any(guarded)) {
            let headers = [("Authorization", &*format!("Bearer {credential}")), ("Content-Type", "application/json")];
            let body = if operation.method == "GET" { "" } else { body.as_str() };
            connection.write(&[&head(operation.method, &path, &headers, Some(body.len())), body.as_bytes()].concat());
            let reply = connection.read();
            assert_eq!(reply.status, 401, "{credential} at {} {path}: {reply:?}", operation.method);
            if reply.header("connection") == Some("close") {
                // The body of a stranger is not read.
                *connection = Connection::open(app.address);
            }
        }
    }
}

/// Refreshed, signed in with, and revoked.
fn try_as_refresh_token(connection: &mut Connection, credential: &str) {
    for (path, body, status) in [
        ("/v1/users/token", json!({"grant_type": "refresh_token", "refresh_token": credential}), 401),
        ("/users/token", json!({"grant_type": "refresh_token", "refresh_token": credential}), 400),
        ("/v1/users/token", json!({"username": "alice", "password": credential}), 401),
        ("/oauth/revoke", json!({"token": credential}), 200),
    ] {
        let (headers, body) = ([("Content-Type", "application/json")], body.to_string());
        connection.write(&[&head("POST", path, &headers, Some(body.len())), body.as_bytes()].concat());
        let reply = connection.read();
        assert_eq!(reply.status, status, "{credential} at {path}: {reply:?}");
    }
}
