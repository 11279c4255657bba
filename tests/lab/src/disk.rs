//! A disk that fails on order, under everything that runs in a folder.
//!
//! Bytes go to real files, so that SQLite, its locks and its shared memory are the real ones. Beside them this keeps what a
//! power cut would leave: for each file the bytes as of its last sync and the writes since, for the folder the names as of
//! its last sync and the changes since. A kill stops every operation from one point on; a power cut then makes the files
//! anew from what the disk had, with each unsynced sector there or not, and each unsynced change of names up to some point.
//!
//! A sync that failed leaves its writes on the disk or drops them for ever, while processes go on seeing them: what Linux
//! does.

mod image;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::random::Random;

/// What a drive writes as a whole.
const SECTOR: usize = 512;
/// Only its length matters.
const HOLLOW: &str = "ballast";

/// The disk of one phone or server.
pub struct Disk(Mutex<State>);

struct State {
    root: PathBuf,
    dead: bool,
    files: Vec<File>,
    /// As processes see them.
    names: BTreeMap<String, usize>,
    /// As they are after a power cut.
    kept: BTreeMap<String, usize>,
    /// Since the folder was synced.
    changes: Vec<Rename>,
    open: u32,
    plan: Plan,
    capacity: Option<u64>,
    counts: Counts,
    random: Random,
}

struct File {
    length: u64,
    hollow: bool,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

struct Rename {
    folder: String,
    removed: Option<String>,
    made: Option<(String, usize)>,
}

/// Faults on order; each counts operations from now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// The process dies at this change.
    pub die_in: Option<u64>,
    /// This change fails with an I/O error.
    pub fail_in: Option<u64>,
    /// This sync fails.
    pub fail_sync_in: Option<u64>,
    /// This read fails.
    pub fail_read_in: Option<u64>,
}

/// What happened on a disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Changes: writes, syncs, names.
    pub changes: u64,
    /// Of them syncs.
    pub syncs: u64,
    /// Operations that failed on order.
    pub failed: u64,
    /// Times it was full.
    pub full: u64,
}

/// What becomes of an operation.
pub enum Fate {
    /// It is done.
    Go,
    /// It is not, with this error.
    Fail(i32),
    /// The process dies after so many bytes.
    Partly(usize),
}

static DISKS: RwLock<Vec<Arc<Disk>>> = RwLock::new(Vec::new());

/// The disk under a path, with its number and the name there.
pub fn find(path: &str) -> Option<(usize, Arc<Disk>, String)> {
    let disks = DISKS.read().unwrap_or_else(PoisonError::into_inner);
    disks.iter().enumerate().find_map(|(number, disk)| {
        let root = disk.state().root.clone();
        let name = path.strip_prefix(root.to_str()?)?;
        let inside = name.is_empty() || name.starts_with('/');
        inside.then(|| (number, Arc::clone(disk), name.trim_matches('/').to_owned()))
    })
}

/// The disk with a number.
pub fn numbered(number: usize) -> Option<Arc<Disk>> {
    let disks = DISKS.read().unwrap_or_else(PoisonError::into_inner);
    disks.get(number).cloned()
}

fn folder_of(name: &str) -> String {
    name.rsplit_once('/')
        .map_or(String::new(), |(folder, _)| folder.to_owned())
}

/// What lies on no disk: memory shared between processes, and locks.
fn is_memory(name: &str) -> bool {
    name.ends_with("-shm") || name.ends_with(".lock")
}

