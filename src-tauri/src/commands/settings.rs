//! Me: profile, appearance, consent.

use bizmitra_device::Appearance;
use bizmitra_ipc::command::{GetDevices, GetMe, SetAppearance, SetLocationConsent};
use bizmitra_ipc::view::{DeviceView, MeView, StatusView};
use tauri::State;

use super::{Answer, refused, show_status};
use crate::shell::Shell;
use crate::views;

#[tauri::command]
pub async fn get_me(shell: State<'_, Shell>, args: GetMe) -> Answer<MeView> {
    let GetMe {} = args;
    let device = shell.device().await?;
    device.me().map(views::me).map_err(refused)
}

#[tauri::command]
pub async fn get_devices(shell: State<'_, Shell>, args: GetDevices) -> Answer<Vec<DeviceView>> {
    let GetDevices {} = args;
    let devices = shell.device().await?.my_devices().await.map_err(refused)?;
    let now = shell.clock().now();
    Ok(devices
        .into_iter()
        .map(|device| views::device(device, &now))
        .collect())
}

#[tauri::command]
pub async fn set_appearance(shell: State<'_, Shell>, args: SetAppearance) -> Answer<StatusView> {
    let device = shell.device().await?;
    let chosen = Appearance {
        language: views::language_word(args.language).into(),
        theme: views::theme_word(args.theme).into(),
    };
    device.set_appearance(&chosen).map_err(refused)?;
    show_status(&shell, &device)
}

#[tauri::command]
pub async fn set_location_consent(
    shell: State<'_, Shell>,
    args: SetLocationConsent,
) -> Answer<MeView> {
    let device = shell.device().await?;
    // The record says in which language the notice was read.
    let language = views::language_word(views::language(&device.appearance().language));
    device
        .set_location_consent(args.given, &args.notice_version, language)
        .map_err(refused)?;
    device.me().map(views::me).map_err(refused)
}
