//! Answers: sentences for people, one JSON object a line for scripts.

use std::io::Write;

use anyhow::Result;
use bizmitra_core::attendance::{Action, Entry, Place};
use bizmitra_core::outbox::State;
use bizmitra_device::{Phase, Status, SyncState};
use serde_json::{Value, json};

use crate::{exit, trust};

/// Where answers go, and in which form.
pub(crate) struct Output<'a> {
    pub(crate) is_json: bool,
    pub(crate) out: &'a mut dyn Write,
}

impl Output<'_> {
    /// One answer in both forms.
    pub(crate) fn say(&mut self, sentence: &str, object: &Value) -> Result<()> {
        if self.is_json {
            writeln!(self.out, "{object}")?;
        } else {
            writeln!(self.out, "{sentence}")?;
        }
        self.out.flush()?;
        Ok(())
    }

    /// Where the device stands.
    pub(crate) fn status(&mut self, status: &Status) -> Result<()> {
        self.say(&status_sentence(status), &status_object(status))
    }

    /// A tap and what became of it.
    pub(crate) fn entry(&mut self, event: &str, entry: &Entry) -> Result<()> {
        self.say(&entry_sentence(entry), &entry_object(event, entry))
    }
}

/// A failure: the sentence to `err`, and for scripts an object on `out`.
pub(crate) fn failure(
    error: &anyhow::Error,
    is_json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) {
    let (code, sentence) = exit::describe(error);
    // Nobody can be told when these fail.
    let _ = writeln!(err, "bizmitra-cli: {sentence}");
    if is_json {
        let _ = writeln!(
            out,
            "{}",
            json!({ "event": "error", "code": code, "message": sentence })
        );
    }
}

fn status_object(status: &Status) -> Value {
    json!({
        "event": "status",
        "phase": phase_word(status.phase),
        "name": status.name,
        "company": status.company,
        "fingerprint": status.fingerprint,
        "waiting": status.waiting,
        "attention": status.attention,
        "tries_left": status.tries_left,
        "wait_ms": status.wait_ms,
        "sync": sync_word(status.sync.state),
        "total": status.sync.total,
        "done": status.sync.done,
        "last_good_ms": status.sync.last_good_ms,
        "next_try_ms": status.sync.next_try_ms,
        "store_was_damaged": status.store_was_damaged,
        "server": status.server,
    })
}

fn status_sentence(status: &Status) -> String {
    let mut sentence = format!("{}: {}", phase_word(status.phase), sync_sentence(status));
    if status.phase == Phase::AwaitingApproval
        && let Some(fingerprint) = &status.fingerprint
    {
        sentence =
            format!("a manager has to approve this device; its fingerprint is {fingerprint}");
    }
    if status.attention > 0 {
        sentence.push_str(&format!("; {} need you", status.attention));
    }
    if status.store_was_damaged {
        sentence.push_str(
            "; the store was damaged: it was moved aside and what it still gave was kept",
        );
    }
    sentence
}

fn sync_sentence(status: &Status) -> String {
    let waiting = status.waiting;
    let state = match status.sync.state {
        SyncState::AllSent => return "everything is confirmed".to_owned(),
        SyncState::Sending => "sending",
        SyncState::Offline => "no connection",
        SyncState::CaptivePortal => "something answers in the server's place",
        SyncState::Certificate => "the server's certificate is not accepted",
        SyncState::Clock => "this device's clock does not fit the server's certificate",
        SyncState::ServerUnreachable => "the server is failing",
        SyncState::SignIn => "sign in again",
        SyncState::UpdateNeeded => "this version is too old for the server",
        SyncState::Revoked => "revoked",
    };
    format!("{waiting} saved here and not confirmed, {state}")
}

pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::NotActivated => "not_activated",
        Phase::Activating => "activating",
        Phase::AwaitingApproval => "awaiting_approval",
        Phase::Locked => "locked",
        Phase::Unlocked => "unlocked",
        Phase::Destroyed => "destroyed",
        Phase::Suspended => "suspended",
        Phase::LeaseEnded => "lease_ended",
        Phase::Revoked => "revoked",
        Phase::Wiped => "wiped",
    }
}

