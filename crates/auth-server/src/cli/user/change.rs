//! What changes an account: `disable`, `enable`, `delete`, `set-password`, `grant-role`, `revoke-role`.

use auth_core::role::Role;
use auth_core::service::{Authority, RoleChange, UserChange};
use auth_core::user::AccountState;
use clap::Args;
use serde_json::json;

use super::list::print_one;
use super::which::{Which, open};
use super::{actor, refused};
use crate::cli::confirm::confirm;
use crate::cli::output::{print, print_json, quoted};
use crate::cli::password::Source;
use crate::cli::{Context, Failure, Output, role};

#[derive(Debug, Args)]
pub(in crate::cli) struct Delete {
    #[command(flatten)]
    which: Which,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SetPassword {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    source: Source,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct NamedRole {
    #[command(flatten)]
    which: Which,
    /// The role: 1 to 32 of a-z, 0-9, - and _, a letter first.
    #[arg(required = true, value_parser = role)]
    role: Role,
}

pub(super) fn disable(context: &Context, which: &Which) -> Result<(), Failure> {
    let change = UserChange { state: Some(AccountState::Disabled), ..UserChange::default() };
    update(context, which, &change, "disabled")
}

pub(super) fn enable(context: &Context, which: &Which) -> Result<(), Failure> {
    let change = UserChange { state: Some(AccountState::Active), ..UserChange::default() };
    update(context, which, &change, "enabled")
}

pub(super) fn grant_role(context: &Context, named: &NamedRole) -> Result<(), Failure> {
    let change = UserChange { roles: Some(RoleChange::Grant(named.role.clone())), ..UserChange::default() };
    update(context, &named.which, &change, &format!("{} is a role of", named.role))
}

pub(super) fn revoke_role(context: &Context, named: &NamedRole) -> Result<(), Failure> {
    let change = UserChange { roles: Some(RoleChange::Revoke(named.role.clone())), ..UserChange::default() };
    update(context, &named.which, &change, &format!("{} is no role of", named.role))
}

fn update(context: &Context, which: &Which, change: &UserChange, done: &str) -> Result<(), Failure> {
    let (settings, assembled) = open(context)?;
    let service = &assembled.service;
    let id = which.find(service)?.user.id;
    let changed = service.update_user(Authority::Operator, id, change, &actor(&context.inputs.env));
    let changed = changed.map_err(|error| refused(&error, settings.password.min_length))?;
    match context.output {
        Output::Json => print_one(changed),
        Output::Table => print(&format!("{done} {id} {}\n", quoted(changed.user.name.as_entered()))),
    }
}

pub(super) fn delete(context: &Context, delete: &Delete) -> Result<(), Failure> {
    let (settings, assembled) = open(context)?;
    let service = &assembled.service;
    let user = delete.which.find(service)?.user;
    let name = quoted(user.name.as_entered());
    confirm(delete.yes, &format!("This deletes {} {name} with all that it has.", user.id))?;
    service
        .delete_user(Authority::Operator, user.id, &actor(&context.inputs.env))
        .map_err(|error| refused(&error, settings.password.min_length))?;
    match context.output {
        Output::Json => print_json(&json!({"deleted": user.id.to_string()})),
        Output::Table => print(&format!("deleted {} {name}\n", user.id)),
    }
}

pub(super) fn set_password(context: &Context, set: &SetPassword) -> Result<(), Failure> {
    let (settings, assembled) = open(context)?;
    let service = &assembled.service;
    let user = set.which.find(service)?.user;
    let password = set.source.read()?;
    service
        .set_password(Authority::Operator, user.id, &password, &actor(&context.inputs.env))
        .map_err(|error| refused(&error, settings.password.min_length))?;
    match context.output {
        Output::Json => print_json(&json!({"password_set": user.id.to_string()})),
        Output::Table => print(&format!("set the password of {} {}\n", user.id, quoted(user.name.as_entered()))),
    }
}
