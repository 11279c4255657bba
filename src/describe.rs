//! What the shell says in codes, said in words. Pure.

use bizmitra_ipc::{
    error::ErrorCode,
    view::{
        Action, AttentionReason, DeviceStateView, EntryView, LocationState, NoPlace, PinProblem,
        PlaceView, RoleView, Spot, Step, SyncState, SyncView, TimeTrust,
    },
};

use crate::{format, words::Words};

/// What the button says.
pub(crate) const fn action_name(w: Words, action: Action) -> &'static str {
    match action {
        Action::CheckIn => w.check_in(),
        Action::CheckOut => w.check_out(),
        Action::BreakStart => w.break_start(),
        Action::BreakEnd => w.break_end(),
    }
}

/// The word in test ids: as on the wire.
pub(crate) const fn action_id(action: Action) -> &'static str {
    match action {
        Action::CheckIn => "check_in",
        Action::CheckOut => "check_out",
        Action::BreakStart => "break_start",
        Action::BreakEnd => "break_end",
    }
}

/// What the tap made true.
pub(crate) const fn action_done(w: Words, action: Action) -> &'static str {
    match action {
        Action::CheckIn => w.done_check_in(),
        Action::CheckOut => w.done_check_out(),
        Action::BreakStart => w.done_break_start(),
        Action::BreakEnd => w.done_break_end(),
    }
}

/// Tone of a chip or a notice; each comes with a word and an icon, never alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Done.
    Good,
    /// Waits.
    Waiting,
    /// Needs the person.
    Bad,
    /// Information.
    Info,
    /// Neither.
    Quiet,
}

impl Tone {
    /// Class of the stylesheet.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Quiet => "quiet",
        }
    }
}

/// State of a record as a chip.
pub(crate) const fn entry_state(w: Words, entry: &EntryView) -> (Tone, &'static str) {
    if entry.alarm {
        return (Tone::Bad, w.state_alarm());
    }
    if entry.withdrawn {
        return (Tone::Quiet, w.state_withdrawn());
    }
    match (entry.step, entry.time) {
        (Step::Parked, _) => (Tone::Bad, w.state_parked()),
        (Step::Confirmed, TimeTrust::Unverified | TimeTrust::Contradictory) => {
            (Tone::Info, w.state_unverified())
        }
        (Step::Confirmed, TimeTrust::Within { .. }) => (Tone::Good, w.state_confirmed()),
        (Step::Sending, _) => (Tone::Waiting, w.state_sending()),
        (Step::Saved, _) => (Tone::Waiting, w.state_saved()),
    }
}

/// How far the record got, for `data-state`.
pub(crate) const fn step_id(step: Step) -> &'static str {
    match step {
        Step::Saved => "saved",
        Step::Sending => "sending",
        Step::Confirmed => "confirmed",
        Step::Parked => "parked",
    }
}

/// Trust in a time: chip on the receipt.
pub(crate) fn trust(w: Words, time: TimeTrust) -> (Tone, String) {
    match time {
        TimeTrust::Within { tolerance_ms } => {
            let tone = if tolerance_ms <= 60_000 {
                Tone::Good
            } else {
                Tone::Info
            };
            (tone, format!("± {}", format::tolerance(w, tolerance_ms)))
        }
        TimeTrust::Unverified => (Tone::Info, w.time_unverified().to_owned()),
        TimeTrust::Contradictory => (Tone::Waiting, w.time_contradictory().to_owned()),
    }
}

/// A time with how far it can be trusted, as one line: `9:02 ± 3 s`, `9:02, unverified time`.
pub(crate) fn trusted_time(w: Words, entry: &EntryView) -> String {
    let clock = format::clock(entry.wall_ms, entry.offset_min);
    let (_, trust) = trust(w, entry.time);
    match entry.time {
        TimeTrust::Within { .. } => format!("{clock} {trust}"),
        TimeTrust::Unverified | TimeTrust::Contradictory => format!("{clock}, {trust}"),
    }
}

