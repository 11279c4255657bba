//! How large the next piece of a file is.
//!
//! A piece that was cut on the way is sent again from its beginning, because the server checks it whole. So pieces are as large
//! as two to four seconds carry, and small beside what passes between two breaks: on a line that breaks every megabyte at most
//! a sixteenth of it travels twice.

use crate::wire::{MAX_PIECE, MIN_PIECE};

/// Below this a piece may double.
const QUICK_MS: u64 = 2_000;
/// Above this it halves.
const SLOW_MS: u64 = 4_000;
/// A piece is at most this part of what passed between breaks.
const PART: u64 = 16;

/// Learns from each piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    size: usize,
    /// What a proxy or the server takes.
    most: usize,
    /// Bytes since the last break.
    run: u64,
    /// Bytes between the two breaks before; `None` before the first.
    last_run: Option<u64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            size: MIN_PIECE,
            most: MAX_PIECE,
            run: 0,
            last_run: None,
        }
    }
}

impl Pace {
    /// Bytes of the next piece.
    pub fn size(&self) -> usize {
        let unbroken = self.last_run.map_or(u64::MAX, |last| last.max(self.run)) / PART;
        let unbroken = usize::try_from(unbroken).unwrap_or(MAX_PIECE);
        self.size.min(self.most).min(unbroken).max(MIN_PIECE)
    }

    /// A piece of this many bytes was acknowledged after this long.
    pub fn passed(&mut self, bytes: usize, took_ms: u64) {
        self.run = self.run.saturating_add(bytes as u64);
        if took_ms > SLOW_MS {
            self.size = (self.size() / 2).max(MIN_PIECE);
        } else if took_ms < QUICK_MS && bytes >= self.size() {
            self.size = self.size().saturating_mul(2).min(MAX_PIECE);
        }
    }

    /// A piece was cut on the way.
    pub fn broke(&mut self) {
        self.last_run = Some(self.run);
        self.run = 0;
    }

    /// The server or a proxy does not take pieces of this size; false when there are no smaller ones.
    pub fn too_large(&mut self) -> bool {
        let smaller = self.size() / 2;
        let may_shrink = self.size() > MIN_PIECE;
        self.most = smaller.max(MIN_PIECE);
        may_shrink
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_fast_line_pieces_grow_to_the_largest_and_on_a_slow_one_shrink() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.passed(pace.size(), 20);
        }
        assert_eq!(pace.size(), MAX_PIECE);
        pace.passed(pace.size(), 3_000);
        assert_eq!(pace.size(), MAX_PIECE, "two to four seconds are right");
        for _ in 0..10 {
            pace.passed(pace.size(), 9_000);
        }
        assert_eq!(pace.size(), MIN_PIECE);
    }

    #[test]
    fn a_size_that_was_refused_is_not_tried_again() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.passed(pace.size(), 20);
        }
        assert!(pace.too_large());
        for _ in 0..10 {
            pace.passed(pace.size(), 20);
        }
        assert_eq!(pace.size(), MAX_PIECE / 2);
        while pace.too_large() {}
        assert_eq!(pace.size(), MIN_PIECE);
    }

    /// Sends a file over a line that breaks after every `between` bytes; returns bytes on the line over bytes of the file.
    fn sent_over(length: u64, between: u64) -> f64 {
        let mut pace = Pace::default();
        let (mut have, mut sent, mut left) = (0, 0, between);
        while have < length {
            let piece = (pace.size() as u64).min(length - have);
            if piece <= left {
                left -= piece;
                have += piece;
                sent += piece;
                pace.passed(usize::try_from(piece).unwrap(), 20);
            } else {
                sent += left;
                left = between;
                pace.broke();
            }
        }
        sent as f64 / length as f64
    }

    #[test]
    fn a_line_that_breaks_every_megabyte_carries_a_file_at_most_a_tenth_more() {
        for between in [700_000, 1_000_000, 1 << 20, 3_000_000, 5 << 20] {
            let ratio = sent_over(25 << 20, between);
            assert!(ratio <= 1.10, "{between}: {ratio}");
        }
    }

    #[test]
    fn a_line_that_breaks_inside_the_smallest_piece_is_still_tried_with_it() {
        let mut pace = Pace::default();
        for _ in 0..5 {
            pace.broke();
        }
        assert_eq!(pace.size(), MIN_PIECE);
        // Once it holds, pieces grow again.
        for _ in 0..400 {
            pace.passed(pace.size(), 20);
        }
        assert!(pace.size() > 16 * MIN_PIECE, "{}", pace.size());
    }
}
