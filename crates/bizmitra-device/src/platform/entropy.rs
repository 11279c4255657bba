//! Randomness of the operating system.

use bizmitra_core::clock::Entropy;

/// `getrandom`.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // A key made of anything else would be worse than no app: the supported systems cannot fail here after start-up,
        // and a process on one that does must not go on.
        if getrandom::fill(bytes).is_err() {
            tracing::error!("the operating system gives no random bytes");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let (mut one, mut other) = ([0; 32], [0; 32]);
        OsEntropy.fill(&mut one);
        OsEntropy.fill(&mut other);
        assert_ne!(one, other);
    }
}
