//! How much room there is beside an embedded database.

use std::io;
use std::path::Path;

/// With less, the next commit may fail: SQLite's log grows to some megabytes before it is moved into the file.
pub(crate) const FULL: u64 = 1 << 20;
/// With less, somebody should look: the log of a large clean-up takes as much.
pub(crate) const SCARCE: u64 = 256 << 20;

/// The bytes that this process may still write into a folder's file system.
///
/// # Errors
/// [`io::Error`], also where the file system takes no writes.
#[cfg(unix)]
pub(crate) fn free(folder: &Path) -> io::Result<u64> {
    use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

    let found = statvfs(folder)?;
    if found.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Err(io::ErrorKind::ReadOnlyFilesystem.into());
    }
    access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn free(_: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}

/// The folder that holds a file.
pub(crate) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether an embedded database can still be written to.
///
/// # Errors
/// What keeps it from that.
pub(crate) fn check(file: &Path) -> Result<(), String> {
    match free(folder(file)) {
        Ok(bytes) if bytes < FULL => Err(format!("{bytes} bytes are free")),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_can_be_written_has_room_and_one_that_is_not_there_has_none() {
        let folder = tempfile::TempDir::new().unwrap();
        assert!(free(folder.path()).unwrap() > FULL);
        assert_eq!(check(&folder.path().join("auth.db")), Ok(()));
        assert!(check(&folder.path().join("gone").join("auth.db")).is_err());
    }
}
