//! An account as a line of our own NDJSON: always the same members in the same order, so that what is brought in and taken out again
//! is the same bytes.

use auth_core::role::Role;
use auth_core::service::ExportedUser;
use auth_core::user::AccountState;
use serde::Serialize;

#[derive(Serialize)]
struct Exported<'u> {
    id: String,
    username: &'u str,
    disabled: bool,
    roles: Vec<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legacy_id: Option<i64>,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<ExportedPassword<'u>>,
}

#[derive(Serialize)]
struct ExportedPassword<'u> {
    hash: &'u str,
    changed_at: String,
}

/// The line, with its end.
///
/// # Errors
/// None that is known: every part is a text, a number or a list of texts.
pub(crate) fn to_line(exported: &ExportedUser) -> Result<String, serde_json::Error> {
    let ExportedUser { user, roles, password } = exported;
    let line = serde_json::to_string(&Exported {
        id: user.id.to_string(),
        username: user.name.as_entered(),
        disabled: user.state == AccountState::Disabled,
        roles: roles.iter().map(Role::as_str).collect(),
        legacy_id: user.legacy_id,
        created_at: user.created_at.to_string(),
        updated_at: user.updated_at.to_string(),
        password: password
            .as_ref()
            .map(|stored| ExportedPassword { hash: stored.hash.expose(), changed_at: stored.changed_at.to_string() }),
    })?;
    Ok(line + "\n")
}
