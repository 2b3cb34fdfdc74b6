//! `user list` and `user show`.

use auth_core::role::Role;
use auth_core::service::{AdminError, Authority, ManagedUser, PageRequest};
use auth_core::time::Timestamp;
use auth_core::user::{AccountState, CanonicalName, UserFilter};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::which::{Which, open};
use crate::cli::output::{json_of, print_json, print_line, quoted, say_error};
use crate::cli::{Context, Failure, Output, instant, role};
use crate::controllers::admin::ManagedUserBody;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Names that begin so, in any spelling.
    #[arg(long, value_name = "PREFIX")]
    name: Option<String>,
    /// Of this state.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// With this role.
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// Made at this instant (RFC 3339) or later.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    created_from: Option<Timestamp>,
    /// Made before this instant.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    created_until: Option<Timestamp>,
    /// At most so many, 1 to 100.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(PageRequest::MOST)))]
    limit: u32,
    /// What the page before said is next, with the same filters.
    // Base64url: one in 64 begins with a hyphen.
    #[arg(long, allow_hyphen_values = true)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Active,
    Disabled,
}

impl From<State> for AccountState {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Disabled => Self::Disabled,
        }
    }
}

pub(super) fn run(context: &Context, list: &List) -> Result<(), Failure> {
    let (_, assembled) = open(context)?;
    let filter = UserFilter {
        prefix: list.name.as_deref().map(CanonicalName::of),
        state: list.state.map(AccountState::from),
        role: list.role.clone(),
        created_from: list.created_from,
        created_until: list.created_until,
    };
    let request = PageRequest { cursor: list.cursor.as_deref(), limit: list.limit };
    let page = assembled.service.list_users(Authority::Operator, &filter, request).map_err(|error| match error {
        AdminError::Cursor => Failure::Usage(error.to_string()),
        other => Failure::of(&other),
    })?;
    match context.output {
        Output::Json => {
            let users: Vec<_> = page.items.into_iter().map(ManagedUserBody::from).collect();
            print_json(&json!({"data": json_of(&users)?, "next_cursor": page.next}))
        }
        Output::Table => {
            print_line("STATE     CREATED               ID                                    NAME  ROLES")?;
            page.items.iter().try_for_each(|user| print_line(&to_line(user)))?;
            if let Some(next) = page.next {
                say_error(&format!("there are more: --cursor {next}"));
            }
            Ok(())
        }
    }
}

pub(super) fn show(context: &Context, which: &Which) -> Result<(), Failure> {
    let (_, assembled) = open(context)?;
    let found = which.find(&assembled.service)?;
    match context.output {
        Output::Json => print_one(found),
        Output::Table => {
            let ManagedUser { user, roles } = &found;
            let number = user.legacy_id.map_or_else(|| "-".to_owned(), |number| number.to_string());
            for (name, value) in [
                ("id", user.id.to_string()),
                ("name", quoted(user.name.as_entered())),
                ("state", user.state.as_str().to_owned()),
                ("roles", names(roles)),
                ("old number", number),
                ("created", user.created_at.to_string()),
                ("updated", user.updated_at.to_string()),
            ] {
                print_line(&format!("{name:<10}  {value}"))?;
            }
            Ok(())
        }
    }
}

/// An account, for programs.
pub(super) fn print_one(user: ManagedUser) -> Result<(), Failure> {
    print_json(&json_of(&ManagedUserBody::from(user))?)
}

fn to_line(ManagedUser { user, roles }: &ManagedUser) -> String {
    let created = user.created_at.floor_to_second().to_string();
    format!(
        "{:<8}  {created:<20}  {}  {}  {}",
        user.state.as_str(),
        user.id,
        quoted(user.name.as_entered()),
        names(roles)
    )
}

fn names(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(Role::as_str).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}
