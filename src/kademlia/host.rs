//! What the protocol asks of whoever drives it.
//!
//! The simulator is one host, a UDP driver another; the core cannot tell them
//! apart. Calls are monomorphised.

use super::contact::{AddressBook, Handle};
use super::lookup::Report;
use super::message::Message;
use crate::base::time::SimTime;

/// The driver's side.
pub trait Host: AddressBook {
    /// Sends a message; it may be lost.
    fn send(&mut self, to: Handle, message: Message<'_>);

    /// Asks for [`Node::wake`](super::Node::wake) at `at`, which lies in the
    /// future. Never cancelled.
    fn wake_at(&mut self, at: SimTime);

    /// 64 random bits: number `counter` of this node. A driver outside the
    /// simulator may ignore the counter.
    fn draw(&mut self, counter: u32) -> u64;

    /// Tells of something that outsiders may care about.
    fn observe(&mut self, observation: Observation<'_>);
}

/// Something that outsiders may care about.
#[derive(Debug)]
pub enum Observation<'a> {
    /// The node completed its join.
    Joined,
    /// The node knows nobody who answers: it needs a bootstrap contact.
    Isolated,
    /// A lookup ended, in whatever way.
    LookupEnded(&'a Report<'a>),
}
