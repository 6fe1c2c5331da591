//! Numbers as header values. The general machinery (format, then copy) costs every request several
//! allocations for the four it sends; this costs one each.

use http::HeaderValue;

/// The most that a number and its unit take, in bytes.
const LONGEST: usize = 24;

/// A number, with a unit of at most four letters or none after it.
pub(super) fn decimal(number: u64, unit: &'static str) -> HeaderValue {
    let digits = std::iter::successors(Some(number), |rest| Some(rest / 10).filter(|rest| *rest > 0));
    let digits = digits.map(|rest| b'0' + (rest % 10) as u8);
    let mut text = [0; LONGEST];
    let mut start = LONGEST;
    for (place, byte) in text.iter_mut().rev().zip(unit.bytes().rev().chain(digits)) {
        *place = byte;
        start -= 1;
    }
    let text = text.get(start..).unwrap_or_default();
    HeaderValue::from_bytes(text).unwrap_or(HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_are_written() {
        for (number, unit, text) in [
            (0, "", "0"),
            (7, "s", "7s"),
            (1_024, "", "1024"),
            (u64::MAX, "s", "18446744073709551615s"),
        ] {
            assert_eq!(decimal(number, unit), text);
        }
    }
}
