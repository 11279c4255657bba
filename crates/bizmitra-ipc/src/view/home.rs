//! Home: the next action and what it is made from.

use serde::{Deserialize, Serialize};

use super::entry::EntryView;

/// What the person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Start of work.
    CheckIn,
    /// End of work.
    CheckOut,
    /// Start of a break.
    BreakStart,
    /// End of a break.
    BreakEnd,
}

/// Home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HomeView {
    /// Id of the next tap: minted when this view is made.
    pub form_id: String,
    /// Now, to set the clock of the screen by.
    pub now_ms: i64,
    /// UTC offset to show times in.
    pub offset_min: i32,
    /// Display name.
    pub name: String,
    /// Today's shift.
    pub shift: Option<ShiftView>,
    /// The large button.
    pub next: Action,
    /// Further buttons.
    pub also: Vec<Action>,
    /// The latest tap of the current shift day.
    pub latest: Option<EntryView>,
    /// A check-in of an earlier day without its check-out.
    pub forgotten: Option<EntryView>,
    /// The person's nearest or only site, for the dial.
    pub site: Option<SiteView>,
    /// What the device can say about location before a tap.
    pub location: LocationState,
    /// Version of the privacy notice in force.
    pub notice_version: String,
}

/// A shift as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShiftView {
    /// Name.
    pub name: String,
    /// Minutes after midnight.
    pub start_min: u16,
    /// Minutes after midnight; at or before the start means the next day.
    pub end_min: u16,
    /// `YYYY-MM-DD` of its start.
    pub day: String,
}

/// A site as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteView {
    /// Name.
    pub name: String,
    /// Radius of a circle, whole metres; `None` for a polygon.
    pub radius_m: Option<u32>,
}

/// What the device can say about location before a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationState {
    /// Will be asked for at the tap.
    Ready,
    /// The person has not consented.
    NoConsent,
    /// The system's permission can still be asked for.
    AskPermission,
    /// The system's permission is denied for good: settings.
    Denied,
    /// Location services are off.
    ServicesOff,
    /// The device has no receiver.
    NoGps,
}