impl Disk {
    /// Puts a disk under a folder; everything in it is durable.
    pub fn attach(root: &Path, random: Random) -> Arc<Self> {
        let mut state = State {
            root: root.to_owned(),
            dead: false,
            files: Vec::new(),
            names: BTreeMap::new(),
            kept: BTreeMap::new(),
            changes: Vec::new(),
            open: 0,
            plan: Plan::default(),
            capacity: None,
            counts: Counts::default(),
            random,
        };
        state.take_in(root, "");
        let disk = Arc::new(Self(Mutex::new(state)));
        let mut disks = DISKS.write().unwrap_or_else(PoisonError::into_inner);
        disks.push(Arc::clone(&disk));
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the process on it is dead.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Kills the process on it: from here on nothing is done.
    pub fn kill(&self) {
        self.state().dead = true;
    }

    /// Files that a process on it still holds.
    pub fn open_files(&self) -> u32 {
        self.state().open
    }

    /// What happened.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Orders faults.
    pub fn order(&self, plan: Plan) {
        self.state().plan = plan;
    }

    /// From here on there is room for so many more bytes; `None` for no end.
    pub fn leave_room(&self, bytes: Option<u64>) {
        let mut state = self.state();
        let used = state.used();
        state.capacity = bytes.map(|bytes| used + bytes);
    }

    /// A new process may begin on what the dead one left.
    pub fn revive(&self) {
        let mut state = self.state();
        state.dead = false;
        state.plan = Plan::default();
    }

    /// The power was cut while the process was dead: only what the disk has is left.
    pub fn cut_power(&self) {
        crate::syscalls::outside(|| self.state().cut_power());
    }

    /// Everything unsynced is lost: the most that a power cut may take.
    pub fn cut_power_at_worst(&self) {
        crate::syscalls::outside(|| {
            let mut state = self.state();
            state.changes.clear();
            for file in &mut state.files {
                file.pending.clear();
            }
            state.rebuild();
        });
    }

    /// Everything in it is durable, whatever was there before: another backup lies here.
    pub fn take_over(&self) {
        crate::syscalls::outside(|| {
            let mut state = self.state();
            let root = state.root.clone();
            (state.names, state.kept) = (BTreeMap::new(), BTreeMap::new());
            (state.files, state.changes) = (Vec::new(), Vec::new());
            state.take_in(&root, "");
        });
    }

    /// A file is about to be opened; `Err` is an error number.
    pub fn before_open(&self, name: &str, creates: bool) -> Result<(), i32> {
        let mut state = self.state();
        if state.dead {
            return Err(libc::EIO);
        }
        if creates && !is_memory(name) && !state.names.contains_key(name) {
            return state.change().map_err(|_| libc::EIO);
        }
        Ok(())
    }

    /// It was opened; the number of the file, if it is one that is kept.
    pub fn opened(&self, name: &str, truncates: bool) -> Option<usize> {
        let mut state = self.state();
        state.open += 1;
        if is_memory(name) {
            return None;
        }
        if let Some(number) = state.names.get(name).copied() {
            if truncates && state.files[number].length > 0 {
                state.files[number].length = 0;
                state.files[number].pending.push(Change::Length(0));
            }
            return Some(number);
        }
        let number = state.add_file(name, Vec::new());
        state.renamed(name, None, Some((name.to_owned(), number)));
        Some(number)
    }

    /// A folder was opened, or a file that is not kept.
    pub fn opened_other(&self) {
        self.state().open += 1;
    }

    /// It was closed.
    pub fn closed(&self) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
    }

    /// A read.
    pub fn read(&self) -> Result<(), i32> {
        let mut state = self.state();
        if state.dead {
            return Err(libc::EIO);
        }
        if count_down(&mut state.plan.fail_read_in) {
            state.counts.failed += 1;
            return Err(libc::EIO);
        }
        Ok(())
    }

    /// A write of `length` bytes.
    pub fn write(&self, number: Option<usize>, at: u64, length: usize) -> Fate {
        let mut state = self.state();
        if state.dead {
            return Fate::Fail(libc::EIO);
        }
        let Some(number) = number else {
            return Fate::Go;
        };
        match state.change() {
            Ok(()) => {}
            Err(Stop::Failed) => return Fate::Fail(libc::EIO),
            Err(Stop::Died) => return Fate::Partly(state.random.index(length + 1)),
        }
        let grown = (at + length as u64).saturating_sub(state.files[number].length);
        if grown > 0
            && state
                .capacity
                .is_some_and(|most| state.used() + grown > most)
        {
            state.counts.full += 1;
            return Fate::Fail(libc::ENOSPC);
        }
        Fate::Go
    }

    /// These bytes were written.
    pub fn wrote(&self, number: usize, at: u64, bytes: &[u8]) {
        let mut state = self.state();
        let file = &mut state.files[number];
        file.length = file.length.max(at + bytes.len() as u64);
        if !file.hollow && !bytes.is_empty() {
            file.pending.push(Change::Write(at, bytes.to_vec()));
        }
    }

    /// A file gets another length.
    pub fn set_length(&self, number: Option<usize>, length: u64) -> Result<(), i32> {
        let mut state = self.state();
        if state.dead {
            return Err(libc::EIO);
        }
        let Some(number) = number else { return Ok(()) };
        state.change().map_err(|_| libc::EIO)?;
        state.files[number].length = length;
        state.files[number].pending.push(Change::Length(length));
        Ok(())
    }

