//! How many files and sockets the process may have open, and how many connections follow from it.
//!
//! A system gives a process 1,024 of them unless asked for more, and one that has none left accepts nobody: a single address
//! could take them all. So the limit is raised as far as it goes, and no more connections are taken than it has room for.

use crate::assemble::Sizing;

/// Beside connections and databases: the operators' connections (64), the listeners, the log, the files of the configuration.
const BESIDE: usize = 128;
/// Of a thread that serves HTTP: what it waits by and is woken by.
const PER_WORKER: usize = 8;
/// Of a connection to SQLite, which has the most: the file, its log, and a third while one or the other is made anew.
const PER_DATABASE: usize = 3;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Files and sockets that the process may have open; none where there is no limit, or none is known.
    pub(crate) files: Option<usize>,
    /// `server.max_connections`, or fewer.
    pub(crate) connections: usize,
    /// `server.connections_per_address`, or as much less as there are fewer connections.
    pub(crate) per_address: usize,
}

impl Room {
    /// For so many connections in all and from one address, of a process that may open `files`.
    pub(crate) fn of(files: Option<usize>, connections: usize, per_address: usize, sizing: &Sizing) -> Self {
        let database = usize::try_from(sizing.connections).unwrap_or(usize::MAX).saturating_add(2);
        let kept = database
            .saturating_mul(PER_DATABASE)
            .saturating_add(sizing.http_workers.get().saturating_mul(PER_WORKER))
            .saturating_add(BESIDE);
        let room = files.map_or(usize::MAX, |files| files.saturating_sub(kept).max(1));
        if room >= connections {
            return Self { files, connections, per_address };
        }
        // One address keeps its share, so that it is no larger part of the whole than it was.
        let share = per_address.saturating_mul(room) / connections;
        Self { files, connections: room, per_address: share.clamp(1, per_address.max(1)) }
    }

    /// What somebody should know who asked for so many connections: none where they are to be had.
    pub(crate) fn shortage(&self, wanted: usize) -> Option<String> {
        let files = self.files.filter(|_| self.connections < wanted)?;
        Some(format!(
            "server.max_connections is {wanted}, and the process may open {files} files and sockets: at most {} connections \
             are taken, and at most {} from one address",
            self.connections, self.per_address
        ))
    }

    /// How to mend it.
    pub(crate) const REMEDY: &str = "allow the process more open files (LimitNOFILE= in a systemd unit, --ulimit nofile= of a \
        container, ulimit -n in a shell), or lower server.max_connections";
}

/// Raises the limit of this process as far as it goes, and answers with it.
#[cfg(unix)]
pub(crate) fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Where the system refuses, the limit is what it was: some have a bound of their own below the one they name.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
    number(getrlimit(Resource::Nofile).current)
}

/// How far the limit goes of a process that is started like this one.
#[cfg(unix)]
pub(crate) fn most() -> Option<usize> {
    number(rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum)
}

#[cfg(unix)]
fn number(limit: Option<u64>) -> Option<usize> {
    limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// There is no such limit here.
#[cfg(not(unix))]
pub(crate) fn raise() -> Option<usize> {
    None
}

/// There is no such limit here.
#[cfg(not(unix))]
pub(crate) fn most() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use auth_storage::Backend;

    use super::*;
    use crate::assemble::Demand;

    fn sizing() -> Sizing {
        let cores = NonZeroUsize::new(2).unwrap();
        // Nine connections to the database and two threads: 128 + 3 * 11 + 8 * 2 = 177.
        Sizing::of(&Demand { cores, backend: Backend::Sqlite, workers: 0, pool_size: 0, max_concurrent: 0 })
    }

    #[test]
    fn no_more_connections_are_taken_than_there_is_room_for() {
        for (files, room) in [
            (None, (10_000, 1_000)),
            (Some(1 << 20), (10_000, 1_000)),
            (Some(10_177), (10_000, 1_000)),
            (Some(10_176), (9_999, 999)),
            (Some(1_024), (847, 84)),
            (Some(256), (79, 7)),
            (Some(180), (3, 1)),
            (Some(64), (1, 1)),
        ] {
            let found = Room::of(files, 10_000, 1_000, &sizing());
            assert_eq!((found.connections, found.per_address), room, "{files:?}");
            assert_eq!(found.shortage(10_000).is_some(), found.connections < 10_000, "{files:?}");
        }
        let told = Room::of(Some(1_024), 10_000, 1_000, &sizing()).shortage(10_000).unwrap();
        assert!(["10000", "1024", "847", "84"].iter().all(|number| told.contains(number)), "{told}");
    }

    #[test]
    fn whoever_gives_one_address_all_of_them_still_does() {
        let found = Room::of(Some(1_024), 20_000, 20_000, &sizing());
        assert_eq!((found.connections, found.per_address), (847, 847));
        let found = Room::of(Some(1_024), 500, 1_000, &sizing());
        assert_eq!((found.connections, found.per_address), (500, 1_000));
    }
}
