//! The inverse DCT at a smaller size: N x N of the 8 x 8 coefficients give N x N samples, as if the block had been low-passed and
//! then sampled. Each is the sum of ITU-T T.81, A.3.3, taken at the middle of an N-th of the block.

/// Coefficients in zigzag order that lie in the first 4 x 4: their place there; 16 is a place nobody reads.
pub(super) const PLACE: [u8; 25] = [
    0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 16, 13, 10, 7, 16, 16, 16, 11, 14, 16, 16, 16, 16, 16, 15,
];

/// Coefficients, already multiplied by their quantizers.
pub(super) type Block = [i32; 17];

/// One sample: the mean.
#[inline(always)]
pub(super) fn one(dc: i32) -> u8 {
    sample((dc + 4) >> 3)
}

/// Two by two: every cosine is the same, so it is sums.
#[inline(always)]
pub(super) fn two(block: &Block) -> [[u8; 2]; 2] {
    let [dc, h, _, _, v, d, ..] = *block;
    [
        [
            sample((dc + h + v + d + 4) >> 3),
            sample((dc - h + v - d + 4) >> 3),
        ],
        [
            sample((dc + h - v - d + 4) >> 3),
            sample((dc - h - v + d + 4) >> 3),
        ],
    ]
}

/// Bits behind the point.
const POINT: u32 = 11;
/// 1/2 cos(pi/4), 1/2 cos(pi/8) and 1/2 cos(3 pi/8).
const HALF: i32 = 724;
const WIDE: i32 = 946;
const NARROW: i32 = 392;

/// Four by four: columns, then rows.
#[inline(always)]
pub(super) fn four(block: &Block) -> [[u8; 4]; 4] {
    let [
        a0,
        a1,
        a2,
        a3,
        b0,
        b1,
        b2,
        b3,
        c0,
        c1,
        c2,
        c3,
        d0,
        d1,
        d2,
        d3,
        _,
    ] = *block;
    let columns = [
        line(a0, b0, c0, d0, POINT - 3),
        line(a1, b1, c1, d1, POINT - 3),
        line(a2, b2, c2, d2, POINT - 3),
        line(a3, b3, c3, d3, POINT - 3),
    ];
    let [
        [a0, b0, c0, d0],
        [a1, b1, c1, d1],
        [a2, b2, c2, d2],
        [a3, b3, c3, d3],
    ] = columns;
    [
        row(a0, a1, a2, a3),
        row(b0, b1, b2, b3),
        row(c0, c1, c2, c3),
        row(d0, d1, d2, d3),
    ]
}

#[inline(always)]
fn row(c0: i32, c1: i32, c2: i32, c3: i32) -> [u8; 4] {
    line(c0, c1, c2, c3, POINT + 3).map(sample)
}

/// Four samples of four coefficients, with `shift` bits dropped.
#[inline(always)]
fn line(c0: i32, c1: i32, c2: i32, c3: i32, shift: u32) -> [i32; 4] {
    let (c0, c2) = (c0.wrapping_mul(HALF), c2.wrapping_mul(HALF));
    let (sum, difference) = (c0.wrapping_add(c2), c0.wrapping_sub(c2));
    let outer = c1.wrapping_mul(WIDE).wrapping_add(c3.wrapping_mul(NARROW));
    let inner = c1.wrapping_mul(NARROW).wrapping_sub(c3.wrapping_mul(WIDE));
    let half = 1 << (shift - 1);
    [
        sum.wrapping_add(outer).wrapping_add(half) >> shift,
        difference.wrapping_add(inner).wrapping_add(half) >> shift,
        difference.wrapping_sub(inner).wrapping_add(half) >> shift,
        sum.wrapping_sub(outer).wrapping_add(half) >> shift,
    ]
}

#[inline(always)]
fn sample(value: i32) -> u8 {
    (value.wrapping_add(128)).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};

    use super::*;

    /// The sum of the standard, as it is written there.
    fn by_definition(block: &Block, n: usize) -> Vec<f64> {
        let scale = |u: usize| if u == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        let cosine =
            |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos();
        let mut out = Vec::new();
        for y in 0..n {
            for x in 0..n {
                let mut sum = 0.0;
                for v in 0..n {
                    for u in 0..n {
                        let basis = scale(u) * scale(v) * cosine(x, u) * cosine(y, v);
                        sum += basis * f64::from(block[v * 4 + u]);
                    }
                }
                out.push((sum / 4.0 + 128.0).clamp(0.0, 255.0));
            }
        }
        out
    }

    #[test]
    fn each_size_is_the_standards_sum_within_one_step() {
        let mut state = 1_u32;
        for _ in 0..2_000 {
            let block: Block = std::array::from_fn(|place| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let spread = if place == 0 { 1_000 } else { 150 };
                (state >> 8) as i32 % spread - spread / 2
            });
            let sizes: [Vec<u8>; 3] = [
                vec![one(block[0])],
                two(&block).concat(),
                four(&block).concat(),
            ];
            for (n, samples) in [1, 2, 4].into_iter().zip(sizes) {
                for (ours, exact) in samples.into_iter().zip(by_definition(&block, n)) {
                    assert!(
                        (f64::from(ours) - exact).abs() <= 1.0,
                        "{n}: {ours} {exact}"
                    );
                }
            }
        }
    }
}
