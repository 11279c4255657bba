//! Everything that a process of ours can read in its own memory, as a core dump would hold it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

/// Regions of the process in which `find` finds something, with what was found. Pages are read whole, so that nothing is
/// missed at a border.
pub fn search(process: u32, find: impl Fn(&[u8]) -> Vec<&'static str>) -> Vec<String> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for line in maps.lines() {
        let mut parts = line.split_whitespace();
        let (range, rights) = (parts.next().unwrap(), parts.next().unwrap());
        let name = parts.nth(3).unwrap_or("memory without a name");
        // What the kernel shares is not the process's; what it cannot read no core holds either.
        if !rights.starts_with('r') || name.starts_with("[v") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (
            u64::from_str_radix(start, 16).unwrap(),
            u64::from_str_radix(end, 16).unwrap(),
        );
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.seek(SeekFrom::Start(start)).unwrap();
        if memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        looked_at += bytes.len();
        found.extend(
            find(&bytes)
                .into_iter()
                .map(|what| format!("{what} in {name}")),
        );
    }
    assert!(looked_at > 10 * 1024 * 1024, "{looked_at} bytes were read");
    found
}
