//! Compares static networks with an independent reference table, cell by cell.
//!
//! ```text
//! cargo run --release --example static_reference -- TABLE.csv [LARGEST_N [NETWORKS]]
//! ```
//!
//! `TABLE.csv` has the columns `N,k,alpha,variant,metric,…,mean,…`; cells with
//! more than `LARGEST_N` nodes (default: all) are left out. Each is measured on
//! `NETWORKS` (20) networks of 1,000 lookups. Prints theirs, ours
//! and the difference, also in standard errors, and exits with 1 if any figure
//! is out of tolerance by more than three of them.

mod measure;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use measure::{Cell, measure, variant};

const LOOKUPS: u64 = 1_000;

/// Metric name → mean of the reference, and its standard error.
type Means = BTreeMap<String, (f64, f64)>;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: static_reference TABLE.csv [LARGEST_N]")?;
    let largest: u32 = args.next().map_or(Ok(u32::MAX), |text| text.parse())?;
    let networks: u64 = args.next().map_or(Ok(20), |text| text.parse())?;
    let mut cells: BTreeMap<(u32, usize, usize, String), Means> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(path)?;
    for record in reader.deserialize() {
        let row: Row = record?;
        if row.nodes <= largest {
            let cell = cells.entry((row.nodes, row.k, row.alpha, row.variant)).or_default();
            cell.insert(row.metric, (row.mean, row.se));
        }
    }
    println!(
        "{:>7} {:>3} {:>2} {:<8} {:<6} {:>8} {:>8} {:>8} {:>6} {:>5}  verdict",
        "N", "k", "α", "variant", "metric", "theirs", "ours", "diff", "± tol", "se"
    );
    let mut failures = 0;
    for ((nodes, k, alpha, name), theirs) in &cells {
        let variant = variant(name).ok_or_else(|| format!("unknown variant `{name}`"))?;
        let cell = Cell { nodes: *nodes, k: *k, alpha: *alpha, variant };
        let ours = measure(cell, networks, LOOKUPS);
        let is_async = name == "async";
        let mut rows = vec![
            ("hops", ours.hops, if is_async { 0.05 } else { 0.03 }),
            ("rpcs", ours.rpcs, if is_async { 0.1 } else { 0.06 }),
        ];
        if !is_async {
            // Its `rounds` are time in mean round trips: another quantity.
            rows.push(("rounds", ours.rounds, 0.03));
        }
        for (metric, mean, tolerance) in rows {
            let (theirs, se) = theirs[metric];
            let difference = mean - theirs;
            // Of the difference of the two, were they measured on as many networks
            // as the reference: its 20, and ours.
            let errors = difference.abs() / (se.max(1e-9) * (1.0 + 20.0 / networks as f64).sqrt());
            let verdict = match () {
                () if difference.abs() <= tolerance => "pass",
                () if errors <= 3.0 => "within 3 standard errors",
                () => "DIFFERS",
            };
            failures += usize::from(verdict == "DIFFERS");
            println!(
                "{nodes:>7} {k:>3} {alpha:>2} {name:<8} {metric:<6} {theirs:>8.4} {mean:>8.4} \
                 {difference:>+8.4} {tolerance:>6} {errors:>5.1}  {verdict}"
            );
        }
        if ours.crowded_out > 0 {
            println!(
                "{nodes:>7} {k:>3} {alpha:>2} {name:<8} exact  {:>8.4} {:>8.6}  ({} of {} lookups: \
                 the initiator is among the k closest and took a place in the replies)",
                1.0, ours.exact, ours.crowded_out, ours.lookups
            );
        }
    }
    println!("{} cells, {failures} figures differ", cells.len());
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

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
