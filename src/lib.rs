//! kadsim: a deterministic discrete-event simulator for Kademlia networks.

pub mod base;
pub mod kademlia;
pub mod plot;
pub mod sim;
