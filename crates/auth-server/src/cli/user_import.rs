//! `auth-server user import`.

mod progress;
mod report;
mod source;
mod state;
mod tally;

use std::path::PathBuf;

use auth_core::AuthService;
use auth_core::service::{ImportRecord, ImportSettings, ImportVerdict, OnConflict, RequestContext};
use clap::{Args, ValueEnum};

use super::output::say_error;
use super::user::actor;
use super::{Context, Failure};
use crate::assemble;
use crate::transfer::{Format, Incoming, LineFault};
use progress::Progress;
use report::{Note, Report};
use source::{Item, Source};
use state::{Identity, State};
use tally::Tally;

/// Lines that go in in one transaction: a fraction of a second, for which others wait on SQLite.
const BATCH: usize = 500;

/// Faults that are said one by one; the report has them all.
const SAID: u64 = 20;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// A file, or `-` for standard input; of the tutorial also the URL of the database that holds the table: `sqlite:old.db`,
    /// `postgres:///old`.
    #[arg(required_unless_present = "source_env", conflicts_with = "source_env")]
    source: Option<String>,
    /// Take the URL from this environment variable: for URLs that hold a password.
    #[arg(long, value_name = "NAME")]
    source_env: Option<String>,
    /// What the source is.
    #[arg(long, value_enum)]
    format: Format,
    /// The parameters of a Firebase project in a file, as its console shows them (Password hash parameters).
    #[arg(long, value_name = "FILE")]
    hash_config: Option<PathBuf>,
    /// What to do where an account is here already, and differs. With `update` the file wins, also over a password that was changed
    /// here, unless the file says when its own was.
    #[arg(long, value_enum, default_value_t)]
    on_conflict: Conflict,
    /// Refuse names that nobody could register: too short, reserved, of mixed scripts. Without, they stay as they are.
    #[arg(long)]
    check_names: bool,
    /// Try every line, and keep none. The database is opened, and migrated where the configuration says so, as for an import. Two lines
    /// that are in each other's way are seen where they are within 500 of each other.
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each line that was not simply brought over to this new file, as NDJSON; and the new id of each account
    /// whose old id cannot be kept.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Go on where an import with this report was interrupted; begin where there was none.
    #[arg(long, requires = "report", conflicts_with = "dry_run")]
    resume: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Conflict {
    /// Leave it alone.
    #[default]
    Skip,
    /// Make it what the file says.
    Update,
    /// Refuse the line.
    Fail,
}

impl From<Conflict> for OnConflict {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::Skip => Self::Skip,
            Conflict::Update => Self::Update,
            Conflict::Fail => Self::Fail,
        }
    }
}

/// What is known while it runs.
struct Run<'r> {
    service: &'r AuthService,
    settings: ImportSettings,
    actor: RequestContext,
    tally: Tally,
    report: Option<Report>,
    identity: Identity,
    progress: Progress,
}

pub(super) fn run(context: &Context, import: &Import) -> Result<(), Failure> {
    let settings = context.load()?.settings;
    // Before the database is made: whoever misspells a file has made none.
    let Source { items, bytes } = source::open(context, import)?;
    let service = assemble::assemble(&settings)?.service;
    let label = label(import, settings.database.url.expose());
    let (report, state) = report::open(import.report.as_deref(), import.resume, &label)?;
    let mut run = Run {
        service: &service,
        settings: ImportSettings {
            on_conflict: import.on_conflict.into(),
            check_names: import.check_names,
            dry_run: import.dry_run,
        },
        actor: actor(&context.inputs.env),
        tally: state.tally,
        report,
        identity: Identity::new(&label),
        progress: Progress::new(bytes),
    };
    let done = run.all(items, &state);
    run.progress.end();
    done?;
    if !import.dry_run {
        // Names without an account cost what the new accounts cost from now on, wherever this plan is heard of.
        service.count_hashes().map_err(|error| Failure::of(&error))?;
    }
    if let Some(report) = run.report {
        report.end()?;
    }
    run.tally.say(context.output, import.dry_run)
}

