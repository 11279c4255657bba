//! Circles, error circles and the choice among sites.

use bizmitra_rules::fence::{
    Fence, FenceError, PlaceVerdict, Point, Site, decide_place, distance_m,
};
use proptest::prelude::*;

pub fn at(latitude_deg: f64, longitude_deg: f64) -> Point {
    Point {
        latitude_deg,
        longitude_deg,
    }
}

/// The point at a distance and bearing (spherical direct problem).
pub fn destination(from: Point, bearing_deg: f64, metres: f64) -> Point {
    let (lat, lon, bearing) = (
        from.latitude_deg.to_radians(),
        from.longitude_deg.to_radians(),
        bearing_deg.to_radians(),
    );
    let angle = metres / 6_371_008.8;
    let lat2 = (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos()).asin();
    let lon2 =
        lon + (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * lat2.sin());
    at(
        lat2.to_degrees(),
        (lon2.to_degrees() + 540.0).rem_euclid(360.0) - 180.0,
    )
}

fn circle(id: u8, centre: Point, radius_m: f64) -> Site<u8> {
    Site {
        id,
        name: format!("Site {id}"),
        fence: Fence::Circle { centre, radius_m },
    }
}

fn verdict(site: &Site<u8>, p: Point, accuracy_m: f64) -> PlaceVerdict {
    decide_place(std::slice::from_ref(site), p, accuracy_m)
        .unwrap()
        .verdict
}

#[test]
fn a_degree_of_a_great_circle_has_its_length_everywhere() {
    let degree = 111_195.08;
    for (a, b) in [
        (at(0.0, 0.0), at(1.0, 0.0)),
        (at(0.0, 10.0), at(0.0, 11.0)),
        (at(0.0, 179.5), at(0.0, -179.5)),
        (at(89.5, 0.0), at(89.5, 180.0)),
    ] {
        assert!(
            (distance_m(a, b) - degree).abs() < 0.1,
            "{a:?} {b:?} {}",
            distance_m(a, b)
        );
    }
    let half_way_round = distance_m(at(12.0, 77.0), at(-12.0, -103.0));
    assert!(
        (half_way_round - 180.0 * degree).abs() < 10.0,
        "{half_way_round}"
    );
}

#[test]
fn the_error_circle_decides_between_inside_uncertain_and_outside() {
    let plant = circle(1, at(18.63, 73.85), 150.0);
    for (metres, accuracy_m, expected) in [
        (0.0, 20.0, PlaceVerdict::Inside),
        (129.0, 20.0, PlaceVerdict::Inside),
        (131.0, 20.0, PlaceVerdict::Uncertain),
        (150.0, 20.0, PlaceVerdict::Uncertain),
        (169.0, 20.0, PlaceVerdict::Uncertain),
        (171.0, 20.0, PlaceVerdict::Outside),
        (0.0, 151.0, PlaceVerdict::Uncertain),
        (400.0, 300.0, PlaceVerdict::Uncertain),
    ] {
        assert_eq!(
            verdict(
                &plant,
                destination(at(18.63, 73.85), 37.0, metres),
                accuracy_m
            ),
            expected,
            "{metres} m, +-{accuracy_m} m"
        );
    }
}

#[test]
fn an_unknown_accuracy_never_proves_inside_of_a_small_site() {
    let plant = circle(1, at(18.63, 73.85), 250.0);
    for unknown in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            verdict(&plant, at(18.63, 73.85), unknown),
            PlaceVerdict::Uncertain,
            "{unknown}"
        );
    }
}

#[test]
fn no_site_or_no_place_on_earth_gives_no_verdict() {
    let plant = circle(1, at(18.63, 73.85), 150.0);
    assert!(decide_place::<u8>(&[], at(18.63, 73.85), 10.0).is_none());
    for nowhere in [
        at(f64::NAN, 73.85),
        at(18.63, f64::INFINITY),
        at(90.1, 0.0),
        at(0.0, 180.1),
    ] {
        assert!(
            decide_place(std::slice::from_ref(&plant), nowhere, 10.0).is_none(),
            "{nowhere:?}"
        );
    }
}

#[test]
fn a_faulty_fence_is_skipped_and_never_lets_anybody_in() {
    let broken = circle(1, at(18.63, 73.85), f64::NAN);
    assert!(decide_place(std::slice::from_ref(&broken), at(18.63, 73.85), 10.0).is_none());
    let good = circle(2, at(18.64, 73.85), 150.0);
    let placed = decide_place(&[broken, good], at(18.63, 73.85), 10.0).unwrap();
    assert_eq!((placed.site, placed.verdict), (2, PlaceVerdict::Outside));
}

#[test]
fn inside_a_large_site_beats_uncertain_at_a_nearer_one() {
    let here = at(18.63, 73.85);
    let near = circle(1, destination(here, 90.0, 100.0), 100.0);
    let large = circle(2, destination(here, 270.0, 800.0), 1_000.0);
    let placed = decide_place(&[near, large], here, 25.0).unwrap();
    assert_eq!((placed.site, placed.verdict), (2, PlaceVerdict::Inside));
    assert!((placed.distance_m - 800.0).abs() < 0.5);
}

