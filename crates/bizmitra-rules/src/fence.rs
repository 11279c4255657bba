//! Geofences: circles and polygons on the earth, and the verdict about a position with its error circle.
//!
//! Distances are great circles on a sphere of mean radius; at the size of a site the difference from the ellipsoid is
//! below half a per cent, far under any receiver's error. Polygons are measured on a plane laid at their own middle, with
//! longitudes taken relative to it, so the antimeridian needs no case of its own. Rejected: a geometry library, for one
//! ray cast and one nearest point.

mod polygon;

use serde::{Deserialize, Serialize};

/// An error circle up to this radius is good, metres.
pub const GOOD_ACCURACY_M: f64 = 20.0;
/// Beyond this radius a fix is flagged, metres.
pub const WARN_ACCURACY_M: f64 = 100.0;
/// Beyond this radius a fix is not used, metres.
pub const MAX_ACCURACY_M: f64 = 300.0;
/// Beyond this age a fix is not used, milliseconds.
pub const MAX_FIX_AGE_MS: i64 = 30_000;
/// Smallest radius of a circle, metres.
pub const MIN_RADIUS_M: f64 = 75.0;
/// Largest radius of a circle, metres.
pub const MAX_RADIUS_M: f64 = 1_524.0;
/// Most corners of a polygon.
pub const MAX_CORNERS: usize = 500;
/// Longest distance from a polygon's middle to a corner, metres.
pub const MAX_EXTENT_M: f64 = 20_000.0;
/// Polygons end here: nearer to a pole the plane that measures them is no longer one, degrees.
pub const MAX_POLYGON_LATITUDE_DEG: f64 = 85.0;

/// Mean radius of the earth (IUGG R1), metres.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A position on the earth, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Degrees north, -90 to 90.
    pub latitude_deg: f64,
    /// Degrees east, -180 to 180.
    pub longitude_deg: f64,
}

impl Point {
    /// Whether both numbers are on the earth.
    pub fn is_valid(self) -> bool {
        self.latitude_deg.abs() <= 90.0 && self.longitude_deg.abs() <= 180.0
    }
}

/// The border of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Fence {
    /// Within a distance of a point.
    Circle {
        /// The middle.
        centre: Point,
        /// Metres, [`MIN_RADIUS_M`] to [`MAX_RADIUS_M`].
        radius_m: f64,
    },
    /// Within a simple polygon, not closed, either way round.
    Polygon {
        /// At least three.
        corners: Vec<Point>,
    },
}

/// Why a fence holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FenceError {
    /// A corner or centre is not on the earth.
    #[error("a point of the fence is not on the earth")]
    BadPoint,
    /// The radius is not between 75 and 1524 m.
    #[error("the radius must be between 75 and 1524 metres")]
    BadRadius,
    /// Fewer than three corners.
    #[error("a polygon needs at least three corners")]
    TooFewCorners,
    /// More than [`MAX_CORNERS`].
    #[error("a polygon may have at most 500 corners")]
    TooManyCorners,
    /// Its sides cross or touch each other.
    #[error("the sides of the polygon cross each other")]
    Crossing,
    /// It has no inside.
    #[error("the polygon has no area")]
    NoArea,
    /// It reaches farther than [`MAX_EXTENT_M`].
    #[error("the polygon is too large")]
    TooLarge,
    /// It lies nearer to a pole than [`MAX_POLYGON_LATITUDE_DEG`].
    #[error("the polygon is too near to a pole")]
    NearPole,
}

impl Fence {
    /// Whether verdicts may rest on this fence.
    ///
    /// # Errors
    /// [`FenceError`] with the first reason why not.
    pub fn check(&self) -> Result<(), FenceError> {
        match self {
            Self::Circle { centre, radius_m } => {
                if !centre.is_valid() {
                    return Err(FenceError::BadPoint);
                }
                if !(MIN_RADIUS_M..=MAX_RADIUS_M).contains(radius_m) {
                    return Err(FenceError::BadRadius);
                }
                Ok(())
            }
            Self::Polygon { corners } => polygon::check(corners),
        }
    }

    /// The point that distances to the site are counted from: the circle's middle, the polygon's centre of area.
    pub fn centre(&self) -> Point {
        match self {
            Self::Circle { centre, .. } => *centre,
            Self::Polygon { corners } => polygon::centroid(corners),
        }
    }

    /// Metres to the border, negative inside. NaN when the fence or the point is not on the earth.
    pub fn signed_distance_m(&self, p: Point) -> f64 {
        match self {
            Self::Circle { centre, radius_m } => distance_m(*centre, p) - radius_m,
            Self::Polygon { corners } => polygon::signed_distance_m(corners, p),
        }
    }
}

/// A place of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site<Id> {
    /// Whose it is.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its border.
    pub fence: Fence,
}

/// Where an error circle lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceVerdict {
    /// The whole circle is inside.
    Inside,
    /// The circle crosses the border.
    Uncertain,
    /// The whole circle is outside.
    Outside,
}

/// The verdict about the best site.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placed<Id> {
    /// The site.
    pub site: Id,
    /// Where the error circle lies.
    pub verdict: PlaceVerdict,
    /// Metres to the site's centre.
    pub distance_m: f64,
}

/// Decides where an error circle lies among the sites: inside before uncertain before outside, then the nearest centre.
///
/// An unknown error circle (zero, negative, not a number) counts as [`MAX_ACCURACY_M`]: it can never prove "inside" of a
/// small site. `None` when there is no usable site or the point is not on the earth; a fence that fails its check is
/// skipped, so a fault in a fence never makes a tap "inside".
pub fn decide_place<Id: Copy>(
    sites: &[Site<Id>],
    at: Point,
    accuracy_m: f64,
) -> Option<Placed<Id>> {
    if !at.is_valid() {
        return None;
    }
    let error_m = if accuracy_m.is_finite() && accuracy_m > 0.0 {
        accuracy_m
    } else {
        MAX_ACCURACY_M
    };
    sites
        .iter()
        .filter(|site| site.fence.check().is_ok())
        .map(|site| Placed {
            site: site.id,
            verdict: verdict(site.fence.signed_distance_m(at), error_m),
            distance_m: distance_m(site.fence.centre(), at),
        })
        .min_by(|a, b| {
            a.verdict
                .cmp(&b.verdict)
                .then(a.distance_m.total_cmp(&b.distance_m))
        })
}

/// The verdict for one border.
fn verdict(signed_distance_m: f64, error_m: f64) -> PlaceVerdict {
    if signed_distance_m <= -error_m {
        PlaceVerdict::Inside
    } else if signed_distance_m < error_m {
        PlaceVerdict::Uncertain
    } else {
        // NaN ends here too: in doubt about the arithmetic, never "inside".
        PlaceVerdict::Outside
    }
}

/// Great-circle distance in metres: the haversine formula on a sphere of mean radius 6 371 008.8 m.
pub fn distance_m(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.latitude_deg.to_radians(), b.latitude_deg.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.longitude_deg - a.longitude_deg).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    // Rounding may push h past 1 for antipodes.
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}
