//! Deals nodes to shards.
//!
//! Shards advance in windows no longer than the shortest delay of a message
//! from one shard to another, so nodes that are close together belong in one
//! shard. Where the network has sites, those nearer to each other than some
//! distance are kept together and the clusters dealt out; every distance that
//! makes a difference is tried. Otherwise, or if that leaves one shard with too
//! much of the work, nodes are dealt one by one. Which is best is a matter of
//! expected speed; no result depends on it.

use std::cmp::Reverse;

use super::forecast;
use super::latency::LinkModel;
use super::parallelism::{Dealt, Parallelism};
use super::places::{MAX_SHARDS, Places};
use super::plan::Plan;
use super::spec::Spec;
use crate::base::math;
use crate::base::time::{SimDuration, SimTime};

/// What a message costs to simulate, µs.
const MESSAGE_US: f64 = 0.5;
/// What the end of a window costs, µs: meeting, and looking for messages from
/// each other shard.
const MEETING_US: f64 = 2.0;
const MEETING_SHARD_US: f64 = 0.5;
/// Several threads must promise to be faster than one by this factor. What they
/// promise they keep only while no other process wants their processors: with
/// short windows, a thread that is kept waiting keeps all of them waiting.
const WORTHWHILE: f64 = 1.4;

/// How nodes are dealt.
#[derive(Debug)]
pub(super) struct Deal {
    pub(super) places: Places,
    /// No message from one shard to another takes less.
    pub(super) window_us: u64,
    pub(super) parallelism: Parallelism,
}

/// How many shards there are to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// At most so many, and only as many as pay.
    AtMost(usize),
    /// So many, if there are as many nodes.
    Exactly(usize),
}

impl Deal {
    pub(super) fn new(wanted: Wanted, spec: &Spec, plan: &Plan, links: &LinkModel) -> Self {
        let nodes = plan.ids().len();
        let (Wanted::AtMost(asked) | Wanted::Exactly(asked)) = wanted;
        let most = asked.min(nodes).clamp(1, MAX_SHARDS);
        let rate = forecast::messages_per_s(spec, plan);
        let end = SimTime::ZERO + spec.duration;
        let load: Vec<u64> = (0..nodes as u32)
            // Even a node that is never up takes some memory.
            .map(|node| forecast::up_us(plan, node, end) + 1)
            .collect();
        let counts = match wanted {
            Wanted::AtMost(_) => 2..=most,
            Wanted::Exactly(_) => most..=most,
        };
        let sites = Sites::new(links, &load);
        let several = counts.filter(|&shards| shards > 1);
        let best = several.map(|shards| Cut::best(links, &load, &sites, shards, rate));
        let best = best.max_by(|a, b| a.speedup(rate).total_cmp(&b.speedup(rate)));
        let (cut, dealt) = match (best, wanted) {
            (Some(cut), Wanted::AtMost(_)) if cut.speedup(rate) < WORTHWHILE => {
                (cut, Dealt::NotWorthwhile)
            }
            (Some(cut), _) if cut.by_site.is_some() => (cut, Dealt::BySite),
            (Some(cut), _) => (cut, Dealt::OneByOne),
            (None, _) => (Cut::one_by_one(links, &load, 1), Dealt::Together),
        };
        let places = match dealt {
            Dealt::Together | Dealt::NotWorthwhile => Places::together(nodes),
            Dealt::BySite | Dealt::OneByOne => cut.places(links, &load),
        };
        let parallelism = Parallelism {
            threads: places.shards(),
            asked,
            dealt,
            window: SimDuration::from_micros(cut.window_us),
            messages_a_window: cut.messages_a_window(rate),
            largest_share: cut.largest_share,
        };
        Self { places, window_us: cut.window_us, parallelism }
    }
}

/// A way to deal.
#[derive(Clone, Debug, PartialEq)]
struct Cut {
    shards: usize,
    window_us: u64,
    /// The work of the busiest shard, as a share of all.
    largest_share: f64,
    /// The shard of each site; `None`: nodes are dealt one by one.
    by_site: Option<Vec<usize>>,
}

impl Cut {
    /// The best way to deal to so many shards.
    fn best(links: &LinkModel, load: &[u64], sites: &Sites, shards: usize, rate: f64) -> Self {
        let mut best = Self::one_by_one(links, load, shards);
        for cut in sites.cuts(shards) {
            if cut.speedup(rate) > best.speedup(rate) {
                best = cut;
            }
        }
        best.widen(links);
        best
    }

    fn one_by_one(links: &LinkModel, load: &[u64], shards: usize) -> Self {
        let all: u64 = load.iter().sum();
        let heaviest = load.iter().max().map_or(1.0, |&max| max as f64 / all as f64);
        let largest_share = heaviest.max(1.0 / shards as f64);
        Self { shards, window_us: links.min_us(), largest_share, by_site: None }
    }

