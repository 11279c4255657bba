//! JPEGs that are decoded at a smaller scale, beside a plain decoder and the crop of a face.

use bizmitra_media::{Crop, Frame, MAX_SELFIE_SIDE_PX, MediaError, probe};
use bizmitra_media::{MAX_SELFIE_BYTES, prepare_selfie};
use image::imageops::{FilterType, crop_imm, resize};
use image::{ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;

use crate::make::{
    difference, encoded, jpeg_with_exif, jpeg_with_segment, photo, pixels, prepare, scene, stored,
};

/// How a camera may write a JPEG.
#[derive(Debug, Clone, Copy)]
struct Camera {
    sampling: SamplingFactor,
    progressive: bool,
    restart: u16,
    separate_scans: bool,
}

const PLAIN: Camera = Camera {
    sampling: SamplingFactor::R_4_2_0,
    progressive: false,
    restart: 0,
    separate_scans: false,
};

fn shot(picture: &RgbImage, camera: Camera) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 90);
    encoder.set_sampling_factor(camera.sampling);
    encoder.set_progressive(camera.progressive);
    if camera.restart > 0 {
        encoder.set_restart_interval(camera.restart);
    }
    // Without progression, this encoder writes a picture with tables of its own scan by scan.
    encoder.set_optimized_huffman_tables(camera.separate_scans);
    let side = |side: u32| u16::try_from(side).unwrap();
    encoder
        .encode(
            picture.as_raw(),
            side(picture.width()),
            side(picture.height()),
            ColorType::Rgb,
        )
        .unwrap();
    jpeg
}

/// Waves finer and finer to the right, over the colours of [`scene`].
fn waves(width: u32, height: u32) -> RgbImage {
    let mut picture = scene(width, height);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let wave = (f64::from(x * x) / f64::from(width * 6)).sin() * (f64::from(y) / 9.0).cos();
        for colour in &mut pixel.0 {
            *colour = (f64::from(*colour) * 0.8 + 25.0 + wave * 20.0) as u8;
        }
    }
    picture
}

/// What a plain decoder and resizer make of the square.
fn by_the_book(jpeg: &[u8], left: u32, top: u32, side: u32) -> RgbImage {
    let square = crop_imm(&pixels(jpeg), left, top, side, side).to_image();
    let target = side.min(MAX_SELFIE_SIDE_PX);
    resize(&square, target, target, FilterType::Lanczos3)
}

fn middle(jpeg: &[u8]) -> RgbImage {
    let found = probe(jpeg).unwrap();
    let side = found.width.min(found.height);
    by_the_book(
        jpeg,
        (found.width - side) / 2,
        (found.height - side) / 2,
        side,
    )
}

#[test]
fn each_scale_and_each_way_of_sampling_gives_the_picture_of_a_plain_decoder() {
    for (width, height) in [(1_500, 1_100), (2_300, 2_101), (4_201, 4_300)] {
        let picture = waves(width, height);
        for (sampling, restart) in [
            (SamplingFactor::R_4_2_0, 0),
            (SamplingFactor::R_4_2_0, 3),
            (SamplingFactor::R_4_2_2, 0),
            (SamplingFactor::R_4_4_0, 0),
            (SamplingFactor::R_4_4_4, 7),
        ] {
            let camera = Camera {
                sampling,
                restart,
                ..PLAIN
            };
            let jpeg = shot(&picture, camera);
            let selfie = prepare(&jpeg).unwrap();
            assert_eq!(selfie.side_px, 512);
            let apart = difference(&pixels(&selfie.jpeg), &middle(&jpeg));
            assert!(apart < 2.5, "{width} {camera:?}: {apart}");
        }
    }
}

#[test]
fn grey_progressive_and_baseline_are_one_picture() {
    let picture = waves(1_600, 1_200);
    let baseline = pixels(&prepare(&shot(&picture, PLAIN)).unwrap().jpeg);
    let progressive = Camera {
        progressive: true,
        ..PLAIN
    };
    let progressive = pixels(&prepare(&shot(&picture, progressive)).unwrap().jpeg);
    assert!(difference(&baseline, &progressive) < 2.0);
    let grey = image::DynamicImage::ImageRgb8(picture).into_luma8();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90)
        .encode(grey.as_raw(), 1_600, 1_200, ColorType::Luma)
        .unwrap();
    let selfie = pixels(&prepare(&jpeg).unwrap().jpeg);
    assert!(difference(&selfie, &middle(&jpeg)) < 2.0);
}

#[test]
fn a_baseline_picture_that_comes_component_by_component_is_refused_instead_of_misread() {
    let camera = Camera {
        separate_scans: true,
        ..PLAIN
    };
    for (width, height) in [(400, 300), (1_600, 1_200)] {
        let refused = prepare(&shot(&waves(width, height), camera));
        assert_eq!(refused, Err(MediaError::UnusualJpeg));
    }
}

#[test]
fn a_picture_in_four_printing_colours_is_a_picture_too() {
    let ink: Vec<u8> = scene(1_200, 1_200)
        .pixels()
        .flat_map(|pixel| [255 - pixel.0[0], 255 - pixel.0[1], 255 - pixel.0[2], 0])
        .collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90)
        .encode(&ink, 1_200, 1_200, ColorType::Cmyk)
        .unwrap();
    let selfie = pixels(&prepare(&jpeg).unwrap().jpeg);
    assert!(difference(&selfie, &middle(&jpeg)) < 3.0);
}

