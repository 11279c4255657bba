//! Random numbers that are the same for the same seed: those of the schedule, and those that the product asks for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bizmitra_core::clock::Entropy;

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed and use.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (stream << 48));
        random.next();
        random
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `end - 1`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// An index of something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// In so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// Bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let length = chunk.len();
            chunk.copy_from_slice(&self.next().to_le_bytes()[..length]);
        }
    }
}

/// What phones draw from, a stream each: seeded anew for each world, while keys made before keep their handle.
pub struct PhoneEntropy(pub usize);

static STREAMS: Mutex<Vec<Random>> = Mutex::new(Vec::new());
static SYSTEM: Mutex<Option<Random>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on everything random follows from the seed.
pub fn seed_all(seed: u64, phones: usize) {
    *lock(&STREAMS) = (0..phones as u64)
        .map(|phone| Random::new(seed, 100 + phone))
        .collect();
    *lock(&SYSTEM) = Some(Random::new(seed, 99));
}

/// The system's random bytes, if they follow from a seed.
pub fn fill_system(bytes: &mut [u8]) -> bool {
    lock(&SYSTEM)
        .as_mut()
        .map(|random| random.fill(bytes))
        .is_some()
}

impl Entropy for PhoneEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if let Some(random) = lock(&STREAMS).get_mut(self.0) {
            random.fill(bytes);
        }
    }
}
