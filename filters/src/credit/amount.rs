//! Amounts of money as text: decimals, exactly, in millionths.

const DIGITS: usize = 6;
const MILLION: u64 = 1_000_000;
/// A number with a larger exponent than this is no amount of money.
const LARGEST_EXPONENT: i32 = 30;

/// Reads a decimal such as `12.34`, `-0.5` or `1.2e-5` as millionths, cut to whole ones. What is below zero is
/// nothing, what is too large is the largest number. `None` where it is no decimal.
#[must_use]
pub fn amount(text: &str) -> Option<u64> {
    let text = text.trim();
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // The decimal point, moved by the exponent and on to the millionths.
    let point = i32::try_from(whole.len()).ok()? + exponent.clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT);
    let kept = usize::try_from(point + DIGITS as i32).unwrap_or(0);
    let digits = digits().chain(std::iter::repeat(b'0')).take(kept);
    let number = digits.fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    Some(if is_negative { 0 } else { number })
}

/// Millionths as people read money: two decimals, more where the amount is small.
#[must_use]
pub fn shown(millionths: u64) -> String {
    let (whole, rest) = (millionths / MILLION, millionths % MILLION);
    if millionths == 0 || millionths >= MILLION / 10 {
        let hundredths = rest / 10_000;
        return format!("{whole}.{hundredths:02}");
    }
    let exact = format!("0.{rest:06}");
    exact.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_to_the_millionth() {
        for (text, expected) in [
            ("12.34", Some(12_340_000)),
            ("0", Some(0)),
            (" 95.5 ", Some(95_500_000)),
            ("0.000001", Some(1)),
            ("0.0000019", Some(1)),
            ("1.2e-5", Some(12)),
            ("1E3", Some(1_000_000_000)),
            ("-4.2", Some(0)),
            (".5", Some(500_000)),
            ("5.", Some(5_000_000)),
            ("99999999999999999999", Some(u64::MAX)),
            ("1e999999", Some(u64::MAX)),
            ("1e-999999", Some(0)),
            ("", None),
            (".", None),
            ("-", None),
            ("1,5", None),
            ("0x10", None),
            ("NaN", None),
            ("1e", None),
            ("1e99999999999", None),
        ] {
            assert_eq!(amount(text), expected, "{text:?}");
        }
    }

    #[test]
    fn amounts_are_shown_with_the_decimals_that_matter() {
        for (millionths, expected) in [
            (0, "0.00"),
            (12_340_000, "12.34"),
            (12_349_999, "12.34"),
            (100_000, "0.10"),
            (12_000, "0.012"),
            (1, "0.000001"),
        ] {
            assert_eq!(shown(millionths), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = amount(&text);
        }

        #[test]
        fn what_is_written_out_is_read_back(number in 0_u64..1 << 60) {
            let text = format!("{}.{:06}", number / MILLION, number % MILLION);
            prop_assert_eq!(amount(&text), Some(number));
        }
    }
}
