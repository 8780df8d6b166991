//! The protocol core driven by hand: a host with its own clock and no
//! simulator, so that each rule of the paper is seen in isolation.

#[path = "common/bench.rs"]
mod bench;

use std::collections::BTreeMap;

use bench::{Bench, Sent};
use kadsim::base::time::SimDuration;
use kadsim::kademlia::{Body, Config, End, LookupVariant, Purpose, RpcId, Value};

fn config() -> Config {
    Config {
        id_bits: 4,
        k: 2,
        alpha: 2,
        reply_size: 2,
        refresh_interval: None,
        ..Config::default()
    }
}

const UNASKED: RpcId = RpcId { slot: 0, nonce: 0 };
const SECOND: SimDuration = SimDuration::from_secs(1);

/// L §2.2: the newcomer waits while the least-recently seen is pinged; alive,
/// it stays, as the most-recently seen.
#[test]
fn a_live_contact_is_never_evicted() {
    let mut bench = Bench::new(config(), &[8, 9, 1, 2]);
    bench.receive(10, UNASKED, Body::Ping);
    let sent = bench.sent();
    assert_eq!(sent[0], (10, UNASKED, Sent::Pong));
    let (to, rpc, ping) = sent[1].clone();
    assert_eq!((to, ping), (8, Sent::Ping));
    assert_eq!(bench.held()[..2], [8, 9], "the newcomer waits");
    bench.receive(8, rpc, Body::Pong);
    assert_eq!(bench.held()[..2], [9, 8]);
    bench.pass(SECOND + SECOND);
    assert_eq!(bench.held()[..2], [9, 8], "and nothing more comes of it");
    bench.receive(10, UNASKED, Body::Ping);
    assert_eq!(bench.sent()[1].0, 9, "the next newcomer has the next oldest pinged");
}

#[test]
fn a_silent_contact_makes_way() {
    let mut bench = Bench::new(config(), &[8, 9, 1, 2]);
    bench.receive(10, UNASKED, Body::Ping);
    bench.receive(11, UNASKED, Body::Ping);
    let pings = bench.sent().iter().filter(|sent| sent.2 == Sent::Ping).count();
    assert_eq!(pings, 1, "one decision a bucket at a time");
    bench.pass(SECOND);
    assert_eq!(bench.held()[..2], [9, 10]);
}

/// A pong that nobody asked for, or from somebody else, decides nothing.
#[test]
fn replies_are_matched_to_their_requests() {
    let mut bench = Bench::new(config(), &[8, 9, 1, 2]);
    bench.receive(10, UNASKED, Body::Ping);
    let rpc = bench.sent()[1].1;
    let forged = RpcId { nonce: rpc.nonce ^ 1, ..rpc };
    bench.receive(9, rpc, Body::Pong);
    bench.receive(9, forged, Body::Pong);
    bench.pass(SECOND);
    assert_eq!(bench.held()[..2], [9, 10], "8 stayed silent");
}

/// The requester learns of contacts, not of itself; and enters the table after
/// it was answered.
#[test]
fn answers_name_the_closest_known() {
    let mut bench = Bench::new(config(), &[8, 9, 1, 2]);
    let target = bench.desk.ids[11];
    bench.receive(4, UNASKED, Body::FindNode(target));
    assert_eq!(bench.sent(), [(4, UNASKED, Sent::Nodes(vec![8, 9]))]);
    assert!(bench.held().contains(&4));
    bench.receive(5, UNASKED, Body::FindNode(bench.desk.ids[5]));
    assert_eq!(bench.sent()[0].2, Sent::Nodes(vec![1, 4]));
}

/// α requests in flight; the next goes out with the reply; done when the k
/// closest have answered.
#[test]
fn a_lookup_step_by_step() {
    let mut bench = Bench::new(config(), &[8, 1]);
    bench.look_up(11, Purpose::Lookup(7));
    let sent = bench.sent();
    assert_eq!(sent.iter().map(|s| s.0).collect::<Vec<_>>(), [8, 1]);
    bench.answer(8, sent[0].1, &[10, 9]);
    let next = bench.sent();
    assert_eq!(next[0].0, 10, "a place in the window became free");
    assert_eq!(next.len(), 1);
    bench.answer(10, next[0].1, &[11, 8]);
    let last = bench.sent();
    assert_eq!(last[0].0, 11);
    bench.answer(11, last[0].1, &[10]);
    assert_eq!(bench.desk.ended, [(End::Done, vec![11, 10])]);
    assert_eq!(bench.work.lookups_under_way(), 1, "the request to 1 is still out");
    bench.pass(SECOND);
    assert_eq!(bench.work.lookups_under_way(), 0);
}

