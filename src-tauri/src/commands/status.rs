//! Where the device stands, and sending now.

use bizmitra_ipc::command::{GetStatus, SyncNow};
use bizmitra_ipc::error::ErrorCode;
use bizmitra_ipc::view::StatusView;
use tauri::State;

use super::{Answer, refused, show_status};
use crate::shell::Shell;
use crate::views;

#[tauri::command]
pub async fn get_status(shell: State<'_, Shell>, args: GetStatus) -> Answer<StatusView> {
    let GetStatus {} = args;
    match shell.device_again().await {
        Ok(device) => show_status(&shell, &device),
        Err(failure) if failure.code == ErrorCode::KeystoreUnavailable => Ok(views::no_keystore(
            shell.clock().now().offset_min,
            shell.default_server(),
        )),
        Err(failure) => Err(failure),
    }
}

#[tauri::command]
pub async fn sync_now(shell: State<'_, Shell>, args: SyncNow) -> Answer<StatusView> {
    let SyncNow {} = args;
    let device = shell.device().await?;
    device.sync_now().await.map_err(refused)?;
    show_status(&shell, &device)
}
