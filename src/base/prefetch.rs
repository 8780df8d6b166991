//! Asking for memory before it is needed.
//!
//! A simulation of many nodes waits for memory more than it computes: every
//! event touches another node. The queue knows the next events, so their memory
//! can be on its way while the ones before them are processed. A hint only: it
//! changes no result.

/// Bytes that arrive together.
pub const LINE: usize = 64;

/// Asks for the cache line that `value` begins in.
#[inline(always)]
pub fn read<T>(value: &T) {
    line(std::ptr::from_ref(value).cast());
}

/// Asks for the cache lines that `values` cover.
#[inline(always)]
pub fn slice<T>(values: &[T]) {
    let start: *const i8 = values.as_ptr().cast();
    let mut at = 0;
    while at < size_of_val(values) {
        line(start.wrapping_add(at));
        at += LINE;
    }
}

/// Asks for the cache line at an address, if there is one: no address is wrong.
#[inline(always)]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "the intrinsic takes a raw pointer; a prefetch cannot fault and touches no value"
    )
)]
fn line(address: *const i8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64, and a prefetch of any address is allowed.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address);
    }
    // Elsewhere there is no stable intrinsic.
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    /// Nothing to see but that it does not fault, empty slices and all.
    #[test]
    fn harmless() {
        super::read(&1u8);
        super::slice::<u64>(&[]);
        super::slice(&vec![0u8; 1_000]);
    }
}
