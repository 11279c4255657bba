//! Who gets what from each operation of the API. An operation that the server describes and this table does not know
//! fails the suite: add its row, and what another person's and another company's ids get from it.

use bizmitra_contract::enrolment::Platform;
use bizmitra_contract::ids::RequestId;
use bizmitra_contract::sync::BatchRequest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::device::{HOST, TestDevice, enrolment};

/// Those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    Employee,
    SiteManager,
    Admin,
    PrivacyOfficer,
    OtherCompany,
    Waiting,
    Suspended,
    Revoked,
}

pub const EVERYONE: [(Who, &str); 9] = [
    (Who::Nobody, "somebody without a key"),
    (Who::Employee, "an employee"),
    (Who::SiteManager, "a site manager"),
    (Who::Admin, "an admin"),
    (Who::PrivacyOfficer, "a privacy officer"),
    (Who::OtherCompany, "another company's admin"),
    (Who::Waiting, "a device that waits for approval"),
    (Who::Suspended, "a suspended device"),
    (Who::Revoked, "a revoked device"),
];

/// Whose id stands in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    /// The asking person's own, older device.
    Own,
    /// Of a colleague of the manager's site.
    SameSite,
    /// Of a colleague of no common site.
    OtherSite,
    /// Of another company.
    OtherCompany,
    /// Of nobody.
    Unknown,
    /// No id.
    Malformed,
}

pub const IDS: [(Id, &str); 6] = [
    (Id::Own, "one's own device"),
    (Id::SameSite, "a device of the same site"),
    (Id::OtherSite, "a device of another site"),
    (Id::OtherCompany, "another company's device"),
    (Id::Unknown, "a device that is not there"),
    (Id::Malformed, "something that is no id"),
];

/// One operation.
pub struct Row {
    /// `operationId` of the description.
    pub operation: &'static str,
    /// A body of the operation's form by this device.
    pub body: fn(&TestDevice) -> Option<Value>,
    /// The status for those who ask; an operation with an id is asked about a colleague of the manager's site.
    pub status: fn(Who) -> u16,
    /// The status for an active person and an id, where the path has one.
    pub by_id: Option<fn(Who, Id) -> u16>,
}

pub const ROWS: &[Row] = &[
    Row {
        operation: "health",
        body: none,
        status: |_| 200,
        by_id: None,
    },
    Row {
        operation: "openapi",
        body: none,
        status: |_| 200,
        by_id: None,
    },
    Row {
        operation: "check_invitation",
        body: |_| Some(json!({"code": "0000000000"})),
        status: |_| 404,
        by_id: None,
    },
    Row {
        operation: "enrol",
        body: unknown_code,
        status: |_| 404,
        by_id: None,
    },
    Row {
        operation: "this_device",
        body: none,
        status: |who| if who == Who::Nobody { 401 } else { 200 },
        by_id: None,
    },
    Row {
        operation: "login_challenge",
        body: |me| Some(json!({"device": me.device})),
        status: |_| 200,
        by_id: None,
    },
    Row {
        operation: "login",
        body: worthless_login,
        status: |_| 401,
        by_id: None,
    },
    Row {
        operation: "sync_batch",
        body: empty_batch,
        status: batch,
        by_id: None,
    },
    Row {
        operation: "changes",
        body: none,
        status: session,
        by_id: None,
    },
    Row {
        operation: "me",
        body: none,
        status: session,
        by_id: None,
    },
    Row {
        operation: "pending_devices",
        body: none,
        status: decides,
        by_id: None,
    },
    Row {
        operation: "approve_device",
        body: |_| Some(json!({"fingerprint": "0000-0000-0000-0000-0000-0000"})),
        status: |who| {
            if is_active(who) {
                approve(who, Id::SameSite)
            } else {
                session(who)
            }
        },
        by_id: Some(approve),
    },
    Row {
        operation: "revoke_device",
        body: |_| Some(json!({"reason": "lost"})),
        status: |who| {
            if is_active(who) {
                revoke(who, Id::SameSite)
            } else {
                session(who)
            }
        },
        by_id: Some(revoke),
    },
    Row {
        operation: "suspend_device",
        body: |_| Some(json!({"reason": "lost"})),
        status: |who| {
            if is_active(who) {
                pause(who, Id::SameSite)
            } else {
                session(who)
            }
        },
        by_id: Some(pause),
    },
    Row {
        operation: "resume_device",
        body: |_| Some(json!({"reason": "lost"})),
        status: |who| {
            if is_active(who) {
                pause(who, Id::SameSite)
            } else {
                session(who)
            }
        },
        by_id: Some(pause),
    },
    Row {
        operation: "report_lost_device",
        body: |_| Some(json!({"reason": "lost"})),
        status: |who| {
            if is_active(who) {
                lost(who, Id::SameSite)
            } else {
                session(who)
            }
        },
        by_id: Some(lost),
    },
    Row {
        operation: "replace_device",
        body: |_| Some(json!({"reason": "lost"})),
        status: |who| {
            if is_active(who) {
                replace(who, Id::SameSite)
            } else {
                session(who)
            }
        },
        by_id: Some(replace),
    },
    Row {
        operation: "devices",
        body: none,
        status: decides,
        by_id: None,
    },
    Row {
        operation: "my_devices",
        body: none,
        status: session,
        by_id: None,
    },
];