/// Place of a tap in a line.
pub(crate) fn place(w: Words, place: &PlaceView) -> String {
    let at = |word: &str, spot: &Spot| w.place_spot(&distance(w, spot), &spot.site, word);
    match place {
        PlaceView::Locating => w.place_locating().to_owned(),
        PlaceView::Inside(spot) => at(w.place_inside(), spot),
        PlaceView::Uncertain(spot) => at(w.place_uncertain(), spot),
        PlaceView::Outside(spot) => at(w.place_outside(), spot),
        PlaceView::None { reason } => no_place(w, *reason).to_owned(),
    }
}

/// `38 m ± 12`.
pub(crate) fn distance(w: Words, spot: &Spot) -> String {
    w.distance(
        &crate::words::group(spot.accuracy_m.into()),
        &crate::words::group(spot.distance_m.into()),
    )
}

/// Why there is no place.
pub(crate) const fn no_place(w: Words, reason: NoPlace) -> &'static str {
    match reason {
        NoPlace::NoConsent => w.no_place_consent(),
        NoPlace::Skipped => w.no_place_skipped(),
        NoPlace::Denied => w.no_place_denied(),
        NoPlace::ServicesOff => w.no_place_services_off(),
        NoPlace::Deadline => w.no_place_deadline(),
        NoPlace::Unusable => w.no_place_unusable(),
        NoPlace::NoGps => w.no_place_no_gps(),
        NoPlace::Interrupted => w.no_place_interrupted(),
        NoPlace::NoSites => w.no_place_no_sites(),
    }
}

/// What is said about location before a tap.
pub(crate) const fn location(w: Words, state: LocationState) -> &'static str {
    match state {
        LocationState::Ready => w.location_ready(),
        LocationState::NoConsent => w.location_no_consent(),
        LocationState::AskPermission => w.location_ask(),
        LocationState::Denied => w.location_denied(),
        LocationState::ServicesOff => w.location_services_off(),
        LocationState::NoGps => w.location_no_gps(),
    }
}

/// The sync strip: tone, headline, explanation.
pub(crate) fn sync(w: Words, sync: &SyncView, waiting: u32) -> (Tone, String, &'static str) {
    let kept = if waiting > 0 {
        w.sync_kept()
    } else {
        w.sync_go_on()
    };
    match sync.state {
        SyncState::AllSent => match sync.last_good_ms {
            Some(at_ms) => (
                Tone::Good,
                w.sync_all_sent_at(&format::clock(at_ms, sync.offset_min)),
                "",
            ),
            None => (Tone::Good, w.sync_all_sent().to_owned(), ""),
        },
        SyncState::Sending if sync.total > 1 => {
            let (done, total) = (sync.done.to_string(), sync.total.to_string());
            (Tone::Info, w.sync_sending_of(&done, &total), "")
        }
        SyncState::Sending => (Tone::Info, w.sync_sending().to_owned(), ""),
        SyncState::Offline => (Tone::Info, w.sync_offline().to_owned(), kept),
        SyncState::CaptivePortal => (
            Tone::Waiting,
            w.sync_portal().to_owned(),
            w.sync_portal_do(),
        ),
        SyncState::Certificate => (
            Tone::Waiting,
            w.sync_certificate().to_owned(),
            w.sync_certificate_do(),
        ),
        SyncState::Clock => (Tone::Waiting, w.sync_clock().to_owned(), w.sync_clock_do()),
        SyncState::ServerUnreachable => (Tone::Info, w.sync_server().to_owned(), kept),
        SyncState::SignIn => (
            Tone::Waiting,
            w.sync_sign_in().to_owned(),
            w.sync_sign_in_do(),
        ),
        SyncState::UpdateNeeded => (
            Tone::Waiting,
            w.sync_update().to_owned(),
            w.sync_update_do(),
        ),
        SyncState::Revoked => (Tone::Bad, w.sync_revoked().to_owned(), w.sync_revoked_do()),
    }
}

