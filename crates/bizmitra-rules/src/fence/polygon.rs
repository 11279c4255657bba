//! Polygons on a plane laid at their own middle (equirectangular, metres).

use super::{
    EARTH_RADIUS_M, FenceError, MAX_CORNERS, MAX_EXTENT_M, MAX_POLYGON_LATITUDE_DEG, Point,
    distance_m,
};

/// A point of the plane, metres east and north of its origin.
#[derive(Clone, Copy)]
struct Flat {
    x: f64,
    y: f64,
}

/// The plane.
#[derive(Clone, Copy)]
struct Plane {
    origin: Point,
    metres_per_deg: f64,
    shrink: f64,
}

impl Plane {
    /// A plane whose origin lies in the middle of the corners' latitudes and of their longitudes relative to the first.
    fn over(corners: &[Point]) -> Option<Self> {
        let first = corners.first()?;
        let (mut south, mut north) = (first.latitude_deg, first.latitude_deg);
        let (mut west, mut east) = (0.0_f64, 0.0_f64);
        for corner in corners {
            let offset = wrap_deg(corner.longitude_deg - first.longitude_deg);
            (south, north) = (
                south.min(corner.latitude_deg),
                north.max(corner.latitude_deg),
            );
            (west, east) = (west.min(offset), east.max(offset));
        }
        let latitude_deg = f64::midpoint(south, north);
        let longitude_deg = wrap_deg(first.longitude_deg + f64::midpoint(west, east));
        Some(Self {
            origin: Point {
                latitude_deg,
                longitude_deg,
            },
            metres_per_deg: EARTH_RADIUS_M.to_radians(),
            shrink: latitude_deg.to_radians().cos(),
        })
    }

    fn flatten(self, p: Point) -> Flat {
        Flat {
            x: wrap_deg(p.longitude_deg - self.origin.longitude_deg)
                * self.shrink
                * self.metres_per_deg,
            y: (p.latitude_deg - self.origin.latitude_deg) * self.metres_per_deg,
        }
    }

    fn lift(self, p: Flat) -> Point {
        Point {
            latitude_deg: self.origin.latitude_deg + p.y / self.metres_per_deg,
            longitude_deg: wrap_deg(
                self.origin.longitude_deg + p.x / (self.shrink * self.metres_per_deg),
            ),
        }
    }
}

/// Brings a difference of longitudes into -180..180.
fn wrap_deg(deg: f64) -> f64 {
    (deg + 180.0).rem_euclid(360.0) - 180.0
}

/// The sides, the last one back to the first corner.
fn sides(flat: &[Flat]) -> impl Iterator<Item = (Flat, Flat)> + '_ {
    flat.iter()
        .copied()
        .zip(flat.iter().copied().cycle().skip(1))
}

/// Positive when a, b, c turn left.
fn turn(a: Flat, b: Flat, c: Flat) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// Whether `p`, known to be on the line of the side, lies between its ends.
fn between((a, b): (Flat, Flat), p: Flat) -> bool {
    (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x) && (a.y.min(b.y)..=a.y.max(b.y)).contains(&p.y)
}

/// Whether two sides share a point.
fn meet(one: (Flat, Flat), other: (Flat, Flat)) -> bool {
    let (d1, d2) = (turn(one.0, one.1, other.0), turn(one.0, one.1, other.1));
    let (d3, d4) = (turn(other.0, other.1, one.0), turn(other.0, other.1, one.1));
    (d1 * d2 < 0.0 && d3 * d4 < 0.0)
        || (d1 == 0.0 && between(one, other.0))
        || (d2 == 0.0 && between(one, other.1))
        || (d3 == 0.0 && between(other, one.0))
        || (d4 == 0.0 && between(other, one.1))
}

/// Twice the signed area.
fn double_area(flat: &[Flat]) -> f64 {
    sides(flat).map(|(a, b)| a.x * b.y - b.x * a.y).sum()
}

