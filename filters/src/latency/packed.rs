//! Histograms as bytes: of each, how many slots have something, then each slot's number and its count.
//!
//! Counts are in base 128, the lowest digits first, with the high bit on all bytes but the last.

use super::{Histogram, Latencies, SLOTS};

impl Latencies {
    /// As bytes: about three for each slot that has something.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for histogram in [&self.total, &self.queued, &self.first_byte, &self.own] {
            put_histogram(histogram, &mut bytes);
        }
        bytes
    }

    /// From bytes; `None` where they are not of [`Latencies::pack`].
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes.iter().copied();
        let one = Self {
            total: histogram(&mut bytes)?,
            queued: histogram(&mut bytes)?,
            first_byte: histogram(&mut bytes)?,
            own: histogram(&mut bytes)?,
        };
        bytes.next().is_none().then_some(one)
    }
}

fn put_histogram(histogram: &Histogram, bytes: &mut Vec<u8>) {
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    bytes.push(byte(histogram.filled().count()));
    for (slot, count) in histogram.filled() {
        bytes.push(byte(slot));
        put_count(count, bytes);
    }
}

fn put_count(count: u64, bytes: &mut Vec<u8>) {
    let mut rest = count;
    while rest > 0x7f {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn histogram(bytes: &mut impl Iterator<Item = u8>) -> Option<Histogram> {
    let mut histogram = Histogram::default();
    for _ in 0..bytes.next()? {
        let slot = usize::from(bytes.next()?);
        if slot >= SLOTS {
            return None;
        }
        histogram.add(slot, count(bytes)?);
    }
    Some(histogram)
}

fn count(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut count = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = bytes.next()?;
        count |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(count);
        }
    }
    None
}
