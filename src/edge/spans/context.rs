//! Which trace a request is part of, as W3C's `traceparent` says it: `00-<trace>-<span>-<flags>`.

/// Whoever called, as far as tracing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: u128,
    /// `None` where the trace begins here.
    pub(super) span: Option<u64>,
    pub(super) sampled: bool,
}

/// Characters of a header of version 00, which later versions begin with.
const LENGTH: usize = 55;

impl Parent {
    /// A trace that begins here.
    pub(super) fn fresh(trace: u128) -> Self {
        Self {
            trace: trace.max(1),
            span: None,
            sampled: true,
        }
    }

    /// What a header says; `None` where it cannot be understood.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let (known, more) = value.split_at_checked(LENGTH)?;
        let known = std::str::from_utf8(known).ok()?;
        let mut fields = known.split('-');
        let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let whole = fields.next().is_none()
            && (version.len(), trace.len(), span.len(), flags.len()) == (2, 32, 16, 2)
            && known
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
        let may_be_longer = version != "00" && more.first() == Some(&b'-');
        if !whole || version == "ff" || !(more.is_empty() || may_be_longer) {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(Self {
            trace,
            span: Some(span),
            sampled: flags & 1 == 1,
        })
    }
}

/// The header for whoever is called next.
pub(super) fn told(trace: u128, span: u64) -> String {
    format!("00-{trace:032x}-{span:016x}-01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_read() {
        let header = told(0xabc, 0xdef);
        assert_eq!(header, "00-00000000000000000000000000000abc-0000000000000def-01");
        let parent = Parent {
            trace: 0xabc,
            span: Some(0xdef),
            sampled: true,
        };
        assert_eq!(Parent::read(header.as_bytes()), Some(parent));
        let later = header.replacen("00", "cc", 1) + "-what-the-future-says";
        assert_eq!(Parent::read(later.as_bytes()), Some(parent));
        let unsampled = header.replace("-01", "-00");
        assert_eq!(Parent::read(unsampled.as_bytes()).map(|p| p.sampled), Some(false));
    }

    #[test]
    fn what_is_no_context_is_none() {
        let good = told(0xabc, 0xdef);
        let zero = "0".repeat(32);
        for bad in [
            "",
            "00",
            &good[1..],
            &good.to_uppercase(),
            &format!("{good}-more"),
            &format!("{good}0"),
            &good.replacen("00", "ff", 1),
            &good.replace("abc", "000"),
            &good.replace("def", "000"),
            &good.replace('-', "_"),
            &good.replace("01", "+1"),
            &format!("00-{zero}-é{}", &good[37..]),
        ] {
            assert_eq!(Parent::read(bad.as_bytes()), None, "{bad}");
        }
    }
}
