//! `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date that is measured against the answer's own `Date`, because the
//! device's clock may be wrong.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Something between us and the server could silence the queue for years otherwise.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// How long to wait, milliseconds; `now` stands in for a missing `Date`.
pub(crate) fn retry_after_ms(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = httpdate::parse_http_date(text).ok()?;
            until
                .duration_since(date(headers).unwrap_or(now))
                .unwrap_or(Duration::ZERO)
        }
    };
    u64::try_from(wait.min(LONGEST).as_millis()).ok()
}

/// The answer's `Date`.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn seconds_are_taken_as_they_are() {
        assert_eq!(
            retry_after_ms(&headers(&[("retry-after", "120")]), SystemTime::UNIX_EPOCH),
            Some(120_000)
        );
    }

    #[test]
    fn a_date_is_measured_against_the_answers_own_date() {
        let answer = headers(&[
            ("retry-after", "Mon, 23 Nov 2026 10:02:00 GMT"),
            ("date", "Mon, 23 Nov 2026 10:00:30 GMT"),
        ]);
        assert_eq!(
            retry_after_ms(&answer, SystemTime::UNIX_EPOCH),
            Some(90_000),
            "the device's clock does not matter"
        );
    }

    #[test]
    fn a_date_in_the_past_means_now() {
        let answer = headers(&[
            ("retry-after", "Mon, 23 Nov 2026 10:00:00 GMT"),
            ("date", "Mon, 23 Nov 2026 10:00:30 GMT"),
        ]);
        assert_eq!(retry_after_ms(&answer, SystemTime::UNIX_EPOCH), Some(0));
    }

    #[test]
    fn nonsense_is_no_wish_and_years_are_cut() {
        assert_eq!(
            retry_after_ms(&headers(&[("retry-after", "soon")]), SystemTime::UNIX_EPOCH),
            None
        );
        assert_eq!(retry_after_ms(&headers(&[]), SystemTime::UNIX_EPOCH), None);
        assert_eq!(
            retry_after_ms(
                &headers(&[("retry-after", "999999999999")]),
                SystemTime::UNIX_EPOCH
            ),
            Some(21_600_000)
        );
    }
}
