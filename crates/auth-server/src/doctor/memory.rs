//! Whether the memory that hashes take is there.

use super::Finding;
use crate::assemble;
use crate::config::{Settings, format_size};

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let at_once = u64::try_from(assemble::sizing(settings).hashes.get()).unwrap_or(u64::MAX);
    let needed = settings.hashing.memory.saturating_mul(at_once);
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    // The limit of a container (control groups, version 2).
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    match (machine, container) {
        (Some(one), Some(other)) => judge(needed, one.min(other)),
        (Some(one), None) | (None, Some(one)) => judge(needed, one),
        (None, None) => None,
    }
    .into_iter()
    .collect()
}

/// More than half of what is there, and whatever else runs is pushed out when many people come at once.
fn judge(needed: u64, there: u64) -> Option<Finding> {
    (needed > there / 2).then(|| {
        let text = format!("hashes take {} at once, of {} MiB that are there", format_size(needed), there >> 20);
        Finding::warning("memory", text, "lower hashing.max_concurrent, or give the server more memory")
    })
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_that_take_more_than_half_of_the_memory_are_told() {
        assert!(judge(51, 100).is_some_and(|finding| finding.remedy.is_some()));
        assert_eq!(judge(50, 100), None);
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   1024 kB\n"), Some(1 << 20));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
    }
}
