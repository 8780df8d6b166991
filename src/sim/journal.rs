//! Lookups that ended, as a shard notes them down, and the one order in which
//! collectors hear of them.
//!
//! A shard's events come in the order of (time, node), so do its notes, and the
//! notes of all shards merged by that are those of a single one.

use super::probe::LookupEnded;
use crate::base::id::Id;
use crate::base::time::SimTime;
use crate::kademlia::{Contact, End, Purpose, Report};

/// A query's lookup that ended, without its lists.
#[derive(Clone, Copy, Debug)]
struct Ended {
    at: SimTime,
    started: SimTime,
    origin: u32,
    target: Id,
    purpose: Purpose,
    end: End,
    hops: Option<u8>,
    rounds: u16,
    rpcs: u16,
    timeouts: u16,
    closest: u16,
    progress: u16,
}

/// Lookups that ended since the last look, by time, then origin.
#[derive(Debug, Default)]
pub(super) struct Journal {
    ended: Vec<Ended>,
    closest: Vec<Contact>,
    progress: Vec<u8>,
}

impl Journal {
    /// Notes the end of a lookup of `origin`, unless it served its upkeep.
    pub(super) fn note(&mut self, at: SimTime, origin: u32, report: &Report<'_>) {
        if report.purpose.tag().is_none() {
            return;
        }
        self.closest.extend_from_slice(report.closest);
        self.progress.extend_from_slice(report.progress);
        self.ended.push(Ended {
            at,
            started: report.started,
            origin,
            target: report.target,
            purpose: report.purpose,
            end: report.end,
            hops: report.hops,
            rounds: report.rounds,
            rpcs: report.rpcs,
            timeouts: report.timeouts,
            closest: report.closest.len() as u16,
            progress: report.progress.len() as u16,
        });
    }

    /// Forgets all notes, not their memory.
    pub(super) fn clear(&mut self) {
        self.ended.clear();
        self.closest.clear();
        self.progress.clear();
    }
}

/// Reads journals as if one shard had written them all.
pub(super) fn read<'a>(
    journals: impl IntoIterator<Item = &'a Journal>,
    mut show: impl FnMut(&LookupEnded<'a>),
) {
    let mut readers: Vec<Reader<'a>> = journals.into_iter().map(Reader::new).collect();
    loop {
        let first = readers.iter_mut().filter_map(|reader| Some((reader.rank()?, reader))).min_by(
            // Shards have no origin in common, so ranks of different readers differ.
            |(a, _), (b, _)| a.cmp(b),
        );
        let Some((_, reader)) = first else { return };
        show(&reader.next());
    }
}

/// A place in a journal.
struct Reader<'a> {
    ended: &'a [Ended],
    closest: &'a [Contact],
    progress: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(journal: &'a Journal) -> Self {
        let Journal { ended, closest, progress } = journal;
        Self { ended, closest, progress }
    }

    fn rank(&self) -> Option<(SimTime, u32)> {
        self.ended.first().map(|ended| (ended.at, ended.origin))
    }

    /// The next note; the caller knows that there is one.
    fn next(&mut self) -> LookupEnded<'a> {
        let (ended, later) = (self.ended[0], &self.ended[1..]);
        let (closest, others) = self.closest.split_at(usize::from(ended.closest));
        let (progress, rest) = self.progress.split_at(usize::from(ended.progress));
        (self.ended, self.closest, self.progress) = (later, others, rest);
        LookupEnded {
            at: ended.at,
            started: ended.started,
            origin: ended.origin,
            target: ended.target,
            purpose: ended.purpose,
            end: ended.end,
            closest,
            hops: ended.hops,
            rounds: ended.rounds,
            rpcs: ended.rpcs,
            timeouts: ended.timeouts,
            progress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kademlia::Handle;

    fn note(journal: &mut Journal, at: u64, origin: u32, tag: u64) {
        let closest: Vec<Contact> =
            (0..origin).map(|i| Contact { prefix: tag as u32, handle: Handle(i) }).collect();
        let report = Report {
            purpose: Purpose::Lookup(tag),
            target: Id::ZERO,
            end: End::Done,
            started: SimTime::ZERO,
            closest: &closest,
            hops: None,
            rounds: 1,
            rpcs: 2,
            timeouts: 3,
            progress: &[tag as u8],
        };
        journal.note(SimTime::from_micros(at), origin, &report);
    }

    #[test]
    fn many_journals_read_like_one() {
        let (mut one, mut even, mut odd) = Default::default();
        for (tag, (at, origin)) in
            [(3, 4), (3, 5), (3, 5), (3, 6), (4, 1), (5, 2), (5, 2), (5, 8)].into_iter().enumerate()
        {
            note(&mut one, at, origin, tag as u64);
            note(if origin % 2 == 0 { &mut even } else { &mut odd }, at, origin, tag as u64);
        }
        let all = |journals: &[&Journal]| {
            let mut seen = Vec::new();
            read(journals.iter().copied(), |ended| seen.push(format!("{ended:?}")));
            seen
        };
        let expected = all(&[&one]);
        assert_eq!(expected.len(), 8);
        assert_eq!(all(&[&odd, &Journal::default(), &even]), expected);
        even.clear();
        assert_eq!(all(&[&odd, &even]).len(), 3);
    }
}
