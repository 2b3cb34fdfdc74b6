//! Which account a command is about.

use auth_core::AuthService;
use auth_core::id::UserId;
use auth_core::service::{AdminError, Authority, ManagedUser};
use clap::Args;

use crate::assemble::{self, Assembled};
use crate::cli::output::quoted;
use crate::cli::{Context, Failure};
use crate::config::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct Which {
    /// The account's name, in any spelling.
    #[arg(required_unless_present = "id")]
    name: Option<String>,
    /// The account by its id, in place of its name.
    #[arg(long, value_name = "ID", conflicts_with = "name")]
    id: Option<String>,
}

impl Which {
    /// The account as it is now.
    pub(super) fn find(&self, service: &AuthService) -> Result<ManagedUser, Failure> {
        let found = match (&self.id, &self.name) {
            (Some(id), _) => {
                let id: UserId =
                    id.parse().map_err(|_| Failure::Usage("an id is a hyphenated lower-case UUID".to_owned()))?;
                service.user(Authority::Operator, id)
            }
            (None, name) => service.user_named(Authority::Operator, name.as_deref().unwrap_or_default()),
        };
        found.map_err(|error| match error {
            AdminError::NotFound => Failure::Failed(format!(
                "there is no account {}: see `auth-server user list`",
                quoted(self.id.as_deref().or(self.name.as_deref()).unwrap_or_default())
            )),
            other => Failure::of(&other),
        })
    }
}

/// The configuration, and everything over it.
pub(super) fn open(context: &Context) -> Result<(Settings, Assembled), Failure> {
    let settings = context.load()?.settings;
    let assembled = assemble::assemble(&settings)?;
    Ok((settings, assembled))
}
