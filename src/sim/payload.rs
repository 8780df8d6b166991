//! Messages on their way, kept in two arenas and recycled.

use crate::base::id::Id;
use crate::base::prefetch;
use crate::kademlia::{Body, Contact, Handle, Kind, Message, RpcId, Value};

/// Everything of a message but its contacts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) from_prefix: u32,
    pub(super) rpc: RpcId,
    pub(super) kind: Kind,
    /// Contacts that it carries.
    count: u8,
    /// Where they are.
    contacts: u32,
    pub(super) id: Id,
    pub(super) value: Value,
}

/// Messages on their way.
#[derive(Debug)]
pub(super) struct Payloads {
    headers: Vec<Header>,
    free_headers: Vec<u32>,
    /// Rows of `width` contacts.
    contacts: Vec<Contact>,
    free_rows: Vec<u32>,
    width: usize,
}

impl Payloads {
    /// For replies of at most `width` contacts.
    pub(super) fn new(width: usize) -> Self {
        Self {
            headers: Vec::new(),
            free_headers: Vec::new(),
            contacts: Vec::new(),
            free_rows: Vec::new(),
            width,
        }
    }

    /// Keeps a message; returns where.
    #[inline]
    pub(super) fn put(&mut self, from_prefix: u32, message: Message<'_>) -> u32 {
        self.keep(Header::of(from_prefix, message), contacts_of(message))
    }

    /// Keeps a message that came apart into a header and contacts.
    #[inline]
    pub(super) fn keep(&mut self, mut header: Header, contacts: &[Contact]) -> u32 {
        if header.kind == Kind::Nodes {
            header.contacts = self.put_row(contacts);
        }
        if let Some(at) = self.free_headers.pop() {
            self.headers[at as usize] = header;
            return at;
        }
        self.headers.push(header);
        (self.headers.len() - 1) as u32
    }

    /// Asks for a message's header.
    #[inline]
    pub(super) fn prefetch(&self, at: u32) {
        if let Some(header) = self.headers.get(at as usize) {
            prefetch::slice(std::slice::from_ref(header));
        }
    }

    /// A message's header, with its contacts asked for.
    #[inline]
    pub(super) fn peek(&self, at: u32) -> Option<&Header> {
        let header = self.headers.get(at as usize)?;
        if header.kind == Kind::Nodes {
            let start = header.contacts as usize * self.width;
            let row = start..start + usize::from(header.count);
            prefetch::slice(self.contacts.get(row).unwrap_or_default());
        }
        Some(header)
    }

    /// Takes a message out, its contacts into `contacts`.
    pub(super) fn take(&mut self, at: u32, contacts: &mut Vec<Contact>) -> Header {
        let header = self.headers[at as usize];
        self.free_headers.push(at);
        contacts.clear();
        if header.kind == Kind::Nodes {
            let start = header.contacts as usize * self.width;
            contacts.extend_from_slice(&self.contacts[start..start + header.count()]);
            self.free_rows.push(header.contacts);
        }
        header
    }

    fn put_row(&mut self, contacts: &[Contact]) -> u32 {
        debug_assert!(contacts.len() <= self.width);
        let row = self.free_rows.pop().unwrap_or_else(|| {
            let row = self.contacts.len() / self.width;
            let nobody = Contact { prefix: 0, handle: Handle(0) };
            self.contacts.resize(self.contacts.len() + self.width, nobody);
            row as u32
        });
        let start = row as usize * self.width;
        self.contacts[start..start + contacts.len()].copy_from_slice(contacts);
        row
    }
}

impl Header {
    /// The header of a message whose contacts are kept elsewhere.
    #[inline]
    pub(super) fn of(from_prefix: u32, message: Message<'_>) -> Self {
        let Message { rpc, body } = message;
        let (mut id, mut value) = (Id::ZERO, Value(0));
        match body {
            Body::FindNode(target) | Body::FindValue(target) => id = target,
            Body::Store(key, stored) => (id, value) = (key, stored),
            Body::Value(found) => value = found,
            Body::Ping | Body::Pong | Body::Nodes(_) | Body::Stored | Body::Leave => {}
        }
        let count = contacts_of(message).len() as u8;
        Self { from_prefix, rpc, kind: body.kind(), count, contacts: 0, id, value }
    }

    /// Contacts that the message carries.
    pub(super) fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// The message, with the contacts that came out with the header.
    pub(super) fn message<'a>(&self, contacts: &'a [Contact]) -> Message<'a> {
        let body = match self.kind {
            Kind::Ping => Body::Ping,
            Kind::Pong => Body::Pong,
            Kind::FindNode => Body::FindNode(self.id),
            Kind::Nodes => Body::Nodes(contacts),
            Kind::Store => Body::Store(self.id, self.value),
            Kind::Stored => Body::Stored,
            Kind::FindValue => Body::FindValue(self.id),
            Kind::Value => Body::Value(self.value),
            Kind::Leave => Body::Leave,
        };
        Message { rpc: self.rpc, body }
    }
}

/// The contacts in a message.
#[inline]
pub(super) fn contacts_of(message: Message<'_>) -> &[Contact] {
    match message.body {
        Body::Nodes(contacts) => contacts,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in() {
        let mut payloads = Payloads::new(3);
        let rpc = RpcId { slot: 7, nonce: 9 };
        let contact = |i| Contact { prefix: i, handle: Handle(i) };
        let (row, id) = ([contact(1), contact(2)], Id::sha1(b"k"));
        let bodies = [
            Body::Ping,
            Body::Pong,
            Body::FindNode(id),
            Body::Nodes(&row),
            Body::Nodes(&[]),
            Body::Store(id, Value(5)),
            Body::Stored,
            Body::FindValue(id),
            Body::Value(Value(6)),
            Body::Leave,
        ];
        let mut contacts = Vec::new();
        for _ in 0..2 {
            let kept = bodies.map(|body| payloads.put(4, Message { rpc, body }));
            for (at, body) in kept.into_iter().zip(bodies) {
                let header = payloads.take(at, &mut contacts);
                assert_eq!(header.message(&contacts), Message { rpc, body });
                assert_eq!(header.from_prefix, 4);
            }
        }
        assert_eq!(payloads.headers.len(), bodies.len(), "slots are reused");
    }
}
