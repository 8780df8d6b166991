//! The simulated world.
pub mod latency;
pub mod live;
pub mod order;
pub mod perfect;
pub mod plan;
pub mod spec;
