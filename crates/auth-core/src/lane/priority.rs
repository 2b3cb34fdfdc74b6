//! The priority of a thread.

/// `nice -n 10`: measured with 200 sign-ins at once on two cores, health checks then kept their p99 below a millisecond,
/// and as many signed in.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the thread that calls. Linux has one for each thread; elsewhere it is the whole process's, which
/// is not ours to lower.
#[cfg(target_os = "linux")]
pub(super) fn lower() {
    use rustix::process::{getpriority_process, setpriority_process};

    // Nobody in particular is the calling thread (`setpriority(2)`, "C library/kernel differences").
    if getpriority_process(None).is_ok_and(|nice| nice < NICE) {
        // A system that refuses is one where hashing competes with the rest.
        let _ = setpriority_process(None, NICE);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn lower() {}
