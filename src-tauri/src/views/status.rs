//! Where the device stands, for a screen that may be locked.

use bizmitra_core::enrolment::Invitation;
use bizmitra_core::vault::Unlock;
use bizmitra_device::{Appearance, EndReason, Phase, Status, SyncState, SyncStatus};
use bizmitra_ipc::view;

/// The status with what only the shell knows: the offset to show times in, appearance, and the server to offer.
pub fn status(
    status: Status,
    appearance: &Appearance,
    offset_min: i32,
    default_server: &str,
) -> view::StatusView {
    let phase = phase(status.phase);
    let device_short = status
        .fingerprint
        .as_deref()
        .map(short_fingerprint)
        .unwrap_or_default();
    view::StatusView {
        phase,
        name: status.name,
        company: status.company,
        device_short,
        fingerprint: status
            .fingerprint
            .filter(|_| phase == view::Phase::AwaitingApproval),
        waiting: status.waiting,
        attention: status.attention,
        tries_left: status.tries_left,
        wait_ms: status.wait_ms,
        pin_digits: status.pin_digits,
        biometrics: super::biometrics(status.biometrics),
        sync: sync(status.sync, offset_min),
        language: language(&appearance.language),
        theme: theme(&appearance.theme),
        store_was_damaged: status.store_was_damaged,
        ended: status.ended.map(|reason| match reason {
            EndReason::Revoked => view::EndReason::Revoked,
            EndReason::Lost => view::EndReason::Lost,
            EndReason::Replaced => view::EndReason::Replaced,
        }),
        default_server: status.server.unwrap_or_else(|| default_server.to_owned()),
    }
}

/// What is shown while the keystore is missing: nothing is known of the device, because nothing opens without it.
pub fn no_keystore(offset_min: i32, default_server: &str) -> view::StatusView {
    view::StatusView {
        phase: view::Phase::NoKeystore,
        name: String::new(),
        company: String::new(),
        device_short: String::new(),
        fingerprint: None,
        waiting: 0,
        attention: 0,
        tries_left: 0,
        wait_ms: 0,
        pin_digits: (4, 8),
        biometrics: view::BiometricsView::Missing,
        sync: view::SyncView {
            state: view::SyncState::AllSent,
            total: 0,
            done: 0,
            last_good_ms: None,
            offset_min,
            next_try_ms: None,
        },
        language: view::Language::default(),
        theme: view::Theme::default(),
        store_was_damaged: false,
        ended: None,
        default_server: default_server.to_owned(),
    }
}

/// What an activation code opens. The code itself and the nonce stay in the device.
pub fn invitation(invitation: Invitation) -> view::InvitationView {
    let (min_digits, max_digits) = invitation.pin_digits;
    view::InvitationView {
        company: invitation.company_name,
        name: invitation.employee_name,
        needs_approval: invitation.needs_approval,
        min_digits,
        max_digits,
        notice_version: invitation.notice_version,
    }
}

/// What came of a PIN.
pub fn unlock(unlock: Unlock) -> view::UnlockView {
    match unlock {
        Unlock::Open => view::UnlockView::Open,
        Unlock::Wrong {
            tries_left,
            wait_ms,
        } => view::UnlockView::Wrong {
            tries_left,
            wait_ms,
        },
        Unlock::Wait { wait_ms } => view::UnlockView::Wait { wait_ms },
        Unlock::Destroyed => view::UnlockView::Destroyed,
    }
}

/// A language by its stored word; one this version does not have is English.
pub fn language(word: &str) -> view::Language {
    match word {
        "hi" => view::Language::Hindi,
        _ => view::Language::English,
    }
}

/// The stored word of a language.
pub fn language_word(language: view::Language) -> &'static str {
    match language {
        view::Language::English => "en",
        view::Language::Hindi => "hi",
    }
}

/// A theme by its stored word; the system's unless chosen.
pub fn theme(word: &str) -> view::Theme {
    match word {
        "light" => view::Theme::Light,
        "dark" => view::Theme::Dark,
        _ => view::Theme::System,
    }
}

/// The stored word of a theme.
pub fn theme_word(theme: view::Theme) -> &'static str {
    match theme {
        view::Theme::System => "system",
        view::Theme::Light => "light",
        view::Theme::Dark => "dark",
    }
}

fn short_fingerprint(fingerprint: &str) -> String {
    fingerprint.split('-').take(2).collect::<Vec<_>>().join("-")
}

