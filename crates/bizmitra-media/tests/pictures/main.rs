//! Real photos and hostile files through the preparation.

#[cfg(test)]
mod large;
#[cfg(test)]
mod make;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod selfies;
