//! Structural similarity of two grey pictures.

use image::GrayImage;

/// Z. Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity (2004), over windows of 8 x 8, every 4
/// pixels; 1 is equal.
pub fn of(a: &GrayImage, b: &GrayImage) -> f64 {
    const WINDOW: u32 = 8;
    const C1: f64 = 6.5025;
    const C2: f64 = 58.5225;
    assert_eq!(a.dimensions(), b.dimensions());
    let (mut sum, mut windows) = (0.0, 0.0);
    for top in (0..=a.height() - WINDOW).step_by(4) {
        for left in (0..=a.width() - WINDOW).step_by(4) {
            let [mut x, mut y, mut xx, mut yy, mut xy] = [0.0; 5];
            for row in top..top + WINDOW {
                for column in left..left + WINDOW {
                    let p = f64::from(a.get_pixel(column, row).0[0]);
                    let q = f64::from(b.get_pixel(column, row).0[0]);
                    x += p;
                    y += q;
                    xx += p * p;
                    yy += q * q;
                    xy += p * q;
                }
            }
            let n = f64::from(WINDOW * WINDOW);
            let (x, y) = (x / n, y / n);
            let (vx, vy, cov) = (xx / n - x * x, yy / n - y * y, xy / n - x * y);
            sum += (2.0 * x * y + C1) * (2.0 * cov + C2) / ((x * x + y * y + C1) * (vx + vy + C2));
            windows += 1.0;
        }
    }
    sum / windows
}
