//! What both sources share: which table and columns there are, and when a row is a user.

use auth_core::password::PasswordHash;
use auth_core::time::Timestamp;

use super::{TutorialError, TutorialRow, TutorialUser};

/// Names of the table that are looked for; Sequelize makes the second of a model `User` without options.
pub(super) const TABLES: [&str; 2] = ["users", "Users"];
/// Columns that Sequelize keeps the instant of creation in.
const CREATED: [&str; 2] = ["createdAt", "created_at"];

/// The table as it was found. The names are ours or [`TABLES`], so that they can stand in a query.
pub(super) struct Layout {
    pub(super) table: &'static str,
    pub(super) created_at: Option<Created>,
}

/// A column with the instant of creation.
pub(super) struct Created {
    pub(super) column: &'static str,
    pub(super) kind: String,
}

/// Looks for what is needed among the columns of a table, given as names and types.
pub(super) fn layout(table: &'static str, columns: &[(String, String)]) -> Result<Layout, TutorialError> {
    let kind = |name: &str| columns.iter().find(|(column, _)| column == name).map(|(_, kind)| kind.clone());
    let lacking: Vec<_> =
        ["id", "username", "password"].into_iter().filter(|name| kind(name).is_none()).map(str::to_owned).collect();
    if !lacking.is_empty() {
        return Err(TutorialError::NoColumn { table: table.to_owned(), columns: lacking });
    }
    let created_at = CREATED.into_iter().find_map(|column| Some(Created { column, kind: kind(column)? }));
    Ok(Layout { table, created_at })
}

/// A user, if the texts are there.
pub(super) fn row(
    id: i64,
    username: Result<String, &'static str>,
    password: Result<String, &'static str>,
    created_at: Option<Timestamp>,
) -> (i64, TutorialRow) {
    let sound = username.and_then(|username| Ok((username, password?)));
    let row = match sound {
        Ok((username, password)) => {
            TutorialRow::User(TutorialUser { id, username, password: PasswordHash::new(password), created_at })
        }
        Err(fault) => TutorialRow::Unreadable { row: format!("id {id}"), fault },
    };
    (id, row)
}

/// Names what is wrong with a text.
pub(super) struct Faults {
    pub(super) missing: &'static str,
    pub(super) odd: &'static str,
}

pub(super) const USERNAME: Faults =
    Faults { missing: "the username is NULL", odd: "the username is not a text, or not UTF-8, or contains NUL" };
pub(super) const PASSWORD: Faults =
    Faults { missing: "the password is NULL", odd: "the password is not a text, or not UTF-8, or contains NUL" };

pub(super) fn read(error: impl std::fmt::Display) -> TutorialError {
    TutorialError::Read(error.to_string())
}
