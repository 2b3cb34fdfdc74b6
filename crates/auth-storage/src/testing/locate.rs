//! Where PostgreSQL's server binaries are, asked by the tests when they run and by build scripts before that; and whether
//! other programs can be run.
//!
//! Only `std` is used, so that a build script can take this file in with `#[path = "…"] pub mod locate;`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders of installed servers by shell pattern: Debian, PGDG on Red Hat, a build from source, Homebrew.
const FIXED: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
];

/// The folder with `initdb` and `postgres`: from `PATH`, else from `pg_config --bindir`, else from the usual folders,
/// newest version first. `None` where there is no server to start.
pub fn server_binaries() -> Option<PathBuf> {
    through_path().or_else(in_fixed_folders)
}

/// What a build script prints, one line each, so that `cfg(postgres)` holds in the package's tests if and only if they
/// are to run: a server can be started, or `TEST_POSTGRES_URL` names one, or `CI` is set, where a missing server has to
/// be a failure and not an ignored test.
///
/// The lines ask Cargo to look again when the answer could differ. `PATH` is among them only where the answer hangs on
/// it: an editor and a shell seldom agree on `PATH`, and would rebuild the package in turns.
pub fn build_script_lines() -> Vec<String> {
    let mut lines = vec![
        "cargo::rustc-check-cfg=cfg(postgres)".to_owned(),
        "cargo::rerun-if-env-changed=TEST_POSTGRES_URL".to_owned(),
        "cargo::rerun-if-env-changed=CI".to_owned(),
    ];
    let (found, watched) = look();
    lines.extend(watched);
    if found || is_set("CI") {
        lines.push("cargo::rustc-cfg=postgres".to_owned());
    }
    lines
}

/// What a build script prints, one line each, so that a cfg of the program's name holds if and only if `program` can be run
/// with these arguments, or `CI` is set: tests that need it are marked with that, as those are that need PostgreSQL.
pub fn program_lines(program: &str, arguments: &[&str]) -> Vec<String> {
    let mut lines = vec![format!("cargo::rustc-check-cfg=cfg({program})"), "cargo::rerun-if-env-changed=CI".to_owned()];
    let answer = Command::new(program).args(arguments).output();
    let found = answer.is_ok_and(|answer| answer.status.success());
    if found {
        lines.extend(watch(path_folders().map(|folder| folder.join(program)).find(|program| program.is_file())));
    } else {
        lines.push("cargo::rerun-if-env-changed=PATH".to_owned());
        lines.extend(watch(program_folders()));
    }
    if found || is_set("CI") {
        lines.push(format!("cargo::rustc-cfg={program}"));
    }
    lines
}

/// Whether there is a server, and what to watch for that to change.
fn look() -> (bool, Vec<String>) {
    if is_set("TEST_POSTGRES_URL") {
        return (true, Vec::new());
    }
    if let Some(bin) = in_fixed_folders() {
        return (true, watch([bin.join("postgres")]));
    }
    let mut lines = vec!["cargo::rerun-if-env-changed=PATH".to_owned()];
    let found = through_path();
    lines.extend(match &found {
        Some(bin) => watch([bin.join("postgres")]),
        None => watch(
            program_folders().chain(FIXED.iter().flat_map(|pattern| expand(pattern)).filter(|folder| folder.is_dir())),
        ),
    });
    (found.is_some(), lines)
}

/// Where a package manager would leave a trace of a program installed later. Cargo reads watched folders to the bottom and
/// takes a missing one for changed, so: only what exists, and of PATH only folders of programs.
fn program_folders() -> impl Iterator<Item = PathBuf> {
    path_folders().filter(|folder| folder.ends_with("bin") || folder.ends_with("sbin")).filter(|folder| folder.is_dir())
}

fn watch(paths: impl IntoIterator<Item = PathBuf>) -> Vec<String> {
    paths.into_iter().map(|path| format!("cargo::rerun-if-changed={}", path.display())).collect()
}

fn through_path() -> Option<PathBuf> {
    path_folders().find(|folder| has_server(folder)).or_else(|| {
        let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
        let folder = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim_end());
        has_server(&folder).then_some(folder)
    })
}

fn in_fixed_folders() -> Option<PathBuf> {
    FIXED.iter().flat_map(|pattern| expand(pattern)).find(|folder| has_server(folder))
}

fn path_folders() -> impl Iterator<Item = PathBuf> {
    let folders = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    folders.unwrap_or_default().into_iter().filter(|folder| folder.is_absolute())
}

/// A client's package may bring `pg_config` and this folder too; only these two make a server.
fn has_server(folder: &Path) -> bool {
    folder.is_absolute() && ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// The folders that match a pattern with at most one `*`, highest version number first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (root, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches('@');
            let major = version.split('.').next().and_then(|major| major.parse().ok());
            Some((major.unwrap_or(0), PathBuf::from(format!("{root}/{name}{after}"))))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(paths: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        folder
    }

    #[test]
    fn the_newest_version_is_looked_at_first_and_by_number() {
        let folder = folder_with(&["pg@9.6", "pg@17", "pg@16", "pg", "unrelated"]);
        let root = folder.path().display();
        let found = expand(&format!("{root}/pg*/bin"));
        let expected = ["pg@17", "pg@16", "pg@9.6", "pg"].map(|name| PathBuf::from(format!("{root}/{name}/bin")));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pattern_in_a_folder_that_is_not_there_matches_nothing() {
        assert!(expand("/nowhere/at/all/*/bin").is_empty());
    }

    #[test]
    fn a_client_alone_is_no_server() {
        let folder = folder_with(&[]);
        fs::write(folder.path().join("initdb"), "").unwrap();
        assert!(!has_server(folder.path()));
        fs::write(folder.path().join("postgres"), "").unwrap();
        assert!(has_server(folder.path()));
    }
}
