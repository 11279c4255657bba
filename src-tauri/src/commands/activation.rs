//! From an activation code to a bound device.

use bizmitra_core::vault::Pin;
use bizmitra_ipc::command::{Activate, CheckCode, CheckPin};
use bizmitra_ipc::view::{InvitationView, PinProblem, StatusView};
use tauri::State;

use super::{Answer, refused, show_status};
use crate::shell::Shell;
use crate::views;

#[tauri::command]
pub async fn check_code(shell: State<'_, Shell>, args: CheckCode) -> Answer<InvitationView> {
    let device = shell.device().await?;
    device
        .check_code(&args.server, &args.code)
        .await
        .map(views::invitation)
        .map_err(refused)
}

#[tauri::command]
pub async fn check_pin(shell: State<'_, Shell>, args: CheckPin) -> Answer<Option<PinProblem>> {
    let device = shell.device().await?;
    Ok(device
        .check_pin(&Pin::new(args.pin))
        .map(views::pin_problem))
}

#[tauri::command]
pub async fn activate(shell: State<'_, Shell>, args: Activate) -> Answer<StatusView> {
    let device = shell.device().await?;
    device.activate(Pin::new(args.pin)).await.map_err(refused)?;
    show_status(&shell, &device)
}
