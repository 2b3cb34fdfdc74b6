//! Where throw-away databases lie: in memory where there is room.
//!
//! A new database is some three hundred files. A copy takes 20 ms in memory; on one virtual disk it took 300 ms.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

/// Linux's folder in memory, open to every user. Containers often have only 64 MiB there.
const MEMORY: &str = "/dev/shm";

/// What has to be free in memory, in KiB: room for a server, its log of changes, and the databases of many tests.
const ENOUGH: u64 = 2 * 1024 * 1024;

/// The longest folder whose socket (`/.s.PGSQL.5432` and a NUL) still fits the 104 bytes that macOS allows; Linux
/// allows 108.
const LONGEST: usize = 89;

/// A new folder, closed to other users, which is also what lets a server trust whoever reaches its socket.
pub(super) fn new_folder(prefix: &str) -> Result<TempDir, String> {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(root);
    let closed = Permissions::from_mode(0o700);
    let made = tempfile::Builder::new().prefix(prefix).permissions(closed).tempdir_in(&*ROOT);
    made.map_err(|error| format!("cannot create a folder in {}: {error}", ROOT.display()))
}

fn root() -> PathBuf {
    let memory = PathBuf::from(MEMORY);
    if is_usable(&memory) && free(&memory).is_some_and(|free| free >= ENOUGH) {
        return memory;
    }
    let usual = env::temp_dir();
    if is_usable(&usual) { usual } else { PathBuf::from("/tmp") }
}

/// Whether the path is short enough for a socket, and other users can reach it as the server must when root tests.
fn is_usable(root: &Path) -> bool {
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0);
    let longest_name = "/auth-sqlite-123456".len();
    root.is_absolute() && root.as_os_str().len() + longest_name <= LONGEST && root.ancestors().all(open)
}

/// Free space in KiB, as POSIX lays the answer out: the fourth column of the last line.
fn free(folder: &Path) -> Option<u64> {
    let answer = Command::new("df").args(["-P", "-k"]).arg(folder).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.lines().last()?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_unusable_when_its_sockets_path_is_too_long_or_others_cannot_reach_it() {
        let folder = new_folder("auth-test-").unwrap();
        assert!(!is_usable(folder.path()), "closed to others");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        assert!(is_usable(folder.path()));
        let long = folder.path().join("x".repeat(LONGEST));
        fs::create_dir(&long).unwrap();
        assert!(!is_usable(&long), "too long");
    }

    #[test]
    fn free_space_is_read() {
        assert!(free(Path::new("/")).is_some());
        assert_eq!(free(Path::new("/nowhere/at/all")), None);
    }
}
