//! Whether the embedded database has room to grow.

use super::Finding;
use crate::config::{Settings, format_size};
use crate::{assemble, disk};

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let Some(file) = assemble::database_file(settings) else { return Vec::new() };
    let folder = disk::folder(&file);
    // One that is not there yet is made by the server.
    if !folder.exists() {
        return Vec::new();
    }
    vec![judge(disk::free(folder), &folder.display().to_string())]
}

fn judge(free: std::io::Result<u64>, folder: &str) -> Finding {
    match free {
        Ok(bytes) if bytes < disk::FULL => {
            let text = format!("{} are free in {folder}: nothing can be written any more", mebibytes(bytes));
            Finding::error("disk", text, "make room: the server serves again by itself")
        }
        Ok(bytes) if bytes < disk::SCARCE => {
            let text = format!("only {} are free in {folder}", mebibytes(bytes));
            Finding::warning("disk", text, format!("make room: {} or more", format_size(disk::SCARCE)))
        }
        Ok(bytes) => Finding::ok("disk", format!("{} are free in {folder}", mebibytes(bytes))),
        Err(error) => {
            let text = format!("{folder} cannot be written to: {error}");
            Finding::error(
                "disk",
                text,
                "let the server's user write to the folder, and mount its file system writable",
            )
        }
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn a_disk_is_well_scarce_full_or_not_to_be_written() {
        let severity = |free| judge(free, "/x").severity;
        assert_eq!(severity(Ok(disk::SCARCE)), Severity::Ok);
        assert_eq!(severity(Ok(disk::SCARCE - 1)), Severity::Warning);
        assert_eq!(severity(Ok(disk::FULL)), Severity::Warning);
        assert_eq!(severity(Ok(disk::FULL - 1)), Severity::Error);
        assert_eq!(severity(Err(ErrorKind::ReadOnlyFilesystem.into())), Severity::Error);
    }
}
