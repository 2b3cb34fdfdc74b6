//! `auth-server config`.

use clap::Subcommand;

use super::output::{print, print_json, print_line};
use super::{Context, Failure, Output};
use crate::assemble;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the configuration as it is in force; secrets are masked.
    Show {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Read everything that the configuration names, and say whether the server could use it. Opens no database.
    Check,
    /// Print the reference of all keys, as `docs/CONFIGURATION.md` holds it.
    Reference,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Reference => print(&crate::config::reference()),
        Command::Show { origin } => {
            let loaded = context.load()?;
            match context.output {
                Output::Table => print(&loaded.show(*origin)),
                Output::Json => print_json(&loaded.show_json(*origin)),
            }
        }
        Command::Check => {
            let loaded = context.load()?;
            assemble::check(&loaded.settings).map_err(Failure::from)?;
            match context.output {
                Output::Table => print_line("the configuration can be used"),
                Output::Json => print_json(&serde_json::json!({"ok": true, "warnings": loaded.warnings})),
            }
        }
    }
}
