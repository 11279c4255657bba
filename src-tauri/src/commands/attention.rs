//! Items that need the person.

use bizmitra_ipc::command::{ExportItem, GetAttention, RetryItem};
use bizmitra_ipc::view::AttentionView;
use tauri::State;

use super::{Answer, read_id, refused, show};
use crate::shell::Shell;

#[tauri::command]
pub async fn get_attention(
    shell: State<'_, Shell>,
    args: GetAttention,
) -> Answer<Vec<AttentionView>> {
    let GetAttention {} = args;
    let device = shell.device().await?;
    let items = device.attention().map_err(refused)?;
    Ok(show(&device, |scene| {
        items.iter().map(|item| scene.attention(item)).collect()
    }))
}

#[tauri::command]
pub async fn retry_item(shell: State<'_, Shell>, args: RetryItem) -> Answer<Vec<AttentionView>> {
    let device = shell.device().await?;
    device.retry(read_id(&args.id)?).map_err(refused)?;
    get_attention(shell, GetAttention {}).await
}

#[tauri::command]
pub async fn export_item(shell: State<'_, Shell>, args: ExportItem) -> Answer<String> {
    let device = shell.device().await?;
    device.export_item(read_id(&args.id)?).map_err(refused)
}
