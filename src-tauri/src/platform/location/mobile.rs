//! The phone's receiver through tauri-plugin-geolocation.
//!
//! Its methods block, so each runs on a blocking thread. Its errors are texts: the three that matter are told apart by
//! their words, everything else is "no fix".

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bizmitra_core::api::BoxFuture;
use bizmitra_core::location::{Availability, DEADLINE_MS, Fix, PositionError, PositionSource};
use tauri::plugin::PermissionState;
use tauri::{AppHandle, Runtime};
use tauri_plugin_geolocation::{GeolocationExt as _, PermissionType, Position, PositionOptions};

/// The phone's receiver.
pub struct Receiver<R: Runtime> {
    app: AppHandle<R>,
    // `availability` must be cheap and the plugin blocks: the last answer is kept and asked again behind each call.
    last: Arc<AtomicU8>,
}

impl<R: Runtime> Receiver<R> {
    /// Asks once in the background what can be said before the first tap.
    pub fn new(app: AppHandle<R>) -> Self {
        let receiver = Self {
            app,
            last: Arc::new(AtomicU8::new(encode(Availability::AskPermission))),
        };
        receiver.refresh();
        receiver
    }

    fn refresh(&self) {
        let (app, last) = (self.app.clone(), Arc::clone(&self.last));
        tauri::async_runtime::spawn_blocking(move || {
            last.store(encode(ask_availability(&app)), Ordering::Relaxed)
        });
    }
}

impl<R: Runtime> PositionSource for Receiver<R> {
    fn availability(&self) -> Availability {
        self.refresh();
        decode(self.last.load(Ordering::Relaxed))
    }

    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>> {
        let (app, last) = (self.app.clone(), Arc::clone(&self.last));
        Box::pin(async move {
            let asked = tauri::async_runtime::spawn_blocking(move || {
                let fix = ask_fix(&app);
                last.store(encode(ask_availability(&app)), Ordering::Relaxed);
                fix
            });
            asked.await.unwrap_or(Err(PositionError::NoFix))
        })
    }
}

fn ask_availability<R: Runtime>(app: &AppHandle<R>) -> Availability {
    match app.geolocation().check_permissions() {
        Ok(status) => match (status.location, status.coarse_location) {
            (PermissionState::Granted, _) | (_, PermissionState::Granted) => Availability::Ready,
            (PermissionState::Denied, _) => Availability::Denied,
            (PermissionState::Prompt | PermissionState::PromptWithRationale, _) => {
                Availability::AskPermission
            }
        },
        Err(error) => match classify_error(&error.to_string()) {
            PositionError::ServicesOff => Availability::ServicesOff,
            PositionError::Denied => Availability::Denied,
            PositionError::NoGps => Availability::NoGps,
            // Not a word we know: the tap asks again and reports what comes.
            PositionError::NoFix => Availability::AskPermission,
        },
    }
}

/// Permission first: without it the plugin's own error does not say why.
fn ask_fix<R: Runtime>(app: &AppHandle<R>) -> Result<Fix, PositionError> {
    match ask_availability(app) {
        Availability::Ready => {}
        Availability::AskPermission => request_permission(app)?,
        Availability::Denied => return Err(PositionError::Denied),
        Availability::ServicesOff => return Err(PositionError::ServicesOff),
        Availability::NoGps => return Err(PositionError::NoGps),
    }
    // Always with options: none means no time-out. A maximum age of 0, because the cached fix the plugin picks is the oldest.
    let timeout = u32::try_from(DEADLINE_MS).unwrap_or(10_000);
    let options = PositionOptions {
        enable_high_accuracy: true,
        timeout,
        maximum_age: 0,
    };
    let position = app.geolocation().get_current_position(Some(options));
    position
        .map_err(|error| classify_error(&error.to_string()))
        .and_then(|position| read_fix(&position))
}

fn request_permission<R: Runtime>(app: &AppHandle<R>) -> Result<(), PositionError> {
    let status = app
        .geolocation()
        .request_permissions(Some(vec![PermissionType::Location]));
    let status = status.map_err(|error| classify_error(&error.to_string()))?;
    let granted = [status.location, status.coarse_location].contains(&PermissionState::Granted);
    if granted {
        Ok(())
    } else {
        Err(PositionError::Denied)
    }
}

/// The plugin answers "no receiver" with a position of zeros at time zero.
fn read_fix(position: &Position) -> Result<Fix, PositionError> {
    let at = &position.coords;
    if position.timestamp == 0 && at.latitude == 0.0 && at.longitude == 0.0 && at.accuracy == 0.0 {
        return Err(PositionError::NoGps);
    }
    Ok(Fix {
        latitude_deg: at.latitude,
        longitude_deg: at.longitude,
        accuracy_m: at.accuracy,
        taken_ms: i64::try_from(position.timestamp).unwrap_or(i64::MAX),
        // The plugin does not pass the system's mark on.
        mock: None,
    })
}

fn classify_error(text: &str) -> PositionError {
    let text = text.to_lowercase();
    if text.contains("denied") || text.contains("permission") {
        PositionError::Denied
    } else if text.contains("disabled") {
        PositionError::ServicesOff
    } else {
        PositionError::NoFix
    }
}

fn encode(availability: Availability) -> u8 {
    match availability {
        Availability::Ready => 0,
        Availability::AskPermission => 1,
        Availability::Denied => 2,
        Availability::ServicesOff => 3,
        Availability::NoGps => 4,
    }
}

fn decode(number: u8) -> Availability {
    match number {
        0 => Availability::Ready,
        1 => Availability::AskPermission,
        2 => Availability::Denied,
        3 => Availability::ServicesOff,
        _ => Availability::NoGps,
    }
}
