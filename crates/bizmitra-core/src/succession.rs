//! How the server's statement keys follow each other: a pinned key signs in the next one, and so on to the one that signs now.
//!
//! Forwards, a device that pinned a key follows it through as many rotations as it missed. Backwards, who knows the key of now
//! learns which keys were its company's before: each succession is signed by both keys, so neither direction can be made up
//! without one that counts already.

use serde::{Deserialize, Serialize};

use crate::export::Fixed;
use crate::ids::CompanyId;
use crate::keys::{Message, PublicKey};

/// One key took the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// The key that signed until then.
    pub former: Fixed<32>,
    /// The key that signs from then on.
    pub key: Fixed<32>,
    /// Since when, by the server's clock.
    pub since_ms: i64,
    /// Signature of the former key.
    pub former_sig: Fixed<64>,
    /// Signature of the new key.
    pub key_sig: Fixed<64>,
}

impl Succession {
    /// Whether both keys signed this, for this company.
    pub fn holds(&self, company: CompanyId) -> bool {
        let message = Message::new("bz/succession/v1", company)
            .field(&self.former.0)
            .field(&self.key.0)
            .signed(self.since_ms);
        PublicKey(self.former.0).verifies(message.bytes(), &self.former_sig.0)
            && PublicKey(self.key.0).verifies(message.bytes(), &self.key_sig.0)
    }
}

/// Follows a key forwards: the successions of a list, in its order, that lead on from it. One that another key signed says
/// nothing here, and none leads back to a key that was left: a list of before, played again, changes nothing.
pub fn follow(
    company: CompanyId,
    key: PublicKey,
    left: &[Succession],
    told: &[Succession],
) -> Vec<Succession> {
    let mut current = key.0;
    let mut followed: Vec<Succession> = Vec::new();
    for next in told {
        let was_left = |known: &Succession| known.former.0 == next.key.0;
        if next.former.0 == current
            && next.key.0 != current
            && !left.iter().chain(&followed).any(was_left)
            && next.holds(company)
        {
            current = next.key.0;
            followed.push(next.clone());
        }
    }
    followed
}

/// Every key that a list leads on from to this one, itself included, newest first.
pub fn lineage(company: CompanyId, key: PublicKey, told: &[Succession]) -> Vec<PublicKey> {
    let mut keys = vec![key];
    let mut oldest = key.0;
    for before in told.iter().rev() {
        if before.key.0 != oldest || !before.holds(company) {
            break;
        }
        oldest = before.former.0;
        keys.push(PublicKey(oldest));
    }
    keys
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::keys::KeyPair;

    const COMPANY: CompanyId = CompanyId(Uuid::from_u128(1));
    const OTHER: CompanyId = CompanyId(Uuid::from_u128(2));

    fn key(n: u8) -> KeyPair {
        KeyPair::from_seed(&[n; 32])
    }

    /// Names one pair of keys and is signed by another.
    fn signed(company: CompanyId, (from, to): (u8, u8), (old, new): (u8, u8)) -> Succession {
        let (former, next) = (key(from).public(), key(to).public());
        let message = Message::new("bz/succession/v1", company)
            .field(&former.0)
            .field(&next.0)
            .signed(7);
        Succession {
            former: Fixed(former.0),
            key: Fixed(next.0),
            since_ms: 7,
            former_sig: Fixed(key(old).sign(message.bytes())),
            key_sig: Fixed(key(new).sign(message.bytes())),
        }
    }

    fn good(from: u8, to: u8) -> Succession {
        signed(COMPANY, (from, to), (from, to))
    }

    fn ends_at(pinned: u8, left: &[Succession], told: &[Succession]) -> u8 {
        let followed = follow(COMPANY, key(pinned).public(), left, told);
        let last = followed
            .last()
            .map_or(key(pinned).public().0, |last| last.key.0);
        (0..=9).find(|n| key(*n).public().0 == last).unwrap()
    }

    #[test]
    fn a_key_is_followed_through_every_rotation_that_was_missed() {
        let all = [good(1, 2), good(2, 3), good(3, 4)];
        assert_eq!(ends_at(1, &[], &all), 4);
        assert_eq!(ends_at(2, &all[..1], &all), 4);
        assert_eq!(ends_at(4, &all, &all), 4);
        assert_eq!(ends_at(1, &[], &all[1..]), 1, "a gap leads nowhere");
        assert_eq!(ends_at(5, &[], &all), 5);
    }

    #[test]
    fn a_succession_of_a_stranger_or_of_another_company_is_nothing() {
        let cases = [
            ("signed by a stranger", signed(COMPANY, (1, 2), (9, 2))),
            ("by nobody for the new key", signed(COMPANY, (1, 2), (1, 9))),
            ("by a stranger for both", signed(COMPANY, (1, 2), (9, 9))),
            ("another company's", signed(OTHER, (1, 2), (1, 2))),
            (
                "with the signatures exchanged",
                signed(COMPANY, (1, 2), (2, 1)),
            ),
            ("to itself", good(1, 1)),
            (
                "at another time",
                Succession {
                    since_ms: 8,
                    ..good(1, 2)
                },
            ),
        ];
        for (what, bad) in cases {
            assert_eq!(ends_at(1, &[], std::slice::from_ref(&bad)), 1, "{what}");
            assert_eq!(ends_at(1, &[], &[bad, good(1, 3)]), 3, "{what}");
        }
    }

    #[test]
    fn a_succession_played_again_after_another_rotation_changes_nothing() {
        let left = [good(1, 2), good(2, 3)];
        assert_eq!(ends_at(3, &left, &left[..1]), 3);
        // Not even one that the current key signed: a key that was left does not come back.
        assert_eq!(ends_at(3, &left, &[good(3, 1)]), 3);
        assert_eq!(ends_at(3, &left, &[good(3, 2), good(3, 4)]), 4);
        assert_eq!(ends_at(1, &[], &[good(1, 2), good(2, 1)]), 2);
    }

    #[test]
    fn the_key_of_now_vouches_for_those_before_it_and_for_no_other() {
        let keys = |told: &[Succession]| lineage(COMPANY, key(3).public(), told);
        let expected = [key(3).public(), key(2).public(), key(1).public()];
        assert_eq!(keys(&[good(1, 2), good(2, 3)]), expected);
        assert_eq!(
            keys(&[good(1, 2), signed(COMPANY, (2, 3), (2, 9))]),
            expected[..1]
        );
        assert_eq!(
            keys(&[signed(COMPANY, (9, 2), (9, 9)), good(2, 3)]),
            expected[..2]
        );
        assert_eq!(keys(&[good(1, 2)]), expected[..1]);
    }
}
