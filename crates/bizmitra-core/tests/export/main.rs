//! Exported files: sound ones, and everything that somebody may have done to one.

#[cfg(test)]
mod altered;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod file;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod rotations;
#[cfg(test)]
mod sound;
#[cfg(test)]
mod story;
