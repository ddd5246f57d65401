//! Keeps this process's memory from being written to disk when it crashes.

/// Asks the system for no core dump and no tracing by others: the memory of a scanner holds secrets (prctl(2), `PR_SET_DUMPABLE`).
pub(super) fn close_memory() {
    #[cfg(target_os = "linux")]
    // It can only fail on a system that does not know it, where there is nothing else to do.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_asked() {
        close_memory();
        assert_eq!(rustix::process::dumpable_behavior().ok(), Some(rustix::process::DumpableBehavior::NotDumpable));
    }
}
