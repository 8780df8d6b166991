//! What a node keeps for others: STORE and FIND_VALUE in their plain form
//! (Kademlia paper §2.3). Values stay until the node goes down.

use super::contact::{Contact, by_distance};
use super::host::Host;
use super::message::{Body, Value};
use super::node::{Context, Node};
use crate::base::id::Id;

/// Values by key, sorted. Most nodes keep none, most of the time.
#[derive(Debug)]
pub(super) struct Store {
    values: Option<Box<Values>>,
}

#[derive(Debug, Default)]
struct Values(Vec<(Id, Value)>);

impl Store {
    pub(super) const fn new() -> Self {
        Self { values: None }
    }

    pub(super) fn clear(&mut self) {
        if let Some(values) = &mut self.values {
            values.0.clear();
        }
    }

    pub(super) fn value(&self, key: &Id) -> Option<Value> {
        let values = &self.values.as_ref()?.0;
        let at = values.binary_search_by_key(key, |entry| entry.0).ok()?;
        Some(values[at].1)
    }

    pub(super) fn put(&mut self, key: Id, value: Value) {
        let values = &mut self.values.get_or_insert_default().0;
        match values.binary_search_by_key(&key, |entry| entry.0) {
            Ok(at) => values[at].1 = value,
            Err(at) => values.insert(at, (key, value)),
        }
    }
}

impl Node {
    /// STOREs at the k closest nodes of the lookup that has just been reported,
    /// oneself included if one is among them.
    pub(super) fn store_at_closest<H: Host>(
        &mut self,
        cx: &mut Context<'_, H>,
        key: Id,
        value: Value,
    ) {
        let own = Contact::new(self.handle, &self.id);
        let mut holders = std::mem::take(&mut cx.work.contacts);
        let at = holders.partition_point(|c| by_distance(cx.host, &key, *c, own).is_lt());
        if at < cx.config.k {
            self.store.put(key, value);
        }
        holders.truncate(if at < cx.config.k { cx.config.k - 1 } else { cx.config.k });
        for holder in &holders {
            self.probe(cx, *holder, Body::Store(key, value), None);
        }
        cx.work.contacts = holders;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_value_of_a_key() {
        let mut store = Store::new();
        let (a, b) = (Id::sha1(b"a"), Id::sha1(b"b"));
        store.put(a, Value(1));
        store.put(b, Value(2));
        store.put(a, Value(3));
        assert_eq!(store.value(&a), Some(Value(3)));
        assert_eq!(store.value(&b), Some(Value(2)));
        assert_eq!(store.value(&Id::ZERO), None);
        store.clear();
        assert_eq!(store.value(&a), None);
    }
}
