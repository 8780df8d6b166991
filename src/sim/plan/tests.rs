use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::base::dist::Dist;
use crate::base::time::SimDuration;
use crate::kademlia::{Config, LookupVariant};
use crate::sim::spec::{
    Action, Churn, ChurnProcess, Event, Join, Latency, Metrics, Network, Rejoin, Schedule,
    SessionTrace, Start, Target, TraceSession,
};

const KAD_SESSION: Dist = Dist::Weibull { shape: 0.615, scale: 169.5 * 60.0 };
const KAD_DOWNTIME: Dist = Dist::Weibull { shape: 0.476, scale: 413.7 * 60.0 };

fn secs(s: u64) -> SimTime {
    SimTime::from_secs(s)
}

fn wave(count: u32, at: u64, over: u64) -> Join {
    let over = SimDuration::from_secs(over);
    Join { count, at: secs(at), over, bootstrap: Bootstrap::Random, ids: Vec::new() }
}

fn spec(joins: Vec<Join>, hours: u64) -> Spec {
    let latency = Latency::Constant(SimDuration::from_millis(50));
    Spec {
        name: "test".into(),
        description: String::new(),
        seed: 42,
        duration: SimDuration::from_secs(3_600 * hours),
        warmup: SimDuration::ZERO,
        protocol: Config::default(),
        network: Network { latency, jitter: 0.0, loss: 0.0 },
        start: Start::Empty,
        joins,
        churn: None,
        queries: Vec::new(),
        events: Vec::new(),
        metrics: Metrics {
            sample_every: SimDuration::from_secs(60),
            lookups: true,
            convergence: true,
            freshness: true,
            traffic: true,
            population: true,
        },
    }
}

fn on_off(start: u64, dists: (Dist, Dist), rejoin: Rejoin, stationary: bool) -> Option<Churn> {
    let (session, downtime) = dists;
    let process = ChurnProcess::OnOff { start: secs(start), session, downtime, rejoin, stationary };
    Some(Churn { graceful: 0.25, process })
}

fn poisson(rate: f64, target: Target) -> Query {
    let schedule = Schedule::Poisson { rate, from: secs(600), until: SimTime::NEVER };
    Query { kind: QueryKind::Lookup, schedule, target, origin: None }
}

fn live_at(plan: &Plan, at: SimTime) -> Vec<u32> {
    (0..plan.ids().len() as u32).filter(|&node| plan.is_live(node, at)).collect()
}

/// A busy world: two waves, churn, a crash and every kind of target.
fn busy(rejoin: Rejoin) -> Spec {
    let mut spec = spec(vec![wave(300, 0, 600), wave(100, 1_800, 0)], 4);
    let dists = (Dist::Exponential { mean: 3_600.0 }, Dist::Exponential { mean: 1_800.0 });
    spec.churn = on_off(1_200, dists, rejoin, true);
    spec.queries = vec![
        poisson(0.5, Target::RandomId),
        poisson(0.2, Target::RandomNode),
        poisson(0.3, Target::Zipf { exponent: 0.8, keys: 100 }),
    ];
    spec.events = vec![Event { at: secs(7_200), action: Action::Crash(0.3) }];
    spec
}

fn check_invariants(plan: &Plan, end: SimTime) {
    let mut ids = plan.ids().to_vec();
    ids.sort();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "ids repeat");
    for node in 0..plan.ids().len() as u32 {
        let sessions = plan.sessions(node);
        assert!(sessions.iter().all(|s| s.start < s.end && s.start < end));
        assert!(sessions.iter().all(|s| s.end < end || s.end == SimTime::NEVER));
        assert!(sessions.windows(2).all(|pair| pair[0].end < pair[1].start), "{sessions:?}");
    }
    assert!(plan.timeline().is_sorted());
}

#[test]
fn sessions_are_apart_and_within_the_run() {
    for rejoin in [Rejoin::SameId, Rejoin::NewId] {
        let spec = busy(rejoin);
        let plan = Plan::new(&spec);
        check_invariants(&plan, SimTime::ZERO + spec.duration);
        let longest =
            (0..plan.ids().len() as u32).map(|node| plan.sessions(node).len()).max().unwrap();
        assert_eq!(longest == 1, rejoin == Rejoin::NewId, "{longest}");
        assert_eq!(plan.unplaced(), 0);
    }
}

