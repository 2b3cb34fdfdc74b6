//! Whether there is room for the connections that were asked for, and whether one address can take them all.

use super::Finding;
use crate::assemble;
use crate::config::Settings;
use crate::descriptors::Room;

/// `files` is what a process that is started like this one may open.
pub(super) fn examine(settings: &Settings, files: Option<usize>) -> Finding {
    let (wanted, per_address) = (settings.server.max_connections, settings.server.connections_per_address);
    let room = Room::of(files, wanted, per_address, &assemble::sizing(settings));
    if let Some(shortage) = room.shortage(wanted) {
        return Finding::warning("sockets", shortage, Room::REMEDY);
    }
    let text = format!("{wanted} connections at once, {per_address} of one address");
    if per_address >= wanted {
        let text = format!("{text}: a single client can take them all, and nobody else is answered");
        return Finding::warning(
            "sockets",
            text,
            "lower server.connections_per_address, or raise server.max_connections",
        );
    }
    let files = files.map_or("any number of".to_owned(), |files| files.to_string());
    Finding::ok("sockets", format!("{text}; a process started as this one may open {files} files and sockets"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Inputs, load};
    use crate::doctor::Severity;

    fn examined(files: Option<usize>, variables: &[(&str, &str)]) -> Finding {
        let env = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        examine(&load(&Inputs { env, ..Inputs::default() }).unwrap().settings, files)
    }

    #[test]
    fn a_limit_of_files_that_is_too_low_for_the_connections_is_told_with_both_numbers() {
        let finding = examined(Some(1_024), &[]);
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.text.contains("10000") && finding.text.contains("1024"), "{finding}");
        assert!(finding.remedy.as_ref().unwrap().contains("LimitNOFILE"), "{finding}");
        assert_eq!(examined(Some(1_024), &[("AUTH_SERVER_MAX_CONNECTIONS", "500")]).severity, Severity::Warning);
        for (files, variables) in [
            (None, &[][..]),
            (Some(1 << 20), &[]),
            (Some(1_024), &[("AUTH_SERVER_MAX_CONNECTIONS", "500"), ("AUTH_SERVER_CONNECTIONS_PER_ADDRESS", "50")]),
        ] {
            assert_eq!(examined(files, variables).severity, Severity::Ok, "{files:?}");
        }
    }

    #[test]
    fn one_address_that_may_have_all_connections_is_told() {
        let finding = examined(None, &[("AUTH_SERVER_MAX_CONNECTIONS", "1000")]);
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.text.contains("a single client"), "{finding}");
    }
}
