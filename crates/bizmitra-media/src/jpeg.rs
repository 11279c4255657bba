//! JPEG as cameras write it: its head, and a decoder that makes a smaller picture at once (docs/adr/0012).

mod bits;
mod head;
mod huffman;
mod idct;
mod scaled;

pub(crate) use head::{Head, read};
pub(crate) use scaled::{Scale, decode, has_separate_scans, is_scalable};
