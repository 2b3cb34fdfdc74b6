//! The report of an import, and the file beside it that says how far it is.
//!
//! After each batch the report is on the disk before the state is, and the state is replaced as a whole: whenever the program is
//! killed, the state is of a batch that went in, and what the report has beyond it is cut off. A batch that went in and is not in the
//! state is brought again, and its accounts are found here.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::source::{Item, Place};
use super::state::{Identity, State};
use super::tally::Tally;
use crate::cli::Failure;

/// The report.
#[derive(Debug)]
pub(super) struct Report {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

/// What became of one account.
#[derive(Debug, Serialize)]
pub(super) struct Note<'n> {
    pub(super) verdict: &'static str,
    /// Its id here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Its id there, where that could not be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_id: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'n str>,
}

#[derive(Serialize)]
struct Placed<'n> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<&'n str>,
    #[serde(flatten)]
    note: &'n Note<'n>,
}

/// A new report, or the one that an interrupted import left, and how far that was.
pub(super) fn open(path: Option<&Path>, resume: bool, label: &str) -> Result<(Option<Report>, State), Failure> {
    let Some(path) = path else { return Ok((None, State::default())) };
    if resume && path.exists() {
        let (report, state) = reopen(path)?;
        return Ok((Some(report), state));
    }
    let file = create(path).map_err(|error| {
        let remedy = "name a file that is not there yet, or go on with its import by --resume";
        Failure::Failed(format!("cannot make the report {}: {error}; {remedy}", path.display()))
    })?;
    let mut report = Report { path: path.to_owned(), file: BufWriter::new(file), bytes: 0 };
    // From the beginning, so that an import that is killed at once is resumed as well.
    report.keep(&Tally::default(), &Identity::new(label))?;
    Ok((Some(report), State::default()))
}

fn reopen(path: &Path) -> Result<(Report, State), Failure> {
    let text = fs::read(state_path(path)).map_err(|error| {
        Failure::Failed(format!(
            "{}: {error}: the import of this report has ended, or was no import\n  name another report to import again",
            state_path(path).display()
        ))
    })?;
    let state: State = serde_json::from_slice(&text)
        .map_err(|_| Failure::Failed(format!("{} is no state of an import", state_path(path).display())))?;
    let opened = File::options().write(true).open(path).and_then(|mut file| {
        if file.metadata()?.len() < state.report {
            return Err(io::Error::other("it is shorter than it was"));
        }
        file.set_len(state.report)?;
        file.seek(SeekFrom::End(0))?;
        Ok(file)
    });
    let file = opened.map_err(|error| failed(path, &error))?;
    Ok((Report { path: path.to_owned(), file: BufWriter::new(file), bytes: state.report }, state))
}

impl Report {
    /// A line about one account.
    pub(super) fn note(&mut self, item: &Item, note: &Note<'_>) -> Result<(), Failure> {
        let (line, row) = match &item.place {
            Place::Line(line) => (Some(*line), None),
            Place::Row(row) => (None, Some(row.as_str())),
        };
        let line = serde_json::to_string(&Placed { line, row, note }).map_err(|error| Failure::of(&error))? + "\n";
        self.bytes += u64::try_from(line.len()).unwrap_or(u64::MAX);
        self.file.write_all(line.as_bytes()).map_err(|error| failed(&self.path, &error))
    }

    /// Says how far the import is.
    pub(super) fn keep(&mut self, tally: &Tally, identity: &Identity) -> Result<(), Failure> {
        let state = State { items: identity.items(), digest: identity.digest(), report: self.bytes, tally: *tally };
        self.write(&state).map_err(|error| failed(&self.path, &error))
    }

    fn write(&mut self, state: &State) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()?;
        let (path, new) = (state_path(&self.path), state_path(&state_path(&self.path)));
        // Of a program that was killed between the next two steps.
        drop(fs::remove_file(&new));
        let mut file = create(&new)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        file.sync_data()?;
        fs::rename(&new, &path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_data()
    }

    /// The import has ended.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        let ended = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        ended.and_then(|()| fs::remove_file(state_path(&self.path))).map_err(|error| failed(&self.path, &error))
    }
}

fn state_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".state");
    name.into()
}

/// A new file, its owner's alone: whatever has the name already, the source and the database among them, stays.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("cannot write the report {}: {error}", path.display()))
}
