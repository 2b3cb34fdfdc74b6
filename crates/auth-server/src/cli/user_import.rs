//! `auth-server user import`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use auth_core::secret::Secret;
use auth_core::service::{AuthService, ImportError, Imported, ImportedUser, RequestContext};
use auth_storage::tutorial::{TutorialRow, tutorial_users};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::output::{print, print_json, say_error};
use super::user::actor;
use super::{Context, Failure, Output};
use crate::assemble;
use crate::tutorial_csv;

/// Faults that are said one by one; the report has them all.
const SAID: u64 = 20;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// A CSV file, or the URL of the database that holds the table: `sqlite:old.db`, `postgres:///old`.
    #[arg(required_unless_present = "source_env", conflicts_with = "source_env")]
    source: Option<String>,
    /// Take the URL from this environment variable: for URLs that hold a password.
    #[arg(long, value_name = "NAME")]
    source_env: Option<String>,
    /// What the source is.
    #[arg(long, value_enum)]
    format: Format,
    /// Read and judge every line, and import none. The database is opened, and migrated where the configuration says so,
    /// as for an import.
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each line that was not imported to this new file, as NDJSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The Node tutorial's `users` table: `id`, `username`, `password` (bcrypt).
    Tutorial,
}

type Rows = Box<dyn Iterator<Item = Result<TutorialRow, Failure>>>;

#[derive(Debug, Default)]
struct Tally {
    imported: u64,
    skipped: u64,
    refused: u64,
    /// Of those imported.
    ascii_only: u64,
}

pub(super) fn run(context: &Context, import: &Import) -> Result<(), Failure> {
    let Format::Tutorial = import.format;
    let settings = context.load()?.settings;
    let rows = open(context, import)?;
    let service = assemble::assemble(&settings)?.service;
    let mut report = import.report.as_deref().map(create_report).transpose()?;
    let actor = actor(&context.inputs.env);
    let mut tally = Tally::default();
    for row in rows {
        let (line, verdict) = judge(&service, row?, import.dry_run, &actor)?;
        match verdict {
            Verdict::Imported { ascii_only } => {
                tally.imported += 1;
                if ascii_only {
                    tally.ascii_only += 1;
                    note(report.as_mut(), &line, "imported", "`$2x$`: takes passwords of ASCII characters alone")?;
                }
            }
            Verdict::Skipped(reason) => {
                tally.skipped += 1;
                note(report.as_mut(), &line, "skipped", reason)?;
            }
            Verdict::Refused(reason) => {
                tally.refused += 1;
                if tally.refused <= SAID {
                    say_error(&format!("{line}: {reason}"));
                }
                note(report.as_mut(), &line, "refused", &reason)?;
            }
        }
    }
    if !import.dry_run {
        // Names without an account cost what the new accounts cost from now on, wherever this plan is heard of.
        service.count_hashes().map_err(|error| Failure::of(&error))?;
    }
    if tally.ascii_only > 0 {
        say_error(&format!(
            "{} of the hashes are of bcrypt's `$2x$`: a password with characters beyond ASCII does not match them",
            tally.ascii_only
        ));
    }
    if let Some(mut report) = report {
        report.flush().map_err(|error| Failure::Failed(format!("cannot write the report: {error}")))?;
    }
    finish(context.output, import.dry_run, &tally)
}

