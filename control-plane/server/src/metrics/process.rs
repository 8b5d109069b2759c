//! What the system says of this process.

/// Bytes of memory in use; `None` where the system does not say.
pub(crate) fn resident_bytes() -> Option<u64> {
    kibibytes(&std::fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")?.checked_mul(1_024)
}

/// A line such as `VmRSS:   12345 kB`.
fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_read() {
        assert_eq!(kibibytes("Name:\tx\nVmRSS:\t   12345 kB\n", "VmRSS:"), Some(12_345));
        assert_eq!(kibibytes("Name:\tx\n", "VmRSS:"), None);
        assert!(resident_bytes().unwrap() > 1_000_000);
    }
}
