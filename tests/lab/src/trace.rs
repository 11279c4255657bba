//! What happened in a world, in order: hashed, and shown when asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::clock::now_ms;

static TRACE: Mutex<Option<(Sha256, bool)>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<(Sha256, bool)>> {
    TRACE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins; `shown` writes each line to stderr too.
pub fn begin(shown: bool) {
    *lock() = Some((Sha256::new(), shown));
}

/// One more line.
pub fn note(what: &str) {
    let now = now_ms();
    if let Some((hash, shown)) = lock().as_mut() {
        hash.update(format!("{now} {what}\n"));
        if *shown {
            eprintln!("{:>10.3} {what}", now as f64 / 1000.0);
        }
    }
}

/// The hash of all lines.
pub fn hash() -> String {
    lock().as_ref().map_or(String::new(), |(hash, _)| {
        hex::encode(&hash.clone().finalize()[..8])
    })
}