#[test]
fn a_face_is_cut_out_where_a_person_sees_it_in_all_eight_orientations() {
    // Large enough for a scaled decoder, and small enough for a whole one.
    for (size, side_px) in [((2_000, 1_700), 1_100), ((900, 700), 300)] {
        let upright = waves(size.0, size.1);
        let frame = Frame {
            left_px: size.0 / 3,
            top_px: size.1 / 7,
            side_px,
        };
        let target = side_px.min(MAX_SELFIE_SIDE_PX);
        let face = crop_imm(&upright, frame.left_px, frame.top_px, side_px, side_px).to_image();
        let face = resize(&face, target, target, FilterType::Lanczos3);
        for orientation in 1..=8 {
            let jpeg = jpeg_with_exif(&shot(&stored(&upright, orientation), PLAIN), orientation);
            let selfie = prepare_selfie(&jpeg, Crop::Frame(frame)).unwrap();
            let apart = difference(&pixels(&selfie.jpeg), &face);
            assert!(apart < 4.0, "{size:?} {orientation}: {apart}");
        }
    }
}

#[test]
fn a_frame_that_leaves_the_upright_picture_is_refused() {
    let lying = jpeg_with_exif(&encoded(&scene(800, 600), ImageFormat::Jpeg), 6);
    let frame = |left_px, top_px, side_px| {
        let frame = Frame {
            left_px,
            top_px,
            side_px,
        };
        prepare_selfie(&lying, Crop::Frame(frame))
    };
    assert!(frame(0, 700, 100).is_ok(), "600 wide and 800 high, upright");
    for (left, top, side) in [
        (501, 0, 100),
        (0, 701, 100),
        (0, 0, 601),
        (u32::MAX, 0, 100),
        (0, u32::MAX - 50, 100),
        (0, 0, u32::MAX),
    ] {
        assert_eq!(
            frame(left, top, side),
            Err(MediaError::FrameOutside),
            "{left} {top} {side}"
        );
    }
    assert!(matches!(frame(0, 0, 63), Err(MediaError::TooSmall { .. })));
}

#[test]
fn fifty_megapixels_are_read_when_they_can_be_scaled_and_refused_when_not() {
    let small = waves(512, 384);
    let huge = resize(&small, 8_192, 6_144, FilterType::Nearest);
    let selfie = prepare(&shot(&huge, PLAIN)).unwrap();
    assert_eq!(selfie.side_px, 512);
    assert!(selfie.jpeg.len() <= MAX_SELFIE_BYTES);
    let face = Frame {
        left_px: 4_000,
        top_px: 2_000,
        side_px: 700,
    };
    let face = prepare_selfie(&shot(&huge, PLAIN), Crop::Frame(face)).unwrap();
    assert_eq!(
        face.side_px, 350,
        "a small face in a huge picture is not enlarged"
    );
    let progressive = Camera {
        progressive: true,
        ..PLAIN
    };
    assert_eq!(
        prepare(&shot(&huge, progressive)),
        Err(MediaError::TooManyPixels {
            width: 8_192,
            height: 6_144
        })
    );
}

#[test]
fn colours_of_a_wide_profile_become_those_of_every_screen() {
    let plain = shot(
        &RgbImage::from_pixel(1_200, 1_200, Rgb([200, 60, 60])),
        PLAIN,
    );
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let wide = jpeg_with_segment(
        &plain,
        0xE2,
        &[b"ICC_PROFILE\0\x01\x01".as_slice(), &profile].concat(),
    );
    let [before, after] = [plain.clone(), wide].map(|jpeg| {
        let selfie = prepare(&jpeg).unwrap();
        assert!(!selfie.jpeg.windows(4).any(|word| word == b"ICC_"));
        pixels(&selfie.jpeg).get_pixel(256, 256).0
    });
    // Display P3 (200, 60, 60) is about sRGB (217, 50, 55).
    assert!(
        before[0].abs_diff(200) < 4 && after[0].abs_diff(217) < 6,
        "{before:?} {after:?}"
    );
    assert!(after[1] < before[1], "{before:?} {after:?}");
    let broken = jpeg_with_segment(&plain, 0xE2, b"ICC_PROFILE\0\x01\x01nothing of the kind");
    assert!(prepare(&broken).is_ok(), "a broken profile is none");
}

#[test]
fn a_scan_that_ends_early_is_refused_even_with_a_new_end_marker() {
    let whole = photo("Portrait_6");
    for part in [whole.len() / 2, whole.len() / 3] {
        let mut bytes = whole[..part].to_vec();
        // A marker in the middle of a stuffed pair would be another damage.
        while bytes.last() == Some(&0xFF) {
            bytes.pop();
        }
        bytes.extend([0xFF, 0xD9]);
        assert_eq!(prepare(&bytes), Err(MediaError::Damaged));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_damaged_large_photo_gives_a_selfie_or_a_reason_and_never_a_crash(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut bytes = photo("Portrait_8");
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(selfie) = prepare(&bytes) {
            prop_assert!(selfie.jpeg.len() <= MAX_SELFIE_BYTES);
        }
    }

    #[test]
    fn any_frame_of_a_scaled_picture_is_that_part_of_it(left in 0..900_u32, top in 0..500_u32, more in 0..276_u32) {
        let picture = waves(2_200, 1_800);
        let jpeg = shot(&picture, PLAIN);
        let side_px = 1_024 + more;
        let frame = Frame { left_px: left, top_px: top, side_px };
        let selfie = prepare_selfie(&jpeg, Crop::Frame(frame)).unwrap();
        let apart = difference(&pixels(&selfie.jpeg), &by_the_book(&jpeg, left, top, side_px));
        prop_assert!(apart < 3.0, "{}", apart);
    }
}
