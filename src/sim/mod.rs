//! The simulated world.
pub mod spec;
