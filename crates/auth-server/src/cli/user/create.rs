//! `user create`.

use auth_core::role::Role;
use auth_core::service::{Authority, NewUser};
use clap::Args;

use super::{actor, list, refused};
use crate::assemble;
use crate::cli::output::{print, quoted};
use crate::cli::password::Source;
use crate::cli::{Context, Failure, Output};

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// The name.
    name: String,
    /// Make it an administrator. Nothing else makes the first one.
    #[arg(long)]
    admin: bool,
    /// Without a password: nobody can sign in until one is set.
    #[arg(long, conflicts_with_all = ["password_stdin", "password_file"])]
    no_password: bool,
    #[command(flatten)]
    source: Source,
}

pub(super) fn run(context: &Context, create: Create) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    let assembled = assemble::assemble(&settings)?;
    let password = if create.no_password { None } else { Some(create.source.read()?) };
    let roles = if create.admin { vec![Role::ADMIN] } else { Vec::new() };
    let new = NewUser { username: create.name, password, roles };
    let made = assembled.service.create_user(Authority::Operator, new, &actor(&context.inputs.env));
    let made = made.map_err(|error| refused(&error, settings.password.min_length))?;
    match context.output {
        Output::Table => print(&format!("created {} {}\n", made.user.id, quoted(made.user.name.as_entered()))),
        Output::Json => list::print_one(made),
    }
}
