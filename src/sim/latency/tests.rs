use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::base::math;

/// Round-trip quantiles of the PlanetLab matrix: Zhu, Liu, Niu, Li and Zhao,
/// "Network Latency Estimation for Personal Devices" (ToN 2017), in
/// milliseconds, and how close the embedded model must be.
const PLANETLAB: [(f64, f64, f64); 7] = [
    (0.01, 6.1, 0.2),
    (0.05, 19.3, 0.1),
    (0.25, 59.3, 0.1),
    (0.50, 135.0, 0.1),
    (0.75, 201.8, 0.1),
    (0.95, 324.9, 0.1),
    (0.99, 412.6, 0.2),
];

fn model(latency: Latency, jitter: f64) -> LinkModel {
    LinkModel::new(&Network { latency, jitter, loss: 0.02 }, 42, NODES as usize)
}

const NODES: u32 = 2_000;

fn ms(ms: u64) -> SimDuration {
    SimDuration::from_millis(ms)
}

/// A lopsided matrix of three sites.
fn matrix() -> Arc<SiteMatrix> {
    let one_way_us = vec![100, 2_000, 3_000, 2_500, 150, 4_000, 3_500, 4_500, 90];
    Arc::new(SiteMatrix { path: PathBuf::new(), sites: 3, one_way_us })
}

fn all_models() -> Vec<Latency> {
    vec![
        Latency::Constant(ms(50)),
        Latency::Constant(SimDuration::ZERO),
        Latency::Uniform { min: ms(25), max: ms(75) },
        Latency::Lognormal { median: ms(50), sigma: 0.6 },
        Latency::Matrix(matrix()),
        Latency::Geo,
    ]
}

/// Sorted delays in milliseconds over many pairs, both ways together.
fn round_trips(model: &LinkModel) -> Vec<f64> {
    let mut trips = Vec::new();
    for from in 0..NODES {
        for to in (from + 1..NODES).step_by(7) {
            trips.push((model.base_us(from, to) + model.base_us(to, from)) as f64 / 1e3);
        }
    }
    trips.sort_by(f64::total_cmp);
    trips
}

fn quantile(sorted: &[f64], p: f64) -> f64 {
    sorted[(p * sorted.len() as f64) as usize]
}

#[test]
fn geo_has_the_quantiles_of_planetlab() {
    for seed in 1..=20 {
        let network = Network { latency: Latency::Geo, jitter: 0.0, loss: 0.0 };
        let trips = round_trips(&LinkModel::new(&network, seed, NODES as usize));
        for (p, expected, tolerance) in PLANETLAB {
            let error = quantile(&trips, p) / expected - 1.0;
            assert!(error.abs() < tolerance, "seed {seed}, quantile {p}: off by {error:+.3}");
        }
    }
}

#[test]
fn geo_has_the_quantiles_of_the_matrix_itself() {
    let shared = std::env::var_os("KADSIM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("data/planetlab-rtt/PlanetLabData_1");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no {}", path.display());
        return;
    };
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split_whitespace().map(|cell| cell.parse().unwrap()).collect())
        .collect();
    let mut measured: Vec<f64> =
        rows.iter().enumerate().flat_map(|(i, row)| row[i + 1..].iter().copied()).collect();
    measured.sort_by(f64::total_cmp);
    let trips = round_trips(&model(Latency::Geo, 0.0));
    for (p, published, tolerance) in PLANETLAB {
        let expected = quantile(&measured, p);
        assert!((expected / published - 1.0).abs() < 0.01, "another matrix: {expected} at {p}");
        let error = quantile(&trips, p) / expected - 1.0;
        assert!(error.abs() < tolerance, "quantile {p}: off by {error:+.3}");
    }
}

#[test]
fn geo_regions_are_apart() {
    let model = model(Latency::Geo, 0.1);
    assert_eq!(model.sites(), 7);
    assert!(model.min_between_sites_us() > 5_000, "{}", model.min_between_sites_us());
    assert_eq!(model.site_name(2), Some("Europe"));
    let mut nodes = [0; 7];
    (0..NODES).for_each(|node| nodes[model.site(node) as usize] += 1);
    assert!(nodes.iter().all(|&count| count > 20), "{nodes:?}");
}

/// A detour never pays by more than the access of the node in the middle.
#[test]
fn geo_obeys_the_triangle_inequality() {
    let model = model(Latency::Geo, 0.0);
    for i in 0..3_000u32 {
        let [a, b, c] = [i % NODES, i * 7 % NODES, i * 31 % NODES];
        assert!(model.base_us(a, c) <= model.base_us(a, b) + model.base_us(b, c) + 2);
    }
}

