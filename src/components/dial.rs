//! Site and distance: the fence, its centre and the person's error circle to scale.
//!
//! The shell gives a distance, not a position, so the direction drawn is always the same and says nothing.

use bizmitra_ipc::view::{PlaceView, SiteView, Spot};
use leptos::prelude::*;

use crate::{describe, words::Words};

/// Half of the drawing's side.
const HALF: f64 = 100.0;
/// What must fit lies within this.
const REACH: f64 = 88.0;
/// Direction of the point: up and to the right.
const TOWARDS: (f64, f64) = (0.8, -0.6);

/// Where things are drawn; lengths in drawing units around the centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Layout {
    /// Radius of the fence.
    pub(crate) fence: Option<f64>,
    /// Centre of the person's point.
    pub(crate) at: Option<(f64, f64)>,
    /// Radius of the error circle.
    pub(crate) error: f64,
    /// Metres of the scale bar, and its length.
    pub(crate) scale: (u32, f64),
}

/// Everything to one scale, so that fence, point and error circle all fit.
pub(crate) fn plan_dial(radius_m: Option<u32>, spot: Option<(u32, u32)>) -> Layout {
    let fence_m = radius_m.map(f64::from);
    let reach_m = spot.map_or(0.0, |(distance, accuracy)| {
        f64::from(distance) + f64::from(accuracy)
    });
    let units = REACH / fence_m.unwrap_or(0.0).max(reach_m).max(20.0);
    let bar_m = [
        5_u32, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000,
    ]
    .into_iter()
    .rev()
    .find(|metres| f64::from(*metres) * units <= 50.0)
    .unwrap_or(5);
    Layout {
        fence: fence_m.map(|metres| metres * units),
        at: spot.map(|(distance, _)| {
            let length = f64::from(distance) * units;
            (TOWARDS.0 * length, TOWARDS.1 * length)
        }),
        error: spot.map_or(0.0, |(_, accuracy)| (f64::from(accuracy) * units).max(5.0)),
        scale: (bar_m, f64::from(bar_m) * units),
    }
}

/// The drawing.
#[component]
pub(crate) fn Dial(
    /// Language.
    words: Words,
    /// Site that is drawn when no place was measured.
    site: Option<SiteView>,
    /// What is known.
    place: Option<PlaceView>,
) -> impl IntoView {
    let w = words;
    let locating = matches!(place, Some(PlaceView::Locating));
    let spot: Option<Spot> = match &place {
        Some(PlaceView::Inside(s) | PlaceView::Uncertain(s) | PlaceView::Outside(s)) => {
            Some(s.clone())
        }
        _ => None,
    };
    let tone = match &place {
        Some(PlaceView::Inside(_)) => "inside",
        Some(PlaceView::Uncertain(_)) => "uncertain",
        Some(PlaceView::Outside(_)) => "outside",
        _ => "unknown",
    };
    let radius = spot
        .as_ref()
        .map_or_else(|| site.as_ref().and_then(|s| s.radius_m), |s| s.radius_m);
    let layout = plan_dial(radius, spot.as_ref().map(|s| (s.distance_m, s.accuracy_m)));
    let label = place.as_ref().map_or_else(
        || {
            site.as_ref()
                .map_or_else(|| w.dial_unknown().to_owned(), |s| w.dial_site(&s.name))
        },
        |place| describe::place(w, place),
    );
    let (bar_m, bar) = layout.scale;
    let grid = (-12_i32..=12).map(|line| {
        let at = (f64::from(line) * 25.0).to_string();
        view! {
            <line class="dial-grid" x1=at.clone() x2=at.clone() y1=-HALF y2=HALF></line>
            <line class="dial-grid" y1=at.clone() y2=at x1=-HALF * 3.0 x2=HALF * 3.0></line>
        }
    });
    view! {
        <div class=format!("dial {tone}") data-testid="dial" data-state=tone>
            <svg viewBox="-150 -100 300 200" role="img" aria-label=label>
                {grid.collect_view()}
                {layout.fence.map(|r| view! { <circle class="dial-fence" r=r></circle> })}
                <circle class="dial-centre" r="3"></circle>
                {locating.then(|| view! { <circle class="dial-pulse" r="30"></circle> })}
                {layout.at.map(|(x, y)| view! {
                    <line class="dial-line" x2=x y2=y></line>
                    <circle class="dial-error" cx=x cy=y r=layout.error></circle>
                    <circle class="dial-point" cx=x cy=y r="4.5"></circle>
                })}
                <path class="dial-scale" d=format!("M-138 86v6M-138 89h{bar}m0-3v6")></path>
                <text class="dial-text" x=bar - 132.0 y="92.5">{w.metres(&crate::words::group(bar_m.into()))}</text>
            </svg>
            {spot.map(|s| view! { <span class="dial-distance">{describe::distance(w, &s)}</span> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fence_point_and_error_circle_always_fit() {
        for radius in [None, Some(75), Some(1524)] {
            for spot in [None, Some((0, 1)), Some((38, 12)), Some((9000, 300))] {
                let layout = plan_dial(radius, spot);
                assert!(layout.fence.unwrap_or(0.0) <= REACH + 0.01);
                let (x, y) = layout.at.unwrap_or_default();
                assert!(x.hypot(y) + layout.error <= HALF);
                assert!(layout.scale.1 <= 50.0);
            }
        }
    }

    #[test]
    fn a_point_inside_is_drawn_inside() {
        let layout = plan_dial(Some(100), Some((38, 12)));
        let (x, y) = layout.at.unwrap_or_default();
        assert!(x.hypot(y) + layout.error < layout.fence.unwrap_or(0.0));
    }
}
