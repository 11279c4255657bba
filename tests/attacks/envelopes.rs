//! The envelope of the vault key, as a thief or a broken disk hands it back: cut, bent, put together from two, with costs
//! that would eat the phone. Read here from the format's description, not with the product's own code.

use std::time::{Duration, Instant};

use bizmitra_core::keys::DeviceSecret;
use bizmitra_core::vault::{Envelope, EnvelopeError, KdfParams, Pin};
use libtest_mimic::Trial;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::pins::{extracted, random};
use crate::support::check;

const DIGITS: usize = 4_829;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        check("an envelope cut at any length opens for nobody", cut),
        check("an envelope written twice is none", doubled),
        check(
            "an envelope with its lines in another order is the same envelope",
            reordered,
        ),
        check(
            "a sealed key cut at any length with its canary mended does not open",
            sealed_cut,
        ),
        check(
            "every absurd cost is refused before a megabyte is taken, a thousand times in the time of one right try",
            absurd,
        ),
    ];
    for mask in [0x01_u8, 0x20, 0x80, 0xff] {
        let sentence = format!(
            "an envelope with any one byte altered by {mask:#04x} is refused, or it is the very same envelope"
        );
        trials.push(check(sentence, move || any_byte(mask)));
    }
    for (words, bend) in MENDED {
        let sentence = format!("an envelope {words} does not open although its canary is mended");
        trials.push(check(sentence, move || mended(*bend)));
    }
    for (words, value) in [
        ("m_kib", "-1"),
        ("m_kib", "0"),
        ("m_kib", "19455"),
        ("m_kib", "262145"),
        ("m_kib", "4294967295"),
        ("m_kib", "4294967296"),
        ("m_kib", "1e9"),
        ("m_kib", "\"65536\""),
        ("m_kib", "null"),
        ("t", "-1"),
        ("t", "0"),
        ("t", "1"),
        ("t", "11"),
        ("t", "4294967295"),
        ("t", "18446744073709551616"),
        ("t", "2.5"),
        ("t", "[]"),
    ] {
        let sentence = format!(
            "an envelope whose {words} says {value} is refused although its canary is mended"
        );
        trials.push(check(sentence, move || cost(words, value)));
    }
    trials
}

fn made() -> (Envelope, DeviceSecret) {
    let secret = DeviceSecret::from_bytes(random());
    (extracted(&secret, DIGITS), secret)
}

fn pin() -> Pin {
    Pin::new(format!("{DIGITS:04}"))
}

fn read(bytes: &[u8]) -> Option<Envelope> {
    serde_json::from_slice(bytes).ok()
}

/// SHA-256 over header, nonce and sealed key: no secret in it, so whoever alters an envelope can mend it.
fn mend(envelope: &mut Envelope) {
    let context = &envelope.context;
    let mut bytes = b"bz/vault/v1".to_vec();
    bytes.extend(envelope.v.to_be_bytes());
    bytes.extend(context.company.0.as_bytes());
    bytes.extend(context.employee.0.as_bytes());
    bytes.push(u8::from(context.device.is_some()));
    bytes.extend(
        context
            .device
            .map_or(Uuid::nil(), |device| device.0)
            .as_bytes(),
    );
    bytes.extend(context.epoch.to_be_bytes());
    bytes.extend(envelope.kdf.m_kib.to_be_bytes());
    bytes.extend(envelope.kdf.t.to_be_bytes());
    bytes.extend(envelope.salt);
    bytes.extend(envelope.nonce);
    bytes.extend(&envelope.sealed);
    envelope.canary = Sha256::digest(bytes).into();
}

fn cut() {
    let (envelope, secret) = made();
    let bytes = serde_json::to_vec(&envelope).unwrap();
    for end in 0..bytes.len() {
        if let Some(part) = read(&bytes[..end]) {
            assert!(
                part.open(&pin(), &secret).is_err(),
                "{end} of {}",
                bytes.len()
            );
        }
    }
}

fn any_byte(mask: u8) {
    let (envelope, secret) = made();
    let bytes = serde_json::to_vec(&envelope).unwrap();
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= mask;
        let Some(read) = read(&bent) else { continue };
        if read != envelope {
            assert_eq!(
                read.open(&pin(), &secret).err(),
                Some(EnvelopeError::Damaged),
                "byte {at}"
            );
        }
    }
}

fn doubled() {
    let (envelope, _) = made();
    let bytes = serde_json::to_vec(&envelope).unwrap();
    assert!(read(&bytes.repeat(2)).is_none());
    let text = String::from_utf8(bytes).unwrap();
    for field in ["v", "context", "kdf", "salt", "nonce", "sealed", "canary"] {
        let value = serde_json::to_value(&envelope).unwrap()[field].to_string();
        let twice = text.replacen('{', &format!("{{\"{field}\":{value},"), 1);
        assert!(read(twice.as_bytes()).is_none(), "{field}");
    }
    assert!(
        read(text.replacen('{', "{\"note\":1,", 1).as_bytes()).is_none(),
        "a field that is not ours"
    );
}

