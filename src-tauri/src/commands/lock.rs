//! Opening and closing the vault.

use bizmitra_core::vault::Pin;
use bizmitra_ipc::command::{ChangePin, Lock, Unlock};
use bizmitra_ipc::view::{StatusView, UnlockView};
use tauri::State;

use super::{Answer, refused, show_status};
use crate::shell::Shell;
use crate::views;

#[tauri::command]
pub async fn unlock(shell: State<'_, Shell>, args: Unlock) -> Answer<UnlockView> {
    let device = shell.device().await?;
    device
        .unlock(Pin::new(args.pin))
        .await
        .map(views::unlock)
        .map_err(refused)
}

#[tauri::command]
pub async fn change_pin(shell: State<'_, Shell>, args: ChangePin) -> Answer<UnlockView> {
    let device = shell.device().await?;
    device
        .change_pin(Pin::new(args.current), Pin::new(args.new))
        .await
        .map(views::unlock)
        .map_err(refused)
}

#[tauri::command]
pub async fn lock(shell: State<'_, Shell>, args: Lock) -> Answer<StatusView> {
    let Lock {} = args;
    let device = shell.device().await?;
    device.lock();
    show_status(&shell, &device)
}
