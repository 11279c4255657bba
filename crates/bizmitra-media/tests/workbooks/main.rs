//! Honest and hostile workbooks through the check.

#[cfg(test)]
mod archives;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod make;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod results;
#[cfg(test)]
mod workers;
