//! kadsim: a deterministic discrete-event simulator for Kademlia networks.

pub mod base;
pub mod cli;
pub mod kademlia;
pub mod metrics;
pub mod plot;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod sweep;
