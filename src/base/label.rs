//! Short names of scenario keys for tables, charts and verdicts: `k`, `α`,
//! `loss` in place of `protocol.k`, `protocol.alpha`, `network.loss`.

/// The short names of `keys`: the last part of each, or all of it where two
/// would be the same.
#[must_use]
pub fn short_names(keys: &[String]) -> Vec<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let name = |key: &String| {
        let short = last(key);
        let shared = keys.iter().filter(|other| last(other) == short).count() > 1;
        match short.as_str() {
            _ if shared => key.clone(),
            "alpha" => "α".to_owned(),
            _ => short,
        }
    };
    keys.iter().map(name).collect()
}

/// `k = 8, α = 3`.
#[must_use]
pub fn assignments(names: &[String], values: &[String]) -> String {
    let pairs: Vec<String> =
        names.iter().zip(values).map(|(name, value)| format!("{name} = {value}")).collect();
    pairs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_distinct() {
        let keys = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
        let names = short_names(&keys(&["protocol.k", "protocol.alpha"]));
        assert_eq!(assignments(&names, &keys(&["8", "3"])), "k = 8, α = 3");
        let same = keys(&["query.0.rate", "query.1.rate"]);
        assert_eq!(short_names(&same), same);
    }
}
