//! `auth-server user export`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use auth_core::AuthService;
use auth_core::id::UserId;
use auth_core::service::RequestContext;
use clap::Args;

use super::actor;
use super::which::open;
use crate::cli::output::print_alive;
use crate::cli::{Context, Failure};
use crate::transfer::to_line;

/// Accounts that are read at once.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// With the hashes of passwords: whoever reads them can try passwords at any rate. Without, imported accounts have none.
    #[arg(long)]
    with_hashes: bool,
    /// Write to this new file, which its owner alone can read, in place of standard output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(super) fn run(context: &Context, export: &Export) -> Result<(), Failure> {
    let (_, assembled) = open(context)?;
    let actor = actor(&context.inputs.env);
    match &export.to {
        Some(path) => {
            let failed = |error| Failure::Failed(format!("cannot write {}: {error}", path.display()));
            let mut file = BufWriter::new(create(path).map_err(failed)?);
            each_page(&assembled.service, export.with_hashes, &actor, |page| {
                file.write_all(page.as_bytes()).map_err(failed).map(|()| true)
            })?;
            file.flush().and_then(|()| file.get_ref().sync_all()).map_err(failed)
        }
        None => each_page(&assembled.service, export.with_hashes, &actor, print_alive),
    }
}

/// Writes page by page, for as long as anybody reads.
fn each_page(
    service: &AuthService,
    with_hashes: bool,
    actor: &RequestContext,
    mut write: impl FnMut(&str) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut after: Option<UserId> = None;
    loop {
        let page = service.export_users(after, PAGE, with_hashes, actor).map_err(|error| Failure::of(&error))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.user.id);
        let lines = page.iter().map(to_line).collect::<Result<String, _>>().map_err(|error| Failure::of(&error))?;
        if !write(&lines)? {
            return Ok(());
        }
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