#[test]
fn among_equal_verdicts_the_nearest_site_is_taken() {
    let here = at(18.63, 73.85);
    let sites: Vec<_> = [(1, 5_000.0), (2, 900.0), (3, 2_000.0)]
        .map(|(id, far)| circle(id, destination(here, 10.0, far), 150.0))
        .into();
    let placed = decide_place(&sites, here, 25.0).unwrap();
    assert_eq!((placed.site, placed.verdict), (2, PlaceVerdict::Outside));
}

#[test]
fn a_circle_on_the_antimeridian_is_one_circle() {
    let fiji = circle(1, at(-16.8, 179.999_9), 150.0);
    assert_eq!(
        verdict(&fiji, at(-16.8, -179.999_7), 20.0),
        PlaceVerdict::Inside
    );
    assert_eq!(
        verdict(&fiji, at(-16.8, -179.99), 20.0),
        PlaceVerdict::Outside
    );
}

#[test]
fn a_radius_out_of_range_or_a_centre_off_the_earth_is_refused() {
    for (radius_m, expected) in [
        (75.0, Ok(())),
        (1_524.0, Ok(())),
        (74.9, Err(FenceError::BadRadius)),
        (1_524.1, Err(FenceError::BadRadius)),
        (-150.0, Err(FenceError::BadRadius)),
        (f64::NAN, Err(FenceError::BadRadius)),
    ] {
        assert_eq!(
            Fence::Circle {
                centre: at(18.0, 73.0),
                radius_m
            }
            .check(),
            expected,
            "{radius_m}"
        );
    }
    let nowhere = Fence::Circle {
        centre: at(91.0, 73.0),
        radius_m: 100.0,
    };
    assert_eq!(nowhere.check(), Err(FenceError::BadPoint));
}

fn any_point() -> impl Strategy<Value = Point> {
    (-85.0..85.0_f64, -180.0..=180.0_f64).prop_map(|(lat, lon)| at(lat, lon))
}

proptest! {
    #[test]
    fn distances_are_symmetric_bounded_and_zero_only_at_home(a in any_point(), b in any_point()) {
        let there = distance_m(a, b);
        prop_assert!((there - distance_m(b, a)).abs() < 1e-6);
        prop_assert!((0.0..=20_015_115.0).contains(&there));
        prop_assert_eq!(distance_m(a, a), 0.0);
    }

    #[test]
    fn a_walk_is_as_long_as_it_says(from in any_point(), bearing in 0.0..360.0_f64, metres in 0.0..50_000.0_f64) {
        prop_assert!((distance_m(from, destination(from, bearing, metres)) - metres).abs() < 0.01);
    }

    #[test]
    fn inside_means_every_point_of_the_error_circle_is_inside_and_outside_means_none(
        centre in any_point(), radius in 75.0..1_524.0_f64, bearing in 0.0..360.0_f64,
        far in 0.0..3_000.0_f64, accuracy in 1.0..300.0_f64,
    ) {
        let site = circle(1, centre, radius);
        let here = destination(centre, bearing, far);
        let decided = verdict(&site, here, accuracy);
        for step in 0..24 {
            let edge = destination(here, f64::from(step) * 15.0, accuracy);
            let signed = site.fence.signed_distance_m(edge);
            match decided {
                PlaceVerdict::Inside => prop_assert!(signed <= 0.01),
                PlaceVerdict::Outside => prop_assert!(signed >= -0.01),
                PlaceVerdict::Uncertain => {}
            }
        }
    }

    #[test]
    fn a_worse_fix_never_makes_a_verdict_more_certain(
        centre in any_point(), radius in 75.0..1_524.0_f64, far in 0.0..3_000.0_f64, good in 1.0..150.0_f64, worse in 0.0..150.0_f64,
    ) {
        let site = circle(1, centre, radius);
        let here = destination(centre, 200.0, far);
        let (before, after) = (verdict(&site, here, good), verdict(&site, here, good + worse));
        prop_assert!(after == before || after == PlaceVerdict::Uncertain, "{:?} -> {:?}", before, after);
    }

    #[test]
    fn the_order_of_the_sites_does_not_matter(
        here in any_point(), offsets in prop::collection::vec((0.0..360.0_f64, 1.0..4_000.0_f64, 75.0..1_524.0_f64), 1..8), accuracy in 1.0..300.0_f64,
    ) {
        let mut sites: Vec<_> = offsets.iter().zip(0..).map(|((bearing, far, radius), id)| circle(id, destination(here, *bearing, *far), *radius)).collect();
        let forward = decide_place(&sites, here, accuracy);
        sites.reverse();
        prop_assert_eq!(forward, decide_place(&sites, here, accuracy));
    }
}
