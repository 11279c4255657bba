//! Pictures for the tests: photos from the fixtures, and files built byte by byte.

use std::io::Cursor;

use bizmitra_media::{Crop, MediaError, Selfie, prepare_selfie};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// The middle of a picture.
pub fn prepare(bytes: &[u8]) -> Result<Selfie, MediaError> {
    prepare_selfie(bytes, Crop::Centre)
}

/// A photo of the repository's fixtures.
pub fn photo(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/../../tests/fixtures/photos/{name}.jpg",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A picture without any symmetry: red grows to the right, green downwards, a blue block at the top left.
pub fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let blue = if x < width / 2 && y < height / 3 {
            220
        } else {
            20
        };
        Rgb([
            u8::try_from(x * 255 / width).unwrap(),
            u8::try_from(y * 255 / height).unwrap(),
            blue,
        ])
    })
}

/// Encodes without metadata.
pub fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone())
        .write_to(&mut out, format)
        .unwrap();
    out.into_inner()
}

/// The pixels that a camera would store so that `orientation` brings them upright: the inverse turn.
pub fn stored(upright: &RgbImage, orientation: u8) -> RgbImage {
    let inverse = match orientation {
        6 => 8,
        8 => 6,
        other => other,
    };
    let mut turned = DynamicImage::ImageRgb8(upright.clone());
    turned.apply_orientation(image::metadata::Orientation::from_exif(inverse).unwrap());
    turned.into_rgb8()
}

/// TIFF structure with an orientation, a camera's name and a position (EXIF 2.32, section 4.6.2).
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    tiff.extend(b"\x01\x0f\0\x02\0\0\0\x04CAM\0");
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(b"GPS 18.63N 73.85E");
    tiff
}

/// Puts a segment behind the start of a JPEG.
pub fn jpeg_with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]].concat()
}

/// A JPEG with EXIF.
pub fn jpeg_with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    jpeg_with_segment(
        jpeg,
        0xE1,
        &[b"Exif\0\0", exif(orientation).as_slice()].concat(),
    )
}

/// A PNG chunk with its CRC.
pub fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, checked.as_slice(), &crc32(&checked).to_be_bytes()].concat()
}

/// A PNG with an `eXIf` chunk behind its header.
pub fn png_with_exif(png: &[u8], orientation: u8) -> Vec<u8> {
    [
        &png[..33],
        &png_chunk(b"eXIf", &exif(orientation)),
        &png[33..],
    ]
    .concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// Mean difference per colour of two pictures of one size.
pub fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let total: u64 = a
        .as_raw()
        .iter()
        .zip(b.as_raw())
        .map(|(x, y)| u64::from(x.abs_diff(*y)))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "sums of a test picture")]
    let mean = total as f64 / a.as_raw().len() as f64;
    mean
}

/// Pixels of a JPEG.
pub fn pixels(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)
        .unwrap()
        .into_rgb8()
}
