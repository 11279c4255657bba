//! A position source that replays the timed points of a GPX recording.
//!
//! **What it claims.** At recording time `start + speed * elapsed` the source stands on the last timed point at or before that
//! moment, exactly as recorded: nothing is interpolated, points without a time are skipped, and after the end it stays on the
//! last point. Each fix counts as taken now and is marked as simulated.
//!
//! **Accuracy model.** Recordings carry none. A receiver under open sky states about 6 m (68 %), so the n-th point states
//! 4 to 8 m, drawn by a fixed generator from the seed and n: the same file and seed give the same fixes for ever.

use std::io::Read;
use std::sync::Arc;

use bizmitra_core::api::BoxFuture;
use bizmitra_core::clock::Clock;
use bizmitra_core::location::{Availability, Fix, PositionError, PositionSource};
use jiff::Timestamp;

/// Least radius stated, metres.
const LEAST_ACCURACY_M: f64 = 4.0;
/// Width of the range of radii, metres.
const ACCURACY_RANGE_M: f64 = 4.0;

/// Where in a recording to begin, and how fast to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replay {
    /// Seconds after the first timed point.
    pub start_s: f64,
    /// 1 is as recorded, 0 stands still.
    pub speed: f64,
    /// Seed of the accuracy model.
    pub seed: u64,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            start_s: 0.0,
            speed: 1.0,
            seed: 1,
        }
    }
}

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Not read.
    #[error("the recording cannot be read")]
    Io(#[from] std::io::Error),
    /// Not GPX.
    #[error("the file is not a GPX recording")]
    NotGpx(#[source] gpx::errors::GpxError),
    /// No point has a time.
    #[error("no point of the recording has a time")]
    NoTimes,
    /// Start or speed is not a number from 0 upwards.
    #[error("start and speed must be numbers from 0 upwards")]
    BadReplay,
}

#[derive(Debug, Clone, Copy)]
struct TimedPoint {
    after_ms: f64,
    latitude_deg: f64,
    longitude_deg: f64,
}

/// The recording with its playback.
pub struct GpxSource {
    points: Vec<TimedPoint>,
    replay: Replay,
    clock: Arc<dyn Clock>,
    started_ms: u64,
}

impl GpxSource {
    /// Opens a file; playback begins now.
    ///
    /// # Errors
    /// When it cannot be read, is no GPX, or has no timed point.
    pub fn open(
        path: &std::path::Path,
        replay: Replay,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RecordingError> {
        Self::read(
            std::io::BufReader::new(std::fs::File::open(path)?),
            replay,
            clock,
        )
    }

    /// From GPX as text.
    ///
    /// # Errors
    /// When it is no GPX or has no timed point.
    pub fn read(
        gpx: impl Read,
        replay: Replay,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RecordingError> {
        if !(replay.start_s.is_finite()
            && replay.start_s >= 0.0
            && replay.speed.is_finite()
            && replay.speed >= 0.0)
        {
            return Err(RecordingError::BadReplay);
        }
        let recording = gpx::read(gpx).map_err(RecordingError::NotGpx)?;
        let mut timed: Vec<(i64, f64, f64)> = recording
            .tracks
            .iter()
            .flat_map(|track| &track.segments)
            .flat_map(|segment| &segment.points)
            .filter_map(|waypoint| {
                let at: Timestamp = waypoint.time?.format().ok()?.parse().ok()?;
                Some((
                    at.as_millisecond(),
                    waypoint.point().y(),
                    waypoint.point().x(),
                ))
            })
            .collect();
        timed.sort_by_key(|(at_ms, _, _)| *at_ms);
        let first_ms = timed
            .first()
            .map(|(at_ms, _, _)| *at_ms)
            .ok_or(RecordingError::NoTimes)?;
        let points = timed
            .into_iter()
            .map(|(at_ms, latitude_deg, longitude_deg)| TimedPoint {
                after_ms: millis(at_ms.abs_diff(first_ms)),
                latitude_deg,
                longitude_deg,
            })
            .collect();
        let started_ms = clock.now().elapsed_ms;
        Ok(Self {
            points,
            replay,
            clock,
            started_ms,
        })
    }

    fn fix(&self) -> Option<Fix> {
        let now = self.clock.now();
        let played_ms = millis(now.elapsed_ms.saturating_sub(self.started_ms)) * self.replay.speed;
        let at_ms = self.replay.start_s.mul_add(1_000.0, played_ms);
        let number = self
            .points
            .partition_point(|point| point.after_ms <= at_ms)
            .saturating_sub(1);
        let point = self.points.get(number)?;
        Some(Fix {
            latitude_deg: point.latitude_deg,
            longitude_deg: point.longitude_deg,
            accuracy_m: derive_accuracy_m(self.replay.seed, number),
            taken_ms: now.wall_ms,
            mock: Some(true),
        })
    }
}

impl PositionSource for GpxSource {
    fn availability(&self) -> Availability {
        Availability::Ready
    }

    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>> {
        Box::pin(std::future::ready(self.fix().ok_or(PositionError::NoFix)))
    }
}

/// Spans of recordings are far below 2^53 ms, where every integer is a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "spans of time below 2^53 ms are exact"
)]
fn millis(span_ms: u64) -> f64 {
    span_ms as f64
}

/// `SplitMix64` (Steele, Lea, Flood 2014): one output per point, spread over the range.
fn derive_accuracy_m(seed: u64, number: usize) -> f64 {
    let step = u64::try_from(number)
        .unwrap_or(u64::MAX)
        .wrapping_add(1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut mixed = seed.wrapping_add(step);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let unit = f64::from(u32::try_from(mixed >> 32).unwrap_or(0)) / f64::from(u32::MAX);
    unit.mul_add(ACCURACY_RANGE_M, LEAST_ACCURACY_M)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use bizmitra_core::clock::Reading;

    use super::*;

    const WALK: &str = r#"<?xml version="1.0"?><gpx version="1.0" creator="t" xmlns="http://www.topografix.com/GPX/1/0"><trk><trkseg>
        <trkpt lat="45.1" lon="14.1"><time>2010-10-03T09:00:00Z</time></trkpt>
        <trkpt lat="46.0" lon="15.0"></trkpt>
        <trkpt lat="45.2" lon="14.2"><time>2010-10-03T09:00:10Z</time></trkpt>
        <trkpt lat="45.3" lon="14.3"><time>2010-10-03T09:01:00Z</time></trkpt>
    </trkseg></trk></gpx>"#;

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> Reading {
            let elapsed_ms = self.0.load(Ordering::SeqCst);
            Reading {
                wall_ms: 1_000,
                elapsed_ms,
                boot_id: "b".into(),
                zone: "Etc/UTC".into(),
                offset_min: 0,
            }
        }
    }

    fn latitudes(replay: Replay, at_ms: &[u64]) -> Vec<f64> {
        let clock = Arc::new(Hand::default());
        let source = GpxSource::read(
            WALK.as_bytes(),
            replay,
            Arc::clone(&clock) as Arc<dyn Clock>,
        )
        .unwrap();
        at_ms
            .iter()
            .map(|at| {
                clock.0.store(*at, Ordering::SeqCst);
                source.fix().unwrap().latitude_deg
            })
            .collect()
    }

    #[test]
    fn points_come_at_their_time_and_those_without_a_time_never() {
        assert_eq!(
            latitudes(
                Replay::default(),
                &[0, 9_999, 10_000, 59_999, 60_000, 9_000_000]
            ),
            [45.1, 45.1, 45.2, 45.2, 45.3, 45.3]
        );
    }

    #[test]
    fn start_and_speed_are_selectable() {
        assert_eq!(
            latitudes(
                Replay {
                    start_s: 10.0,
                    speed: 0.0,
                    seed: 1
                },
                &[0, 1_000_000]
            ),
            [45.2, 45.2]
        );
        assert_eq!(
            latitudes(
                Replay {
                    start_s: 0.0,
                    speed: 10.0,
                    seed: 1
                },
                &[0, 999, 1_000, 6_000]
            ),
            [45.1, 45.1, 45.2, 45.3]
        );
    }

    #[test]
    fn accuracies_are_within_the_model_differ_and_repeat() {
        let draws: Vec<f64> = (0..100)
            .map(|number| derive_accuracy_m(1, number))
            .collect();
        assert!(draws.iter().all(|metres| (4.0..=8.0).contains(metres)));
        assert_eq!(
            draws,
            (0..100)
                .map(|number| derive_accuracy_m(1, number))
                .collect::<Vec<_>>()
        );
        assert!(draws.windows(2).any(|pair| (pair[0] - pair[1]).abs() > 1.0));
        assert!((derive_accuracy_m(1, 0) - derive_accuracy_m(2, 0)).abs() > f64::EPSILON);
    }

    #[test]
    fn a_file_that_is_no_timed_recording_is_refused_with_its_reason() {
        let clock: Arc<dyn Clock> = Arc::new(Hand::default());
        let open =
            |text: &str, replay| GpxSource::read(text.as_bytes(), replay, Arc::clone(&clock)).err();
        assert!(matches!(
            open("hello", Replay::default()),
            Some(RecordingError::NotGpx(_))
        ));
        let untimed =
            r#"<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"></gpx>"#;
        assert!(matches!(
            open(untimed, Replay::default()),
            Some(RecordingError::NoTimes)
        ));
        assert!(matches!(
            open(
                WALK,
                Replay {
                    speed: f64::NAN,
                    ..Replay::default()
                }
            ),
            Some(RecordingError::BadReplay)
        ));
    }
}