proptest! {
    #[test]
    fn no_delay_is_below_the_bounds(
        which in 0usize..6, jitter in prop_oneof![Just(0.0), 0.0..=1.0], seq in any::<u32>(),
        from in 0..NODES, to in 0..NODES,
    ) {
        let model = model(all_models()[which].clone(), jitter);
        let delay = model.delay_us(from, to, seq);
        let base = model.base_us(from, to);
        prop_assert!(delay >= 1 && delay >= model.min_us());
        if model.site(from) != model.site(to) {
            prop_assert!(delay >= model.min_between_sites_us());
        }
        let (low, high) = (base as f64 * (1.0 - jitter), base as f64 * (1.0 + jitter));
        prop_assert!(delay as f64 >= low - 1.0 && delay as f64 <= (high + 1.0).max(1.0));
    }
}

#[test]
fn links_are_symmetric_but_for_a_matrix() {
    for latency in all_models() {
        let lopsided = matches!(latency, Latency::Matrix(_));
        let model = model(latency, 0.3);
        let differs = (0..200).any(|i| model.base_us(i, i + 7) != model.base_us(i + 7, i));
        assert_eq!(differs, lopsided);
    }
}

#[test]
fn jitter_is_uniform_around_the_base() {
    let model = model(Latency::Constant(ms(100)), 0.2);
    let delays: Vec<f64> = (0..20_000).map(|seq| model.delay_us(3, 4, seq) as f64).collect();
    let mean = delays.iter().sum::<f64>() / 20_000.0;
    assert!((mean / 100_000.0 - 1.0).abs() < 0.003, "{mean}");
    let below = delays.iter().filter(|&&delay| delay < 90_000.0).count();
    assert!((4_700..5_300).contains(&below), "a quarter below 0.9: {below}");
    // A message's jitter has nothing to do with its link.
    assert_eq!(model.delay_us(3, 4, 9), model.delay_us(3, 5, 9));
}

#[test]
fn pairs_have_the_distribution_asked_for() {
    let uniform = round_trips(&model(Latency::Uniform { min: ms(25), max: ms(75) }, 0.0));
    for (p, expected) in [(0.0, 50.0), (0.25, 75.0), (0.5, 100.0), (0.999_99, 150.0)] {
        assert!((quantile(&uniform, p) / expected - 1.0).abs() < 0.01);
    }
    let lognormal = round_trips(&model(Latency::Lognormal { median: ms(50), sigma: 0.6 }, 0.0));
    for p in [0.001, 0.1, 0.5, 0.9, 0.999] {
        let expected = 100.0 * math::exp(0.6 * math::normal_quantile(p));
        assert!((quantile(&lognormal, p) / expected - 1.0).abs() < 0.03, "{p}");
    }
}

#[test]
fn a_matrix_places_nodes_evenly_and_keeps_its_cells() {
    let model = model(Latency::Matrix(matrix()), 0.0);
    let mut nodes = [0u32; 3];
    (0..NODES).for_each(|node| nodes[model.site(node) as usize] += 1);
    assert!(nodes.iter().all(|&count| (550..790).contains(&count)), "{nodes:?}");
    for (from, to) in [(0, 1), (5, 900), (77, 78), (4, 4)] {
        let cell = model.site(from) as usize * 3 + model.site(to) as usize;
        assert_eq!(model.base_us(from, to), u64::from(matrix().one_way_us[cell]));
    }
    assert_eq!((model.min_us(), model.min_between_sites_us(), model.sites()), (90, 2_000, 3));
}

#[test]
fn losses_are_independent_and_as_frequent_as_asked() {
    let lossy = |loss| {
        LinkModel::new(&Network { latency: Latency::Constant(ms(1)), jitter: 0.0, loss }, 7, 1)
    };
    let lost = |model: &LinkModel| {
        (0..300u32)
            .flat_map(|from| (0..300).map(move |seq| (from, seq)))
            .filter(|&(from, seq)| model.lost(from, seq))
            .count()
    };
    assert_eq!((lost(&lossy(0.0)), lost(&lossy(1.0))), (0, 90_000));
    // Standard deviation 42.
    assert!((1_630..1_970).contains(&lost(&lossy(0.02))), "{}", lost(&lossy(0.02)));
}

/// `cargo test --release --lib -- --ignored --nocapture cost_of_a_delay`
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_types, reason = "it measures wall time")]
fn cost_of_a_delay() {
    const MESSAGES: u32 = 20_000_000;
    for latency in all_models() {
        let name = format!("{latency:.40?}");
        let model = model(latency, 0.1);
        let clock = std::time::Instant::now();
        let sum: u64 = (0..MESSAGES)
            .map(|i| model.delay_us(i % NODES, (i * 7) % NODES, i) + u64::from(model.lost(i, i)))
            .sum();
        let ns = clock.elapsed().as_nanos() as f64 / f64::from(MESSAGES);
        println!("{ns:.1} ns a delay and a loss, {name} ({sum})");
    }
}
