//! What comes out: upright, square, small, and nothing but pixels.

use bizmitra_media::{MAX_SELFIE_BYTES, MAX_SELFIE_SIDE_PX, PictureFormat, probe};
use image::imageops::{FilterType, crop_imm, resize, rotate180};
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use crate::make::{
    difference, encoded, jpeg_with_exif, jpeg_with_segment, photo, pixels, png_with_exif, prepare,
    scene, stored,
};

/// Markers of a JPEG up to its scan.
fn markers(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut found) = (2, Vec::new());
    while jpeg[at + 1] != 0xDA {
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

fn upright(bytes: &[u8]) -> RgbImage {
    pixels(&prepare(bytes).unwrap().jpeg)
}

#[test]
fn one_photo_in_three_orientations_gives_one_upright_selfie() {
    let reference = upright(&photo("Portrait_1"));
    for turned in ["Portrait_6", "Portrait_8"] {
        let apart = difference(&upright(&photo(turned)), &reference);
        assert!(apart < 4.0, "{turned}: {apart}");
    }
    let lying = resize(&rotate180(&reference), 512, 512, FilterType::Nearest);
    assert!(
        difference(&lying, &reference) > 20.0,
        "the comparison can fail"
    );
}

#[test]
fn a_photo_stored_upside_down_is_turned() {
    let bytes = photo("Landscape_3");
    let raw = pixels(&bytes);
    let side = raw.width().min(raw.height());
    let middle = crop_imm(
        &raw,
        (raw.width() - side) / 2,
        (raw.height() - side) / 2,
        side,
        side,
    )
    .to_image();
    let as_stored = resize(
        &middle,
        MAX_SELFIE_SIDE_PX.min(side),
        MAX_SELFIE_SIDE_PX.min(side),
        FilterType::CatmullRom,
    );
    let selfie = upright(&bytes);
    assert!(difference(&rotate180(&selfie), &as_stored) < 4.0);
    assert!(difference(&selfie, &as_stored) > 15.0);
}

#[test]
fn all_eight_orientations_of_a_jpeg_and_a_png_give_the_same_upright_picture() {
    let scene = scene(640, 480);
    let reference = upright(&encoded(&scene, ImageFormat::Png));
    for orientation in 1..=8 {
        let stored = stored(&scene, orientation);
        let png = png_with_exif(&encoded(&stored, ImageFormat::Png), orientation);
        let jpeg = jpeg_with_exif(&encoded(&stored, ImageFormat::Jpeg), orientation);
        for (bytes, format) in [(png, PictureFormat::Png), (jpeg, PictureFormat::Jpeg)] {
            let found = probe(&bytes).unwrap();
            assert_eq!((found.format, found.orientation), (format, orientation));
            let apart = difference(&upright(&bytes), &reference);
            assert!(apart < 2.0, "{format:?} {orientation}: {apart}");
        }
    }
}

#[test]
fn every_format_is_known_by_its_content() {
    let scene = scene(300, 200);
    let reference = upright(&encoded(&scene, ImageFormat::Png));
    for (format, expected) in [
        (ImageFormat::Jpeg, PictureFormat::Jpeg),
        (ImageFormat::Png, PictureFormat::Png),
        (ImageFormat::WebP, PictureFormat::Webp),
    ] {
        let bytes = encoded(&scene, format);
        let found = probe(&bytes).unwrap();
        assert_eq!(
            (found.format, found.width, found.height, found.orientation),
            (expected, 300, 200, 1)
        );
        assert!(difference(&upright(&bytes), &reference) < 3.0, "{format:?}");
    }
}

#[test]
fn a_photo_becomes_a_square_of_512_pixels_and_60_kilobytes() {
    for name in ["Landscape_3", "Portrait_1", "Portrait_6", "Portrait_8"] {
        let selfie = prepare(&photo(name)).unwrap();
        assert_eq!(selfie.side_px, 512, "{name}");
        assert_eq!(pixels(&selfie.jpeg).dimensions(), (512, 512), "{name}");
        assert!(
            selfie.jpeg.len() <= MAX_SELFIE_BYTES && selfie.jpeg.len() > 15_000,
            "{name}: {}",
            selfie.jpeg.len()
        );
    }
}

#[test]
fn the_square_is_the_middle_of_the_picture() {
    let mut wide = RgbImage::from_pixel(300, 100, Rgb([200, 0, 0]));
    for (x, _, pixel) in wide.enumerate_pixels_mut() {
        if (100..200).contains(&x) {
            *pixel = Rgb([0, 200, 0]);
        }
    }
    let selfie = upright(&encoded(&wide, ImageFormat::Png));
    assert!(difference(&selfie, &RgbImage::from_pixel(100, 100, Rgb([0, 200, 0]))) < 2.0);
}

#[test]
fn a_small_picture_is_not_enlarged() {
    let selfie = prepare(&encoded(&scene(200, 100), ImageFormat::Png)).unwrap();
    assert_eq!(selfie.side_px, 100);
}

#[test]
fn nothing_but_pixels_comes_out() {
    let jpeg = encoded(&scene(600, 500), ImageFormat::Jpeg);
    let loaded = jpeg_with_exif(
        &jpeg_with_segment(
            &jpeg_with_segment(&jpeg, 0xFE, b"secret comment"),
            0xE2,
            b"ICC_PROFILE\0\x01\x01profile",
        ),
        6,
    );
    let mut with_tail = loaded;
    with_tail.extend(b"hidden second picture");
    for bytes in [with_tail, photo("Portrait_6")] {
        let selfie = prepare(&bytes).unwrap();
        for marker in markers(&selfie.jpeg) {
            assert!(matches!(marker, 0xE0 | 0xDB | 0xC2 | 0xC4), "{marker:X}");
        }
        for word in [
            &b"Exif"[..],
            b"GPS",
            b"CAM",
            b"secret",
            b"ICC_",
            b"hidden",
            b"http",
        ] {
            assert!(
                !selfie.jpeg.windows(word.len()).any(|window| window == word),
                "{}",
                String::from_utf8_lossy(word)
            );
        }
        assert_eq!(probe(&selfie.jpeg).unwrap().orientation, 1);
    }
}

#[test]
fn what_is_transparent_becomes_white() {
    let glass = RgbaImage::from_fn(128, 128, |x, _| {
        if x < 64 {
            Rgba([10, 20, 30, 0])
        } else {
            Rgba([10, 20, 30, 255])
        }
    });
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageRgba8(glass)
        .write_to(&mut png, ImageFormat::Png)
        .unwrap();
    let selfie = upright(&png.into_inner());
    assert!(
        selfie
            .get_pixel(10, 64)
            .0
            .iter()
            .all(|colour| *colour > 245)
    );
    assert!(
        selfie
            .get_pixel(118, 64)
            .0
            .iter()
            .all(|colour| *colour < 50)
    );
}

#[test]
fn grey_and_sixteen_bit_pictures_are_pictures_too() {
    let mut grey = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageRgb8(scene(128, 128))
        .into_luma16()
        .write_to(&mut grey, ImageFormat::Png)
        .unwrap();
    assert_eq!(prepare(&grey.into_inner()).unwrap().side_px, 128);
}

#[test]
fn even_pure_noise_fits_into_60_kilobytes() {
    let mut state = 0x9E37_79B9_u32;
    let noise = RgbImage::from_fn(900, 900, |_, _| {
        Rgb(std::array::from_fn(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        }))
    });
    let selfie = prepare(&encoded(&noise, ImageFormat::Png)).unwrap();
    assert!(
        selfie.jpeg.len() <= MAX_SELFIE_BYTES,
        "{}",
        selfie.jpeg.len()
    );
    assert!(selfie.side_px >= 256, "{}", selfie.side_px);
}

#[test]
fn a_selfie_prints_its_size_and_no_pixels() {
    let selfie = prepare(&encoded(&scene(100, 100), ImageFormat::Png)).unwrap();
    assert!(format!("{selfie:?}").starts_with("Selfie(100 x 100, "));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_flipped_bit_gives_a_selfie_or_a_reason_and_never_a_crash(format in 0..3_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][format];
        let mut bytes = encoded(&scene(90, 70), format);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(selfie) = prepare(&bytes) {
            prop_assert!(selfie.jpeg.len() <= MAX_SELFIE_BYTES);
            prop_assert_eq!(pixels(&selfie.jpeg).dimensions(), (selfie.side_px, selfie.side_px));
        }
    }

    #[test]
    fn any_size_gives_a_square_within_the_limits(width in 64..900_u32, height in 64..900_u32) {
        let selfie = prepare(&encoded(&scene(width, height), ImageFormat::Jpeg)).unwrap();
        prop_assert_eq!(selfie.side_px, width.min(height).min(MAX_SELFIE_SIDE_PX));
        prop_assert_eq!(pixels(&selfie.jpeg).dimensions(), (selfie.side_px, selfie.side_px));
    }
}
