//! Examples that can be followed by hand: 4-bit ids.

mod common;

use kadsim::base::id::Id;
use kadsim::sim::live::LiveIndex;

fn four(text: &str) -> Id {
    Id::parse(text, 4).unwrap()
}

fn number(n: u32) -> Id {
    Id::from_words([n << 28, 0, 0, 0, 0])
}

/// Who is closest to a key, by the distance alone.
fn owner(nodes: &[u32], key: u32) -> u32 {
    *nodes.iter().min_by_key(|&&node| number(node).distance(&number(key))).unwrap()
}

#[test]
fn distances_and_the_owner_of_a_key() {
    assert_eq!(number(15).distance(&number(6)), number(9));
    assert_eq!(number(5).distance(&number(6)), number(3));
    assert_eq!(owner(&[15, 5], 6), 5);
}

/// Nodes 15, 5 and 1; by XOR 6 is 9, 3 and 7 away from them, and so on.
#[test]
fn owners_of_several_keys() {
    let nodes = [15, 5, 1];
    let ids: Vec<Id> = nodes.iter().map(|&node| number(node)).collect();
    let mut index = LiveIndex::new(&ids);
    (0..3).for_each(|node| index.set(node, true));
    let mut closest = Vec::new();
    for (key, expected) in [(6, 5), (13, 15), (8, 15), (9, 15)] {
        assert_eq!(owner(&nodes, key), expected, "key {key}");
        index.closest(&number(key), 1, None, &mut closest);
        assert_eq!(nodes[closest[0] as usize], expected, "key {key}");
    }
}

/// Node 0100 keeps one range each for 1…, 00…, 011… and 0101.
#[test]
fn ranges_of_a_routing_table() {
    let own = four("0100");
    for (prefix, bits) in [("1", 0), ("00", 1), ("011", 2), ("0101", 3)] {
        for other in 0..16 {
            let text = format!("{other:04b}");
            let shared = own.common_prefix_len(&four(&text));
            assert_eq!(text.starts_with(prefix), shared == bits, "{text}");
        }
    }
}

/// 0000 finds 1111 through 1000 and 1101, each of which knows only the next.
#[test]
fn three_steps_to_the_other_side() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("textbook");
    common::run(&common::scenario_path("textbook"), &out, &["--no-charts"]);
    let mut reader = csv::Reader::from_path(out.join("lookups.csv")).unwrap();
    let columns = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let field = |name: &str| &rows[0][columns.iter().position(|column| column == name).unwrap()];
    assert_eq!(field("target"), "1111");
    assert_eq!((field("outcome"), field("exact")), ("ok", "true"));
    assert_eq!((field("hops"), field("rounds"), field("rpcs")), ("3", "3", "3"));
    assert_eq!(field("latency_ms"), "300", "three round trips of 100 ms");
    assert_eq!(field("found_cpl_bits"), "4");
}
