//! The person, and what a person is told of an item or a PIN.

use bizmitra_core::enrolment::Role;
use bizmitra_core::outbox::ParkReason;
use bizmitra_core::vault::PinProblem;
use bizmitra_device::{AttentionReason, Me};
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
