//! What fuzzing begins with and what it found before: read in every run, by the very functions that are fuzzed.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::check;
use crate::targets::{ALL, Target};

pub fn trials() -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let goldens = files(&root.join("crates/bizmitra-contract/tests/golden"));
    let mut trials = Vec::new();
    for (name, target) in ALL.iter().copied() {
        let seeds = files(&root.join("fuzz/seeds").join(name));
        let goldens = goldens.clone();
        trials.push(check(
            format!(
                "the seeds of {name}, cut anywhere and with any one byte altered, break no promise"
            ),
            move || {
                let all: Vec<_> = seeds.iter().chain(&goldens).collect();
                assert!(all.len() > 20, "{} files", all.len());
                for path in all {
                    bend(target, &std::fs::read(path).unwrap());
                }
            },
        ));
        for path in files(&root.join("fuzz/regressions").join(name)) {
            let words = path
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .replace(['-', '_'], " ");
            trials.push(check(
                format!("{name} stays repaired: {words}"),
                move || target(&std::fs::read(&path).unwrap()),
            ));
        }
    }
    let mut described: Vec<_> = files(&root.join("fuzz/fuzz_targets"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    described.sort();
    trials.push(check("every fuzz target is replayed here", move || {
        let known: Vec<_> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(described, known);
    }));
    trials
}

/// The files of a folder; none when there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// The file as it is, and its nearest neighbours.
fn bend(target: Target, bytes: &[u8]) {
    target(bytes);
    let step = (bytes.len() / 200).max(1);
    for at in (0..bytes.len()).step_by(step) {
        target(&bytes[..at]);
        let mut bent = bytes.to_vec();
        bent[at] ^= 1;
        target(&bent);
    }
}
