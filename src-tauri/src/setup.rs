//! Composition root: what the process was started with, which ports the platform gives, one window, one device.

mod lifecycle;
mod window;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use bizmitra_core::clock::Clock;
use bizmitra_device::platform::{OsEntropy, SystemClock, Unmetered};
use bizmitra_device::{Config, Device, Kdf, OpenError, Ports};
use tauri::{App, AppHandle, Builder, Context, Manager as _, Runtime, Wry};
use tracing_subscriber::EnvFilter;

use crate::args::Args;
use crate::error::StartError;
use crate::shell::{Opener, Shell};
use crate::{commands, events, platform};

/// Starts the app with the arguments of the process.
pub fn run() -> Result<(), StartError> {
    start_log();
    let args = Args::parse(process_args())?;
    let context = context();
    #[cfg(target_os = "linux")]
    if platform::first_copy::is_shown(&context.config().identifier) {
        return Ok(());
    }
    let builder = with_plugins(Builder::<Wry>::new());
    let app = wire(builder)
        .setup(move |app| {
            compose(app, args)?;
            window::open(app)?;
            lifecycle::watch_screen(app.handle());
            Ok(())
        })
        .build(context)?;
    app.run(lifecycle::on_event);
    Ok(())
}

/// The commands, and no permission for anything a page may ask the browser for. Shared with tests, which bring another
/// runtime.
pub fn wire<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder
        .on_permission_request(|_, _| tauri::webview::PermissionResponse::Deny)
        .on_window_event(lifecycle::on_window_event)
        .invoke_handler(tauri::generate_handler![
            commands::status::get_status,
            commands::activation::check_code,
            commands::activation::check_pin,
            commands::activation::activate,
            commands::lock::unlock,
            commands::lock::change_pin,
            commands::biometrics::enable_biometrics,
            commands::biometrics::disable_biometrics,
            commands::biometrics::unlock_by_biometrics,
            commands::lock::lock,
            commands::attendance::get_home,
            commands::attendance::tap,
            commands::attendance::skip_location,
            commands::attendance::undo,
            commands::attendance::get_day,
            commands::attention::get_attention,
            commands::attention::retry_item,
            commands::attention::export_item,
            commands::settings::get_me,
            commands::settings::get_devices,
            commands::settings::set_appearance,
            commands::settings::set_location_consent,
            commands::status::sync_now,
        ])
}

/// Configuration, pages and access control list, as built into the binary.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Plugins go onto the builder: registered in `setup` they deadlock on Android.
#[cfg(desktop)]
fn with_plugins(builder: Builder<Wry>) -> Builder<Wry> {
    // First, so that a second start does nothing but show the first window. Without a session bus it starts normally,
    // and the store's own lock refuses the second copy.
    builder.plugin(tauri_plugin_single_instance::init(|app, _, _| {
        window::show(app)
    }))
}

/// Plugins go onto the builder: registered in `setup` they deadlock on Android.
#[cfg(mobile)]
fn with_plugins(builder: Builder<Wry>) -> Builder<Wry> {
    #[cfg(target_os = "android")]
    let builder = builder.plugin(platform::screen::android::watch(lifecycle::screen_off));
    builder
        .plugin(tauri_plugin_geolocation::init())
        .plugin(tauri_plugin_biometric::init())
}

#[cfg(not(feature = "simulate"))]
fn biometry<R: Runtime>(
    app: &App<R>,
    _: &Args,
) -> Arc<dyn bizmitra_core::vault::biometric::BiometricKey> {
    platform::biometry::key(app.handle())
}

#[cfg(feature = "simulate")]
fn biometry<R: Runtime>(
    app: &App<R>,
    args: &Args,
) -> Arc<dyn bizmitra_core::vault::biometric::BiometricKey> {
    if !args.simulate_biometry {
        return platform::biometry::key(app.handle());
    }
    tracing::warn!("every finger matches");
    Arc::new(bizmitra_device::simulate::ScriptedBiometry::default())
}