#[test]
fn nothing_of_the_protocol_changes_the_world() {
    for rejoin in [Rejoin::SameId, Rejoin::NewId] {
        let spec = busy(rejoin);
        let mut other = spec.clone();
        other.protocol = Config {
            k: 8,
            alpha: 1,
            reply_size: 4,
            lookup: LookupVariant::Strict,
            refresh_interval: None,
            max_failures: 1,
            ..Config::default()
        };
        other.network.loss = 0.5;
        let (one, two) = (Plan::new(&spec), Plan::new(&other));
        assert_eq!(one, two);
        assert!(one.queries().eq(two.queries()));
        let mut reseeded = spec;
        reseeded.seed += 1;
        assert_ne!(one, Plan::new(&reseeded));
    }
}

#[test]
fn another_stream_or_fault_leaves_the_rest_alone() {
    let mut spec = busy(Rejoin::NewId);
    spec.events.clear();
    let calm = Plan::new(&spec);
    let of_stream = |plan: &Plan, target: fn(&PlannedQuery) -> bool| {
        plan.queries().filter(target).map(|q| (q.at, q.origin, q.target)).collect::<Vec<_>>()
    };
    let all = |_: &PlannedQuery| true;
    let before = of_stream(&calm, all);

    let mut more = spec.clone();
    let schedule = Schedule::At(vec![secs(3_000), secs(2_000)]);
    let origin = None;
    let kind = QueryKind::Get;
    more.queries.push(Query { kind, schedule, target: Target::RandomId, origin });
    let lookups = |q: &PlannedQuery| q.kind == QueryKind::Lookup;
    assert_eq!(before, of_stream(&Plan::new(&more), lookups));
    let gets: Vec<_> = Plan::new(&more).queries().filter(|q| q.kind == kind).collect();
    assert_eq!(gets.iter().map(|q| q.at).collect::<Vec<_>>(), [secs(2_000), secs(3_000)]);

    let crash_at = secs(7_200);
    spec.events = vec![Event { at: crash_at, action: Action::Crash(0.3) }];
    let hit = Plan::new(&spec);
    assert_eq!(hit.ids(), calm.ids(), "a fault keeps every handle");
    let after = of_stream(&hit, all);
    let early = |list: &[(SimTime, u32, Id)]| {
        list.iter().copied().filter(|q| q.0 < crash_at).collect::<Vec<_>>()
    };
    assert_eq!(early(&before), early(&after));
    // Later ones that are asked by the same node for a key are the same queries.
    let (mut same, mut late) = (0, 0);
    for query in after.iter().filter(|q| q.0 >= crash_at) {
        late += 1;
        same += u32::from(before.contains(query));
    }
    assert!(same * 3 > late, "{same} of {late}");
}

#[test]
fn a_crash_hits_its_exact_share_for_good() {
    for rejoin in [Rejoin::SameId, Rejoin::NewId] {
        let mut spec = busy(rejoin);
        let with = Plan::new(&spec);
        spec.events.clear();
        let without = Plan::new(&spec);
        let at = secs(7_200);
        let expected = (live_at(&without, at).len() as f64 * 0.3).round() as usize;
        let hit: Vec<Change> = with
            .timeline()
            .into_iter()
            .filter(|change| change.kind == ChangeKind::Down(Departure::Crash))
            .collect();
        assert_eq!(hit.len(), expected);
        for change in hit {
            assert_eq!(change.at, at);
            let last = with.sessions(change.node).last().unwrap();
            assert_eq!((last.end, last.how), (at, Departure::Crash));
        }
    }
}

#[test]
fn a_stationary_population_stays_level() {
    let mut spec = spec(vec![wave(2_000, 0, 600)], 8);
    let start = 1_800;
    for rejoin in [Rejoin::SameId, Rejoin::NewId] {
        spec.churn = on_off(start, (KAD_SESSION, KAD_DOWNTIME), rejoin, true);
        let plan = Plan::new(&spec);
        assert_eq!(live_at(&plan, secs(start - 1)).len(), 2_000, "all stay until the start");
        for hour in 1..8 {
            let live = live_at(&plan, secs(3_600 * hour)).len();
            // Binomial around 2,000 of about 9,300 nodes: standard deviation 40.
            assert!((1_850..2_150).contains(&live), "hour {hour}: {live}");
        }
        let departures = plan.timeline();
        let share = |how| {
            let of = |change: &&Change| change.kind == ChangeKind::Down(how);
            departures.iter().filter(of).count() as f64
        };
        let graceful = share(Departure::Graceful) / (2.0 * share(Departure::Silent));
        assert!((0.12..0.22).contains(&graceful), "a quarter says goodbye: {graceful}");
    }
}

#[test]
fn without_equilibrium_sessions_start_afresh() {
    let mut spec = spec(vec![wave(4_000, 0, 0)], 3);
    spec.churn = on_off(
        600,
        (Dist::Exponential { mean: 3_600.0 }, Dist::Constant { value: 1e9 }),
        Rejoin::SameId,
        false,
    );
    let plan = Plan::new(&spec);
    assert_eq!(plan.ids().len(), 4_000);
    let left = live_at(&plan, secs(600 + 3_600)).len() as f64 / 4_000.0;
    assert!((left - 0.3679).abs() < 0.03, "{left}");
}

