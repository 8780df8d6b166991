//! kadsim: a deterministic discrete-event simulator for Kademlia networks.

pub mod base;
pub mod kademlia;
pub mod metrics;
pub mod scenario;
pub mod sim;
