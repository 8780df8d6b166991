//! What a simulation says about its threads.

use std::fmt;

use crate::base::time::SimDuration;

/// On how many threads a simulation runs, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Parallelism {
    /// Threads that simulate.
    pub threads: usize,
    /// Threads that were asked for.
    pub asked: usize,
    /// How nodes are dealt to them.
    pub dealt: Dealt,
    /// Threads meet at least this often, in simulated time.
    pub window: SimDuration,
    /// Messages expected within that time, of all threads together.
    pub messages_a_window: f64,
    /// The share of the work that falls to the busiest thread.
    pub largest_share: f64,
}

/// How nodes are dealt to threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dealt {
    /// All to one, as asked.
    Together,
    /// All to one: threads would wait for each other more than they gain.
    NotWorthwhile,
    /// Those of a site, or of several close to each other, to one.
    BySite,
    /// One by one.
    OneByOne,
}

impl fmt::Display for Parallelism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threads, window, messages_a_window: messages, .. } = self;
        let share = self.largest_share * 100.0;
        match self.dealt {
            Dealt::Together => write!(f, "1 thread"),
            Dealt::NotWorthwhile => write!(
                f,
                "1 thread: more could share out only {window} at a time, \
                 about {messages:.1} messages, too few to pay",
            ),
            Dealt::BySite => write!(
                f,
                "{threads} threads: nodes dealt by site, windows of {window} with about \
                 {messages:.0} messages, largest share {share:.0} %",
            ),
            Dealt::OneByOne => write!(
                f,
                "{threads} threads: nodes dealt one by one, windows of {window} with about \
                 {messages:.0} messages",
            ),
        }
    }
}
