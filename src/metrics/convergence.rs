//! How well tables know the network: `convergence.csv`.
//!
//! A node's slots are what an omniscient table of its k would hold: for each
//! bucket, the smaller of k and the number of live nodes in its range. Averages
//! are over live nodes that have joined, of those sampled.

use std::io;
use std::path::Path;

use super::sampling::Sampled;
use super::stats::{Mean, ratio};
use super::summary::Headline;
use super::table::{Table, row};
use crate::base::id::Id;
use crate::base::time::SimTime;
use crate::kademlia::{Contact, Node};
use crate::sim::live::LiveIndex;
use crate::sim::probe::View;

/// Tables count as converged from this recall on.
const CONVERGED: f64 = 0.99;

/// The collector.
#[derive(Debug)]
pub(super) struct Convergence {
    table: Option<Table>,
    k: usize,
    warmup: SimTime,
    fill: Mean,
    recall: Mean,
    knows: Mean,
    stale: Mean,
    components: Option<u32>,
    converged_at: Option<SimTime>,
    /// Scratch: live nodes by bucket; live contacts held by bucket; neighbours.
    populations: Vec<u32>,
    held_live: Vec<u32>,
    neighbours: Vec<u32>,
    parents: Vec<u32>,
}

/// One node's contribution.
#[derive(Clone, Copy, Debug)]
struct Quality {
    slots: u32,
    held: u32,
    held_live: u32,
    filled: u32,
}

impl Convergence {
    pub(super) fn create(dir: Option<&Path>, k: usize, warmup: SimTime) -> io::Result<Self> {
        let columns = [
            "time_s",
            "live_nodes",
            "joined_nodes",
            "table_fill",
            "table_recall",
            "knows_k_closest",
            "stale_fraction",
            "components",
        ];
        Ok(Self {
            table: dir.map(|dir| Table::create(dir, "convergence.csv", &columns)).transpose()?,
            k,
            warmup,
            fill: Mean::default(),
            recall: Mean::default(),
            knows: Mean::default(),
            stale: Mean::default(),
            components: None,
            converged_at: None,
            populations: Vec::new(),
            held_live: Vec::new(),
            neighbours: Vec::new(),
            parents: Vec::new(),
        })
    }

    pub(super) fn sample(
        &mut self,
        at: SimTime,
        view: &View<'_>,
        live: &LiveIndex,
        sampled: &Sampled,
    ) {
        let (mut fill, mut recall, mut knows) = <(Mean, Mean, Mean)>::default();
        let (mut held, mut held_live, mut joined) = (0, 0, 0);
        let nodes = view.plan.ids().len() as u32;
        for handle in (0..nodes).filter(|&node| live.is_live(node)) {
            let node = view.node(handle);
            joined += u32::from(node.has_joined());
            if !sampled.contains(handle) {
                continue;
            }
            let knows_all = self.knows_k_closest(handle, node, live);
            knows.add(f64::from(u8::from(knows_all)));
            if !node.has_joined() {
                continue;
            }
            let quality = self.quality(handle, node, live, view.plan.ids());
            held += u64::from(quality.held);
            held_live += u64::from(quality.held_live);
            if quality.slots > 0 {
                fill.add(f64::from(quality.held) / f64::from(quality.slots));
                recall.add(f64::from(quality.filled) / f64::from(quality.slots));
            }
        }
        let stale = ratio(held - held_live, held);
        self.components = sampled.is_everyone().then(|| self.components(view, live));
        self.note(at, (fill.get(), recall.get(), knows.get(), stale));
        if let Some(table) = &mut self.table {
            table.row(row![
                at.as_secs_f64(),
                live.live_count(),
                joined,
                fill.get(),
                recall.get(),
                knows.get(),
                stale,
                self.components,
            ]);
        }
    }

