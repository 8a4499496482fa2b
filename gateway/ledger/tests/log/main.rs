//! Whole logs, from events to folders of tiles, as others see them.

#[cfg(test)]
mod folder;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod receipt;
#[cfg(test)]
mod support;