    /// Clusters that ended up in one shard do not bound the window.
    fn widen(&mut self, links: &LinkModel) {
        let Some(by_site) = &self.by_site else { return };
        let apart = |a: u32, b: u32| by_site[a as usize] != by_site[b as usize];
        let pairs = (0..links.sites()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let gaps = pairs.filter(|&(a, b)| apart(a, b)).map(|(a, b)| links.min_between_us(a, b));
        self.window_us = gaps.min().unwrap_or(self.window_us);
    }

    fn messages_a_window(&self, rate: f64) -> f64 {
        rate * self.window_us as f64 / 1e6
    }

    /// How much faster than one thread this promises to be.
    fn speedup(&self, rate: f64) -> f64 {
        // Windows without any event are skipped.
        let messages = self.messages_a_window(rate).max(1.0);
        let shards = self.shards as f64;
        let mean = messages * self.largest_share;
        // The luckless shard of a window has more than its mean.
        let longest = (mean + math::sqrt(2.0 * mean * math::ln(shards))).min(messages);
        let meeting_us = MEETING_US + MEETING_SHARD_US * shards;
        messages * MESSAGE_US / (longest * MESSAGE_US + meeting_us)
    }

    fn places(&self, links: &LinkModel, load: &[u64]) -> Places {
        let nodes = load.len() as u32;
        match &self.by_site {
            Some(by_site) => {
                Places::new(nodes, self.shards, |node| by_site[links.site(node) as usize])
            }
            None => {
                let mut hands = vec![0; self.shards];
                let deal = |node| lightest(&mut hands, load[node as usize]);
                Places::new(nodes, self.shards, deal)
            }
        }
    }
}

/// Gives a burden to whoever has least, the first of several.
fn lightest(hands: &mut [u64], burden: u64) -> usize {
    let shard = (0..hands.len()).min_by_key(|&shard| hands[shard]).unwrap_or(0);
    hands[shard] += burden;
    shard
}

/// Where nodes sit.
#[derive(Debug)]
struct Sites {
    /// The load of each site.
    load: Vec<u64>,
    /// The shortest paths that connect all sites that have nodes, as (delay,
    /// site, site), nearest first. With the first few of them merged into
    /// clusters, the next is the distance between the nearest two.
    tree: Vec<(u64, u32, u32)>,
}

impl Sites {
    fn new(links: &LinkModel, load: &[u64]) -> Self {
        let mut sites = vec![0; links.sites() as usize];
        for (node, load) in (0..).zip(load) {
            sites[links.site(node) as usize] += load;
        }
        Self { tree: spanning_tree(links, &sites), load: sites }
    }

    /// Every way to deal whole sites: with only the nearest, more, and more of
    /// them kept together.
    fn cuts(&self, shards: usize) -> impl Iterator<Item = Cut> {
        let mut cluster: Vec<u32> = (0..self.load.len() as u32).collect();
        self.tree.iter().map(move |&(window_us, a, b)| {
            let (by_site, largest_share) = self.deal(&cluster, shards);
            let (kept, merged) = (cluster[a as usize], cluster[b as usize]);
            for site in cluster.iter_mut().filter(|site| **site == merged) {
                *site = kept;
            }
            Cut { shards, window_us, largest_share, by_site: Some(by_site) }
        })
    }

