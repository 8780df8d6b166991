//! The simulated world: a clock, an event queue, a lossy network, and nodes
//! that come, go and ask.
//!
//! [`spec::Spec`] says what to simulate; [`plan::Plan`] is everything that is
//! decided before the first event; [`engine::Simulation`] runs it and shows a
//! [`probe::Probe`] what happens. It moves the nodes' messages and never reads
//! the protocol's internals to decide what a node does.

mod agenda;
mod ahead;
mod barrier;
mod crew;
pub mod critical;
mod deal;
mod digest;
pub mod engine;
pub mod event;
mod forecast;
mod journal;
pub mod latency;
pub mod live;
mod mail;
pub mod order;
pub mod parallelism;
mod payload;
pub mod perfect;
mod places;
pub mod plan;
pub mod probe;
pub mod queue;
mod shard;
pub mod spec;
mod start;
pub mod tally;
