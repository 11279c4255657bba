//! The C library's functions for files, defined here: the linker takes these for everything in this program, for SQLite and
//! for the standard library alike, and no line of the product has to know. Paths outside of a disk go straight to the system.
//!
//! Rejected: a VFS of SQLite's. It would not see the renames, checks, ballast and markers beside the databases, which are
//! where durability is most easily got wrong.
#![expect(
    unsafe_code,
    reason = "functions with C's names, and the system calls behind them"
)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};
use std::sync::{Mutex, PoisonError};

use libc::{mode_t, off_t, size_t, ssize_t};

use crate::disk::{self, Disk, Fate};

thread_local! {
    /// This thread works on the disks themselves.
    static OUTSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What an open descriptor is.
#[derive(Clone)]
enum Held {
    File { disk: usize, number: Option<usize> },
    Folder { disk: usize, name: String },
}

static HELD: Mutex<BTreeMap<c_int, Held>> = Mutex::new(BTreeMap::new());

/// Works on real files, past all disks.
pub fn outside<T>(work: impl FnOnce() -> T) -> T {
    OUTSIDE.set(true);
    let done = work();
    OUTSIDE.set(false);
    done
}

fn held(fd: c_int) -> Option<(std::sync::Arc<Disk>, Held)> {
    if OUTSIDE.get() {
        return None;
    }
    let held = HELD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&fd)
        .cloned()?;
    let (Held::File { disk, .. } | Held::Folder { disk, .. }) = &held;
    Some((disk::numbered(*disk)?, held))
}

fn number_of(held: &Held) -> Option<usize> {
    match held {
        Held::File { number, .. } => *number,
        Held::Folder { .. } => None,
    }
}

fn path_of(path: *const c_char) -> Option<String> {
    if OUTSIDE.get() || path.is_null() {
        return None;
    }
    // SAFETY: callers of the C library pass a string that ends.
    let path = unsafe { CStr::from_ptr(path) };
    path.to_str().ok().map(str::to_owned)
}

fn fail(number: i32) -> c_int {
    // SAFETY: the address of this thread's errno is always valid.
    unsafe { *libc::__errno_location() = number };
    -1
}

macro_rules! system {
    ($number:expr $(, $argument:expr)*) => {
        // SAFETY: the arguments are those of the C function of the same name, passed on.
        unsafe { libc::syscall($number $(, $argument)*) }
    };
}

fn to_int(value: c_long) -> c_int {
    c_int::try_from(value).unwrap_or(-1)
}

fn open_at(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let plain = || {
        to_int(system!(
            libc::SYS_openat,
            folder,
            path,
            flags,
            c_uint::from(mode)
        ))
    };
    let Some((disk_number, disk, name)) = path_of(path).and_then(|path| disk::find(&path)) else {
        return plain();
    };
    if let Err(error) = disk.before_open(&name, flags & libc::O_CREAT != 0) {
        return fail(error);
    }
    let fd = plain();
    if fd < 0 {
        return fd;
    }
    // SAFETY: zeroes are a valid stat, and the descriptor is open.
    let is_folder = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        libc::fstat(fd, &raw mut stat) == 0 && stat.st_mode & libc::S_IFMT == libc::S_IFDIR
    };
    let held = if is_folder {
        disk.opened_other();
        Held::Folder {
            disk: disk_number,
            name,
        }
    } else {
        Held::File {
            disk: disk_number,
            number: disk.opened(&name, flags & libc::O_TRUNC != 0),
        }
    };
    HELD.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(fd, held);
    fd
}

#[unsafe(no_mangle)]
extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_at(libc::AT_FDCWD, path, flags, mode)
}

#[unsafe(no_mangle)]
extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_at(libc::AT_FDCWD, path, flags | libc::O_LARGEFILE, mode)
}

#[unsafe(no_mangle)]
extern "C" fn close(fd: c_int) -> c_int {
    let held = HELD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&fd);
    if let Some(Held::File { disk, .. } | Held::Folder { disk, .. }) = held
        && let Some(disk) = disk::numbered(disk)
    {
        disk.closed();
    }
    to_int(system!(libc::SYS_close, fd))
}

#[unsafe(no_mangle)]
extern "C" fn read(fd: c_int, to: *mut c_void, length: size_t) -> ssize_t {
    if let Some((disk, _)) = held(fd)
        && let Err(error) = disk.read()
    {
        return fail(error) as ssize_t;
    }
    system!(libc::SYS_read, fd, to, length) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn pread64(fd: c_int, to: *mut c_void, length: size_t, at: off_t) -> ssize_t {
    if let Some((disk, _)) = held(fd)
        && let Err(error) = disk.read()
    {
        return fail(error) as ssize_t;
    }
    system!(libc::SYS_pread64, fd, to, length, at) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn pread(fd: c_int, to: *mut c_void, length: size_t, at: off_t) -> ssize_t {
    pread64(fd, to, length, at)
}

fn write_at(fd: c_int, from: *const c_void, length: size_t, at: Option<off_t>) -> ssize_t {
    let plain = |length: size_t| match at {
        Some(at) => system!(libc::SYS_pwrite64, fd, from, length, at) as ssize_t,
        None => system!(libc::SYS_write, fd, from, length) as ssize_t,
    };
    let Some((disk, held)) = held(fd) else {
        return plain(length);
    };
    let number = number_of(&held);
    let place = at.unwrap_or_else(|| system!(libc::SYS_lseek, fd, 0, libc::SEEK_CUR) as off_t);
    let place = u64::try_from(place).unwrap_or(0);
    let (length, dies) = match disk.write(number, place, length) {
        Fate::Go => (length, false),
        Fate::Fail(error) => return fail(error) as ssize_t,
        Fate::Partly(length) => (length, true),
    };
    let written = if length == 0 { 0 } else { plain(length) };
    if let (Some(number), Ok(count)) = (number, usize::try_from(written)) {
        // SAFETY: the system has just read so many bytes from there.
        let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), count) };
        disk.wrote(number, place, bytes);
    }
    if dies {
        return fail(libc::EIO) as ssize_t;
    }
    written
}

