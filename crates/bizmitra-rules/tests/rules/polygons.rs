//! Polygons: shape checks, borders, the antimeridian.

use bizmitra_rules::fence::{
    Fence, FenceError, PlaceVerdict, Point, Site, decide_place, distance_m,
};
use proptest::prelude::*;

use crate::fences::{at, destination};

fn polygon(corners: &[(f64, f64)]) -> Fence {
    Fence::Polygon {
        corners: corners.iter().map(|(lat, lon)| at(*lat, *lon)).collect(),
    }
}

/// An L of 200 m arms and 100 m width, its corner at `origin`, by metres north and east.
fn l_shape(origin: Point) -> Fence {
    let corners = [
        (0.0, 0.0),
        (0.0, 200.0),
        (100.0, 200.0),
        (100.0, 100.0),
        (200.0, 100.0),
        (200.0, 0.0),
    ];
    Fence::Polygon {
        corners: corners
            .iter()
            .map(|(north, east)| moved(origin, *north, *east))
            .collect(),
    }
}

fn moved(from: Point, north_m: f64, east_m: f64) -> Point {
    destination(destination(from, 0.0, north_m), 90.0, east_m)
}

#[test]
fn the_notch_of_an_l_shaped_yard_is_outside() {
    let origin = at(18.63, 73.85);
    let yard = l_shape(origin);
    assert_eq!(yard.check(), Ok(()));
    for (north, east, expected) in [
        (50.0, 50.0, -50.0),
        (50.0, 150.0, -50.0),
        (150.0, 150.0, 50.0),
        (110.0, 110.0, 10.0),
        (-30.0, 100.0, 30.0),
        (50.0, 230.0, 30.0),
    ] {
        let signed = yard.signed_distance_m(moved(origin, north, east));
        assert!((signed - expected).abs() < 0.2, "{north} {east}: {signed}");
    }
}

#[test]
fn the_centre_is_the_centre_of_area_not_of_the_corners() {
    let origin = at(18.63, 73.85);
    // Two rectangles: 200 x 100 at (50, 100) and 100 x 100 at (150, 50) by metres north and east.
    let expected = moved(origin, 250.0 / 3.0, 250.0 / 3.0);
    assert!(distance_m(l_shape(origin).centre(), expected) < 0.2);
}

#[test]
fn a_polygon_over_the_antimeridian_works_like_anywhere_else() {
    let yard = polygon(&[
        (-16.80, 179.998),
        (-16.80, -179.998),
        (-16.796, -179.998),
        (-16.796, 179.998),
    ]);
    assert_eq!(yard.check(), Ok(()));
    let site = Site {
        id: 1,
        name: "Taveuni".to_owned(),
        fence: yard.clone(),
    };
    let verdict = |p| {
        decide_place(std::slice::from_ref(&site), p, 20.0)
            .unwrap()
            .verdict
    };
    assert_eq!(verdict(at(-16.798, 180.0)), PlaceVerdict::Inside);
    assert_eq!(verdict(at(-16.798, -180.0)), PlaceVerdict::Inside);
    assert_eq!(verdict(at(-16.798, -179.999)), PlaceVerdict::Inside);
    assert_eq!(verdict(at(-16.798, 179.99)), PlaceVerdict::Outside);
    assert_eq!(verdict(at(-16.798, 0.0)), PlaceVerdict::Outside);
    assert!((yard.centre().longitude_deg.abs() - 180.0).abs() < 1e-6);
}

#[test]
fn a_phone_in_another_country_gets_the_true_distance() {
    let yard = l_shape(at(18.63, 73.85));
    let berlin = at(52.52, 13.405);
    let apart = distance_m(berlin, yard.centre());
    assert!((yard.signed_distance_m(berlin) - apart).abs() < 400.0);
}

