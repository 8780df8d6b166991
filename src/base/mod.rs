//! The ground everything stands on: ids, simulated time, exact math, keyed
//! randomness and distributions. Knows nothing else of kadsim.

pub mod dist;
pub mod id;
pub mod label;
pub mod math;
pub mod prefetch;
pub mod rng;
pub mod time;
