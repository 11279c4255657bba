//! The rules by their promises: fixed cases that people argue about, and properties over random ones.

#[cfg(test)]
mod fences;
#[cfg(test)]
mod grades;
#[cfg(test)]
mod hours;
#[cfg(test)]
mod polygons;
#[cfg(test)]
mod shifts;
