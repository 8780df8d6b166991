//! The Kademlia protocol, sans-IO: messages and timers in, commands out.
//!
//! [`Node`] is driven by a [`Host`], which sends its messages, wakes it, draws
//! random numbers for it and keeps the address book. The simulator is one host;
//! a UDP driver would be another, and nothing here could tell. Deterministic:
//! no clock, no sockets, no randomness of its own.
//!
//! Rules are cited by section of Maymounkov & Mazières (2002); where the paper
//! leaves a choice, [`Config`] names it.

mod ahead;
mod cell;
mod closest;
pub mod config;
pub mod contact;
pub mod host;
pub mod lookup;
pub mod message;
pub mod node;
mod pool;
pub mod profile;
mod rpc;
mod shortlist;
mod store;
pub mod table;
mod upkeep;

pub use config::{Config, LookupVariant, TableKind};
pub use contact::{AddressBook, Contact, Handle};
pub use host::{Host, Observation};
pub use lookup::{End, Purpose, Report};
pub use message::{Body, Kind, Message, RpcId, Value};
pub use node::{Context, Node, Workspace};
