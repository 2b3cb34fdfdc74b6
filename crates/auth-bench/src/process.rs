//! A server as a process of its own: started, weighed, and ended with its handle.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::Fallible;

/// What `/proc` counts processor time in. Linux shows 100 a second to programs, whatever the kernel uses itself.
const TICK: Duration = Duration::from_millis(10);
/// Idle is a tenth of a core, or less, for so long.
const LOOK: Duration = Duration::from_millis(250);
/// Two minutes.
const SETTLES: u32 = 480;
/// What precedes the address in the banner.
const ADDRESS: &str = "address   http://";

/// A server that listens. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    _out: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts it, and waits for the banner with its address.
    ///
    /// # Errors
    /// Where it ends before.
    pub(crate) fn start(mut command: Command) -> Fallible<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut out = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        while out.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.split_once(ADDRESS) {
                let address = address.trim().parse()?;
                return Ok(Self { child, _out: out, address });
            }
            line.clear();
        }
        Err(format!("the server ended without listening: {}", child.wait()?).into())
    }

    /// The processor time that it has used.
    pub(crate) fn processor_time(&self) -> Fallible<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        ticks(&stat).ok_or_else(|| "/proc/PID/stat has another form".into())
    }

    /// Its resident memory now, in bytes.
    pub(crate) fn resident(&self) -> Fallible<u64> {
        self.memory("VmRSS")
    }

    /// The most that it ever was, in bytes.
    pub(crate) fn peak(&self) -> Fallible<u64> {
        self.memory("VmHWM")
    }

    fn memory(&self, field: &str) -> Fallible<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        kibibytes(&status, field).map(|size| size * 1_024).ok_or_else(|| format!("no {field} in /proc").into())
    }

    /// Waits until it does nothing: a server goes on hashing for clients that have gone, and would weigh on whatever is
    /// measured next.
    ///
    /// # Errors
    /// Where it is still busy after two minutes.
    pub(crate) fn settle(&self) -> Fallible<()> {
        let mut before = self.processor_time()?;
        for _ in 0..SETTLES {
            sleep(LOOK);
            let now = self.processor_time()?;
            if now.saturating_sub(before) < LOOK / 10 {
                return Ok(());
            }
            before = now;
        }
        Err("the server works on, long after its load".into())
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> Fallible<()> {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err("kill failed".into()) }
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Fallible<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time (proc(5), fields 14 and 15). The second field may hold spaces and brackets.
fn ticks(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<u32>);
    let (user, system) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(TICK * user.checked_add(system)?)
}

fn kibibytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_user_and_system_whatever_the_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 901 0 0 0 123 45 6 7 20 0 4 0 8070";
        assert_eq!(ticks(stat), Some(Duration::from_millis(1_680)));
        assert_eq!(ticks("42 (a) S 1"), None);
    }

    #[test]
    fn memory_is_found_by_its_name() {
        let status = "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nVmRSSX:\t1 kB\n";
        assert_eq!((kibibytes(status, "VmHWM"), kibibytes(status, "VmRSS")), (Some(20_480), Some(10_240)));
        assert_eq!(kibibytes(status, "Vm"), None);
    }

    #[test]
    fn a_program_that_says_no_address_is_an_error() {
        let mut command = Command::new("echo");
        command.arg("hello");
        assert!(Process::start(command).unwrap_err().to_string().contains("without listening"));
    }

    #[test]
    fn the_banner_names_the_address_and_the_process_can_be_weighed() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo 'name'; echo '  address   http://127.0.0.1:8080'; exec sleep 60"]);
        let process = Process::start(command).unwrap();
        assert_eq!(process.address, SocketAddr::from(([127, 0, 0, 1], 8080)));
        assert!(process.resident().unwrap() > 0 && process.peak().unwrap() >= process.resident().unwrap() / 2);
        assert!(process.processor_time().is_ok());
    }
}