fn sync_word(state: SyncState) -> &'static str {
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

fn entry_object(event: &str, entry: &Entry) -> Value {
    let spot = match entry.evidence.as_ref().map(|evidence| evidence.place) {
        Some(Place::Inside(spot) | Place::Uncertain(spot) | Place::Outside(spot)) => Some(spot),
        Some(Place::None(_)) | None => None,
    };
    json!({
        "event": event,
        "id": entry.tap.id,
        "action": entry.tap.action.name(),
        "wall_ms": entry.tap.wall_ms,
        "offset_min": entry.tap.offset_min,
        "day": entry.tap.day,
        "seq": entry.seq,
        "hash": hex::encode(entry.hash),
        "state": state_word(entry.state),
        "confirmed_ms": entry.confirmed_ms,
        "place": entry.evidence.as_ref().map(|evidence| place_word(evidence.place)),
        "site": spot.map(|spot| spot.site),
        "distance_m": spot.map(|spot| spot.distance_m),
        "accuracy_m": spot.map(|spot| spot.accuracy_m),
        "grade": entry.grade.map(|(grade, _)| grade.name()),
        "time": trust::word(entry.time_trust()),
        "tolerance_ms": trust::tolerance_ms(entry.time_trust()),
        "withdrawn": entry.withdrawn,
        "alarm": entry.alarm,
    })
}

fn entry_sentence(entry: &Entry) -> String {
    let action = match entry.tap.action {
        Action::CheckIn => "check-in",
        Action::CheckOut => "check-out",
        Action::BreakStart => "start of break",
        Action::BreakEnd => "end of break",
    };
    let state = match entry.state {
        State::Queued => "saved on this device",
        State::InDoubt => "saved on this device, sending",
        State::Acked => "confirmed by the server",
        State::Parked => "refused by the server: needs you",
    };
    let place = match entry.evidence.as_ref().map(|evidence| evidence.place) {
        None => String::new(),
        Some(place @ (Place::Inside(spot) | Place::Uncertain(spot) | Place::Outside(spot))) => {
            format!(
                ", {} (site, {} m to its centre, +-{} m)",
                place_word(place),
                spot.distance_m,
                spot.accuracy_m
            )
        }
        Some(place @ Place::None(_)) => format!(", no location ({})", place_word(place)),
    };
    let undone = if entry.withdrawn { ", undone" } else { "" };
    let alarm = if entry.alarm {
        ", THE SERVER'S COPY DIFFERS"
    } else {
        ""
    };
    format!(
        "{} {} {action} no. {}: {state}{place}{undone}{alarm}",
        clock_time(entry),
        trust::beside(entry.time_trust()),
        entry.seq
    )
}

/// `YYYY-MM-DD HH:MM:SS` in the zone of the tap; from arithmetic, as no library for dates is needed otherwise.
fn clock_time(entry: &Entry) -> String {
    let local_s = entry
        .tap
        .wall_ms
        .saturating_add(i64::from(entry.tap.offset_min) * 60_000)
        .div_euclid(1_000);
    let second = local_s.rem_euclid(86_400);
    format!(
        "{} {:02}:{:02}:{:02}",
        entry.tap.day,
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Queued => "saved",
        State::InDoubt => "sending",
        State::Acked => "confirmed",
        State::Parked => "parked",
    }
}

fn place_word(place: Place) -> &'static str {
    use bizmitra_core::attendance::NoPlace;
    match place {
        Place::Inside(_) => "inside",
        Place::Uncertain(_) => "uncertain",
        Place::Outside(_) => "outside",
        Place::None(why) => match why {
            NoPlace::NoConsent => "no_consent",
            NoPlace::Skipped => "skipped",
            NoPlace::Denied => "denied",
            NoPlace::ServicesOff => "services_off",
            NoPlace::Deadline => "deadline",
            NoPlace::Unusable => "unusable",
            NoPlace::NoGps => "no_gps",
            NoPlace::Interrupted => "interrupted",
            NoPlace::NoSites => "no_sites",
        },
    }
}