/// State of the strip, for `data-state`.
pub(crate) const fn sync_id(state: SyncState) -> &'static str {
    match state {
        SyncState::AllSent => "all_sent",
        SyncState::Sending => "sending",
        SyncState::Offline => "offline",
        SyncState::CaptivePortal => "captive_portal",
        SyncState::Certificate => "certificate",
        SyncState::Clock => "clock",
        SyncState::ServerUnreachable => "server_unreachable",
        SyncState::SignIn => "sign_in",
        SyncState::UpdateNeeded => "update_needed",
        SyncState::Revoked => "revoked",
    }
}

/// Why a PIN is refused.
pub(crate) fn pin_problem(w: Words, problem: PinProblem, fewest: u8, most: u8) -> String {
    match problem {
        PinProblem::NotDigits => w.pin_not_digits().to_owned(),
        PinProblem::TooShort => w.pin_too_short(&fewest.to_string()),
        PinProblem::TooLong => w.pin_too_long(&most.to_string()),
        PinProblem::Repeats => w.pin_repeats().to_owned(),
        PinProblem::Run => w.pin_run().to_owned(),
        PinProblem::Year => w.pin_year().to_owned(),
        PinProblem::Common => w.pin_common().to_owned(),
        PinProblem::Own => w.pin_own().to_owned(),
    }
}

/// Why an item needs the person.
pub(crate) const fn attention(w: Words, reason: AttentionReason) -> (&'static str, &'static str) {
    match reason {
        AttentionReason::Validation => (w.attention_validation(), w.attention_validation_do()),
        AttentionReason::UnknownKind => (w.attention_unknown(), w.attention_unknown_do()),
        AttentionReason::Forbidden => (w.attention_forbidden(), w.attention_forbidden_do()),
        AttentionReason::Conflict => (w.attention_conflict(), w.attention_conflict_do()),
        AttentionReason::Tampered => (w.attention_tampered(), w.attention_tampered_do()),
    }
}

/// State of a device as a chip.
pub(crate) const fn device_state(w: Words, state: DeviceStateView) -> (Tone, &'static str) {
    match state {
        DeviceStateView::Pending => (Tone::Waiting, w.device_pending()),
        DeviceStateView::Active => (Tone::Good, w.device_active()),
        DeviceStateView::Suspended => (Tone::Waiting, w.device_suspended()),
        DeviceStateView::Revoked => (Tone::Quiet, w.device_revoked()),
        DeviceStateView::Lost => (Tone::Bad, w.device_lost()),
        DeviceStateView::Replaced => (Tone::Quiet, w.device_replaced()),
    }
}

/// The same, for `data-state`.
pub(crate) const fn device_state_id(state: DeviceStateView) -> &'static str {
    match state {
        DeviceStateView::Pending => "pending",
        DeviceStateView::Active => "active",
        DeviceStateView::Suspended => "suspended",
        DeviceStateView::Revoked => "revoked",
        DeviceStateView::Lost => "lost",
        DeviceStateView::Replaced => "replaced",
    }
}

/// What the person may do.
pub(crate) const fn role(w: Words, role: RoleView) -> &'static str {
    match role {
        RoleView::Employee => w.role_employee(),
        RoleView::SiteManager => w.role_site_manager(),
        RoleView::Admin => w.role_admin(),
        RoleView::PrivacyOfficer => w.role_privacy_officer(),
    }
}