fn process_args() -> impl Iterator<Item = OsString> {
    let skipped = if cfg!(desktop) { 1 } else { usize::MAX };
    std::env::args_os().skip(skipped)
}

/// To standard error; `BIZMITRA_LOG` selects. What is logged names no person, place, key or PIN.
fn start_log() {
    let filter = EnvFilter::try_from_env("BIZMITRA_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_env_filter(filter)
        .try_init();
    if let Err(failure) = log {
        eprintln!("bizmitra: no log: {failure}");
    }
}

/// Makes the state of the app and begins to open the device, so that it is ready when the first page asks.
fn compose<R: Runtime>(app: &App<R>, args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let clock = clock(&args);
    let data = match &args.data {
        Some(folder) => std::path::absolute(folder)?,
        None => app.path().app_data_dir()?,
    };
    let ports = Ports {
        clock: Arc::clone(&clock),
        entropy: Arc::new(OsEntropy),
        keystore: Arc::new(platform::keystore::open(
            args.data.is_some().then_some(data.as_path()),
        )),
        position: position(app, &args, &clock)?,
        biometry: biometry(app, &args),
        network: Arc::new(Unmetered),
    };
    let server = args
        .server
        .or_else(|| option_env!("BIZMITRA_SERVER").map(str::to_owned))
        .unwrap_or_default();
    let opener = opener(app.handle().clone(), config(app, data), ports);
    app.manage(Shell::new(opener, clock, server));

    let handle = app.handle().clone();
    tauri::async_runtime::spawn(async move {
        // A failure is kept and told to the page that asks.
        let _opened = handle.state::<Shell>().device().await;
    });
    Ok(())
}

fn config<R: Runtime>(app: &App<R>, data: PathBuf) -> Config {
    Config {
        data,
        app_version: app.package_info().version.to_string(),
        platform: platform::KIND,
        device_name: platform::device_name(),
        kdf: Kdf::Calibrate,
        extra_roots: Vec::new(),
    }
}

fn opener<R: Runtime>(app: AppHandle<R>, config: Config, ports: Ports) -> Opener {
    Box::new(move || {
        let (app, config, ports) = (app.clone(), config.clone(), ports.clone());
        Box::pin(async move {
            platform::keystore::connect().map_err(OpenError::Keystore)?;
            let device = Device::open(config, ports).await?;
            events::forward(app, &device);
            Ok(device)
        })
    })
}

#[cfg(not(feature = "simulate"))]
fn clock(_: &Args) -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

#[cfg(feature = "simulate")]
fn clock(args: &Args) -> Arc<dyn Clock> {
    let later = args.simulate_later;
    if !later.is_zero() {
        tracing::warn!(?later, "the clocks are ahead");
    }
    Arc::new(bizmitra_device::simulate::LaterClock::new(
        SystemClock::new(),
        later,
    ))
}

#[cfg(not(feature = "simulate"))]
fn position<R: Runtime>(
    app: &App<R>,
    _: &Args,
    _: &Arc<dyn Clock>,
) -> Result<Arc<dyn bizmitra_core::location::PositionSource>, std::io::Error> {
    Ok(platform::location::source(app.handle()))
}

#[cfg(feature = "simulate")]
fn position<R: Runtime>(
    app: &App<R>,
    args: &Args,
    clock: &Arc<dyn Clock>,
) -> Result<
    Arc<dyn bizmitra_core::location::PositionSource>,
    bizmitra_device::simulate::RecordingError,
> {
    use bizmitra_device::simulate::{GpxSource, Replay};
    let Some(simulate) = &args.simulate else {
        return Ok(platform::location::source(app.handle()));
    };
    tracing::warn!("positions come from a recording");
    let replay = Replay {
        start_s: simulate.start_s,
        speed: simulate.speed,
        ..Replay::default()
    };
    Ok(Arc::new(GpxSource::open(
        &simulate.file,
        replay,
        Arc::clone(clock),
    )?))
}
