//! What is refused, each with its reason.

use bizmitra_media::{MAX_INPUT_BYTES, MediaError, probe};
use image::ImageFormat;

use crate::make::{encoded, photo, prepare, scene};

#[test]
fn a_picture_that_is_cut_anywhere_is_refused() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&scene(80, 66), format);
        assert!(prepare(&whole).is_ok());
        for length in 16..whole.len() {
            let refused = prepare(&whole[..length]).unwrap_err();
            assert_eq!(
                refused,
                MediaError::Truncated,
                "{format:?} {length} of {}",
                whole.len()
            );
        }
    }
}

#[test]
fn a_real_photo_cut_in_half_is_refused() {
    let whole = photo("Portrait_6");
    for part in [whole.len() / 2, whole.len() - 2, whole.len() - 1] {
        assert_eq!(prepare(&whole[..part]), Err(MediaError::Truncated));
    }
}

#[test]
fn an_end_that_belongs_to_nothing_is_refused() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let mut bytes = encoded(&scene(400, 300), format);
        let tail = bytes.len() - 40;
        bytes[tail..].fill(b'x');
        let refused = prepare(&bytes).unwrap_err();
        assert!(
            matches!(refused, MediaError::Truncated | MediaError::Damaged),
            "{format:?}: {refused}"
        );
    }
}

#[test]
fn a_png_whose_bytes_do_not_match_their_checksum_is_refused() {
    let mut bytes = encoded(&scene(200, 200), ImageFormat::Png);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    assert_eq!(prepare(&bytes), Err(MediaError::Damaged));
}

#[test]
fn the_name_of_a_file_does_not_make_it_a_picture() {
    let pdf = b"%PDF-1.7 holiday.jpg".as_slice();
    let gif = b"GIF89a\x40\0\x40\0\0\0\0;".as_slice();
    let page = b"<html><body>sign in to the network</body></html>".as_slice();
    for bytes in [pdf, gif, page, b"\xFF", b"x"] {
        assert_eq!(prepare(bytes), Err(MediaError::UnknownFormat));
    }
    assert_eq!(prepare(b""), Err(MediaError::Empty));
}

#[test]
fn a_head_without_a_picture_is_refused() {
    for bytes in [
        &b"\xFF\xD8\xFF\xD9"[..],
        b"\xFF\xD8\xFF\xE0\0\x01\xFF\xD9",
        b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xAE\x42\x60\x82",
        b"RIFF\x04\0\0\0WEBP",
    ] {
        let refused = prepare(bytes).unwrap_err();
        assert!(
            matches!(refused, MediaError::Truncated | MediaError::Damaged),
            "{bytes:?}: {refused:?}"
        );
    }
}

#[test]
fn a_picture_too_small_for_a_face_is_refused() {
    let tiny = encoded(&scene(200, 63), ImageFormat::Png);
    assert_eq!(
        probe(&tiny),
        Err(MediaError::TooSmall {
            width: 200,
            height: 63
        })
    );
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_looked_at() {
    let mut large = photo("Portrait_1");
    large.resize(MAX_INPUT_BYTES + 1, 0);
    let refused = prepare(&large).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the picture file has 33554433 bytes, the most is 33554432"
    );
    large.pop();
    assert!(
        prepare(&large).is_ok(),
        "bytes behind the end are no reason"
    );
}
