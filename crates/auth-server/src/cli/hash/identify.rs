//! `auth-server hash identify`.

use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};

use auth_core::password::{Argon2Params, PasswordHash};
use clap::Args;
use serde_json::{Value, json};

use crate::assemble;
use crate::cli::output::{print, print_json, say_error};
use crate::cli::{Context, Failure, Output};

/// No supported hash has more characters; of a longer line this much is read, and it is none.
const MAX_LINE: u64 = 4 * 1_024;

#[derive(Debug, Args)]
pub(in crate::cli) struct Identify {
    /// A file with a hash on each line; standard input where there is none. A hash is never an argument, for other users of
    /// this machine could read it, and guess.
    file: Option<PathBuf>,
}

pub(in crate::cli) fn run(context: &Context, identify: &Identify) -> Result<(), Failure> {
    let (params, _) = assemble::check(&context.load()?.settings)?;
    let mut source: Box<dyn BufRead> = if let Some(path) = &identify.file {
        Box::new(BufReader::new(open(path)?))
    } else {
        if io::stdin().is_terminal() {
            say_error("a hash on each line, and Ctrl-D at the end:");
        }
        Box::new(io::stdin().lock())
    };
    let mut findings = Vec::new();
    while let Some(line) = next_line(&mut *source)? {
        findings.push(judge(&PasswordHash::new(line.trim()), params));
    }
    if findings.is_empty() {
        return Err(Failure::Failed("there is no hash to look at".to_owned()));
    }
    let refused = findings.iter().filter(|(_, reason)| reason.is_some()).count();
    match context.output {
        Output::Table => print(&(1..).zip(&findings).map(|(line, finding)| table(line, finding)).collect::<String>())?,
        Output::Json => {
            let all = (1_u64..).zip(&findings).map(|(line, finding)| object(line, finding));
            print_json(&Value::Array(all.collect()))?;
        }
    }
    if refused == 0 { Ok(()) } else { Err(Failure::Failed(format!("{refused} line(s) cannot be imported"))) }
}

/// Scheme and cost, and why it cannot be imported. Never the hash.
type Found = (Option<String>, Option<String>);

fn judge(hash: &PasswordHash, params: Argon2Params) -> Found {
    let class = hash.class().map(|class| class.to_string());
    (class, hash.inspect(params).err().map(|fault| fault.to_string()))
}

fn table(line: usize, (class, reason): &Found) -> String {
    let what = class.as_deref().unwrap_or("unknown");
    let verdict = reason.as_ref().map_or_else(|| "can be imported".to_owned(), |reason| format!("refused: {reason}"));
    format!("line {line}: {what}: {verdict}\n")
}

fn object(line: u64, (class, reason): &Found) -> Value {
    json!({"line": line, "class": class, "importable": reason.is_none(), "reason": reason})
}

/// A hash that somebody gave as an argument is not said back.
fn open(path: &Path) -> Result<std::fs::File, Failure> {
    let is_hash = path.to_str().is_some_and(|text| text.contains('$'));
    std::fs::File::open(path).map_err(|error| {
        Failure::Failed(if is_hash {
            "a file is wanted, and this looks like a hash: write it to standard input".to_owned()
        } else {
            format!("cannot read {}: {error}", path.display())
        })
    })
}

/// The next line that is not empty. What is not UTF-8 is no hash, and is kept as such.
fn next_line(source: &mut dyn BufRead) -> Result<Option<String>, Failure> {
    loop {
        let mut line = Vec::new();
        let failed = |error| Failure::Failed(format!("cannot read on: {error}"));
        if io::Read::take(&mut *source, MAX_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(None);
        }
        if !line.ends_with(b"\n") {
            source.skip_until(b'\n').map_err(failed)?;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        if !text.trim().is_empty() {
            return Ok(Some(text));
        }
    }
}
