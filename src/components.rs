//! Views without knowledge of the shell: data in, events out.

pub(crate) mod appearance;
pub(crate) mod biometrics;
pub(crate) mod dial;
pub(crate) mod icon;
pub(crate) mod keypad;
pub(crate) mod nav;
pub(crate) mod notice;
pub(crate) mod receipt;
pub(crate) mod sync_strip;