pub(super) fn check(corners: &[Point]) -> Result<(), FenceError> {
    if corners.len() < 3 {
        return Err(FenceError::TooFewCorners);
    }
    if corners.len() > MAX_CORNERS {
        return Err(FenceError::TooManyCorners);
    }
    if !corners.iter().all(|corner| corner.is_valid()) {
        return Err(FenceError::BadPoint);
    }
    if corners
        .iter()
        .any(|corner| corner.latitude_deg.abs() > MAX_POLYGON_LATITUDE_DEG)
    {
        return Err(FenceError::NearPole);
    }
    let plane = Plane::over(corners).ok_or(FenceError::TooFewCorners)?;
    if corners
        .iter()
        .any(|corner| distance_m(plane.origin, *corner) > MAX_EXTENT_M)
    {
        return Err(FenceError::TooLarge);
    }
    let flat: Vec<Flat> = corners
        .iter()
        .map(|corner| plane.flatten(*corner))
        .collect();
    // One square metre: less is a line drawn twice.
    if double_area(&flat).abs() < 2.0 {
        return Err(FenceError::NoArea);
    }
    if crosses(&flat) {
        return Err(FenceError::Crossing);
    }
    Ok(())
}

/// Whether two sides that are not neighbours meet, or a side folds back over its neighbour.
fn crosses(flat: &[Flat]) -> bool {
    let all: Vec<(Flat, Flat)> = sides(flat).collect();
    let last = all.len().saturating_sub(1);
    all.iter().enumerate().any(|(i, one)| {
        all.iter().enumerate().skip(i + 1).any(|(j, other)| {
            if j == i + 1 {
                folds(*one, other.1)
            } else if i == 0 && j == last {
                folds(*other, one.1)
            } else {
                meet(*one, *other)
            }
        })
    })
}

/// Whether the next side, ending in `end`, runs back over this one, or has no length.
fn folds(side: (Flat, Flat), end: Flat) -> bool {
    let back =
        (side.0.x - side.1.x) * (end.x - side.1.x) + (side.0.y - side.1.y) * (end.y - side.1.y);
    let no_length = (end.x - side.1.x).hypot(end.y - side.1.y) == 0.0;
    no_length || (turn(side.0, side.1, end) == 0.0 && back > 0.0)
}

pub(super) fn centroid(corners: &[Point]) -> Point {
    let nowhere = Point {
        latitude_deg: f64::NAN,
        longitude_deg: f64::NAN,
    };
    let Some(plane) = Plane::over(corners) else {
        return nowhere;
    };
    let flat: Vec<Flat> = corners
        .iter()
        .map(|corner| plane.flatten(*corner))
        .collect();
    let six_areas = 3.0 * double_area(&flat);
    if six_areas == 0.0 {
        return plane.origin;
    }
    let (x, y) = sides(&flat).fold((0.0, 0.0), |(x, y), (a, b)| {
        let weight = a.x * b.y - b.x * a.y;
        (x + (a.x + b.x) * weight, y + (a.y + b.y) * weight)
    });
    plane.lift(Flat {
        x: x / six_areas,
        y: y / six_areas,
    })
}

pub(super) fn signed_distance_m(corners: &[Point], p: Point) -> f64 {
    let Some(plane) = Plane::over(corners) else {
        return f64::NAN;
    };
    let flat: Vec<Flat> = corners
        .iter()
        .map(|corner| plane.flatten(*corner))
        .collect();
    let here = plane.flatten(p);
    // The nearest point is found on the plane and measured on the earth: right also for a phone in another country.
    let border_m = sides(&flat)
        .map(|side| distance_m(plane.lift(nearest(side, here)), p))
        .fold(f64::NAN, f64::min);
    if inside(&flat, here) {
        -border_m
    } else {
        border_m
    }
}

/// The point of a side nearest to `p`.
fn nearest((a, b): (Flat, Flat), p: Flat) -> Flat {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length2 = dx * dx + dy * dy;
    if length2 == 0.0 {
        return a;
    }
    let t = (((p.x - a.x) * dx + (p.y - a.y) * dy) / length2).clamp(0.0, 1.0);
    Flat {
        x: a.x + t * dx,
        y: a.y + t * dy,
    }
}

/// Ray cast to the east, even-odd rule.
fn inside(flat: &[Flat], p: Flat) -> bool {
    sides(flat)
        .filter(|(a, b)| {
            (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x
        })
        .count()
        % 2
        == 1
}
