//! The exact bytes of a record.

use bizmitra_contract as contract;
use contract::attendance::TapKind;
use contract::encoding::{Bytes, Bytes32};
use contract::ids;
use contract::record::{Record, RecordBody};

use crate::attendance::{Action, Correction, Evidence, NoPlace, Place, PlaceFlag};
use crate::file::{NewFile, Role};
use crate::ids::ItemId;
use crate::record::{Author, Moment, Statement};
use crate::store::{BuildError, ChainHead};

pub(crate) fn encode_record(
    author: &Author,
    moment: &Moment,
    (id, salt): (ItemId, [u8; 32]),
    head: &ChainHead,
    seq: u64,
    body: RecordBody,
) -> Result<Vec<u8>, BuildError> {
    let reading = &moment.reading;
    let elapsed = moment
        .anchor
        .as_ref()
        .and_then(|anchor| anchor.elapsed_ms(reading));
    let record = Record {
        v: contract::record::VERSION,
        salt: Bytes32(salt),
        chain_id: ids::ChainId(head.chain.0),
        company: ids::CompanyId(author.company.0),
        employee: ids::EmployeeId(author.employee.0),
        device: ids::DeviceId(author.device.0),
        seq,
        prev_hash: Bytes32(head.hash),
        id: ids::ItemId(id.0),
        wall_ms: reading.wall_ms,
        zone: reading.zone.clone(),
        offset_min: reading.offset_min,
        anchor_id: moment
            .anchor
            .as_ref()
            .map(|anchor| ids::AnchorId(anchor.id.0)),
        elapsed_since_anchor_ms: elapsed,
        anchor_rtt_ms: moment.anchor.as_ref().map(|anchor| anchor.rtt_ms),
        same_boot: elapsed.is_some(),
        consent: moment.consent.clone(),
        app_version: author.app_version.clone(),
        follows: head.follows.map(|end| contract::record::ChainEnd {
            chain_id: ids::ChainId(end.chain.0),
            seq: end.seq,
            hash: Bytes32(end.hash),
        }),
        body,
    };
    serde_json::to_vec(&record).map_err(|error| BuildError(error.to_string()))
}

/// What a record states; `file_key` is the sealed key of a file.
pub(crate) fn record_body(statement: &Statement, file_key: Option<Vec<u8>>) -> RecordBody {
    match statement {
        Statement::Tap { action, shift, day } => {
            let tap = contract::record::Tap {
                shift: shift.map(|shift| ids::ShiftId(shift.0)),
                day: Some(day.clone()),
            };
            match action {
                Action::CheckIn => RecordBody::CheckIn(tap),
                Action::CheckOut => RecordBody::CheckOut(tap),
                Action::BreakStart => RecordBody::BreakStart(tap),
                Action::BreakEnd => RecordBody::BreakEnd(tap),
            }
        }
        Statement::Evidence(evidence) => RecordBody::Evidence(evidence_body(evidence)),
        Statement::File(file) => RecordBody::File(file_body(file, file_key.unwrap_or_default())),
        Statement::Withdrawal { about } | Statement::CancelFile { about } => {
            RecordBody::Withdrawal(contract::record::Withdrawal {
                about: ids::ItemId(about.0),
            })
        }
        Statement::LocationConsent(consent) => RecordBody::Consent(contract::record::Consent {
            purpose: contract::record::Purpose::Location,
            given: consent.given,
            notice_version: consent.notice_version.clone(),
            language: consent.language.clone(),
        }),
        Statement::Correction(correction) => RecordBody::Correction(correction_body(correction)),
    }
}

fn correction_body(correction: &Correction) -> contract::record::Correction {
    contract::record::Correction {
        about: correction.about().map(|about| ids::ItemId(about.0)),
        day: correction.day().to_owned(),
        should_be: correction
            .should_be()
            .map(|right| contract::record::RightTap {
                kind: match right.action {
                    Action::CheckIn => TapKind::CheckIn,
                    Action::CheckOut => TapKind::CheckOut,
                    Action::BreakStart => TapKind::BreakStart,
                    Action::BreakEnd => TapKind::BreakEnd,
                },
                wall_ms: right.wall_ms,
                zone: right.zone.clone(),
                offset_min: right.offset_min,
            }),
        why: correction.why().to_owned(),
    }
}

fn file_body(file: &NewFile, key: Vec<u8>) -> contract::record::File {
    contract::record::File {
        role: match file.role {
            Role::Selfie => contract::record::FileRole::Selfie,
            Role::Image => contract::record::FileRole::Image,
            Role::Workbook => contract::record::FileRole::Workbook,
        },
        about: file.about.map(|about| ids::ItemId(about.0)),
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        plain_length: file.plain_length,
        length: file.length,
        sha256: Bytes32(file.sha256),
        key: Bytes(key),
    }
}

fn evidence_body(evidence: &Evidence) -> contract::record::Evidence {
    use contract::record::PlaceVerdict;
    let (place, spot, reason) = match &evidence.place {
        Place::Inside(spot) => (PlaceVerdict::Inside, Some(spot), None),
        Place::Uncertain(spot) => (PlaceVerdict::Uncertain, Some(spot), None),
        Place::Outside(spot) => (PlaceVerdict::Outside, Some(spot), None),
        Place::None(reason) => (PlaceVerdict::None, None, Some(reason_word(*reason))),
    };
    contract::record::Evidence {
        about: ids::ItemId(evidence.about.0),
        place,
        reason,
        site: spot.map(|spot| ids::SiteId(spot.site.0)),
        distance_m: spot.map(|spot| spot.distance_m),
        accuracy_m: spot.map(|spot| spot.accuracy_m),
        fix_age_ms: evidence.fix_age_ms,
        flags: evidence.flags.iter().map(|flag| flag_word(*flag)).collect(),
    }
}

pub(super) fn reason_word(reason: NoPlace) -> contract::record::NoPlaceReason {
    use contract::record::NoPlaceReason as Word;
    match reason {
        NoPlace::NoConsent => Word::NoConsent,
        NoPlace::Skipped => Word::Skipped,
        NoPlace::Denied => Word::Denied,
        NoPlace::ServicesOff => Word::ServicesOff,
        NoPlace::Deadline => Word::Deadline,
        NoPlace::Unusable => Word::Unusable,
        NoPlace::NoGps => Word::NoGps,
        NoPlace::Interrupted => Word::Interrupted,
        NoPlace::NoSites => Word::NoSites,
    }
}

fn flag_word(flag: PlaceFlag) -> contract::record::PlaceFlag {
    use contract::record::PlaceFlag as Word;
    match flag {
        PlaceFlag::Mock => Word::Mock,
        PlaceFlag::Stale => Word::Stale,
        PlaceFlag::NullIsland => Word::NullIsland,
        PlaceFlag::ZeroAccuracy => Word::ZeroAccuracy,
        PlaceFlag::Inaccurate => Word::Inaccurate,
    }
}