#[test]
fn shapes_that_hold_nothing_are_refused_with_their_reason() {
    let many: Vec<(f64, f64)> = (0..501)
        .map(|i| f64::from(i) * std::f64::consts::TAU / 501.0)
        .map(|a| (18.0 + 0.01 * a.sin(), 73.0 + 0.01 * a.cos()))
        .collect();
    for (shape, expected) in [
        (polygon(&[]), FenceError::TooFewCorners),
        (
            polygon(&[(18.0, 73.0), (18.0, 73.001)]),
            FenceError::TooFewCorners,
        ),
        (polygon(&many), FenceError::TooManyCorners),
        (
            polygon(&[(18.0, 73.0), (18.0, f64::NAN), (18.001, 73.0)]),
            FenceError::BadPoint,
        ),
        (
            polygon(&[(18.0, 73.0), (18.0, 181.0), (18.001, 73.0)]),
            FenceError::BadPoint,
        ),
        (
            polygon(&[(18.0, 73.0), (18.001, 73.001), (18.002, 73.002)]),
            FenceError::NoArea,
        ),
        (
            polygon(&[(18.0, 73.0), (18.0, 73.0), (18.0, 73.0)]),
            FenceError::NoArea,
        ),
        (
            polygon(&[
                (18.0, 73.0),
                (18.002, 73.002),
                (18.002, 73.0),
                (18.0, 73.0015),
            ]),
            FenceError::Crossing,
        ),
        (
            polygon(&[
                (18.0, 73.0),
                (18.0, 73.002),
                (18.0, 73.001),
                (18.002, 73.001),
            ]),
            FenceError::Crossing,
        ),
        (
            polygon(&[(18.0, 73.0), (18.0, 73.0), (18.0, 73.002), (18.002, 73.001)]),
            FenceError::Crossing,
        ),
        (
            polygon(&[(18.0, 73.0), (18.0, 74.0), (19.0, 73.0)]),
            FenceError::TooLarge,
        ),
        (
            polygon(&[(85.1, 73.0), (85.1, 73.001), (85.101, 73.0)]),
            FenceError::NearPole,
        ),
    ] {
        assert_eq!(shape.check(), Err(expected), "{shape:?}");
    }
}

#[test]
fn a_fence_error_says_what_is_wrong_and_no_place() {
    assert_eq!(
        FenceError::Crossing.to_string(),
        "the sides of the polygon cross each other"
    );
}

proptest! {
    #[test]
    fn a_polygon_of_many_corners_agrees_with_its_circle(
        lat in -80.0..80.0_f64, lon in -180.0..180.0_f64, radius in 75.0..1_524.0_f64, bearing in 0.0..360.0_f64, far in 0.0..3.0_f64,
    ) {
        let centre = at(lat, lon);
        let ring = Fence::Polygon { corners: (0..180).map(|i| destination(centre, f64::from(i) * 2.0, radius)).collect() };
        prop_assert_eq!(ring.check(), Ok(()));
        let here = destination(centre, bearing, far * radius);
        let circle = Fence::Circle { centre, radius_m: radius };
        // The sagitta of a 2 degree arc, and the plane's own error, stay under half a per cent of the radius.
        let slack = 0.3 + radius * 0.005;
        prop_assert!((ring.signed_distance_m(here) - circle.signed_distance_m(here)).abs() < slack);
        prop_assert!(distance_m(ring.centre(), centre) < slack);
    }

    #[test]
    fn direction_and_first_corner_of_a_polygon_do_not_matter(
        lat in -80.0..80.0_f64, lon in -180.0..180.0_f64, start in 0..6_usize, north in -400.0..400.0_f64, east in -400.0..400.0_f64,
    ) {
        let origin = at(lat, lon);
        let Fence::Polygon { corners } = l_shape(origin) else { unreachable!() };
        let here = moved(origin, north, east);
        let expected = Fence::Polygon { corners: corners.clone() }.signed_distance_m(here);
        let mut turned = corners;
        turned.rotate_left(start);
        turned.reverse();
        let turned = Fence::Polygon { corners: turned };
        prop_assert!((turned.signed_distance_m(here) - expected).abs() < 0.01);
    }

    #[test]
    fn a_yard_measures_the_same_at_every_longitude(lat in -80.0..80.0_f64, lon in -180.0..180.0_f64, north in -400.0..400.0_f64, east in -400.0..400.0_f64) {
        let (here, greenwich) = (at(lat, lon), at(lat, 0.0));
        let there = l_shape(here).signed_distance_m(moved(here, north, east));
        let home = l_shape(greenwich).signed_distance_m(moved(greenwich, north, east));
        prop_assert!((there - home).abs() < 0.01, "{} {}", there, home);
    }
}
