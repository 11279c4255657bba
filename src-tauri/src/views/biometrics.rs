//! Fingerprint or face, as screens show it.

use bizmitra_core::vault::biometric::{BiometricError, OffReason, PinAgain, Prompt};
use bizmitra_device::{BiometricTurn, BiometricUnlock, Biometrics};
use bizmitra_ipc::view;

/// What the system's dialog says.
pub fn prompt(prompt: view::PromptView) -> Prompt {
    Prompt {
        title: prompt.title,
        reason: prompt.reason,
        cancel: prompt.cancel,
    }
}

/// As far as it can be used now.
pub fn biometrics(biometrics: Biometrics) -> view::BiometricsView {
    match biometrics {
        Biometrics::Missing => view::BiometricsView::Missing,
        Biometrics::Off(reason) => view::BiometricsView::Off(reason.map(off)),
        Biometrics::Ready => view::BiometricsView::Ready,
        Biometrics::PinFirst(again) => view::BiometricsView::PinFirst(pin_again(again)),
    }
}

/// What came of turning it on.
pub fn biometric_turn(turn: BiometricTurn) -> view::BiometricTurnView {
    match turn {
        BiometricTurn::On => view::BiometricTurnView::On,
        BiometricTurn::Pin(unlock) => view::BiometricTurnView::Pin(super::unlock(unlock)),
        BiometricTurn::No(error) => view::BiometricTurnView::No(no_match(error)),
    }
}

/// What came of a prompt.
pub fn biometric_unlock(unlock: BiometricUnlock) -> view::BiometricUnlockView {
    match unlock {
        BiometricUnlock::Open => view::BiometricUnlockView::Open,
        BiometricUnlock::No(error) => view::BiometricUnlockView::No(no_match(error)),
        BiometricUnlock::PinFirst(again) => view::BiometricUnlockView::PinFirst(pin_again(again)),
        BiometricUnlock::Off(reason) => view::BiometricUnlockView::Off(reason.map(off)),
    }
}

fn off(reason: OffReason) -> view::BiometricsOff {
    match reason {
        OffReason::EnrolmentChanged => view::BiometricsOff::EnrolmentChanged,
        OffReason::PinChanged => view::BiometricsOff::PinChanged,
        OffReason::KeyLost => view::BiometricsOff::KeyLost,
    }
}

fn pin_again(again: PinAgain) -> view::PinAgain {
    match again {
        PinAgain::Week => view::PinAgain::Week,
        PinAgain::Restart => view::PinAgain::Restart,
        PinAgain::Clock => view::PinAgain::Clock,
        PinAgain::Prompts => view::PinAgain::Prompts,
    }
}

fn no_match(error: BiometricError) -> view::NoMatch {
    match error {
        BiometricError::NoMatch => view::NoMatch::NotRecognised,
        BiometricError::Cancelled => view::NoMatch::Closed,
        BiometricError::LockedOut => view::NoMatch::LockedOut,
        BiometricError::Missing => view::NoMatch::Missing,
        BiometricError::EnrolmentChanged | BiometricError::KeyLost | BiometricError::Failed => {
            view::NoMatch::Failed
        }
    }
}
