//! What a donor may ask for: a copy of everything that is held about them (PR-10), and to be forgotten (PR-11).

pub mod copy;
pub mod erase;
