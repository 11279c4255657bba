//! Commands of the web view: read the arguments, ask the device, show what came. The device checks the lock each time.

pub mod activation;
pub mod attendance;
pub mod attention;
pub mod biometrics;
pub mod lock;
pub mod settings;
pub mod status;

use std::cell::OnceCell;

use bizmitra_device::Device;
use bizmitra_ipc::error::CommandError;
use bizmitra_ipc::view::StatusView;

use crate::error::refused;
use crate::shell::Shell;
use crate::views::{self, Scene};

/// What every command answers.
type Answer<T> = Result<T, CommandError>;

fn show_status(shell: &Shell, device: &Device) -> Answer<StatusView> {
    let status = device.status().map_err(refused)?;
    Ok(views::status(
        status,
        &device.appearance(),
        shell.clock().now().offset_min,
        shell.default_server(),
    ))
}

/// Shows what needs the device at this moment. Never fails: what was saved a moment ago must not be reported as an error
/// because a name was not at hand.
fn show<T>(device: &Device, view: impl FnOnce(&Scene<'_>) -> T) -> T {
    let sites = OnceCell::new();
    view(&Scene {
        undo_left_ms: &|entry| device.undo_left_ms(entry),
        site: &|id| {
            sites
                .get_or_init(|| device.sites().unwrap_or_default())
                .iter()
                .find(|site| site.id == id)
                .cloned()
        },
    })
}

fn read_id<T: std::str::FromStr>(text: &str) -> Answer<T> {
    text.parse().map_err(|_| crate::error::not_an_id())
}
