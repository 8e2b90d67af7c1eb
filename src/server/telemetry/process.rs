//! What the system says of this process (`proc_pid_status(5)`, `proc_pid_fd(5)`).

/// The bytes of memory that it has in use; `None` where the system does not say so.
pub(in crate::server) fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let number: u64 = kibibytes.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

/// How many files it has open; `None` where the system does not say so.
pub(in crate::server) fn open_files() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?;
    u64::try_from(entries.count()).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_takes_some_memory_and_files() {
        if cfg!(target_os = "linux") {
            assert!(super::memory_bytes().unwrap() > 1 << 20);
            assert!(super::open_files().unwrap() > 2);
        }
    }
}
