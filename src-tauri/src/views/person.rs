//! The person, and what a person is told of an item or a PIN.

use bizmitra_core::clock::Reading;
use bizmitra_core::enrolment::{Platform, Role};
use bizmitra_core::outbox::ParkReason;
use bizmitra_core::vault::PinProblem;
use bizmitra_device::{AttentionReason, EndReason, Me, OwnDevice, OwnDeviceState};
use bizmitra_ipc::view;

/// Profile, device and settings.
pub fn me(me: Me) -> view::MeView {
    view::MeView {
        name: me.name,
        company: me.company,
        role: role(me.role),
        fingerprint: me.fingerprint,
        device_name: me.device_name,
        location_consent: me.location_consent,
        notice_version: me.notice_version,
        lock_after_min: me.lock_after_min,
        app_version: me.app_version,
        server: host(&me.server).to_owned(),
    }
}

/// One of the person's devices. The server's clock says when, this device's how long ago: a clock that runs behind makes it now.
pub fn device(device: OwnDevice, now: &Reading) -> view::DeviceView {
    let ago_ms = now.wall_ms.saturating_sub(device.last_heard_ms).max(0);
    view::DeviceView {
        name: device.name,
        kind: match device.platform {
            Platform::Android | Platform::Ios => view::DeviceKind::Phone,
            Platform::Desktop => view::DeviceKind::Desktop,
        },
        state: match device.state {
            OwnDeviceState::Pending => view::DeviceStateView::Pending,
            OwnDeviceState::Active => view::DeviceStateView::Active,
            OwnDeviceState::Suspended => view::DeviceStateView::Suspended,
            OwnDeviceState::Over(EndReason::Revoked) => view::DeviceStateView::Revoked,
            OwnDeviceState::Over(EndReason::Lost) => view::DeviceStateView::Lost,
            OwnDeviceState::Over(EndReason::Replaced) => view::DeviceStateView::Replaced,
        },
        last_heard_ms: device.last_heard_ms,
        offset_min: now.offset_min,
        heard_ago_min: u32::try_from(ago_ms / 60_000).unwrap_or(u32::MAX),
        is_this: device.is_this,
    }
}

/// Why an item needs the person.
pub fn attention_reason(reason: AttentionReason) -> view::AttentionReason {
    match reason {
        AttentionReason::Parked(ParkReason::Validation) => view::AttentionReason::Validation,
        AttentionReason::Parked(ParkReason::UnknownKind) => view::AttentionReason::UnknownKind,
        AttentionReason::Parked(ParkReason::Forbidden) => view::AttentionReason::Forbidden,
        AttentionReason::Parked(ParkReason::Conflict) => view::AttentionReason::Conflict,
        AttentionReason::Tampered => view::AttentionReason::Tampered,
    }
}

/// Why a PIN is refused.
pub fn pin_problem(problem: PinProblem) -> view::PinProblem {
    match problem {
        PinProblem::NotDigits => view::PinProblem::NotDigits,
        PinProblem::TooShort => view::PinProblem::TooShort,
        PinProblem::TooLong => view::PinProblem::TooLong,
        PinProblem::Repeats => view::PinProblem::Repeats,
        PinProblem::Run => view::PinProblem::Run,
        PinProblem::Year => view::PinProblem::Year,
        PinProblem::Common => view::PinProblem::Common,
        PinProblem::Own => view::PinProblem::Own,
    }
}

fn role(role: Role) -> view::RoleView {
    match role {
        Role::Employee => view::RoleView::Employee,
        Role::SiteManager => view::RoleView::SiteManager,
        Role::Admin => view::RoleView::Admin,
        Role::PrivacyOfficer => view::RoleView::PrivacyOfficer,
    }
}

/// The host of `scheme://host[:port]`.
fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_the_host_of_the_server_not_its_address() {
        assert_eq!(
            host("https://bizmitra.example:8443"),
            "bizmitra.example:8443"
        );
        assert_eq!(host("bizmitra.example"), "bizmitra.example");
    }

    #[test]
    fn each_reason_for_attention_keeps_its_meaning() {
        assert_eq!(
            attention_reason(AttentionReason::Tampered),
            view::AttentionReason::Tampered
        );
        assert_eq!(
            attention_reason(AttentionReason::Parked(ParkReason::Conflict)),
            view::AttentionReason::Conflict
        );
    }
}
