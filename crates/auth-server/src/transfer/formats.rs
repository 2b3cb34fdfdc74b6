//! The formats. One file each; what they have in common is here.

mod auth0;
mod django;
pub(super) mod firebase;
mod keycloak;
mod ours;
mod supabase;
mod tutorial;

use auth_core::password::PasswordHash;
use auth_core::service::{ImportRecord, ImportedPassword};
use auth_core::time::Timestamp;
use auth_core::user::AccountState;
use clap::ValueEnum;

use super::fields::Fields;
use super::table::Columns;
use super::{Incoming, Known, LineFault};

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Format {
    /// What `user export` writes.
    Ndjson,
    /// The same as a table: `username`, and any of `id`, `password_hash`, `password_changed_at`, `disabled`, `roles`, `legacy_id`,
    /// `created_at`, `updated_at`.
    Csv,
    /// The Node tutorial's `users` table: `id`, `username`, `password` (bcrypt); also the URL of the database that holds it.
    Tutorial,
    /// Django's `dumpdata auth.user`, or its table `auth_user` as CSV.
    Django,
    /// What `firebase auth:export --format=json` writes. Needs `--hash-config`.
    Firebase,
    /// What Auth0's support exports: one user a line, with `passwordHash` (bcrypt) or `custom_password_hash`.
    Auth0,
    /// Supabase's table `auth.users`, as CSV or JSON.
    Supabase,
    /// A realm that Keycloak exported, with its users.
    Keycloak,
}

/// In which forms a format comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object a line.
    Lines,
    /// A table.
    Table,
    /// An object a line, or an array of them.
    LinesOrArray,
    /// The same, or a table.
    Any,
    /// An array `users` within an object.
    Users,
}

impl Format {
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Ndjson => Shape::Lines,
            Self::Csv => Shape::Table,
            Self::Tutorial | Self::Django | Self::Supabase => Shape::Any,
            Self::Auth0 => Shape::LinesOrArray,
            Self::Firebase | Self::Keycloak => Shape::Users,
        }
    }

    pub(super) const fn columns(self) -> Columns {
        match self {
            Self::Ndjson | Self::Csv => Columns { needed: &["username"], allowed: Some(&ours::COLUMNS) },
            Self::Django => Columns { needed: &["password"], allowed: None },
            Self::Supabase => Columns { needed: &["id", "encrypted_password"], allowed: None },
            _ => Columns { needed: &["id", "username", "password"], allowed: None },
        }
    }

    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Firebase => "the JSON of `firebase auth:export users.json --format=json`",
            Self::Keycloak => "the JSON of `kc.sh export --users realm_file`",
            _ => "one JSON object a line, or an array of them",
        }
    }

    /// The account; `None` for what is no account.
    pub(super) fn account(self, fields: Fields<'_>, known: &Known) -> Result<Option<Incoming>, LineFault> {
        match self {
            Self::Ndjson => ours::line(fields).map(Some),
            Self::Csv => ours::row(fields).map(Some),
            Self::Tutorial => tutorial::account(fields).map(Some),
            Self::Django => django::account(fields),
            Self::Firebase => firebase::account(fields, known).map(Some),
            Self::Auth0 => auth0::account(fields).map(Some),
            Self::Supabase => supabase::account(fields, known).map(Some),
            Self::Keycloak => keycloak::account(fields),
        }
    }
}

impl Incoming {
    fn of(record: ImportRecord) -> Self {
        Self { record, source_id: None }
    }
}

/// The hash as it is, without the blanks that tables of fixed width leave.
fn password(hash: &str, changed_at: Option<Timestamp>) -> ImportedPassword {
    ImportedPassword { hash: PasswordHash::new(hash.trim()), changed_at }
}

fn state(is_disabled: bool) -> AccountState {
    if is_disabled { AccountState::Disabled } else { AccountState::Active }
}
