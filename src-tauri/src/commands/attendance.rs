//! Home, taps and history.

use bizmitra_core::ids::ItemId;
use bizmitra_device::LocationWish;
use bizmitra_ipc::command::{GetDay, GetHome, SkipLocation, Tap, Undo};
use bizmitra_ipc::view::{DayView, EntryView, HomeView};
use tauri::State;

use super::{Answer, read_id, refused, show};
use crate::shell::Shell;
use crate::views::read_action;

#[tauri::command]
pub async fn get_home(shell: State<'_, Shell>, args: GetHome) -> Answer<HomeView> {
    let GetHome {} = args;
    let device = shell.device().await?;
    let home = device.home().map_err(refused)?;
    Ok(show(&device, |scene| scene.home(&home)))
}

#[tauri::command]
pub async fn tap(shell: State<'_, Shell>, args: Tap) -> Answer<EntryView> {
    let device = shell.device().await?;
    let form: ItemId = read_id(&args.form_id)?;
    let location = if args.without_location {
        LocationWish::Skip
    } else {
        LocationWish::Use
    };
    let entry = device
        .tap(form, read_action(args.action), location)
        .map_err(refused)?;
    Ok(show(&device, |scene| scene.entry(&entry)))
}

#[tauri::command]
pub async fn skip_location(shell: State<'_, Shell>, args: SkipLocation) -> Answer<EntryView> {
    let device = shell.device().await?;
    let entry = device.skip_location(read_id(&args.id)?).map_err(refused)?;
    Ok(show(&device, |scene| scene.entry(&entry)))
}

#[tauri::command]
pub async fn undo(shell: State<'_, Shell>, args: Undo) -> Answer<EntryView> {
    let device = shell.device().await?;
    let entry = device.undo(read_id(&args.id)?).map_err(refused)?;
    Ok(show(&device, |scene| scene.entry(&entry)))
}

#[tauri::command]
pub async fn get_day(shell: State<'_, Shell>, args: GetDay) -> Answer<DayView> {
    let device = shell.device().await?;
    let day = device.day(args.day.as_deref()).map_err(refused)?;
    Ok(show(&device, |scene| scene.day(&day)))
}
