//! Fingerprint or face: on, off, and in place of the PIN. Whether it may be used is the device's to decide.

use bizmitra_core::vault::Pin;
use bizmitra_ipc::command::{DisableBiometrics, EnableBiometrics, UnlockByBiometrics};
use bizmitra_ipc::view::{BiometricTurnView, BiometricUnlockView, StatusView};
use tauri::State;

use super::{Answer, refused, show_status};
use crate::shell::Shell;
use crate::views;

#[tauri::command]
pub async fn enable_biometrics(
    shell: State<'_, Shell>,
    args: EnableBiometrics,
) -> Answer<BiometricTurnView> {
    let device = shell.device().await?;
    device
        .enable_biometrics(Pin::new(args.pin), views::prompt(args.prompt))
        .await
        .map(views::biometric_turn)
        .map_err(refused)
}

#[tauri::command]
pub async fn disable_biometrics(
    shell: State<'_, Shell>,
    args: DisableBiometrics,
) -> Answer<StatusView> {
    let DisableBiometrics {} = args;
    let device = shell.device().await?;
    device.disable_biometrics().await.map_err(refused)?;
    show_status(&shell, &device)
}

#[tauri::command]
pub async fn unlock_by_biometrics(
    shell: State<'_, Shell>,
    args: UnlockByBiometrics,
) -> Answer<BiometricUnlockView> {
    let device = shell.device().await?;
    device
        .unlock_by_biometrics(views::prompt(args.prompt))
        .await
        .map(views::biometric_unlock)
        .map_err(refused)
}