enum Verdict {
    Imported { ascii_only: bool },
    Skipped(&'static str),
    Refused(String),
}

/// Imports one row. Only a store that fails ends the run; whatever is wrong with a row concerns that row.
fn judge(
    service: &AuthService,
    row: TutorialRow,
    dry_run: bool,
    actor: &RequestContext,
) -> Result<(String, Verdict), Failure> {
    let user = match row {
        TutorialRow::Unreadable { row, fault } => return Ok((row, Verdict::Refused(fault.to_owned()))),
        TutorialRow::User(user) => user,
    };
    let line = format!("id {}", user.id);
    let imported = ImportedUser {
        legacy_id: Some(user.id),
        username: user.username,
        hash: user.password,
        created_at: user.created_at,
    };
    let answer = if dry_run { service.check_import(&imported) } else { service.import_user(&imported, actor) };
    let verdict = match answer {
        Ok(Imported::Created(_)) => Verdict::Imported { ascii_only: imported.hash.takes_ascii_alone() },
        Ok(Imported::NumberTaken) => Verdict::Skipped("an account with this id is here already"),
        Ok(Imported::NameTaken) => {
            Verdict::Refused("another account has this name, in this or another spelling".to_owned())
        }
        Err(fault @ (ImportError::Name | ImportError::Hash(_))) => Verdict::Refused(fault.to_string()),
        Err(trouble) => return Err(Failure::of(&trouble)),
    };
    Ok((line, verdict))
}

fn open(context: &Context, import: &Import) -> Result<Rows, Failure> {
    let source = match (&import.source, &import.source_env) {
        (Some(source), _) => {
            if has_password(source) {
                return Err(Failure::Usage(
                    "a password on the command line can be read by other users of this machine: put the URL into an \
                     environment variable and name it with --source-env"
                        .to_owned(),
                ));
            }
            source.clone()
        }
        (None, Some(name)) => {
            let value = context.inputs.env.iter().find(|(key, _)| key == name.as_str());
            let text = value.and_then(|(_, value)| value.to_str());
            text.ok_or_else(|| Failure::Usage(format!("the environment variable {name} is not set, or not UTF-8")))?
                .to_owned()
        }
        (None, None) => return Err(Failure::Usage("no source".to_owned())),
    };
    if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| source.starts_with(scheme)) {
        let rows = tutorial_users(&Secret::new(source)).map_err(|error| Failure::of(&error))?;
        Ok(Box::new(rows.map(|row| row.map_err(|error| Failure::of(&error)))))
    } else {
        let path = PathBuf::from(source);
        let rows =
            tutorial_csv::open(&path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        Ok(Box::new(rows.map(|row| row.map_err(|error| Failure::Failed(error.to_string())))))
    }
}

/// Whether a URL holds a password, in its authority or as a parameter.
fn has_password(source: &str) -> bool {
    let Some((_, rest)) = source.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let in_authority = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    // `sslpassword`, which opens the client's key, is one as well.
    let is_password = |part: &str| part.split_once('=').is_some_and(|(name, _)| name.ends_with("password"));
    in_authority || rest.split(['?', '&']).any(is_password)
}

/// A new file, its owner's alone: whatever has the name already, the source and the database among them, stays.
fn create_report(path: &Path) -> Result<BufWriter<File>, Failure> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| {
        Failure::Failed(format!(
            "cannot make the report {}: {error}; name a file that is not there yet",
            path.display()
        ))
    })?;
    Ok(BufWriter::new(file))
}

fn note(report: Option<&mut BufWriter<File>>, line: &str, verdict: &str, reason: &str) -> Result<(), Failure> {
    let Some(report) = report else { return Ok(()) };
    writeln!(report, "{}", json!({"row": line, "verdict": verdict, "reason": reason}))
        .map_err(|error| Failure::Failed(format!("cannot write the report: {error}")))
}

fn finish(output: Output, dry_run: bool, tally: &Tally) -> Result<(), Failure> {
    let Tally { imported, skipped, refused, .. } = tally;
    match output {
        Output::Json => {
            print_json(&json!({"imported": imported, "skipped": skipped, "refused": refused, "dry_run": dry_run}))?;
        }
        Output::Table => {
            let verb = if dry_run { "could be imported" } else { "imported" };
            print(&format!("{imported} {verb}, {skipped} here already, {refused} refused\n"))?;
        }
    }
    if *refused > SAID {
        say_error(&format!("{} more refusals are in the report (--report FILE)", refused - SAID));
    }
    if *refused == 0 {
        Ok(())
    } else {
        Err(Failure::Failed(format!("{refused} line(s) were refused; the others went in")))
    }
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn passwords_in_urls_are_seen() {
        for url in
            ["postgres://u:p@h/d", "postgres://h/d?user=u&password=p", "postgres://u:@h", "postgres://u:p@/d?host=/tmp"]
        {
            assert!(has_password(url), "{url}");
        }
        for url in ["postgres://u@h:5432/d", "postgres:///d?host=/tmp", "sqlite:old.db", "users.csv", "sqlite:///a:b@c"]
        {
            assert!(!has_password(url), "{url}");
        }
    }
}