/// An error: what happened, then what is safe and what to do.
pub(crate) const fn error(w: Words, code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::CodeUnknown => (w.error_code_unknown(), w.error_code_unknown_do()),
        ErrorCode::CodeUsed => (w.error_code_used(), w.error_code_used_do()),
        ErrorCode::CodeExpired => (w.error_code_expired(), w.error_code_expired_do()),
        ErrorCode::CodeBurned => (w.error_code_burned(), w.error_code_burned_do()),
        ErrorCode::BadAddress => (w.error_bad_address(), w.error_bad_address_do()),
        ErrorCode::Offline => (w.error_offline(), w.error_offline_do()),
        ErrorCode::CaptivePortal => (w.error_captive_portal(), w.error_captive_portal_do()),
        ErrorCode::Certificate => (w.error_certificate(), w.error_certificate_do()),
        ErrorCode::ServerUnavailable => (
            w.error_server_unavailable(),
            w.error_server_unavailable_do(),
        ),
        ErrorCode::WeakPin => (w.error_weak_pin(), w.error_weak_pin_do()),
        ErrorCode::Locked => (w.error_locked(), w.error_locked_do()),
        ErrorCode::TooLate => (w.error_too_late(), w.error_too_late_do()),
        ErrorCode::NotActivated => (w.error_not_activated(), w.error_not_activated_do()),
        ErrorCode::OtherPerson => (w.error_other_person(), w.error_other_person_do()),
        ErrorCode::StillSending => (w.error_still_sending(), w.error_still_sending_do()),
        ErrorCode::Revoked => (w.error_revoked(), w.error_revoked_do()),
        ErrorCode::Suspended => (w.suspended_title(), w.suspended_text()),
        ErrorCode::LeaseEnded => (w.lease_title(), w.lease_text()),
        ErrorCode::LinkUnreadable => (w.error_link(), w.error_link_do()),
        ErrorCode::WrongServer => (w.error_wrong_server(), w.error_wrong_server_do()),
        ErrorCode::DiskFull => (w.error_disk_full(), w.error_disk_full_do()),
        ErrorCode::NotSaved => (w.error_not_saved(), w.error_not_saved_do()),
        ErrorCode::KeystoreUnavailable => (w.error_keystore(), w.error_keystore_do()),
        ErrorCode::NotFound => (w.error_not_found(), w.error_not_found_do()),
        ErrorCode::InUse => (w.error_in_use(), w.error_in_use_do()),
        ErrorCode::Internal => (w.error_internal(), w.error_internal_do()),
    }
}

#[cfg(test)]
mod tests {
    use bizmitra_ipc::view::Language;

    use super::*;

    /// 2026-11-23 09:02 in India.
    fn tap(time: TimeTrust) -> EntryView {
        EntryView {
            id: String::new(),
            action: Action::CheckIn,
            wall_ms: 1_795_404_720_000,
            offset_min: 330,
            day: "2026-11-23".into(),
            step: Step::Confirmed,
            time,
            number: 1,
            short_hash: String::new(),
            place: PlaceView::Locating,
            confirmed_ms: None,
            withdrawn: false,
            undo_ms: 0,
            alarm: false,
        }
    }

    #[test]
    fn a_time_is_shown_with_its_tolerance_or_is_called_unverified_in_each_language() {
        let shown = |language, time| trusted_time(Words(language), &tap(time));
        let within = |tolerance_ms| TimeTrust::Within { tolerance_ms };
        for (time, english, hindi) in [
            (within(2_500), "9:02 ± 3 s", "9:02 ± 3 से"),
            (within(180_000), "9:02 ± 3 min", "9:02 ± 3 मि"),
            (within(86_400_000), "9:02 ± 24 h", "9:02 ± 24 घं"),
            (
                TimeTrust::Unverified,
                "9:02, unverified time",
                "9:02, अपुष्ट समय",
            ),
            (
                TimeTrust::Contradictory,
                "9:02, time to be checked",
                "9:02, समय जाँचना है",
            ),
        ] {
            assert_eq!(shown(Language::English, time), english);
            assert_eq!(shown(Language::Hindi, time), hindi);
        }
    }

    #[test]
    fn a_confirmed_record_whose_time_is_not_verified_is_not_shown_as_all_good() {
        let w = Words(Language::English);
        for time in [TimeTrust::Unverified, TimeTrust::Contradictory] {
            assert_eq!(
                entry_state(w, &tap(time)),
                (Tone::Info, w.state_unverified())
            );
            assert_ne!(trust(w, time).0, Tone::Good);
        }
        let exact = TimeTrust::Within {
            tolerance_ms: 60_000,
        };
        assert_eq!(entry_state(w, &tap(exact)).0, Tone::Good);
        assert_eq!(trust(w, exact).0, Tone::Good);
        let wide = TimeTrust::Within {
            tolerance_ms: 60_001,
        };
        assert_eq!(
            trust(w, wide).0,
            Tone::Info,
            "a clock that is off does not look exact"
        );
    }
}