    /// A file is synced.
    pub fn sync(&self, number: Option<usize>) -> Result<(), i32> {
        let mut state = self.state();
        if state.dead {
            return Err(libc::EIO);
        }
        let Some(number) = number else { return Ok(()) };
        state.counts.syncs += 1;
        let failed = count_down(&mut state.plan.fail_sync_in);
        if failed {
            state.counts.failed += 1;
        }
        let stopped = state.change();
        if failed || matches!(stopped, Err(Stop::Failed)) {
            let pending = std::mem::take(&mut state.files[number].pending);
            for change in pending {
                if state.random.chance(50) {
                    state.files[number].settle(change);
                }
            }
            return Err(libc::EIO);
        }
        if stopped.is_ok() || state.random.chance(50) {
            for change in std::mem::take(&mut state.files[number].pending) {
                state.files[number].settle(change);
            }
        }
        stopped.map_err(|_| libc::EIO)
    }

    /// The names of a folder are synced.
    pub fn sync_folder(&self, folder: &str) -> Result<(), i32> {
        let mut state = self.state();
        if state.dead {
            return Err(libc::EIO);
        }
        state.counts.syncs += 1;
        state.change().map_err(|_| libc::EIO)?;
        let (done, open): (Vec<_>, Vec<_>) = std::mem::take(&mut state.changes)
            .into_iter()
            .partition(|change| change.folder == folder);
        state.changes = open;
        done.iter().for_each(|change| change.apply(&mut state.kept));
        Ok(())
    }

    /// A name is about to change.
    pub fn before_rename(&self) -> Result<(), i32> {
        let mut state = self.state();
        if state.dead {
            return Err(libc::EIO);
        }
        state.change().map_err(|_| libc::EIO)
    }

    /// A name was removed.
    pub fn unlinked(&self, name: &str) {
        let mut state = self.state();
        if state.names.remove(name).is_some() {
            state.renamed(name, Some(name.to_owned()), None);
        }
    }

    /// A file has another name; with `stays` it has both.
    pub fn named(&self, from: &str, to: &str, stays: bool) {
        let mut state = self.state();
        let Some(number) = state.names.get(from).copied() else {
            return;
        };
        if !stays {
            state.names.remove(from);
        }
        state.names.insert(to.to_owned(), number);
        let removed = (!stays).then(|| from.to_owned());
        state.renamed(to, removed, Some((to.to_owned(), number)));
    }
}

enum Stop {
    Failed,
    Died,
}

/// Whether it is this one's turn.
fn count_down(order: &mut Option<u64>) -> bool {
    match order {
        Some(0) => {
            *order = None;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

impl State {
    fn take_in(&mut self, folder: &Path, prefix: &str) {
        let mut found: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .collect();
        found.sort_by_key(fs::DirEntry::file_name);
        for entry in found {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.take_in(&entry.path(), &format!("{name}/"));
            } else if !is_memory(&name) {
                let bytes = if name == HOLLOW {
                    Vec::new()
                } else {
                    fs::read(entry.path()).unwrap_or_default()
                };
                let number = self.add_file(&name, bytes);
                let length = entry.metadata().map_or(0, |meta| meta.len());
                self.files[number].length = length;
                self.kept.insert(name, number);
            }
        }
    }

    fn add_file(&mut self, name: &str, bytes: Vec<u8>) -> usize {
        let number = self.files.len();
        self.files.push(File {
            length: bytes.len() as u64,
            hollow: name == HOLLOW,
            durable: bytes,
            pending: Vec::new(),
        });
        self.names.insert(name.to_owned(), number);
        number
    }

    fn used(&self) -> u64 {
        self.names
            .values()
            .map(|number| self.files[*number].length)
            .sum()
    }

    fn renamed(&mut self, name: &str, removed: Option<String>, made: Option<(String, usize)>) {
        self.changes.push(Rename {
            folder: folder_of(name),
            removed,
            made,
        });
    }

    /// One change: fails or kills when that is ordered.
    fn change(&mut self) -> Result<(), Stop> {
        self.counts.changes += 1;
        if count_down(&mut self.plan.die_in) {
            self.dead = true;
            return Err(Stop::Died);
        }
        if count_down(&mut self.plan.fail_in) {
            self.counts.failed += 1;
            return Err(Stop::Failed);
        }
        Ok(())
    }
}