fn phase(phase: Phase) -> view::Phase {
    match phase {
        Phase::NotActivated => view::Phase::NotActivated,
        Phase::Activating => view::Phase::Activating,
        Phase::AwaitingApproval => view::Phase::AwaitingApproval,
        Phase::Locked => view::Phase::Locked,
        Phase::Unlocked => view::Phase::Unlocked,
        Phase::Destroyed => view::Phase::Destroyed,
        Phase::Suspended => view::Phase::Suspended,
        Phase::LeaseEnded => view::Phase::LeaseEnded,
        Phase::Revoked => view::Phase::Revoked,
        Phase::Wiped => view::Phase::Wiped,
    }
}

fn sync(sync: SyncStatus, offset_min: i32) -> view::SyncView {
    view::SyncView {
        state: match sync.state {
            SyncState::AllSent => view::SyncState::AllSent,
            SyncState::Sending => view::SyncState::Sending,
            SyncState::Offline => view::SyncState::Offline,
            SyncState::CaptivePortal => view::SyncState::CaptivePortal,
            SyncState::Certificate => view::SyncState::Certificate,
            SyncState::Clock => view::SyncState::Clock,
            SyncState::ServerUnreachable => view::SyncState::ServerUnreachable,
            SyncState::SignIn => view::SyncState::SignIn,
            SyncState::UpdateNeeded => view::SyncState::UpdateNeeded,
            SyncState::Revoked => view::SyncState::Revoked,
        },
        total: sync.total,
        done: sync.done,
        last_good_ms: sync.last_good_ms,
        offset_min,
        next_try_ms: sync.next_try_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ravi(phase: Phase) -> Status {
        Status {
            phase,
            name: "Ravi".into(),
            company: "Sona Tools".into(),
            fingerprint: Some("K7QM-3F9D-0A1B-2C3D-4E5F-6G7H".into()),
            waiting: 3,
            files: bizmitra_device::Unsent::default(),
            attention: 0,
            tries_left: 10,
            wait_ms: 0,
            pin_digits: (6, 6),
            biometrics: bizmitra_device::Biometrics::Missing,
            sync: SyncStatus {
                state: SyncState::Offline,
                total: 3,
                done: 0,
                last_good_ms: Some(1),
                next_try_ms: Some(5_000),
            },
            store_was_damaged: false,
            ended: None,
            server: None,
        }
    }

    fn shown(phase: Phase) -> view::StatusView {
        status(
            ravi(phase),
            &Appearance {
                language: "hi".into(),
                theme: "dark".into(),
            },
            330,
            "https://bizmitra.example",
        )
    }

    #[test]
    fn the_whole_fingerprint_is_shown_only_while_a_manager_compares_it() {
        assert_eq!(shown(Phase::Locked).fingerprint, None);
        assert_eq!(shown(Phase::Locked).device_short, "K7QM-3F9D");
        assert_eq!(
            shown(Phase::AwaitingApproval).fingerprint.as_deref(),
            Some("K7QM-3F9D-0A1B-2C3D-4E5F-6G7H")
        );
    }

    #[test]
    fn the_server_offered_is_the_default_until_one_is_bound() {
        assert_eq!(
            shown(Phase::NotActivated).default_server,
            "https://bizmitra.example"
        );
        let bound = Status {
            server: Some("https://sona.example".into()),
            ..ravi(Phase::Locked)
        };
        assert_eq!(
            status(bound, &Appearance::default(), 0, "https://bizmitra.example").default_server,
            "https://sona.example"
        );
    }

    #[test]
    fn appearance_and_unknown_words_of_a_newer_version_are_read() {
        assert_eq!(
            (shown(Phase::Locked).language, shown(Phase::Locked).theme),
            (view::Language::Hindi, view::Theme::Dark)
        );
        assert_eq!(
            (language("tlh"), theme("sepia")),
            (view::Language::English, view::Theme::System)
        );
    }

    #[test]
    fn what_is_stored_is_what_is_read() {
        for chosen in [view::Language::English, view::Language::Hindi] {
            assert_eq!(language(language_word(chosen)), chosen);
        }
        for chosen in [view::Theme::System, view::Theme::Light, view::Theme::Dark] {
            assert_eq!(theme(theme_word(chosen)), chosen);
        }
    }

    #[test]
    fn without_a_keystore_nothing_is_claimed_but_that() {
        let shown = no_keystore(330, "");
        assert_eq!((shown.phase, shown.waiting), (view::Phase::NoKeystore, 0));
    }
}