    pub(super) fn headlines(&self, out: &mut Vec<Headline>) {
        let mean = |metric, mean: &Mean| Headline::new(metric, "share", mean.get(), mean.n());
        out.push(mean("table_fill_mean", &self.fill));
        out.push(mean("table_recall_mean", &self.recall));
        out.push(mean("knows_k_closest_mean", &self.knows));
        out.push(mean("stale_fraction_mean", &self.stale));
        let components = self.components.map(f64::from);
        out.push(
            Headline::new("components_last", "count", components, u64::from(components.is_some()))
                .with_note("at the last sample"),
        );
        let converged = self.converged_at.map(SimTime::as_secs_f64);
        out.push(
            Headline::new("converged_at", "s", converged, u64::from(converged.is_some()))
                .with_note("first sample from which table_recall stays >= 0.99"),
        );
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.table.map_or(Ok(()), Table::finish)
    }

    fn note(&mut self, at: SimTime, values: (Option<f64>, Option<f64>, Option<f64>, Option<f64>)) {
        let (fill, recall, knows, stale) = values;
        match recall {
            Some(recall) if recall >= CONVERGED => {
                self.converged_at.get_or_insert(at);
            }
            _ => self.converged_at = None,
        }
        if at < self.warmup {
            return;
        }
        for (mean, value) in [
            (&mut self.fill, fill),
            (&mut self.recall, recall),
            (&mut self.knows, knows),
            (&mut self.stale, stale),
        ] {
            if let Some(value) = value {
                mean.add(value);
            }
        }
    }

    fn quality(&mut self, handle: u32, node: &Node, live: &LiveIndex, ids: &[Id]) -> Quality {
        self.populations.clear();
        live.bucket_populations(handle, &mut self.populations);
        self.held_live.clear();
        self.held_live.resize(self.populations.len(), 0);
        for contact in node.table().contacts().filter(|c| live.is_live(c.handle.0)) {
            let bucket = bits_shared(node, contact, ids) as usize;
            // A live contact is in the range of a bucket that has live nodes.
            self.held_live[bucket] += 1;
        }
        let k = self.k as u32;
        let mut quality =
            Quality { slots: 0, held: node.table().len() as u32, held_live: 0, filled: 0 };
        for (&population, &held) in self.populations.iter().zip(&self.held_live) {
            quality.slots += population.min(k);
            quality.filled += held.min(population).min(k);
            quality.held_live += held;
        }
        quality
    }

    fn knows_k_closest(&mut self, handle: u32, node: &Node, live: &LiveIndex) -> bool {
        live.closest(node.id(), self.k, Some(handle), &mut self.neighbours);
        // The closest are in the deepest buckets, at the end of the table.
        let mut wanted = self.neighbours.len();
        for bucket in (0..node.table().bucket_count()).rev() {
            if wanted == 0 {
                break;
            }
            let held = node.table().bucket(bucket);
            wanted -= held.filter(|held| self.neighbours.contains(&held.contact.handle.0)).count();
        }
        wanted == 0
    }

    /// Weakly connected components of the live nodes' tables.
    fn components(&mut self, view: &View<'_>, live: &LiveIndex) -> u32 {
        let nodes = view.plan.ids().len() as u32;
        self.parents.clear();
        self.parents.extend(0..nodes);
        let mut components = live.live_count();
        for handle in (0..nodes).filter(|&node| live.is_live(node)) {
            for contact in view.node(handle).table().contacts() {
                if !live.is_live(contact.handle.0) {
                    continue;
                }
                let (a, b) =
                    (root(&mut self.parents, handle), root(&mut self.parents, contact.handle.0));
                if a != b {
                    self.parents[a.max(b) as usize] = a.min(b);
                    components -= 1;
                }
            }
        }
        components
    }
}

/// Bits that a contact shares with its owner.
pub(super) fn bits_shared(owner: &Node, contact: Contact, ids: &[Id]) -> u32 {
    let differing = owner.id().prefix32() ^ contact.prefix;
    if differing != 0 {
        return differing.leading_zeros();
    }
    ids[contact.handle.0 as usize].common_prefix_len(owner.id())
}

fn root(parents: &mut [u32], mut node: u32) -> u32 {
    while parents[node as usize] != node {
        let above = parents[parents[node as usize] as usize];
        parents[node as usize] = above;
        node = above;
    }
    node
}
