//! What the operating system gives: keystore, receiver, and what the device is called. Clocks and randomness are
//! `bizmitra_device::platform`'s, shared with the command line.

pub mod biometry;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod bus;
#[cfg(target_os = "linux")]
pub mod first_copy;
pub mod keystore;
pub mod location;
pub mod screen;

use bizmitra_core::enrolment::Platform;

/// The kind of device this build is for.
pub const KIND: Platform = if cfg!(target_os = "android") {
    Platform::Android
} else if cfg!(target_os = "ios") {
    Platform::Ios
} else {
    Platform::Desktop
};

/// What its owner will recognise this device by, at most 64 characters.
pub fn device_name() -> String {
    let name: String = read_name()
        .trim()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(64)
        .collect();
    if name.is_empty() {
        fallback_name().to_owned()
    } else {
        name
    }
}

#[cfg(target_os = "linux")]
fn read_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default()
}

/// The model; Android has no name that an app may read without another permission.
#[cfg(target_os = "android")]
fn read_name() -> String {
    let answer = std::process::Command::new("/system/bin/getprop")
        .arg("ro.product.model")
        .output();
    answer
        .map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned())
        .unwrap_or_default()
}

#[cfg(windows)]
fn read_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
fn read_name() -> String {
    String::new()
}

fn fallback_name() -> &'static str {
    match KIND {
        Platform::Android => "Android phone",
        Platform::Ios => "iPhone",
        Platform::Desktop => "Computer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_name_that_fits_a_line() {
        let name = device_name();
        assert!(!name.is_empty());
        assert!(name.chars().count() <= 64);
        assert!(!name.contains('\n'));
    }
}
