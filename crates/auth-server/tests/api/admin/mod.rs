//! The API of administrators.

mod access;
mod events;
mod faults;
mod keys;
mod last;
mod lists;
mod policy;
mod sessions;
mod users;

use auth_core::StoreExt as _;
use std::collections::BTreeSet;

use auth_core::audit::AuditRecord;
use auth_core::id::EventId;
use auth_core::password::Password;
use auth_core::role::Role;
use auth_core::service::{Authority, NewUser, RequestContext};
use serde_json::{Value, json};

use crate::helpers::{PASSWORD, Reply, TestApp, Tokens};

const USERS: &str = "/v1/admin/users";
const EVENTS: &str = "/v1/admin/events";
const KEYS: &str = "/v1/admin/keys";
const STATS: &str = "/v1/admin/stats";

/// Makes an administrator as the operator does, and signs in.
fn admin(app: &TestApp, name: &str) -> Tokens {
    let new = NewUser { username: name.to_owned(), password: Some(Password::new(PASSWORD)), roles: vec![Role::ADMIN] };
    app.service.create_user(Authority::Operator, new, &RequestContext::system()).unwrap();
    app.tokens(name)
}

/// The `sub` of a token.
fn subject(tokens: &Tokens) -> String {
    crate::helpers::token_part(&tokens.access, 1)["sub"].as_str().unwrap().to_owned()
}

fn user(id: &str) -> String {
    format!("{USERS}/{id}")
}

fn patch(app: &TestApp, tokens: &Tokens, id: &str, body: &Value) -> Reply {
    app.send_as("PATCH", &user(id), &tokens.access, Some(body))
}

#[track_caller]
fn read(app: &TestApp, tokens: &Tokens, path: &str) -> Value {
    let reply = app.get_as(path, &tokens.access);
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.json()
}

fn records(app: &TestApp) -> Vec<AuditRecord> {
    app.store.read(|tx| tx.audit().list(None, 1_000)).unwrap()
}

/// Kind, detail and actor of a line.
type Line = (String, Option<String>, String);

/// The lines that an act leaves, sorted: those of one instant have no order.
fn lines_of<T>(app: &TestApp, act: impl FnOnce() -> T) -> (T, Vec<Line>) {
    let before: BTreeSet<EventId> = records(app).iter().map(|record| record.id).collect();
    let answer = act();
    let new = records(app).into_iter().filter(|record| !before.contains(&record.id));
    let mut lines: Vec<Line> = new
        .map(|record| {
            let parts = record.event.to_parts();
            (parts.kind, parts.detail, record.actor.to_text())
        })
        .collect();
    lines.sort();
    (answer, lines)
}

fn line(kind: &str, detail: Option<&str>, actor: &str) -> Line {
    (kind.to_owned(), detail.map(str::to_owned), actor.to_owned())
}

/// What the log calls whoever bears these.
fn actor(tokens: &Tokens) -> String {
    format!("user:{}", subject(tokens))
}

fn roles(names: &[&str]) -> Value {
    json!({"roles": names})
}