    /// The shard of each site, and the largest share of the load: heavy
    /// clusters first, each to the shard with the least.
    fn deal(&self, cluster: &[u32], shards: usize) -> (Vec<usize>, f64) {
        let mut heavy: Vec<(u64, u32)> = (0..self.load.len() as u32).map(|c| (0, c)).collect();
        for (site, &cluster) in cluster.iter().enumerate() {
            heavy[cluster as usize].0 += self.load[site];
        }
        heavy.sort_unstable_by_key(|&(load, cluster)| (Reverse(load), cluster));
        let (mut hands, mut shard_of) = (vec![0; shards], vec![0; self.load.len()]);
        for (load, cluster) in heavy {
            shard_of[cluster as usize] = lightest(&mut hands, load);
        }
        let (all, most) = (self.load.iter().sum::<u64>(), hands.into_iter().max().unwrap_or(0));
        let by_site = cluster.iter().map(|&cluster| shard_of[cluster as usize]).collect();
        (by_site, most as f64 / all as f64)
    }
}

/// Prim's algorithm over the sites that have any load.
fn spanning_tree(links: &LinkModel, load: &[u64]) -> Vec<(u64, u32, u32)> {
    let mut tree = Vec::new();
    let mut outside: Vec<u32> =
        (0..load.len() as u32).filter(|&site| load[site as usize] > 0).collect();
    let Some(mut added) = outside.pop() else { return tree };
    // The nearest site of the tree to each outside, and how far it is.
    let mut nearest: Vec<(u64, u32)> = outside.iter().map(|_| (u64::MAX, added)).collect();
    while !outside.is_empty() {
        for (near, &site) in nearest.iter_mut().zip(&outside) {
            *near = (*near).min((links.min_between_us(site, added), added));
        }
        let next = (0..outside.len()).min_by_key(|&i| (nearest[i], outside[i])).unwrap_or(0);
        let (delay, from) = nearest.swap_remove(next);
        added = outside.swap_remove(next);
        tree.push((delay, from, added));
    }
    tree.sort_unstable();
    tree
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::sim::spec::{Latency, Network, SiteMatrix};

    const NODES: usize = 2_000;

    fn links(latency: Latency) -> LinkModel {
        LinkModel::new(&Network { latency, jitter: 0.0, loss: 0.0 }, 1, NODES)
    }

    fn matrix(sites: usize, one_way_us: impl Fn(usize, usize) -> u32) -> LinkModel {
        let cells = (0..sites * sites).map(|i| one_way_us(i / sites, i % sites));
        let one_way_us = cells.collect();
        links(Latency::Matrix(Arc::new(SiteMatrix { path: PathBuf::new(), sites, one_way_us })))
    }

    fn best(links: &LinkModel, load: &[u64], shards: usize, rate: f64) -> Cut {
        Cut::best(links, load, &Sites::new(links, load), shards, rate)
    }

    /// No message between shards may take less than the window.
    fn assert_sound(cut: &Cut, links: &LinkModel, load: &[u64]) -> Vec<u64> {
        let places = cut.places(links, load);
        let mut hands = vec![0; cut.shards];
        for node in 0..NODES as u32 {
            hands[places.shard(node)] += load[node as usize];
            for other in (node % 37..NODES as u32).step_by(37) {
                if places.shard(node) != places.shard(other) {
                    assert!(links.delay_us(node, other, 0) >= cut.window_us);
                }
            }
        }
        let (all, most) = (load.iter().sum::<u64>(), *hands.iter().max().unwrap());
        assert!((most as f64 / all as f64 - cut.largest_share).abs() < 0.01, "{hands:?} {cut:?}");
        hands
    }

    #[test]
    fn the_world_is_cut_at_its_oceans() {
        let (links, load) = (links(Latency::Geo), vec![1; NODES]);
        let two = best(&links, &load, 2, 5_000.0);
        // Both halves of North America, and the rest.
        assert!(two.window_us > 20_000 && two.largest_share < 0.55, "{two:?}");
        assert_sound(&two, &links, &load);
        // With much to do, more shards are worth shorter windows.
        let four = best(&links, &load, 4, 1e7);
        assert!(four.largest_share < 0.35 && four.window_us < two.window_us, "{four:?}");
        assert_sound(&four, &links, &load);
        for shards in 2..=16 {
            assert_sound(&best(&links, &load, shards, 1e6), &links, &load);
        }
    }

    #[test]
    fn near_sites_stay_together() {
        // Six sites in three towns: 0 and 3, 1 and 4, 2 and 5.
        let links = matrix(6, |a, b| match (a == b, a % 3 == b % 3) {
            (true, _) => 100,
            (_, true) => 1_000,
            _ => 30_000 + (a * b) as u32,
        });
        let load = vec![1; NODES];
        let cut = best(&links, &load, 3, 5_000.0);
        let by_site = cut.by_site.clone().unwrap();
        assert_eq!(by_site[..3], by_site[3..]);
        assert_eq!(cut.window_us, 30_000);
        let hands = assert_sound(&cut, &links, &load);
        assert!(hands.iter().all(|&hand| hand > NODES as u64 / 4));
    }

    /// One site with nearly all the work leaves nothing to gain by site.
    #[test]
    fn a_dominant_site_is_dealt_one_by_one() {
        let links = matrix(3, |a, b| if a == b { 5_000 } else { 20_000 });
        let load: Vec<u64> =
            (0..NODES as u32).map(|node| if links.site(node) == 1 { 100 } else { 1 }).collect();
        let cut = best(&links, &load, 2, 1e6);
        assert_eq!((cut.by_site.as_ref(), cut.window_us), (None, 5_000));
        let hands = assert_sound(&cut, &links, &load);
        assert!(hands[0].abs_diff(hands[1]) <= 100, "{hands:?}");
    }

    #[test]
    fn sites_without_nodes_bound_nothing() {
        // Sites 0 and 1 are close, but one of them is empty.
        let links = matrix(3, |a, b| if a.max(b) == 1 && a != b { 10 } else { 40_000 });
        let sites = Sites { tree: spanning_tree(&links, &[5, 0, 7]), load: vec![5, 0, 7] };
        assert_eq!(sites.tree, [(40_000, 2, 0)]);
        assert_eq!(spanning_tree(&links, &[5, 1, 7]).len(), 2);
        assert_eq!(spanning_tree(&links, &[0, 0, 0]), []);
    }

    #[test]
    fn short_windows_promise_nothing() {
        let links = links(Latency::Constant(SimDuration::from_micros(300)));
        let load = vec![1; NODES];
        assert!(best(&links, &load, 2, 3_000.0).speedup(3_000.0) < WORTHWHILE);
        assert!(best(&links, &load, 2, 3e7).speedup(3e7) > 1.9);
    }
}