/// L §2.3: a silent node leaves consideration until and unless it answers.
#[test]
fn a_late_reply_counts() {
    let mut bench = Bench::new(Config { k: 2, alpha: 1, ..config() }, &[8, 1]);
    bench.look_up(9, Purpose::Lookup(0));
    let first = bench.sent();
    assert_eq!(first[0].0, 8);
    bench.pass(SECOND);
    let second = bench.sent();
    assert_eq!(second[0].0, 1, "8 is out");
    bench.answer(8, first[0].1, &[9]);
    assert!(bench.sent().is_empty(), "the window is full");
    bench.answer(1, second[0].1, &[]);
    let third = bench.sent();
    assert_eq!(third[0].0, 9, "what the late reply named");
    bench.answer(9, third[0].1, &[]);
    assert_eq!(bench.desk.ended, [(End::Done, vec![9, 8])]);
}

#[test]
fn every_lookup_ends_even_if_nobody_answers() {
    for lookup in [
        LookupVariant::Async,
        LookupVariant::Strict,
        LookupVariant::Flush,
        LookupVariant::FlushRandom,
    ] {
        let mut bench = Bench::new(Config { lookup, ..config() }, &[8, 9, 1, 2]);
        bench.look_up(15, Purpose::Lookup(0));
        bench.pass(SimDuration::from_secs(60));
        assert_eq!(bench.desk.ended, [(End::NoAnswer, vec![])], "{lookup:?}");
        assert_eq!(bench.work.lookups_under_way(), 0);
    }
    let mut lonely = Bench::new(config(), &[]);
    lonely.look_up(15, Purpose::Get(0));
    assert_eq!(lonely.desk.ended, [(End::NoAnswer, vec![])]);
}

/// L §4.1: stale after that many requests in a row without an answer; from then
/// on named to nobody, but kept until somebody else wants the place.
#[test]
fn a_stale_contact_is_kept_but_not_named() {
    let mut bench = Bench::new(Config { max_failures: 2, k: 2, ..config() }, &[8, 9]);
    for tag in 0..2 {
        bench.look_up(8, Purpose::Lookup(tag));
        let sent = bench.sent();
        let (_, rpc, _) = sent.into_iter().find(|sent| sent.0 == 9).unwrap();
        bench.answer(9, rpc, &[]);
        bench.pass(SECOND);
    }
    bench.receive(9, UNASKED, Body::FindNode(bench.desk.ids[8]));
    assert_eq!(bench.sent()[0].2, Sent::Nodes(vec![9]));
    assert!(bench.held().contains(&8));
    bench.receive(8, UNASKED, Body::FindNode(bench.desk.ids[8]));
    bench.receive(9, UNASKED, Body::FindNode(bench.desk.ids[8]));
    let named: Vec<Sent> = bench.sent().into_iter().map(|sent| sent.2).collect();
    assert_eq!(named[1], Sent::Nodes(vec![8, 9]), "heard from, it counts again");
}

/// L §2.3: bootstrap contact in, own id looked up, then every bucket further
/// away than the closest neighbour refreshed.
#[test]
fn joining() {
    let mut bench = Bench::new(Config { k: 2, ..config() }, &[]);
    bench.act(|node, cx| node.stop(cx, false));
    bench.desk.joined = false;
    let bootstrap = bench.contact(8);
    bench.act(|node, cx| node.start(cx, Some(bootstrap)));
    let own = bench.desk.ids[0];
    let mut asked = BTreeMap::new();
    for _ in 0..40 {
        for (to, rpc, sent) in bench.sent() {
            let Sent::FindNode(target) = sent else { continue };
            asked.entry(target).or_insert_with(Vec::new).push(to);
            // 8 and 2 exist, and know each other.
            let known: &[u32] = if to == 8 { &[2] } else { &[8] };
            bench.answer(to, rpc, known);
        }
    }
    assert!(bench.desk.joined);
    assert_eq!(asked[&own], [8, 2], "the own id first");
    // 2 = 0010 shares two bits: the buckets 1… and 01… are refreshed.
    let refreshed: Vec<u32> =
        asked.keys().filter(|id| **id != own).map(|id| own.common_prefix_len(id)).collect();
    assert_eq!(refreshed, [1, 0], "in the order of their ids: 01…, 1…");
    assert_eq!(bench.held().len(), 2);
}