fn reordered() {
    let (envelope, secret) = made();
    let value: Value = serde_json::to_value(&envelope).unwrap();
    // serde_json writes a map by name.
    let other = read(value.to_string().as_bytes()).unwrap();
    assert_eq!(other, envelope);
    assert!(other.open(&pin(), &secret).is_ok());
}

fn sealed_cut() {
    let (envelope, secret) = made();
    for end in 0..envelope.sealed.len() {
        let mut bent = envelope.clone();
        bent.sealed.truncate(end);
        mend(&mut bent);
        assert_eq!(
            bent.open(&pin(), &secret).err(),
            Some(EnvelopeError::Wrong),
            "{end}"
        );
    }
}

type Bend = fn(&mut Envelope);

const MENDED: &[(&str, Bend)] = &[
    ("of another company", |envelope| {
        envelope.context.company.0 = Uuid::from_u128(11)
    }),
    ("of another person", |envelope| {
        envelope.context.employee.0 = Uuid::from_u128(22)
    }),
    ("of a named device", |envelope| {
        envelope.context.device = Some(bizmitra_core::ids::DeviceId(Uuid::nil()))
    }),
    ("of an earlier epoch", |envelope| {
        envelope.context.epoch -= 1
    }),
    ("of a later epoch", |envelope| envelope.context.epoch += 1),
    ("with fewer passes", |envelope| envelope.kdf.t = 3),
    ("with more memory", |envelope| envelope.kdf.m_kib += 8),
    ("with another salt", |envelope| envelope.salt[0] ^= 1),
    ("with another nonce", |envelope| envelope.nonce[11] ^= 1),
    ("with another first byte of the sealed key", |envelope| {
        envelope.sealed[0] ^= 1
    }),
    ("with another last byte of its tag", |envelope| {
        *envelope.sealed.last_mut().unwrap() ^= 1
    }),
    ("with a byte behind its sealed key", |envelope| {
        envelope.sealed.push(0)
    }),
    ("with the sealed key of another envelope", |envelope| {
        envelope.sealed = made().0.sealed
    }),
    (
        "with salt, nonce and sealed key of another envelope",
        |envelope| {
            let other = made().0;
            (envelope.salt, envelope.nonce, envelope.sealed) =
                (other.salt, other.nonce, other.sealed);
        },
    ),
];

fn mended(bend: Bend) {
    let (mut envelope, secret) = made();
    mend(&mut envelope);
    assert!(
        envelope.open(&pin(), &secret).is_ok(),
        "mending is understood as the product writes it"
    );
    bend(&mut envelope);
    mend(&mut envelope);
    assert_eq!(
        envelope.open(&pin(), &secret).err(),
        Some(EnvelopeError::Wrong)
    );
}

fn cost(field: &str, value: &str) {
    let (envelope, secret) = made();
    let mut json = serde_json::to_value(&envelope).unwrap();
    json["kdf"][field] = serde_json::from_str(value).unwrap();
    let Some(mut bent) = read(json.to_string().as_bytes()) else {
        return;
    };
    mend(&mut bent);
    assert_eq!(
        bent.open(&pin(), &secret).err(),
        Some(EnvelopeError::Damaged)
    );
}

/// Largest resident memory of this process so far, kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// A ratio within one run: a slow machine is slow for both. Other cases run beside this one, so the memory is compared
/// with what a single accepted absurdity would have taken.
fn absurd() {
    let (envelope, secret) = made();
    let right = timed(|| drop(envelope.open(&pin(), &secret).unwrap()));
    let absurd = [
        KdfParams {
            m_kib: u32::MAX,
            t: 2,
        },
        KdfParams {
            m_kib: 1 << 30,
            t: 10,
        },
        KdfParams {
            m_kib: KdfParams::CEILING.m_kib + 1,
            t: 2,
        },
        KdfParams {
            m_kib: KdfParams::FLOOR.m_kib,
            t: u32::MAX,
        },
        KdfParams {
            m_kib: KdfParams::FLOOR.m_kib,
            t: 11,
        },
        KdfParams {
            m_kib: KdfParams::FLOOR.m_kib - 1,
            t: 2,
        },
        KdfParams { m_kib: 0, t: 0 },
        KdfParams {
            m_kib: u32::MAX,
            t: u32::MAX,
        },
    ];
    let bent: Vec<Envelope> = absurd
        .into_iter()
        .map(|kdf| {
            let mut bent = Envelope {
                kdf,
                ..envelope.clone()
            };
            mend(&mut bent);
            bent
        })
        .collect();
    let before_kb = peak_kb();
    let refused = timed(|| {
        for bent in bent.iter().cycle().take(1_000) {
            assert_eq!(
                bent.open(&pin(), &secret).err(),
                Some(EnvelopeError::Damaged)
            );
        }
    });
    assert!(
        refused < right,
        "a thousand refusals took {refused:?}, one right try {right:?}"
    );
    let taken_kb = peak_kb().saturating_sub(before_kb);
    assert!(
        taken_kb < u64::from(KdfParams::CEILING.m_kib),
        "{taken_kb} kB"
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
