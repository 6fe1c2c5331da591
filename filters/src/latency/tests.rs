use proptest::prelude::*;

use super::*;

#[test]
fn slots_follow_one_another_without_gap_or_overlap() {
    for one in 0..SLOTS {
        assert_eq!(slot(lower(one)), one);
        if one > 0 {
            assert_eq!(slot(lower(one) - 1), one - 1, "the end of {}", one - 1);
        }
    }
}

#[test]
fn bounds_are_the_ones_of_all_time() {
    for (slot, bound) in [
        (7, 7),
        (8, 8),
        (9, 10),
        (12, 16),
        (36, 1024),
        (119, 7 << 28),
        (120, 1 << 31),
    ] {
        assert_eq!(lower(slot), bound, "{slot}");
    }
    assert_eq!(slot(u64::MAX), SLOTS - 1);
}

#[test]
fn nothing_has_no_quantile() {
    assert_eq!(Histogram::default().quantile(0.5), None);
    assert_eq!(Histogram::default().quantile(f64::NAN), None);
}

fn all(times: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    times.iter().for_each(|us| histogram.note(*us));
    histogram
}

fn latencies() -> impl Strategy<Value = Latencies> {
    let times = || prop::collection::vec(any::<u64>().prop_map(|us| us >> (us % 64)), 0..40);
    (times(), times(), times(), times()).prop_map(|(total, queued, first_byte, own)| Latencies {
        total: all(&total),
        queued: all(&queued),
        first_byte: all(&first_byte),
        own: all(&own),
    })
}

proptest! {
    #[test]
    fn the_merged_histogram_is_the_histogram_of_all(
        one in prop::collection::vec(any::<u64>(), 0..50),
        other in prop::collection::vec(any::<u64>(), 0..50),
    ) {
        let mut merged = all(&one);
        merged.merge(&all(&other));
        prop_assert_eq!(merged, all(&[one, other].concat()));
    }

    #[test]
    fn a_quantile_is_off_by_a_quarter_at_most(times in prop::collection::vec(8_u64..1 << 31, 1..200), percent in 1_usize..=100) {
        let told = all(&times).quantile(percent as f64 / 100.0).unwrap() as f64;
        let mut sorted = times;
        sorted.sort_unstable();
        let exact = sorted[(sorted.len() * percent).div_ceil(100) - 1] as f64;
        prop_assert!(told >= exact * 0.75 && told <= exact * 1.25 + 1.0, "{told} for {exact}");
    }

    #[test]
    fn what_is_packed_is_unpacked(latencies in latencies()) {
        prop_assert_eq!(Latencies::unpack(&latencies.pack()), Some(latencies));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = Latencies::unpack(&bytes);
    }
}
