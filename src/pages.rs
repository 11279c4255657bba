//! One file per screen.

pub(crate) mod activate;
pub(crate) mod attention;
pub(crate) mod choose_pin;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod location;
pub(crate) mod me;
pub(crate) mod stopped;
pub(crate) mod unlock;
pub(crate) mod waiting;
