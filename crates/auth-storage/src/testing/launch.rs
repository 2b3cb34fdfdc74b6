//! Starts a PostgreSQL server that ends with the test process.
//!
//! Statics are never dropped and a killed process drops nothing, so the server's end cannot be left to the tests. A
//! few lines of shell (`supervisor.sh`) run it and hold the other end of a pipe: when the test process is gone, in
//! whatever way, the pipe ends, and the supervisor stops the server and deletes its folder.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use diesel::{Connection, PgConnection};

use super::folder::new_folder;

const SUPERVISOR: &str = include_str!("supervisor.sh");

/// Between two attempts to connect to a server that is starting.
const PAUSE: Duration = Duration::from_millis(20);

/// A minute of pauses. A start takes about a second; a busy machine may need many.
const ATTEMPTS: u32 = 3_000;

/// A running server. Dropping it closes the pipe, and so ends the server too.
#[derive(Debug)]
pub(super) struct Launched {
    /// Of the database `postgres`, as its superuser.
    pub(super) url: String,
    supervisor: Child,
}

/// Makes a cluster with the binaries in `bin`, starts it and waits until it answers.
pub(super) fn launch(bin: &Path) -> Result<Launched, String> {
    let home = new_folder("auth-pg-")?;
    // Percent-encoded to the last byte, a folder can stand where a URL has its host.
    let bytes = home.path().as_os_str().as_encoded_bytes();
    let host = bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let mut command = Command::new("sh");
    command.args(["-c", SUPERVISOR, "supervisor"]).args([bin, home.path()]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    // A group of its own: Ctrl-C is for the tests, whose end then ends the supervisor in good order.
    command.process_group(0).current_dir("/").env("LC_ALL", "C");
    become_unprivileged(&mut command, home.path())?;
    let supervisor = command.spawn().map_err(|error| format!("cannot start sh: {error}"))?;
    // From here on the supervisor deletes it.
    drop(home.keep());
    let url = format!("postgres://postgres@{host}:5432/postgres");
    Launched { url, supervisor }.when_ready()
}

impl Launched {
    fn when_ready(mut self) -> Result<Self, String> {
        let mut refusal = String::new();
        for _ in 0..ATTEMPTS {
            match PgConnection::establish(&self.url) {
                Ok(_) => return Ok(self),
                Err(error) => refusal = error.to_string(),
            }
            if !matches!(self.supervisor.try_wait(), Ok(None)) {
                break;
            }
            sleep(PAUSE);
        }
        // Closes the pipe, waits for the supervisor's end, and reads the log that it leaves.
        let log = self.supervisor.wait_with_output().map(|output| output.stderr).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        Err(format!("the PostgreSQL server did not start: {refusal}\nits log ends with:\n{log}"))
    }
}

/// PostgreSQL refuses to run as root, so where root tests, somebody else runs it and owns its folder.
fn become_unprivileged(command: &mut Command, home: &Path) -> Result<(), String> {
    let owner = fs::metadata(home).map_err(|error| format!("cannot read {}: {error}", home.display()))?.uid();
    if owner != 0 {
        return Ok(());
    }
    let (uid, gid) = ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some((id("-u", name)?, id("-g", name)?)))
        .ok_or("the tests run as root, and there is neither a user `postgres` nor `nobody` to run the server")?;
    chown(home, Some(uid), Some(gid)).map_err(|error| format!("cannot give {} away: {error}", home.display()))?;
    command.uid(uid).gid(gid);
    Ok(())
}

fn id(kind: &str, name: &str) -> Option<u32> {
    let answer = Command::new("id").args([kind, name]).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}
