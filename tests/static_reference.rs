//! Static networks against an independent table, and table sizes against
//! closed forms.
//!
//! The small cells run here; all of them, with
//! `cargo run --release --example static_reference -- TABLE.csv`.

mod common;
#[path = "../examples/static_reference/measure.rs"]
mod measure;

use kadsim::base::id::Id;
use kadsim::kademlia::TableKind;
use kadsim::sim::perfect;
use measure::{Cell, measure, variant};

/// Tolerances hold for 20 networks.
const NETWORKS: u64 = if cfg!(debug_assertions) { 2 } else { 20 };
const WIDER: f64 = if cfg!(debug_assertions) { 4.0 } else { 1.0 };

#[derive(serde::Deserialize)]
struct Row {
    #[serde(rename = "N")]
    nodes: u32,
    k: usize,
    alpha: usize,
    variant: String,
    metric: String,
    mean: f64,
    se: f64,
}

#[test]
fn small_cells_match_the_reference() {
    let Some(path) = common::shared("reference/static.csv") else { return };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
    let wanted = |row: &&Row| row.metric == "hops" && (row.nodes == 100 || row.nodes == 1_000);
    let mut cells = 0;
    for cell in rows.iter().filter(wanted) {
        let Row { nodes, k, alpha, .. } = *cell;
        let variant = variant(&cell.variant).unwrap();
        let ours = measure(Cell { nodes, k, alpha, variant }, NETWORKS, 1_000);
        let is_async = cell.variant == "async";
        let (hops, rpcs) = if is_async { (0.05, 0.1) } else { (0.03, 0.06) };
        for (metric, mean, tolerance) in
            [("hops", ours.hops, hops), ("rpcs", ours.rpcs, rpcs), ("rounds", ours.rounds, 0.03)]
        {
            if is_async && metric == "rounds" {
                continue;
            }
            let theirs = rows
                .iter()
                .find(|row| {
                    (row.nodes, row.k, row.alpha, &row.variant, row.metric.as_str())
                        == (nodes, k, alpha, &cell.variant, metric)
                })
                .unwrap();
            // Where the reference itself is uncertain by more than that, three
            // standard errors of the difference of two such measurements.
            let tolerance = (tolerance * WIDER).max(3.0 * std::f64::consts::SQRT_2 * theirs.se);
            assert!(
                (mean - theirs.mean).abs() <= tolerance,
                "N = {nodes}, k = {k}, alpha = {alpha}, {}: {metric} {mean}, reference {}",
                cell.variant,
                theirs.mean
            );
        }
        assert_eq!(ours.crowded_out, 0);
        assert!(ours.exact == 1.0 && ours.lookups == NETWORKS * 1_000);
        cells += 1;
    }
    assert_eq!(cells, 28);
}

/// Expected contacts, non-empty buckets and leaves of the splitting tree.
#[test]
fn table_sizes_match_the_closed_forms() {
    let sizes = [(100, 40), (1_000, 20), (100_000, 1)];
    for (nodes, networks) in sizes {
        for k in [8, 20] {
            let (contacts, buckets, leaves) = expected(nodes, k);
            let found = table_sizes(nodes, k, networks);
            for (name, found, expected) in [
                ("contacts", found[0], contacts),
                ("buckets", found[1], buckets),
                ("leaves", found[2], leaves),
            ] {
                let error = found / expected - 1.0;
                assert!(error.abs() < 0.01, "N = {nodes}, k = {k}: {name} {found}, {expected}");
            }
        }
    }
}

/// Mean contacts, non-empty buckets and leaves over all nodes.
fn table_sizes(nodes: u32, k: usize, networks: u64) -> [f64; 3] {
    use kadsim::base::rng::{Key, Purpose};
    use kadsim::sim::order::IdOrder;
    let mut sums = [0u64; 3];
    for seed in 0..networks {
        let key = Key::new(seed, Purpose::Ids);
        let id =
            |node: u32| Id::from_words([0, 1, 2, 3, 4].map(|w| key.draw(node.into(), w) as u32));
        let ids: Vec<Id> = (0..nodes).map(id).collect();
        let order = IdOrder::new(&ids, 0..nodes);
        let mut row = Vec::new();
        for rank in 0..order.len() {
            row.clear();
            perfect::contacts(&order, rank, k, perfect::key(seed), &mut row);
            sums[0] += row.len() as u64;
            sums[1] += 1 + row.windows(2).filter(|pair| pair[0].0 != pair[1].0).count() as u64;
            // A leaf splits off for each prefix shared by more than k others.
            let shared = |bits| order.with_prefix(order.id(rank), bits).len() - 1;
            sums[2] += 1 + (0..160).take_while(|&bits| shared(bits) > k).count() as u64;
        }
    }
    sums.map(|sum| sum as f64 / (f64::from(nodes) * networks as f64))
}

/// Σ E[min(k, Bin(N-1, 2^-(i+1)))], Σ P(Bin > 0) and 1 + Σ P(Bin(N-1, 2^-d) > k).
fn expected(nodes: u32, k: usize) -> (f64, f64, f64) {
    let others = f64::from(nodes - 1);
    let (mut contacts, mut buckets, mut leaves) = (0.0, 0.0, 1.0);
    let mut p = 1.0;
    for depth in 0..160 {
        // P(Bin(others, p) = 0), = 1, …, by recurrence in logarithms.
        let at_most_k = |p: f64| {
            let mut log_term = others * kadsim::base::math::ln(1.0 - p);
            let mut terms = Vec::with_capacity(k + 1);
            for i in 0..=k {
                terms.push(kadsim::base::math::exp(log_term));
                let step = (others - i as f64) / (i as f64 + 1.0) * p / (1.0 - p);
                log_term += kadsim::base::math::ln(step.max(1e-300));
            }
            terms
        };
        if depth > 0 {
            leaves += (1.0 - at_most_k(p).iter().sum::<f64>()).max(0.0);
        } else {
            leaves += f64::from(u8::from(others > k as f64));
        }
        p /= 2.0;
        let terms = at_most_k(p);
        let more = (1.0 - terms.iter().sum::<f64>()).max(0.0);
        contacts += terms.iter().enumerate().map(|(i, t)| i as f64 * t).sum::<f64>();
        contacts += k as f64 * more;
        buckets += 1.0 - terms[0];
    }
    (contacts, buckets, leaves)
}

/// Nodes hold the same contacts with either layout, and the tree has as many
/// leaves as it should.
#[test]
fn both_layouts_hold_the_same_contacts() {
    let [split, fixed] =
        [TableKind::Split, TableKind::Fixed].map(|layout| measure::tables(1_000, 8, layout));
    assert!(split.iter().map(|table| &table.0).eq(fixed.iter().map(|table| &table.0)));
    let leaves: usize = split.iter().map(|table| table.1).sum();
    let (mean, expected) = (leaves as f64 / 1_000.0, expected(1_000, 8).2);
    // One network: its nodes' tables are not independent.
    assert!((mean / expected - 1.0).abs() < 0.03, "{mean} leaves, {expected} expected");
}
