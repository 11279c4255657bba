//! Archives that mean harm: bombs, lies about sizes, names that leave the folder.

use std::time::{Duration, Instant};

use bizmitra_media::workbook::WorkbookError;

use crate::hostile::{honest, with};
use crate::make::{Part, archive, check, deflated, part, people, refused, sheet};

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let start = Instant::now();
    let zeroes = vec![b' '; 200 << 20];
    let mut honest_size = honest();
    honest_size.push(part("xl/theme/theme1.xml", zeroes.clone()));
    let mut lying = honest();
    lying.push(Part {
        claimed_bytes: Some(900_000),
        ..part("xl/theme/theme1.xml", zeroes)
    });
    let bombs = [archive(&honest_size), archive(&lying)];
    let built = start.elapsed();
    let start = Instant::now();
    for bomb in &bombs {
        assert_eq!(refused(bomb), WorkbookError::Bomb);
    }
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}, built in {built:?}",
        start.elapsed()
    );
}

#[test]
fn a_bomb_in_a_bomb_stays_shut() {
    let inner = archive(&[part("zeroes", vec![0; 8 << 20])]);
    // Nothing reads a part that is no XML: it is unpacked once, within the limits, and that is all.
    assert!(check(&with("xl/media/inner.zip", inner), &people()).is_ok());
}

#[test]
fn parts_that_lie_on_one_another_are_a_bomb() {
    // Many entries, one body: each claims the same bytes of the file.
    let body = part("xl/worksheets/sheet1.xml", sheet("", ""));
    let packed = deflated(&body.content);
    let mut bytes = archive(&[body.clone(), body.clone()]);
    let first_header = 30 + body.name.len() + packed.len();
    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let second = directory + 46 + body.name.len();
    bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    assert!(first_header < directory);
    assert_eq!(refused(&bytes), WorkbookError::Bomb);
}

#[test]
fn sizes_and_sums_that_do_not_fit_are_damage() {
    for change in [-1_i64, 1, 5_000] {
        let mut parts = honest();
        let sheet = parts.last_mut().unwrap();
        let real = i64::try_from(sheet.content.len()).unwrap();
        sheet.claimed_bytes = Some(u32::try_from(real + change).unwrap());
        let reason = refused(&archive(&parts));
        let expected = if change < 0 {
            WorkbookError::Bomb
        } else {
            WorkbookError::Damaged
        };
        assert_eq!(reason, expected, "{change}");
    }
    let good = archive(&honest());
    let name = b"xl/worksheets/sheet1.xml";
    for at in good
        .windows(name.len())
        .enumerate()
        .filter(|(_, w)| *w == name)
        .map(|(at, _)| at)
    {
        // The checksum of the part: 16 bytes before the name in its own header, 30 in the directory.
        let from = if good[at - 30..].starts_with(b"PK\x03\x04") {
            at - 16
        } else {
            at - 30
        };
        let mut bent = good.clone();
        bent[from] ^= 1;
        if good[at - 30..].starts_with(b"PK\x03\x04") {
            // The directory counts.
            continue;
        }
        assert_eq!(refused(&bent), WorkbookError::Damaged, "{at}");
    }
}

#[test]
fn directories_that_two_readers_would_read_differently_are_refused() {
    let good = archive(&honest());
    let behind = [good.as_slice(), b"x"].concat();
    let mut comment = [good.as_slice(), b"PK"].concat();
    let end = good.len() - 2;
    comment[end..end + 2].copy_from_slice(&2_u16.to_le_bytes());
    let mut fewer = good.clone();
    let count = good.len() - 12;
    fewer[count - 2..count + 2].copy_from_slice(&[5, 0, 5, 0]);
    for (bytes, how) in [(behind, "behind"), (comment, "comment"), (fewer, "fewer")] {
        assert_eq!(refused(&bytes), WorkbookError::Damaged, "{how}");
    }
    let before = [b"PK\x03\x04 something before".as_slice(), &good].concat();
    assert_eq!(refused(&before), WorkbookError::Damaged);
    let mut renamed = good;
    renamed[30] = b'x';
    assert_eq!(refused(&renamed), WorkbookError::Damaged, "names differ");
}

#[test]
fn names_that_leave_the_folder_or_come_twice_are_refused() {
    for name in [
        "../evil.xml",
        "/etc/passwd",
        "xl\\evil.xml",
        "c:evil",
        "xl/./a.xml",
        "xl/a\0.xml",
        "XL/WORKBOOK.XML",
        "xl/styles.xml",
    ] {
        let mut parts = honest();
        parts.push(part(name, "x"));
        assert_eq!(
            refused(&archive(&parts)),
            WorkbookError::BadPartName,
            "{name:?}"
        );
    }
    let many: Vec<_> = (0..1_001)
        .map(|n| part(&format!("xl/media/{n}"), ""))
        .collect();
    assert_eq!(
        refused(&archive(&many)),
        WorkbookError::TooManyParts { entries: 1_001 }
    );
}

#[test]
fn a_part_that_is_encrypted_is_said_to_be() {
    let mut parts = honest();
    parts.last_mut().unwrap().flags = 1;
    assert_eq!(refused(&archive(&parts)), WorkbookError::Encrypted);
}
