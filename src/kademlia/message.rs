//! The messages of the protocol (Kademlia paper §2.3) and their size on the
//! wire.

use super::contact::Contact;
use crate::base::id::Id;

/// Matches a reply to its request; echoed by the responder. The paper draws
/// 160 random bits; here 32 are drawn and 32 say where the requester keeps the
/// request, so that a reply is matched without a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RpcId {
    /// The requester's bookkeeping slot; means nothing to anyone else.
    pub slot: u32,
    /// Drawn for each request.
    pub nonce: u32,
}

/// A message without its sender, who travels beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The request, or the request that this replies to.
    pub rpc: RpcId,
    /// What it says.
    pub body: Body<'a>,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Are you there?
    Ping,
    /// Reply to [`Self::Ping`].
    Pong,
    /// Who is close to this id?
    FindNode(Id),
    /// Reply: the closest contacts known, in no order.
    Nodes(&'a [Contact]),
    /// Keep this value under this key.
    Store(Id, Value),
    /// Reply to [`Self::Store`].
    Stored,
    /// The value under this key, or else who is close to it?
    FindValue(Id),
    /// Reply to [`Self::FindValue`] of a node that holds one.
    Value(Value),
    /// The sender is about to go down. Not in the paper: only nodes set up to
    /// depart gracefully send it.
    Leave,
}

/// A stored value; what the bytes are does not matter here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Value(pub u64);

/// The kinds of message, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "documented at `Body`")]
pub enum Kind {
    Ping,
    Pong,
    FindNode,
    Nodes,
    Store,
    Stored,
    FindValue,
    Value,
    Leave,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Ping,
        Self::Pong,
        Self::FindNode,
        Self::Nodes,
        Self::Store,
        Self::Stored,
        Self::FindValue,
        Self::Value,
        Self::Leave,
    ];

    /// As written in result files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::FindNode => "find_node",
            Self::Nodes => "nodes",
            Self::Store => "store",
            Self::Stored => "stored",
            Self::FindValue => "find_value",
            Self::Value => "value",
            Self::Leave => "leave",
        }
    }
}

impl Body<'_> {
    /// What kind of message this is.
    #[inline]
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Ping => Kind::Ping,
            Self::Pong => Kind::Pong,
            Self::FindNode(_) => Kind::FindNode,
            Self::Nodes(_) => Kind::Nodes,
            Self::Store(..) => Kind::Store,
            Self::Stored => Kind::Stored,
            Self::FindValue(_) => Kind::FindValue,
            Self::Value(_) => Kind::Value,
            Self::Leave => Kind::Leave,
        }
    }

    /// Bytes on the wire: the bencoding of BEP 5 with 4-byte transaction ids,
    /// 26-byte compact node infos, 8-byte tokens and 32-byte values, in one
    /// UDP/IPv4 datagram (28 bytes of headers).
    #[inline]
    #[must_use]
    pub const fn wire_bytes(&self) -> u32 {
        const HEADERS: u32 = 28;
        // d1:ad2:id20:…e1:q4:ping1:t4:…1:y1:qe
        const PING: u32 = 58;
        // d1:rd2:id20:…e1:t4:…1:y1:re
        const PONG: u32 = 49;
        // 6:target20:… and the longer method name `find_node` (9 for `ping`'s 4)
        const FIND_NODE: u32 = PING + 31 + 5;
        // 9:info_hash20:… and `get_peers`
        const FIND_VALUE: u32 = PING + 34 + 5;
        // info_hash, 5:token8:…, 4:porti65535e, `announce_peer`: BEP 5 stores the
        // sender's address, so the value itself is 32 bytes more here (1:v32:…).
        const STORE: u32 = PING + 34 + 17 + 13 + 10 + 38;
        // 6:values l32:…e and 5:token8:…
        const VALUE: u32 = PONG + 8 + 2 + 35 + 17;
        HEADERS
            + match self {
                Self::Ping | Self::Leave => PING,
                Self::Pong | Self::Stored => PONG,
                Self::FindNode(_) => FIND_NODE,
                Self::FindValue(_) => FIND_VALUE,
                Self::Nodes(contacts) => {
                    let info = 26 * contacts.len() as u32;
                    // 5:nodes<len>:…
                    let digits = if info < 10 {
                        1
                    } else if info < 100 {
                        2
                    } else if info < 1000 {
                        3
                    } else {
                        4
                    };
                    PONG + 8 + digits + info
                }
                Self::Store(..) => STORE,
                Self::Value(_) => VALUE,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_match_bencoded_examples() {
        // The queries of BEP 5 with ids filled in and 4-byte transaction ids.
        let id = "x".repeat(20);
        let ping = format!("d1:ad2:id20:{id}e1:q4:ping1:t4:aaaa1:y1:qe");
        assert_eq!(Body::Ping.wire_bytes() as usize, ping.len() + 28);
        let pong = format!("d1:rd2:id20:{id}e1:t4:aaaa1:y1:re");
        assert_eq!(Body::Pong.wire_bytes() as usize, pong.len() + 28);
        let find = format!("d1:ad2:id20:{id}6:target20:{id}e1:q9:find_node1:t4:aaaa1:y1:qe");
        assert_eq!(Body::FindNode(Id::ZERO).wire_bytes() as usize, find.len() + 28);
        let get = format!("d1:ad2:id20:{id}9:info_hash20:{id}e1:q9:get_peers1:t4:aaaa1:y1:qe");
        assert_eq!(Body::FindValue(Id::ZERO).wire_bytes() as usize, get.len() + 28);
        let value = "v".repeat(32);
        let store = format!(
            "d1:ad2:id20:{id}9:info_hash20:{id}4:porti65535e5:token8:tttttttt1:v32:{value}\
             e1:q13:announce_peer1:t4:aaaa1:y1:qe"
        );
        assert_eq!(Body::Store(Id::ZERO, Value(0)).wire_bytes() as usize, store.len() + 28);
        let found =
            format!("d1:rd2:id20:{id}5:token8:tttttttt6:valuesl32:{value}ee1:t4:aaaa1:y1:re");
        assert_eq!(Body::Value(Value(0)).wire_bytes() as usize, found.len() + 28);
        let contact = Contact { prefix: 0, handle: super::super::contact::Handle(0) };
        let nodes = format!("d1:rd2:id20:{id}5:nodes208:{}e1:t4:aaaa1:y1:re", "n".repeat(208));
        assert_eq!(Body::Nodes(&[contact; 8]).wire_bytes() as usize, nodes.len() + 28);
    }

    #[test]
    fn kinds_are_numbered_in_order() {
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
        }
    }
}