#[test]
fn a_longer_run_only_adds() {
    for rejoin in [Rejoin::SameId, Rejoin::NewId] {
        let mut spec = busy(rejoin);
        let long = Plan::new(&spec);
        spec.duration = SimDuration::from_secs(2 * 3_600 + 1);
        let short = Plan::new(&spec);
        let count = short.ids().len();
        assert!(count < long.ids().len());
        assert_eq!(short.ids(), &long.ids()[..count]);
        let end = SimTime::ZERO + spec.duration;
        let until_end = |changes: Vec<Change>| {
            changes.into_iter().filter(|change| change.at < end).collect::<Vec<_>>()
        };
        assert_eq!(until_end(short.timeline()), until_end(long.timeline()));
    }
}

#[test]
fn traces_come_on_top() {
    let mut spec = spec(vec![wave(5, 0, 0)], 1);
    let session = |node, start, end| TraceSession { node, start: secs(start), end: secs(end) };
    let sessions = vec![session(0, 10, 20), session(0, 30, 9_999), session(2, 4_000, 5_000)];
    let trace = Arc::new(SessionTrace { path: PathBuf::new(), nodes: 3, sessions });
    spec.churn = Some(Churn { graceful: 0.0, process: ChurnProcess::Trace(trace) });
    let plan = Plan::new(&spec);
    assert_eq!(plan.ids().len(), 8);
    assert_eq!(plan.initial(), [0, 1, 2, 3, 4]);
    let times = |node| plan.sessions(node).iter().map(|s| (s.start, s.end)).collect::<Vec<_>>();
    assert_eq!(times(0), [(SimTime::ZERO, SimTime::NEVER)]);
    assert_eq!(times(5), [(secs(10), secs(20)), (secs(30), SimTime::NEVER)]);
    assert_eq!((times(6), times(7)), (vec![], vec![]), "one never comes, one too late");
    assert!(plan.is_live(5, secs(10)) && !plan.is_live(5, secs(20)));
}

#[test]
fn short_ids_are_distinct_and_may_run_out() {
    let mut spec = spec(vec![wave(16, 0, 0)], 1);
    spec.protocol.id_bits = 4;
    spec.joins[0].ids = Vec::new();
    let plan = Plan::new(&spec);
    assert_eq!(plan.ids().len(), 16);
    check_invariants(&plan, secs(3_600));

    let given = [3u32, 9, 12].map(|id| Id::from_words([id << 28, 0, 0, 0, 0]));
    spec.joins = vec![wave(9, 0, 10), Join { ids: given.to_vec(), ..wave(3, 0, 0) }];
    let plan = Plan::new(&spec);
    assert_eq!(plan.ids()[9..12], given);
    check_invariants(&plan, secs(3_600));

    let dists = (Dist::Constant { value: 300.0 }, Dist::Constant { value: 300.0 });
    spec.churn = on_off(0, dists, Rejoin::NewId, false);
    let plan = Plan::new(&spec);
    assert_eq!((plan.ids().len(), plan.unplaced()), (16, 12 * 6 - 16));
    check_invariants(&plan, secs(3_600));
}

#[test]
fn newcomers_join_through_somebody_before_them() {
    let mut spec = busy(Rejoin::SameId);
    for rule in [Bootstrap::Random, Bootstrap::First] {
        spec.joins.iter_mut().for_each(|join| join.bootstrap = rule);
        let plan = Plan::new(&spec);
        let mut founders = 0;
        for change in plan.timeline().iter().filter(|change| change.kind == ChangeKind::Up) {
            let Some(other) = plan.bootstrap(change.node, change.at, 0) else {
                founders += 1;
                continue;
            };
            assert_ne!(other, change.node);
            let up_since = plan.session_at(other, change.at).expect("a live node").start;
            assert!((up_since, other) < (change.at, change.node));
        }
        assert_eq!(founders, 1);
    }
}

#[test]
fn a_flash_crowd_has_one_founder_and_many_contacts() {
    let mut spec = spec(vec![wave(500, 0, 0)], 1);
    let plan = Plan::new(&spec);
    let through: Vec<Option<u32>> =
        (0..500).map(|node| plan.bootstrap(node, SimTime::ZERO, 0)).collect();
    assert_eq!(through[0], None);
    assert!(through.iter().zip(0..).skip(1).all(|(other, node)| other.unwrap() < node));
    assert_ne!(plan.bootstrap(400, SimTime::ZERO, 0), plan.bootstrap(400, SimTime::ZERO, 1));
    spec.joins[0].bootstrap = Bootstrap::First;
    let plan = Plan::new(&spec);
    assert!((1..500).all(|node| plan.bootstrap(node, secs(0), 0) == Some(0)));
}