#[unsafe(no_mangle)]
extern "C" fn write(fd: c_int, from: *const c_void, length: size_t) -> ssize_t {
    write_at(fd, from, length, None)
}

#[unsafe(no_mangle)]
extern "C" fn pwrite64(fd: c_int, from: *const c_void, length: size_t, at: off_t) -> ssize_t {
    write_at(fd, from, length, Some(at))
}

#[unsafe(no_mangle)]
extern "C" fn pwrite(fd: c_int, from: *const c_void, length: size_t, at: off_t) -> ssize_t {
    write_at(fd, from, length, Some(at))
}

fn sync(fd: c_int, plain: c_long) -> c_int {
    match held(fd) {
        // The real files lie in memory: there is nothing to wait for.
        Some((disk, Held::File { number, .. })) => disk.sync(number).map_or_else(fail, |()| 0),
        Some((disk, Held::Folder { name, .. })) => {
            disk.sync_folder(&name).map_or_else(fail, |()| 0)
        }
        None => to_int(system!(plain, fd)),
    }
}

#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    sync(fd, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    sync(fd, libc::SYS_fdatasync)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    if let Some((disk, held)) = held(fd)
        && let Err(error) = disk.set_length(number_of(&held), u64::try_from(length).unwrap_or(0))
    {
        return fail(error);
    }
    to_int(system!(libc::SYS_ftruncate, fd, length))
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    ftruncate64(fd, length)
}

#[unsafe(no_mangle)]
extern "C" fn unlink(path: *const c_char) -> c_int {
    let found = path_of(path).and_then(|path| disk::find(&path));
    if let Some((_, disk, _)) = &found
        && let Err(error) = disk.before_rename()
    {
        return fail(error);
    }
    let done = to_int(system!(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0));
    if let (Some((_, disk, name)), 0) = (found, done) {
        disk.unlinked(&name);
    }
    done
}

fn name_again(from: *const c_char, to: *const c_char, stays: bool) -> c_int {
    let found = path_of(from).and_then(|path| disk::find(&path));
    if let Some((_, disk, _)) = &found
        && let Err(error) = disk.before_rename()
    {
        return fail(error);
    }
    let here = libc::AT_FDCWD;
    let done = to_int(if stays {
        system!(libc::SYS_linkat, here, from, here, to, 0)
    } else {
        system!(libc::SYS_renameat2, here, from, here, to, 0)
    });
    if let (Some((_, disk, from)), 0) = (found, done)
        && let Some((_, _, to)) = path_of(to).and_then(|path| disk::find(&path))
    {
        disk.named(&from, &to, stays);
    }
    done
}

#[unsafe(no_mangle)]
extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    name_again(from, to, false)
}

#[unsafe(no_mangle)]
extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    name_again(from, to, true)
}

#[unsafe(no_mangle)]
extern "C" fn linkat(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    if from_folder == libc::AT_FDCWD && to_folder == libc::AT_FDCWD && flags == 0 {
        return name_again(from, to, true);
    }
    to_int(system!(
        libc::SYS_linkat,
        from_folder,
        from,
        to_folder,
        to,
        flags
    ))
}

#[unsafe(no_mangle)]
extern "C" fn clock_gettime(clock: libc::clockid_t, to: *mut libc::timespec) -> c_int {
    let wall_ms = (clock == libc::CLOCK_REALTIME)
        .then(crate::clock::wall_ms)
        .flatten();
    if let Some(ms) = wall_ms {
        // SAFETY: the caller gives a place for the time.
        unsafe {
            (*to).tv_sec = ms.div_euclid(1000);
            (*to).tv_nsec = ms.rem_euclid(1000) * 1_000_000;
        }
        return 0;
    }
    to_int(system!(libc::SYS_clock_gettime, clock, to))
}

#[unsafe(no_mangle)]
extern "C" fn getrandom(to: *mut c_void, length: size_t, flags: c_uint) -> ssize_t {
    if length > 0 {
        // SAFETY: the caller gives so many bytes to write to.
        let bytes = unsafe { std::slice::from_raw_parts_mut(to.cast::<u8>(), length) };
        if crate::random::fill_system(bytes) {
            return ssize_t::try_from(length).unwrap_or(-1);
        }
    }
    system!(libc::SYS_getrandom, to, length, flags) as ssize_t
}
