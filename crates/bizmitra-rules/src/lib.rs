#![doc = include_str!("../README.md")]

pub mod fence;
pub mod hours;
pub mod shift;
pub mod time_grade;
