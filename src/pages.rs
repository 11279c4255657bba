//! One file per screen.

pub(crate) mod activate;
pub(crate) mod ask_pin;
pub(crate) mod attention;
pub(crate) mod biometrics;
pub(crate) mod change_pin;
pub(crate) mod choose_pin;
pub(crate) mod devices;
pub(crate) mod forgot;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod location;
pub(crate) mod me;
pub(crate) mod new_pin;
pub(crate) mod stopped;
pub(crate) mod unlock;
pub(crate) mod waiting;