#[test]
fn a_bootstrap_contact_that_is_silent_leaves_the_node_isolated() {
    let mut bench = Bench::new(config(), &[]);
    bench.act(|node, cx| node.stop(cx, false));
    bench.desk.joined = false;
    let bootstrap = bench.contact(8);
    bench.act(|node, cx| node.start(cx, Some(bootstrap)));
    bench.pass(SECOND);
    assert!(bench.desk.isolated && !bench.desk.joined);
}

/// L §2.3: a bucket without a node lookup for the interval is refreshed.
#[test]
fn buckets_are_refreshed_when_due() {
    let hour = SimDuration::from_secs(3_600);
    let mut bench =
        Bench::new(Config { refresh_interval: Some(hour), k: 2, ..config() }, &[8, 9, 1, 2]);
    bench.sent();
    let mut refreshed = [0; 4];
    for _ in 0..3 * 60 {
        bench.pass(SimDuration::from_secs(60));
        for (to, rpc, sent) in bench.sent() {
            if let Sent::FindNode(target) = sent {
                refreshed[bench.desk.ids[0].common_prefix_len(&target).min(3) as usize] += 1;
                bench.answer(to, rpc, &[]);
            }
        }
    }
    assert!(refreshed[0] >= 3 && refreshed[1] + refreshed[2] + refreshed[3] >= 3, "{refreshed:?}");
}

/// STORE goes to the k closest, oneself included if one is; FIND_VALUE stops at
/// the first value.
#[test]
fn storing_and_getting() {
    let mut bench = Bench::new(config(), &[8, 1]);
    bench.look_up(1, Purpose::Store(0, Value(42)));
    for _ in 0..3 {
        for (to, rpc, sent) in bench.sent() {
            match sent {
                Sent::FindNode(_) => bench.answer(to, rpc, &[]),
                Sent::Store => {
                    assert_eq!(to, 1, "0 and 1 are the two closest to 1");
                    bench.receive(to, rpc, Body::Stored);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let key = bench.desk.ids[1];
    bench.receive(8, UNASKED, Body::FindValue(key));
    assert_eq!(bench.sent(), [(8, UNASKED, Sent::Value(42))]);
    bench.look_up(1, Purpose::Get(1));
    assert_eq!(bench.desk.ended.last().unwrap().0, End::Found(Value(42), 0), "held by oneself");

    bench.look_up(9, Purpose::Get(2));
    let asked = bench.sent();
    assert!(asked.iter().all(|sent| sent.2 == Sent::FindValue));
    bench.receive(asked[0].0, asked[0].1, Body::Value(Value(7)));
    assert_eq!(bench.desk.ended.last().unwrap().0, End::Found(Value(7), 1));
}

#[test]
fn a_graceful_node_says_goodbye_and_is_forgotten() {
    let mut bench = Bench::new(config(), &[8, 1]);
    bench.receive(8, UNASKED, Body::Leave);
    assert_eq!(bench.held(), [1]);
    bench.look_up(9, Purpose::Lookup(3));
    bench.sent();
    bench.act(|node, cx| node.stop(cx, true));
    assert_eq!(bench.sent(), [(1, UNASKED, Sent::Leave)]);
    assert_eq!(bench.desk.ended, [(End::Aborted, vec![])]);
    assert_eq!(bench.work.lookups_under_way(), 0);
}

/// A frozen table learns nothing.
#[test]
fn frozen_tables_do_not_change() {
    let mut bench = Bench::new(Config { frozen: true, ..config() }, &[8, 1]);
    bench.receive(2, UNASKED, Body::Ping);
    bench.look_up(9, Purpose::Lookup(0));
    bench.pass(SimDuration::from_secs(30));
    bench.receive(8, UNASKED, Body::Leave);
    assert_eq!(bench.held(), [8, 1]);
}
