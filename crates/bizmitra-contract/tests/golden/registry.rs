//! Which golden belongs to which type. A file is `<type in snake case>[.<case>].json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bizmitra_contract::attendance::{AttendanceEntry, CorrectionEntry, Place};
use bizmitra_contract::blob::ItemBlob;
use bizmitra_contract::changes::{Change, ChangesPage, Fence, Policy, Profile, Shift, Site};
use bizmitra_contract::devices::{
    ApproveRequest, DeviceStateResponse, DeviceSummary, DevicesResponse, HealthResponse,
    PendingDevice, PendingDevicesResponse, ReasonRequest, ReplaceResponse, RevokeRequest,
    ThisDeviceResponse,
};
use bizmitra_contract::enrolment::{
    EnrolmentRequest, EnrolmentResponse, InvitationRequest, InvitationResponse, PinPolicy,
};
use bizmitra_contract::login::{
    ChallengeRequest, ChallengeResponse, LoginRequest, LoginResponse, MeResponse,
};
use bizmitra_contract::problem::Problem;
use bizmitra_contract::record::{
    ChainEnd, Consent, Correction, Evidence, File, Record, RightTap, Tap, Withdrawal,
};
use bizmitra_contract::sealing::SealingKey;
use bizmitra_contract::statement::{
    Lease, Receipt, SignedStatement, Succession, TimeAnchor, WipeOrder,
};
use bizmitra_contract::sync::{BatchItem, BatchRequest, BatchResponse, ItemResult, RecordSig};
use serde_json::Value;

/// Parses JSON text as a type and gives what that type writes again.
type RoundTrip = fn(&str) -> Result<Value, serde_json::Error>;

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(
    json: &str,
) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_str::<T>(json)?)
}

macro_rules! types {
    ($($name:ident),* $(,)?) => {
        /// Every type with a golden, by its Rust name.
        pub const TYPES: &[(&str, RoundTrip)] = &[$((stringify!($name), round_trip::<$name>)),*];
    };
}

types! {
    ApproveRequest, AttendanceEntry, BatchItem, BatchRequest, BatchResponse, ChainEnd, ChallengeRequest, ChallengeResponse, Change, ChangesPage,
    Consent, Correction, CorrectionEntry, DeviceStateResponse, DeviceSummary, DevicesResponse, EnrolmentRequest, EnrolmentResponse, Evidence, Fence, File,
    HealthResponse, InvitationRequest, InvitationResponse, ItemBlob, ItemResult, Lease, LoginRequest, LoginResponse, MeResponse, PendingDevice,
    PendingDevicesResponse, PinPolicy, Place, Policy, Problem, Profile, ReasonRequest, Receipt, Record, RecordSig, ReplaceResponse,
    RevokeRequest, RightTap, SealingKey, Shift, SignedStatement, Site, Succession, Tap, ThisDeviceResponse, TimeAnchor, WipeOrder, Withdrawal,
}

/// A path inside this crate.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every golden: file stem and text.
pub fn goldens() -> BTreeMap<String, String> {
    std::fs::read_dir(here("tests/golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

/// The part of a stem that names the type.
pub fn type_stem(stem: &str) -> &str {
    stem.split_once('.').map_or(stem, |(kind, _)| kind)
}

/// Goldens of one type.
pub fn goldens_of(type_name: &str) -> Vec<(String, Value)> {
    let wanted = snake(type_name);
    goldens()
        .into_iter()
        .filter(|(stem, _)| type_stem(stem) == wanted)
        .map(|(stem, text)| (stem, serde_json::from_str(&text).unwrap()))
        .collect()
}

/// `BatchItem` as `batch_item`.
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}
