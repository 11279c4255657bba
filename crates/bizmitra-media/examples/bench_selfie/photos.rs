//! The photos of the measure: real ones, and large ones laid together from them, so that each detail stays that of a photo.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::Result;
use image::imageops::{FilterType, crop_imm, resize};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder as _, ImageFormat, ImageReader, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// A photo of the measure.
pub struct Photo {
    pub name: String,
    pub path: PathBuf,
    /// A baseline JPEG, as cameras of phones write it.
    pub from_a_phone: bool,
}

/// The fixtures, and what is made of them in `work`.
pub fn make(fixtures: &Path, work: &Path) -> Result<Vec<Photo>> {
    let mut photos = Vec::new();
    let mut tiles = Vec::new();
    for name in ["Landscape_3", "Portrait_1", "Portrait_6", "Portrait_8"] {
        let path = fixtures.join(format!("{name}.jpg"));
        let mut tile = image::open(&path)?;
        tile.apply_orientation(orientation_of(&std::fs::read(&path)?)?);
        tiles.push(tile.into_rgb8());
        photos.push(Photo {
            name: name.to_owned(),
            path,
            from_a_phone: true,
        });
    }
    let mut add = |name: String, bytes: Vec<u8>, from_a_phone| -> Result<()> {
        let path = work.join(&name);
        std::fs::write(&path, bytes)?;
        photos.push(Photo {
            name,
            path,
            from_a_phone,
        });
        Ok(())
    };
    // Sizes of real sensors, each with other orientations: all eight come up.
    for (size, (width, height), orientations) in [
        ("8mp", (3_264, 2_448), [1, 2]),
        ("12mp", (4_032, 3_024), [6, 3]),
        ("24mp", (5_712, 4_284), [8, 4]),
        ("50mp", (8_160, 6_144), [5, 7]),
    ] {
        let picture = mosaic(&tiles, width, height);
        for orientation in orientations {
            let jpeg = jpeg(&picture, false);
            let name = format!("{size}-turn{orientation}.jpg");
            add(name, with_orientation(&jpeg, orientation), true)?;
        }
        if size == "12mp" {
            add(
                "12mp-progressive.jpg".to_owned(),
                jpeg(&picture, true),
                false,
            )?;
            let grey = DynamicImage::ImageRgb8(picture).into_luma8();
            add("12mp-grey.jpg".to_owned(), grey_jpeg(&grey)?, true)?;
        }
    }
    let small = mosaic(&tiles, 1_600, 1_200);
    let deep = DynamicImage::ImageRgb8(small.clone()).into_rgb16();
    for (name, picture, format) in [
        (
            "2mp.png",
            DynamicImage::ImageRgb8(small.clone()),
            ImageFormat::Png,
        ),
        (
            "2mp-16bit.png",
            DynamicImage::ImageRgb16(deep),
            ImageFormat::Png,
        ),
        (
            "2mp.webp",
            DynamicImage::ImageRgb8(small),
            ImageFormat::WebP,
        ),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format)?;
        add(name.to_owned(), bytes.into_inner(), false)?;
    }
    Ok(photos)
}

fn orientation_of(bytes: &[u8]) -> Result<Orientation> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    Ok(reader.into_decoder()?.orientation()?)
}

fn mosaic(tiles: &[RgbImage], width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        // Columns of one photo each: portraits and landscapes alternate.
        let tile = &tiles[(x / 1_200) as usize % tiles.len()];
        *tile.get_pixel(x % 1_200, y % tile.height().min(1_800))
    })
}

fn jpeg(picture: &RgbImage, progressive: bool) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 90);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_progressive(progressive);
    let [width, height] = [picture.width(), picture.height()].map(|side| side as u16);
    encoder
        .encode(picture.as_raw(), width, height, ColorType::Rgb)
        .expect("a picture in memory");
    jpeg
}

fn grey_jpeg(picture: &GrayImage) -> Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    let [width, height] = [picture.width(), picture.height()].map(|side| side as u16);
    Encoder::new(&mut jpeg, 90).encode(picture.as_raw(), width, height, ColorType::Luma)?;
    Ok(jpeg)
}

/// EXIF with nothing but an orientation (EXIF 2.32, section 4.6.2).
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [
        b"\xFF\xE1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

/// What a whole decoder and a plain resizer make of the middle: the luma that both sides are compared with.
pub fn by_the_book(bytes: &[u8]) -> Result<GrayImage> {
    let picture = image::load_from_memory(bytes)?;
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let pixels = picture.into_rgb8();
    let square = crop_imm(&pixels, left, top, side, side);
    let mut small = DynamicImage::ImageRgb8(resize(&*square, 512, 512, FilterType::Lanczos3));
    small.apply_orientation(orientation_of(bytes)?);
    Ok(small.into_luma8())
}
