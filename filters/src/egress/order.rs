//! In which order the proxies of a list are tried: one turn begins at each of them, and what follows
//! differs from turn to turn, so that a proxy that is down burdens all others alike.

/// The place of the proxy at `index` of `count` in turn `turn`: 0 is tried first. Every place is taken once.
pub(super) fn place(turn: u64, index: usize, count: usize) -> usize {
    let all = count as u64;
    if count < 2 {
        return index;
    }
    let first = turn % all;
    let index = index as u64;
    if index == first {
        return 0;
    }
    // The others in their order, begun at another one each time the turn has gone round.
    let among = if index < first { index } else { index - 1 };
    let others = all - 1;
    let begin = (turn / all) % others;
    // Below `count`, so it fits.
    usize::try_from((among + others - begin) % others).unwrap_or(usize::MAX) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(turn: u64, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|index| place(turn, *index, count));
        order
    }

    #[test]
    fn every_place_is_taken_once() {
        for count in 0..9 {
            for turn in [0, 1, 7, 100, u64::MAX] {
                let mut places: Vec<usize> = (0..count).map(|index| place(turn, index, count)).collect();
                places.sort_unstable();
                assert!(places.into_iter().eq(0..count), "{turn} {count}");
            }
        }
    }

    #[test]
    fn each_proxy_is_first_equally_often_and_so_is_each_other_after_it() {
        let (count, rounds) = (4, 1200);
        let mut pairs = std::collections::HashMap::new();
        for turn in 0..rounds {
            let order = order(turn, count);
            *pairs.entry((order[0], order[1])).or_insert(0) += 1;
        }
        assert_eq!(pairs.len(), 12);
        assert!(pairs.values().all(|often| *often == 100), "{pairs:?}");
    }

    #[test]
    fn a_key_keeps_its_proxy() {
        assert_eq!(order(17, 3), order(17, 3));
        assert_eq!(order(17, 3)[0], 2);
    }
}
