//! What a power cut leaves: the bytes and names that the disk had, and of the others what chance takes.

use std::collections::BTreeMap;
use std::fs;

use super::{Change, File, Rename, SECTOR, State};

impl State {
    pub(super) fn cut_power(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        let done = match self.random.below(3) {
            0 => 0,
            1 => changes.len(),
            _ => self.random.index(changes.len() + 1),
        };
        for change in &changes[..done] {
            change.apply(&mut self.kept);
        }
        let percent = self.random.pick(&[0, 10, 50, 90, 100]);
        for number in 0..self.files.len() {
            for change in std::mem::take(&mut self.files[number].pending) {
                match change {
                    Change::Length(_) => {
                        if self.random.chance(percent) {
                            self.files[number].settle(change);
                        }
                    }
                    Change::Write(at, bytes) => self.settle_sectors(number, percent, at, &bytes),
                }
            }
        }
        self.rebuild();
    }

    fn settle_sectors(&mut self, number: usize, percent: u64, mut at: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let to_border = SECTOR - usize::try_from(at).unwrap_or(0) % SECTOR;
            let (sector, rest) = bytes.split_at(to_border.min(bytes.len()));
            if self.random.chance(percent) {
                self.files[number].settle(Change::Write(at, sector.to_vec()));
            }
            at += sector.len() as u64;
            bytes = rest;
        }
    }

    /// Makes the files what the disk has.
    pub(super) fn rebuild(&mut self) {
        for name in self.names.keys() {
            fs::remove_file(self.root.join(name)).ok();
        }
        for (name, number) in &self.kept {
            let file = &mut self.files[*number];
            let path = self.root.join(name);
            if file.hollow {
                let made = fs::File::create(&path).and_then(|made| made.set_len(file.length));
                debug_assert!(made.is_ok());
            } else {
                file.length = file.durable.len() as u64;
                let written = fs::write(&path, &file.durable);
                debug_assert!(written.is_ok());
            }
        }
        self.names.clone_from(&self.kept);
    }
}

impl File {
    pub(super) fn settle(&mut self, change: Change) {
        if self.hollow {
            return;
        }
        match change {
            Change::Length(length) => self.durable.resize(usize::try_from(length).unwrap_or(0), 0),
            Change::Write(at, bytes) => {
                let at = usize::try_from(at).unwrap_or(0);
                let end = at + bytes.len();
                if self.durable.len() < end {
                    self.durable.resize(end, 0);
                }
                self.durable[at..end].copy_from_slice(&bytes);
            }
        }
    }
}

impl Rename {
    pub(super) fn apply(&self, names: &mut BTreeMap<String, usize>) {
        if let Some(removed) = &self.removed {
            names.remove(removed);
        }
        if let Some((made, number)) = &self.made {
            names.insert(made.clone(), *number);
        }
    }
}
