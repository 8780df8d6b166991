//! Node ids and keys: 160-bit integers under the XOR metric (Kademlia paper
//! §2.1), and shorter ones for textbook networks.
//!
//! A short id of `b` bits occupies the *top* `b` bits; the rest is zero. So
//! distance, order and common prefix length are the same code at every width.

use std::fmt;

use sha1::{Digest, Sha1};

/// Bits of a full id.
pub const ID_BITS: u32 = 160;
const WORDS: usize = 5;

/// A node id, key or XOR distance; word 0 is the most significant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id([u32; WORDS]);

impl Id {
    /// The all-zero id.
    pub const ZERO: Self = Self([0; WORDS]);

    /// The id whose big-endian words are `words`.
    #[must_use]
    pub const fn from_words(words: [u32; WORDS]) -> Self {
        Self(words)
    }

    /// SHA-1 of `bytes`: how Kademlia names keys and nodes.
    #[must_use]
    pub fn sha1(bytes: &[u8]) -> Self {
        let digest: [u8; 20] = Sha1::digest(bytes).into();
        let mut words = [0; WORDS];
        for (word, chunk) in words.iter_mut().zip(digest.chunks_exact(4)) {
            *word = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        Self(words)
    }

    /// The id with only its first `bits` bits kept.
    #[must_use]
    pub fn truncated(self, bits: u32) -> Self {
        let mut words = self.0;
        for (i, word) in (0u32..).zip(words.iter_mut()) {
            let kept = bits.saturating_sub(i * 32).min(32);
            *word &= u32::MAX.checked_shl(32 - kept).unwrap_or(0);
        }
        Self(words)
    }

    /// XOR distance to `other`, as an integer (Kademlia paper §2.1).
    #[inline]
    #[must_use]
    pub fn distance(&self, other: &Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3], a[4] ^ b[4]])
    }

    /// Bits that `self` and `other` share from the top: 160 if they are equal.
    #[inline]
    #[must_use]
    pub fn common_prefix_len(&self, other: &Self) -> u32 {
        self.distance(other).leading_zeros()
    }

    /// Leading zero bits.
    #[inline]
    #[must_use]
    pub fn leading_zeros(&self) -> u32 {
        let mut zeros = 0;
        for word in self.0 {
            zeros += word.leading_zeros();
            if word != 0 {
                break;
            }
        }
        zeros
    }

    /// The first 32 bits: enough to decide most comparisons.
    #[inline]
    #[must_use]
    pub const fn prefix32(&self) -> u32 {
        self.0[0]
    }

    /// Big-endian words.
    #[must_use]
    pub const fn words(&self) -> [u32; WORDS] {
        self.0
    }

    /// Bit `index` counted from the top.
    #[must_use]
    pub fn bit(&self, index: u32) -> bool {
        self.0[(index / 32) as usize] >> (31 - index % 32) & 1 == 1
    }

    /// The id with bit `index` (from the top) inverted.
    #[must_use]
    pub fn with_bit_flipped(mut self, index: u32) -> Self {
        self.0[(index / 32) as usize] ^= 1 << (31 - index % 32);
        self
    }

    /// The first `len` bits of `self` followed by the rest of `tail`.
    #[must_use]
    pub fn with_tail(self, len: u32, tail: Self) -> Self {
        let head = self.truncated(len);
        let kept = tail.distance(&tail.truncated(len));
        head.distance(&kept)
    }

    /// Reads an id of `bits` bits: binary digits if there are exactly `bits`
    /// of them, else hexadecimal.
    ///
    /// # Errors
    /// Says what was expected, as a fragment for a larger message.
    pub fn parse(text: &str, bits: u32) -> Result<Self, String> {
        let hex_digits = bits.div_ceil(4);
        let (base_bits, is_binary) =
            if text.len() == bits as usize && text.bytes().all(|b| matches!(b, b'0' | b'1')) {
                (1, true)
            } else {
                (4, false)
            };
        if !is_binary && text.len() != hex_digits as usize {
            return Err(format!(
                "expected {bits} binary or {hex_digits} hexadecimal digits, found {}",
                text.len()
            ));
        }
        let mut id = Self::ZERO;
        for (i, c) in (0u32..).zip(text.chars()) {
            let radix = 1 << base_bits;
            let digit =
                c.to_digit(radix).ok_or_else(|| format!("`{c}` is not a digit of an id"))?;
            for b in 0..base_bits {
                let index = i * base_bits + b;
                if digit >> (base_bits - 1 - b) & 1 == 0 {
                    continue;
                }
                if index >= bits {
                    return Err(format!("an id of {bits} bits cannot have bit {} set", index + 1));
                }
                id = id.with_bit_flipped(index);
            }
        }
        Ok(id)
    }

    /// The first `bits` bits as text: binary up to 16 bits, else hexadecimal.
    #[must_use]
    pub fn to_text(&self, bits: u32) -> String {
        if bits <= 16 {
            return (0..bits).map(|i| if self.bit(i) { '1' } else { '0' }).collect();
        }
        let mut text: String = self.0.iter().map(|w| format!("{w:08x}")).collect();
        text.truncate(bits.div_ceil(4) as usize);
        text
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(ID_BITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four(text: &str) -> Id {
        Id::parse(text, 4).unwrap()
    }

    #[test]
    fn sha1_of_a_known_string() {
        assert_eq!(format!("{:?}", Id::sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn textbook_distances() {
        // Nodes 15 and 5, key 6: distances 9 and 3.
        let key = four("0110");
        assert_eq!(four("1111").distance(&key), four("1001"));
        assert_eq!(four("0101").distance(&key), four("0011"));
    }

    #[test]
    fn prefix_length_counts_across_words() {
        let a = Id::from_words([1, 2, 3, 4, 5]);
        assert_eq!(a.common_prefix_len(&a), ID_BITS);
        for bit in 0..ID_BITS {
            assert_eq!(a.common_prefix_len(&a.with_bit_flipped(bit)), bit);
        }
    }

    #[test]
    fn truncation_and_tails() {
        let ones = Id::from_words([u32::MAX; 5]);
        assert_eq!(ones.truncated(0), Id::ZERO);
        assert_eq!(ones.truncated(160), ones);
        assert_eq!(ones.truncated(33).words(), [u32::MAX, 1 << 31, 0, 0, 0]);
        assert_eq!(ones.with_tail(40, Id::ZERO), ones.truncated(40));
        assert_eq!(Id::ZERO.with_tail(40, ones).leading_zeros(), 40);
    }

    #[test]
    fn text_round_trips() {
        assert_eq!(four("0110").to_text(4), "0110");
        let id = Id::sha1(b"x");
        assert_eq!(Id::parse(&id.to_text(160), 160), Ok(id));
        assert_eq!(Id::parse("6", 4), Ok(four("0110")));
        assert!(Id::parse("012", 4).is_err());
        assert!(Id::parse("g", 4).is_err());
        assert!(Id::parse("f", 3).is_err());
    }
}
