//! Ed25519 by its weak places: points of small order, encodings that are not canonical, signatures with s + L.

/// Every encoding of a point of small order: the eight points (RFC 8032 has cofactor 8), and the ways to write them that
/// a lax decoder takes (y + p, or a sign for x = 0).
pub const SMALL_ORDER: [(&str, &str); 14] = [
    (
        "the neutral point",
        "0100000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "the neutral point with a sign",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ),
    (
        "the neutral point as y = p + 1",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "the neutral point as y = p + 1 with a sign",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ),
    (
        "the point of order two",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "the point of order two with a sign",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ),
    (
        "a point of order four",
        "0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "the other point of order four",
        "0000000000000000000000000000000000000000000000000000000000000080",
    ),
    (
        "a point of order four as y = p",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "the other point of order four as y = p",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ),
    (
        "a first point of order eight",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    ),
    (
        "a second point of order eight",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    ),
    (
        "a third point of order eight",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ),
    (
        "a fourth point of order eight",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ),
];

/// Order of the base point, little endian: 2^252 + 27742317777372353535851937790883648493.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A point of the table.
pub fn point(hexadecimal: &str) -> [u8; 32] {
    hex::decode(hexadecimal).unwrap().try_into().unwrap()
}

/// The same signature with s + L: satisfies the equation, is not the one that was made.
pub fn malleable(sig: &[u8; 64]) -> [u8; 64] {
    let mut other = *sig;
    let mut carry = 0_u16;
    for (byte, order) in other[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(carry, 0, "s + L fits into its 32 bytes");
    other
}

/// A signature that a verifier without strictness takes for any message under the neutral point: R neutral, s = 0.
pub fn empty_signature() -> [u8; 64] {
    let mut sig = [0; 64];
    sig[0] = 1;
    sig
}

/// The forms in which a good signature is offered again.
pub fn forgeries(sig: &[u8; 64]) -> Vec<(String, [u8; 64])> {
    let mut forged = vec![("with s + L".to_owned(), malleable(sig))];
    for (name, encoding) in SMALL_ORDER {
        let mut with_r = *sig;
        with_r[..32].copy_from_slice(&point(encoding));
        forged.push((format!("with {name} as R"), with_r));
        let mut empty = [0; 64];
        empty[..32].copy_from_slice(&point(encoding));
        forged.push((format!("of {name} and s = 0"), empty));
    }
    let mut negative = *sig;
    negative[31] ^= 0x80;
    forged.push(("with -R".to_owned(), negative));
    let mut high = *sig;
    high[63] |= 0xe0;
    forged.push(("with the high bits of s set".to_owned(), high));
    forged.push(("of zeros".to_owned(), [0; 64]));
    forged.push(("of ones".to_owned(), [0xff; 64]));
    forged
}
