//! Handles: which node each session belongs to, and what faults make of it.

use crate::base::id::Id;
use crate::base::rng::{Key, Purpose};
use crate::base::time::SimTime;
use crate::sim::plan::lineages::{Lineages, Stay};
use crate::sim::plan::{Departure, Session, ids};
use crate::sim::spec::{Action, Bootstrap, ChurnProcess, Rejoin, Spec};

/// A stay and its handle.
#[derive(Clone, Copy)]
struct Placed {
    stay: Stay,
    handle: u32,
}

/// The parts of a plan that are a matter of handles; see its fields.
pub(super) struct Roster {
    pub(super) ids: Vec<Id>,
    pub(super) sessions: Vec<Session>,
    pub(super) offsets: Vec<u32>,
    pub(super) appearance: Vec<u32>,
    pub(super) appeared_at: Vec<SimTime>,
    pub(super) bootstrap: Vec<Bootstrap>,
    pub(super) unplaced: usize,
}

impl Roster {
    pub(super) fn new(spec: &Spec) -> Self {
        let new_id = spec.churn.as_ref().is_some_and(|churn| {
            matches!(churn.process, ChurnProcess::OnOff { rejoin: Rejoin::NewId, .. })
        });
        let lineages = Lineages::new(spec);
        let (mut placed, handles) = place(&lineages, new_id);
        let ids = ids::assign(&spec.joins, handles, spec.protocol.id_bits, spec.seed);
        placed.retain(|placed| (placed.handle as usize) < ids.len());

        // Before faults: these orders must not depend on them.
        let (appearance, appeared_at) = by_appearance(&placed, ids.len());
        let bootstrap = bootstraps(&lineages, &placed, ids.len());
        drop(lineages);
        crash(spec, &mut placed);
        let (sessions, offsets) = by_handle(&placed, ids.len());
        let unplaced = handles - ids.len();
        Self { ids, sessions, offsets, appearance, appeared_at, bootstrap, unplaced }
    }
}

/// Gives every stay its handle; also says how many there are. Settled lineages
/// have the first ones. All others are numbered by the time they appear, so a
/// longer run only adds some.
fn place(lineages: &Lineages, new_id: bool) -> (Vec<Placed>, usize) {
    let stays = &lineages.stays;
    let is_return = |index: usize| index > 0 && stays[index - 1].lineage == stays[index].lineage;
    let comes_late = |index: usize| {
        if is_return(index) { new_id } else { stays[index].lineage >= lineages.settled }
    };
    let mut late: Vec<u32> =
        (0..stays.len()).filter(|&i| comes_late(i)).map(|i| i as u32).collect();
    late.sort_unstable_by_key(|&index| (stays[index as usize].start, index));
    let handles = lineages.settled as usize + late.len();

    let mut placed: Vec<Placed> =
        stays.iter().map(|&stay| Placed { stay, handle: stay.lineage }).collect();
    for (handle, &index) in (lineages.settled..).zip(&late) {
        placed[index as usize].handle = handle;
    }
    if !new_id {
        for index in 1..placed.len() {
            if is_return(index) {
                placed[index].handle = placed[index - 1].handle;
            }
        }
    }
    (placed, handles)
}

/// Handles by their first session, and when it begins.
fn by_appearance(placed: &[Placed], handles: usize) -> (Vec<u32>, Vec<SimTime>) {
    // Sessions of a handle are in the order of time: the first one counts.
    let mut first = vec![SimTime::NEVER; handles];
    for Placed { stay, handle } in placed {
        let first = &mut first[*handle as usize];
        *first = stay.start.min(*first);
    }
    let mut order: Vec<u32> =
        (0..handles as u32).filter(|&node| first[node as usize] != SimTime::NEVER).collect();
    order.sort_unstable_by_key(|&node| (first[node as usize], node));
    let times = order.iter().map(|&node| first[node as usize]).collect();
    (order, times)
}

/// Every handle's rule is its lineage's.
fn bootstraps(lineages: &Lineages, placed: &[Placed], handles: usize) -> Vec<Bootstrap> {
    let mut rules = lineages.bootstrap[..handles.min(lineages.settled as usize)].to_vec();
    rules.resize(handles, Bootstrap::Random);
    for Placed { stay, handle } in placed {
        rules[*handle as usize] = lineages.bootstrap[stay.lineage as usize];
    }
    rules
}

/// Lets the crashes happen: the sessions of those hit end, and their lineages
/// with them.
fn crash(spec: &Spec, placed: &mut Vec<Placed>) {
    let key = Key::new(spec.seed, Purpose::Faults);
    let mut crashes: Vec<(SimTime, f64)> = Vec::new();
    for event in &spec.events {
        let Action::Crash(share) = event.action;
        crashes.push((event.at, share));
    }
    crashes.retain(|&(at, _)| at < SimTime::ZERO + spec.duration);
    crashes.sort_by_key(|&(at, _)| at);
    for (at, share) in crashes {
        let mut live: Vec<(u64, u32, usize)> = Vec::new();
        for (index, Placed { stay, handle }) in placed.iter().enumerate() {
            if stay.start <= at && at < stay.end {
                // Ranked by instant, so that one crash does not shift another.
                live.push((key.draw(u64::from(*handle), at.as_micros()), *handle, index));
            }
        }
        let hit = (live.len() as f64 * share + 0.5) as usize;
        if hit < live.len() {
            live.select_nth_unstable(hit);
        }
        for &(_, _, index) in &live[..hit.min(live.len())] {
            end_lineage(placed, index, at);
        }
        placed.retain(|placed| placed.stay.start < placed.stay.end);
    }
}

/// Cuts the stay at `index` and empties those that follow in its lineage.
fn end_lineage(placed: &mut [Placed], index: usize, at: SimTime) {
    let lineage = placed[index].stay.lineage;
    placed[index].stay.end = at;
    placed[index].stay.how = Departure::Crash;
    let later = placed[index + 1..].iter_mut().take_while(|next| next.stay.lineage == lineage);
    later.for_each(|next| next.stay.end = next.stay.start);
}

/// Sessions by handle, then time, and where each handle's begin.
fn by_handle(placed: &[Placed], handles: usize) -> (Vec<Session>, Vec<u32>) {
    let mut offsets = vec![0u32; handles + 1];
    for Placed { handle, .. } in placed {
        offsets[*handle as usize + 1] += 1;
    }
    for handle in 0..handles {
        offsets[handle + 1] += offsets[handle];
    }
    let mut free = offsets.clone();
    let empty = Session { start: SimTime::ZERO, end: SimTime::ZERO, how: Departure::Silent };
    let mut sessions = vec![empty; placed.len()];
    for Placed { stay, handle } in placed {
        let slot = &mut free[*handle as usize];
        sessions[*slot as usize] = Session { start: stay.start, end: stay.end, how: stay.how };
        *slot += 1;
    }
    (sessions, offsets)
}
