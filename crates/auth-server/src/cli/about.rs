//! What the program says of itself: `version`, `completions`, `man`.

use std::path::PathBuf;

use auth_storage::Backend;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use super::output::{print, print_bytes, print_json};
use super::{Cli, Context, Failure, Output};
use crate::metrics::profile;

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write a page for each command into this folder, instead of the first one to standard output.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

pub(super) fn version(context: &Context) -> Result<(), Failure> {
    let sqlite = auth_storage::sqlite_version().map_err(|error| Failure::of(&error))?;
    let newest = |backend| {
        let all = auth_storage::migrations(backend).map_err(|error| Failure::of(&error))?;
        Ok::<_, Failure>(all.last().cloned())
    };
    let (on_sqlite, on_postgres) = (newest(Backend::Sqlite)?, newest(Backend::Postgres)?);
    let features: &[&str] = if cfg!(feature = "pg-tls") { &["pg-tls"] } else { &[] };
    let version = env!("CARGO_PKG_VERSION");
    match context.output {
        Output::Json => print_json(&json!({
            "version": version, "profile": profile(), "features": features, "sqlite": sqlite,
            "migrations": {"sqlite": on_sqlite, "postgres": on_postgres},
        })),
        Output::Table => print(&format!(
            "auth-server {version} ({})\nfeatures    {}\nSQLite      {sqlite}\nmigrations  {}\n",
            profile(),
            if features.is_empty() { "none".to_owned() } else { features.join(", ") },
            on_sqlite.unwrap_or_default()
        )),
    }
}

pub(super) fn completions(completions: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Cli::command(), "auth-server", &mut script);
    print_bytes(&script)
}

pub(super) fn man(man: &Man) -> Result<(), Failure> {
    let Some(folder) = &man.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(|error| Failure::of(&error))?;
        return print_bytes(&page);
    };
    clap_mangen::generate_to(Cli::command(), folder)
        .map_err(|error| Failure::Failed(format!("cannot write man pages to {}: {error}", folder.display())))
}
