//! Pictures that claim a huge size, alone in their process so that its memory can be read.

#[cfg(test)]
#[path = "../pictures/make.rs"]
#[expect(
    dead_code,
    reason = "shared with the other test binary, which uses the rest"
)]
mod make;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bizmitra_media::MediaError;
    use image::ImageFormat;

    use crate::make::{encoded, png_chunk, prepare, scene};

    /// Largest resident memory of this process so far, kB; 0 where the system does not tell.
    fn peak_kb() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap_or(0)
    }

    /// A PNG of 50,000 x 50,000 with one small piece of data.
    fn png_bomb() -> Vec<u8> {
        let mut header = [50_000_u32.to_be_bytes(), 50_000_u32.to_be_bytes()].concat();
        header.extend([8, 2, 0, 0, 0]);
        let data = [
            0x78, 0x9C, 0x63, 0x60, 0x60, 0x60, 0x00, 0x00, 0x00, 0x04, 0x00, 0x01,
        ];
        [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            png_chunk(b"IHDR", &header),
            png_chunk(b"IDAT", &data),
            png_chunk(b"IEND", &[]),
        ]
        .concat()
    }

    /// A small JPEG whose frame header claims 65,500 x 65,500.
    fn jpeg_bomb() -> Vec<u8> {
        let mut bytes = encoded(&scene(80, 80), ImageFormat::Jpeg);
        let frame = bytes
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
        bytes
    }

    /// A lossless WebP whose header claims 16,383 x 16,383.
    fn webp_bomb() -> Vec<u8> {
        let mut bytes = encoded(&scene(80, 80), ImageFormat::WebP);
        let chunk = bytes.windows(4).position(|name| name == b"VP8L").unwrap();
        bytes[chunk + 9..chunk + 13].copy_from_slice(&[0xFE, 0xBF, 0xFF, 0x0F]);
        bytes
    }

    #[test]
    fn a_huge_declared_size_is_refused_at_once_and_costs_no_memory() {
        let bombs = [
            (png_bomb(), 50_000),
            (jpeg_bomb(), 65_500),
            (webp_bomb(), 16_383),
        ];
        let before_kb = peak_kb();
        let start = Instant::now();
        for (bytes, side) in bombs {
            assert_eq!(
                prepare(&bytes),
                Err(MediaError::TooManyPixels {
                    width: side,
                    height: side
                })
            );
        }
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
        assert!(
            peak_kb() - before_kb < 16 * 1024,
            "{} kB",
            peak_kb() - before_kb
        );
    }
}
