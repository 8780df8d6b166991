//! The Kademlia protocol, sans-IO: messages and timers in, commands out.

pub mod config;
pub mod profile;

pub use config::{Config, LookupVariant, TableKind};
