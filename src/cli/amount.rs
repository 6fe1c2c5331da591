//! Amounts, times and their course as people read them.

/// Steps of a row of blocks, from nothing to the most.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Blocks of one row.
const WIDE: usize = 60;

/// Exact below ten thousand, then `12.4K`, `3.1M`.
pub(super) fn count(amount: u64) -> String {
    if amount < 10_000 {
        return amount.to_string();
    }
    let mut rest = amount as f64;
    let mut unit = "";
    for next in ["K", "M", "G", "T", "P"] {
        if rest < 1000.0 {
            break;
        }
        rest /= 1000.0;
        unit = next;
    }
    format!("{rest:.1}{unit}")
}

/// `512 B`, `1.5 KiB`.
pub(super) fn bytes(amount: u64) -> String {
    if amount < 1024 {
        return format!("{amount} B");
    }
    let mut rest = amount as f64;
    let mut unit = "";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if rest < 1024.0 {
            break;
        }
        rest /= 1024.0;
        unit = next;
    }
    format!("{rest:.1} {unit}")
}

/// Microseconds: `0.4 ms`, `90 ms`, `1.2 s`, `2 min 5 s`.
pub(super) fn time(us: u64) -> String {
    match us {
        0..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1000),
        1_000_000..60_000_000 => format!("{:.1} s", us as f64 / 1e6),
        60_000_000.. => format!("{} min {} s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

/// Milliseconds, alike.
pub(super) fn time_ms(ms: u64) -> String {
    time(ms.saturating_mul(1000))
}

/// `1.3 %` of all; nothing of nothing is `–`.
pub(super) fn share(part: u64, all: u64) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    format!("{:.1} %", part as f64 * 100.0 / all as f64)
}

/// `+12 %` against before; `–` where there was nothing.
pub(super) fn change(now: u64, before: u64) -> String {
    if before == 0 {
        return "–".to_owned();
    }
    format!("{:+.0} %", (now as f64 - before as f64) * 100.0 / before as f64)
}

/// A row of blocks: how amounts went. `None` is a time of which nothing is known.
pub(super) fn course(amounts: &[Option<u64>]) -> String {
    let wide = amounts.len().div_ceil(WIDE).max(1);
    let columns: Vec<Option<u64>> = amounts.chunks(wide).map(together).collect();
    let most = columns.iter().flatten().copied().max().unwrap_or(0);
    columns
        .into_iter()
        .map(|column| column.map_or(' ', |amount| block(amount, most)))
        .collect()
}

fn together(amounts: &[Option<u64>]) -> Option<u64> {
    let known: Vec<u64> = amounts.iter().flatten().copied().collect();
    (!known.is_empty()).then(|| known.into_iter().fold(0, u64::saturating_add))
}

/// Only nothing is the lowest block.
fn block(amount: u64, most: u64) -> char {
    if amount == 0 || most == 0 {
        return BLOCKS[0];
    }
    let steps = BLOCKS.len() as u64 - 1;
    let step = (u128::from(amount) * u128::from(steps)).div_ceil(u128::from(most));
    let place = usize::try_from(step).unwrap_or(0);
    BLOCKS.get(place).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_while_they_are_small() {
        for (amount, expected) in [(0, "0"), (9_999, "9999"), (12_400, "12.4K"), (3_100_000, "3.1M")] {
            assert_eq!(count(amount), expected);
        }
        assert_eq!((bytes(512), bytes(1536)), ("512 B".into(), "1.5 KiB".into()));
        for (us, expected) in [
            (400, "0.4 ms"),
            (90_000, "90 ms"),
            (1_240_000, "1.2 s"),
            (125_000_000, "2 min 5 s"),
        ] {
            assert_eq!(time(us), expected);
        }
    }

    #[test]
    fn shares_have_a_base() {
        assert_eq!((share(4, 312), share(0, 0)), ("1.3 %".into(), "–".into()));
        assert_eq!((change(112, 100), change(5, 0)), ("+12 %".into(), "–".into()));
    }

    #[test]
    fn only_nothing_is_the_lowest_block_and_the_unknown_is_blank() {
        assert_eq!(course(&[Some(0), Some(1), Some(100), None, Some(50)]), "▁▂█ ▅");
        assert_eq!(course(&[Some(0), Some(0)]), "▁▁");
        assert_eq!(course(&[]), "");
        let long = course(&vec![Some(1); 1440]);
        assert!(long.chars().count() <= WIDE, "{long}");
    }
}