#[test]
fn live_nodes_are_drawn_uniformly() {
    let key = Key::new(1, Purpose::Sampling);
    // Few live among many: rejection and the scan behind it both count.
    for (count, live) in [(10, vec![0, 3, 7, 9]), (100_000, vec![5, 50_000, 99_999])] {
        let nodes: Vec<u32> = (0..count).collect();
        let mut hits = vec![0u32; live.len()];
        for entity in 0..400 {
            let eligible = |node| live.contains(&node);
            let node = pick(&nodes, eligible, |try_| key.draw(entity, try_)).unwrap();
            hits[live.iter().position(|&other| other == node).unwrap()] += 1;
        }
        let expected = 400 / live.len() as u32;
        assert!(hits.iter().all(|&hit| hit.abs_diff(expected) < 45), "{hits:?}");
    }
    assert_eq!(pick(&[1, 2], |_| false, |_| 0), None);
}

#[test]
fn queries_are_a_poisson_process_of_live_nodes() {
    let spec = busy(Rejoin::SameId);
    let plan = Plan::new(&spec);
    let queries: Vec<PlannedQuery> = plan.queries().collect();
    let seconds = 4.0 * 3_600.0 - 600.0;
    let expected: f64 = seconds * 1.0;
    assert!((queries.len() as f64 - expected).abs() < 5.0 * expected.sqrt(), "{}", queries.len());
    assert!(queries.is_sorted_by_key(|q| (q.at, q.index)));
    assert!(queries.iter().all(|q| plan.is_live(q.origin, q.at) && q.at >= secs(600)));

    let most_popular = Id::sha1(b"key-0");
    let hits = queries.iter().filter(|q| q.target == most_popular).count() as f64;
    let weight: f64 =
        1.0 / (1..=100).map(|i| crate::base::math::pow(f64::from(i), -0.8)).sum::<f64>();
    let zipf = expected * 0.3;
    assert!((hits / zipf - weight).abs() < 0.02, "{} for {weight}", hits / zipf);
    let to_nodes = queries.iter().filter(|q| plan.ids().contains(&q.target)).count() as f64;
    assert!((to_nodes / (expected * 0.2) - 1.0).abs() < 0.1, "{to_nodes}");
}

#[test]
fn a_query_without_a_live_origin_keeps_its_number() {
    let mut spec = spec(vec![wave(3, 100, 0)], 1);
    let ids = [1u32, 2, 3].map(|id| Id::from_words([id, 0, 0, 0, 0]));
    spec.joins[0].ids = ids.to_vec();
    let schedule = Schedule::At(vec![secs(50), secs(200)]);
    let kind = QueryKind::Lookup;
    spec.queries = vec![Query { kind, schedule, target: Target::RandomNode, origin: Some(ids[1]) }];
    let plan = Plan::new(&spec);
    let queries: Vec<PlannedQuery> = plan.queries().collect();
    assert_eq!(queries.len(), 1);
    assert_eq!((queries[0].index, queries[0].origin, queries[0].at), (1, 1, secs(200)));
    assert!(queries[0].target != ids[1] && ids.contains(&queries[0].target));
}

/// `cargo test --release --lib -- --ignored --nocapture plan_of_a_million`
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_types, reason = "it measures wall time")]
fn plan_of_a_million() {
    for (rejoin, count) in [(Rejoin::SameId, 215_000), (Rejoin::SameId, 1_000_000)] {
        let mut spec = spec(vec![wave(count, 0, 600)], 1);
        spec.churn = on_off(0, (KAD_SESSION, KAD_DOWNTIME), rejoin, true);
        let clock = std::time::Instant::now();
        let plan = Plan::new(&spec);
        let took = clock.elapsed();
        let nodes = plan.ids.len();
        let bytes = nodes * (20 + 4 + 4 + 8 + 1) + plan.sessions.len() * size_of::<Session>();
        println!("{count}: {nodes} handles, {} sessions", plan.sessions.len());
        println!("{took:?}, {:.1} bytes a node", bytes as f64 / nodes as f64);
        let clock = std::time::Instant::now();
        let ups = plan.timeline();
        println!("timeline {:?}", clock.elapsed());
        let clock = std::time::Instant::now();
        let found = ups.iter().filter(|c| c.kind == ChangeKind::Up).step_by(10);
        let found = found.filter(|c| plan.bootstrap(c.node, c.at, 0).is_some()).count();
        println!("{found} bootstraps {:?}", clock.elapsed());
    }
}
