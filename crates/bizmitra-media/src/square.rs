//! The square on its way to the selfie: luma and half as wide chroma, as it will be stored.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, Rgb, RgbImage};

use crate::area::Area;
use crate::error::MediaError;

/// Samples of one component, and the part of them that is wanted: left, top, width and height.
pub(crate) struct Plane {
    width: usize,
    height: usize,
    samples: Vec<u8>,
    wanted: [f64; 4],
}

impl Plane {
    pub(crate) fn new(width: usize, height: usize, wanted: [f64; 4]) -> Self {
        Self {
            width,
            height,
            samples: vec![0; width * height],
            wanted,
        }
    }

    /// Writes a block; what lies outside is dropped.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, x: usize, y: usize, block: &[[u8; N]; N]) {
        let mut at = y * self.width + x;
        for row in block {
            if let Some(to) = self.samples.get_mut(at..at + N) {
                to.copy_from_slice(row);
            }
            at += self.width;
        }
    }

    fn resized(&self, resizer: &mut Resizer, side: u32) -> Result<GrayImage, MediaError> {
        let (width, height) = (side_px(self.width)?, side_px(self.height)?);
        let from = ImageRef::new(width, height, &self.samples, PixelType::U8)
            .map_err(|_| MediaError::Damaged)?;
        let mut to = Image::new(side, side, PixelType::U8);
        let [left, top, across, down] = self.wanted;
        resizer
            .resize(&from, &mut to, &options().crop(left, top, across, down))
            .map_err(|_| MediaError::Damaged)?;
        GrayImage::from_raw(side, side, to.into_vec()).ok_or(MediaError::Damaged)
    }
}

fn side_px(side: usize) -> Result<u32, MediaError> {
    u32::try_from(side).map_err(|_| MediaError::Damaged)
}

/// Luma, and chroma where there are colours: blue and red, each at its own size.
pub(crate) struct Planes {
    pub(crate) y: Plane,
    pub(crate) chroma: Option<[Plane; 2]>,
}

fn options() -> ResizeOptions {
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
}

/// A square picture: luma of its whole side, chroma of half of it.
pub(crate) struct Square {
    pub(crate) luma: GrayImage,
    pub(crate) chroma: Option<[GrayImage; 2]>,
}

impl Square {
    /// What a scaled decoder gave, at `side` pixels.
    pub(crate) fn from_planes(planes: &Planes, side: u32) -> Result<Self, MediaError> {
        let mut resizer = Resizer::new();
        let luma = planes.y.resized(&mut resizer, side)?;
        let half = side.div_ceil(2);
        let chroma = match &planes.chroma {
            None => None,
            Some([blue, red]) => Some([
                blue.resized(&mut resizer, half)?,
                red.resized(&mut resizer, half)?,
            ]),
        };
        Ok(Self { luma, chroma })
    }

    /// A part of a decoded picture, at `side` pixels.
    pub(crate) fn from_pixels(
        pixels: &DynamicImage,
        area: Area,
        side: u32,
    ) -> Result<Self, MediaError> {
        // Colours are converted after resizing: then it is a quarter of a million pixels, not all of them.
        let square = if side == area.side {
            pixels.crop_imm(area.left, area.top, side, side)
        } else {
            let mut square = DynamicImage::new(side, side, pixels.color());
            let [left, top, whole] = [area.left, area.top, area.side].map(f64::from);
            Resizer::new()
                .resize(
                    pixels,
                    &mut square,
                    &options().crop(left, top, whole, whole),
                )
                .map_err(|_| MediaError::Damaged)?;
            square
        };
        Ok(Self::from_rgb(&flatten(square)))
    }

    /// ITU-T T.871, section 7: YCbCr of full range.
    pub(crate) fn from_rgb(pixels: &RgbImage) -> Self {
        let side = pixels.width();
        let luma = GrayImage::from_fn(side, side, |x, y| {
            let [red, green, blue] = pixels.get_pixel(x, y).0.map(f32::from);
            [rounded(0.299 * red + 0.587 * green + 0.114 * blue)].into()
        });
        let half = side.div_ceil(2);
        let mean = |x: u32, y: u32| {
            let mut sum = [0_u16; 3];
            for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| (2 * x + dx, 2 * y + dy))
            {
                let pixel = pixels.get_pixel(x.min(side - 1), y.min(side - 1));
                for (sum, colour) in sum.iter_mut().zip(pixel.0) {
                    *sum += u16::from(colour);
                }
            }
            sum.map(|sum| f32::from(sum) / 4.0)
        };
        let blue = GrayImage::from_fn(half, half, |x, y| {
            let [red, green, blue] = mean(x, y);
            [rounded(
                128.0 - 0.168_736 * red - 0.331_264 * green + 0.5 * blue,
            )]
            .into()
        });
        let red = GrayImage::from_fn(half, half, |x, y| {
            let [red, green, blue] = mean(x, y);
            [rounded(
                128.0 + 0.5 * red - 0.418_688 * green - 0.081_312 * blue,
            )]
            .into()
        });
        Self {
            luma,
            chroma: Some([blue, red]),
        }
    }

    /// The inverse of [`Square::from_rgb`].
    pub(crate) fn to_rgb(&self) -> RgbImage {
        RgbImage::from_fn(self.side(), self.side(), |x, y| {
            let [luma] = self.luma.get_pixel(x, y).0.map(f32::from);
            let Some(chroma) = &self.chroma else {
                return Rgb([rounded(luma); 3]);
            };
            let [[blue], [red]] = chroma.each_ref().map(|plane| {
                plane
                    .get_pixel(x / 2, y / 2)
                    .0
                    .map(|c| f32::from(c) - 128.0)
            });
            Rgb([
                rounded(luma + 1.402 * red),
                rounded(luma - 0.344_136 * blue - 0.714_136 * red),
                rounded(luma + 1.772 * blue),
            ])
        })
    }

    pub(crate) fn side(&self) -> u32 {
        self.luma.width()
    }

    /// Turned upright. The square turns onto itself, so this is cheapest last.
    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        let turn = |plane: GrayImage| {
            let mut plane = DynamicImage::ImageLuma8(plane);
            plane.apply_orientation(orientation);
            plane.into_luma8()
        };
        Self {
            luma: turn(self.luma),
            chroma: self.chroma.map(|chroma| chroma.map(turn)),
        }
    }

    /// Made smaller.
    pub(crate) fn shrunk(&self, side: u32) -> Result<Self, MediaError> {
        let plane = |from: &GrayImage| Plane {
            width: from.width() as usize,
            height: from.height() as usize,
            samples: from.as_raw().clone(),
            wanted: [0.0, 0.0, f64::from(from.width()), f64::from(from.height())],
        };
        let planes = Planes {
            y: plane(&self.luma),
            chroma: self.chroma.as_ref().map(|c| c.each_ref().map(plane)),
        };
        Self::from_planes(&planes, side)
    }
}

fn rounded(value: f32) -> u8 {
    // A float cast saturates.
    (value + 0.5) as u8
}

/// Colours only; what is transparent becomes white.
fn flatten(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let with_alpha = pixels.into_rgba8();
    let mut flat = RgbImage::new(with_alpha.width(), with_alpha.height());
    for (to, from) in flat.pixels_mut().zip(with_alpha.pixels()) {
        let [red, green, blue, alpha] = from.0;
        *to = Rgb([red, green, blue].map(|colour| over_white(colour, alpha)));
    }
    flat
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}