/// What an import that is resumed has in common with the one that was interrupted, beside the source: what went into one database is
/// not passed over for another one, and what was only tried is not taken for done. Without the user and the password of the database.
fn label(import: &Import, database: &str) -> String {
    let place = database.rsplit('@').next().and_then(|place| place.split('?').next()).unwrap_or_default();
    format!("{:?} {} {place}", import.format, import.dry_run)
}

impl Run<'_> {
    fn all(&mut self, mut items: impl Iterator<Item = Result<Item, Failure>>, state: &State) -> Result<(), Failure> {
        for _ in 0..state.items {
            let item = items.next().ok_or_else(state::other_source)??;
            self.identity.add(&item);
        }
        self.identity.check(state)?;
        loop {
            // What was read before a source broke goes in.
            let (mut batch, mut broken) = (Vec::with_capacity(BATCH), None);
            for item in items.by_ref().take(BATCH) {
                match item {
                    Ok(item) => batch.push(item),
                    Err(failure) => {
                        broken = Some(failure);
                        break;
                    }
                }
            }
            if !batch.is_empty() {
                self.batch(&batch)?;
            } else if broken.is_none() {
                return Ok(());
            }
            if let Some(failure) = broken {
                return Err(self.tally.interrupted(failure));
            }
        }
    }

    fn batch(&mut self, batch: &[Item]) -> Result<(), Failure> {
        let sound: Vec<ImportRecord> =
            batch.iter().filter_map(|item| item.account.as_ref().ok()).map(|account| account.record.clone()).collect();
        let verdicts = self.service.import_batch(&sound, self.settings, &self.actor);
        let verdicts = verdicts.map_err(|error| self.tally.interrupted(Failure::of(&error)))?;
        let mut verdicts = verdicts.into_iter();
        for item in batch {
            self.identity.add(item);
            match &item.account {
                Ok(account) => {
                    let verdict = verdicts.next().ok_or_else(|| Failure::Failed("a verdict is missing".to_owned()))?;
                    self.judged(item, account, &verdict)?;
                }
                Err(fault) => self.refused(item, &fault.to_string())?,
            }
        }
        if let Some(report) = &mut self.report {
            report.keep(&self.tally, &self.identity)?;
        }
        self.progress.tell(self.identity.items());
        Ok(())
    }

    fn judged(&mut self, item: &Item, account: &Incoming, verdict: &ImportVerdict) -> Result<(), Failure> {
        let (name, user) = match verdict {
            ImportVerdict::Created(user) => ("created", user),
            ImportVerdict::Updated(user) => ("updated", user),
            ImportVerdict::Same(user) => ("same", user),
            ImportVerdict::Skipped(user) => ("skipped", user),
            ImportVerdict::Refused(refusal) => return self.refused(item, &refusal.to_string()),
        };
        let (is_new, is_skipped) =
            (matches!(verdict, ImportVerdict::Created(_)), matches!(verdict, ImportVerdict::Skipped(_)));
        let password = account.record.password.as_ref();
        let ascii_only = is_new && password.is_some_and(|password| password.hash.takes_ascii_alone());
        self.tally.count(verdict);
        self.tally.ascii_only += u64::from(ascii_only);
        self.tally.without_password += u64::from(is_new && password.is_none());
        let source_id = account.source_id.as_deref();
        match &mut self.report {
            Some(report) if is_skipped || ascii_only || source_id.is_some() => {
                let reason = match (is_skipped, ascii_only) {
                    (true, _) => Some("the account is here already, and differs"),
                    (false, true) => Some("`$2x$`: takes passwords of ASCII characters alone"),
                    (false, false) => None,
                };
                // Of a dry run it would be an id that nobody gets.
                let id = (!(self.settings.dry_run && is_new)).then(|| user.id.to_string());
                report.note(item, &Note { verdict: name, id, source_id, reason })
            }
            _ => Ok(()),
        }
    }

    fn refused(&mut self, item: &Item, reason: &str) -> Result<(), Failure> {
        self.tally.refused += 1;
        if self.tally.refused <= SAID {
            self.progress.end();
            say_error(&format!("{}: {reason}", item.place));
        }
        match &mut self.report {
            Some(report) => {
                report.note(item, &Note { verdict: "refused", id: None, source_id: None, reason: Some(reason) })
            }
            None => Ok(()),
        }
    }
}