/// Active people, as opposed to devices that may not sign in.
pub fn is_active(who: Who) -> bool {
    use Who::{
        Admin, Employee, Nobody, OtherCompany, PrivacyOfficer, Revoked, SiteManager, Suspended,
        Waiting,
    };
    match who {
        Employee | SiteManager | Admin | PrivacyOfficer | OtherCompany => true,
        Nobody | Waiting | Suspended | Revoked => false,
    }
}

/// What needs a session and no role.
fn session(who: Who) -> u16 {
    match who {
        Who::Nobody | Who::Waiting => 401,
        Who::Suspended | Who::Revoked => 403,
        _ => 200,
    }
}

/// What only deciding people may see.
fn decides(who: Who) -> u16 {
    match who {
        Who::Employee | Who::PrivacyOfficer => 403,
        who => session(who),
    }
}

/// A revoked device still delivers.
fn batch(who: Who) -> u16 {
    if who == Who::Revoked {
        200
    } else {
        session(who)
    }
}

/// The fingerprint is wrong on purpose: 422 shows that the device was found, and nothing changes.
fn approve(who: Who, id: Id) -> u16 {
    match (who, id) {
        (Who::Employee | Who::PrivacyOfficer, _) | (_, Id::Own) => 403,
        (Who::SiteManager | Who::Admin, Id::SameSite) | (Who::Admin, Id::OtherSite) => 422,
        _ => 404,
    }
}

/// The device is over already: 200 shows that it was found, and nothing changes.
fn revoke(who: Who, id: Id) -> u16 {
    match (who, id) {
        (_, Id::Own)
        | (Who::SiteManager | Who::Admin, Id::SameSite)
        | (Who::Admin, Id::OtherSite) => 200,
        _ => 404,
    }
}

/// The device is over already: 409 shows that it was found, and nothing changes.
fn pause(who: Who, id: Id) -> u16 {
    match (who, id) {
        (Who::Employee | Who::PrivacyOfficer, _) | (_, Id::Own) => 403,
        (Who::SiteManager | Who::Admin, Id::SameSite) | (Who::Admin, Id::OtherSite) => 409,
        _ => 404,
    }
}

/// As a revocation.
fn lost(who: Who, id: Id) -> u16 {
    revoke(who, id)
}

/// A code for the place of a device, whatever its state.
fn replace(who: Who, id: Id) -> u16 {
    match pause(who, id) {
        409 => 200,
        other => other,
    }
}

fn none(_: &TestDevice) -> Option<Value> {
    None
}

fn unknown_code(me: &TestDevice) -> Option<Value> {
    let request = enrolment(
        me.company,
        "0000000000",
        "AAAA",
        "Nobody",
        Platform::Android,
    );
    Some(serde_json::to_value(request).unwrap())
}

fn worthless_login(me: &TestDevice) -> Option<Value> {
    Some(serde_json::to_value(me.login_request("AAAA", &format!("http://{HOST}"))).unwrap())
}

fn empty_batch(_: &TestDevice) -> Option<Value> {
    let batch = BatchRequest {
        req_id: RequestId(Uuid::nil()),
        acked_through: 0,
        items: Vec::new(),
    };
    Some(serde_json::to_value(batch).unwrap())
}
