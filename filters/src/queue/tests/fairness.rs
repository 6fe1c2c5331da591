//! Work in proportion to weights over every stretch in which users wait, and a turn for everybody.

use super::*;

/// How far two users' work, over their weights, drifts apart in any stretch of the run.
struct Drift {
    work: Vec<f64>,
    span: BTreeMap<(usize, usize), (f64, f64)>,
}

impl Drift {
    fn new(flows: usize) -> Self {
        let pairs = (0..flows).flat_map(|a| (0..a).map(move |b| (a, b)));
        Self {
            work: vec![0.0; flows],
            span: pairs.map(|pair| (pair, (0.0, 0.0))).collect(),
        }
    }

    fn served(&mut self, flow: usize, weight: u32) {
        self.work[flow] += 1.0 / f64::from(weight);
        for ((a, b), (low, high)) in &mut self.span {
            let apart = self.work[*a] - self.work[*b];
            (*low, *high) = (low.min(apart), high.max(apart));
        }
    }
}

/// Users (0 is a guest) who all have requests waiting all the time; who was served, one by one.
fn backlogged(weights: &[u32], lengths: &[usize], turns: usize) -> Vec<usize> {
    let mut queue = Queue::new(ROOMY);
    let mut owners = BTreeMap::new();
    for (user, weight) in weights.iter().enumerate() {
        for _ in 0..lengths[user % lengths.len()] {
            owners.insert(join(&mut queue, user as i64, (*weight).into()), user);
        }
    }
    let mut served = Vec::new();
    for _ in 0..turns {
        let user = owners[&next(&mut queue).unwrap()];
        owners.insert(join(&mut queue, user as i64, weights[user].into()), user);
        served.push(user);
    }
    served
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: proptest::test_runner::RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contributors_who_wait_get_work_by_weight_within_one_request_each(
        weights in prop::collection::vec(1_u32..12, 2..8),
        // Those who had only one request waiting are as well off as those with hundreds.
        lengths in prop::collection::vec(2_usize..60, 1..8),
    ) {
        let mut drift = Drift::new(weights.len());
        for user in backlogged(&weights, &lengths, 400) {
            drift.served(user, weights[user]);
        }
        for ((a, b), (low, high)) in drift.span {
            let bound = 1.0 / f64::from(weights[a]) + 1.0 / f64::from(weights[b]);
            prop_assert!(high - low <= bound + 0.001, "users {} and {} are {} apart", a, b, high - low);
        }
    }

    #[test]
    fn all_guests_together_weigh_as_much_as_one_contributor_and_are_equal_among_themselves(
        guests in 1_usize..6,
        weights in prop::collection::vec(1_u32..6, 1..5),
    ) {
        let all: Vec<u32> = std::iter::repeat_n(0, guests).chain(weights.iter().copied()).collect();
        let mut outside = Drift::new(1 + weights.len());
        let mut inside = Drift::new(guests);
        for user in backlogged(&all, &[3], 400) {
            match user.checked_sub(guests) {
                Some(contributor) => outside.served(1 + contributor, weights[contributor]),
                None => {
                    outside.served(0, 1);
                    inside.served(user, 1);
                }
            }
        }
        let weight = |flow: usize| flow.checked_sub(1).map_or(1, |contributor| weights[contributor]);
        for ((a, b), (low, high)) in outside.span {
            let bound = 1.0 / f64::from(weight(a)) + 1.0 / f64::from(weight(b));
            prop_assert!(high - low <= bound + 0.001, "{} and {} are {} apart", a, b, high - low);
        }
        for (_, (low, high)) in inside.span {
            prop_assert!(high - low <= 2.001);
        }
    }

    #[test]
    fn nobody_waits_for_ever_however_many_others_keep_coming(
        weights in prop::collection::vec(0_u32..6, 1..12),
        own in 0_u32..3,
        head_start in 0_usize..100,
    ) {
        let mut queue = Queue::new(ROOMY);
        let mut owners = BTreeMap::new();
        let come = |queue: &mut Queue<u8>, owners: &mut BTreeMap<_, _>, user: usize| {
            owners.insert(join(queue, user as i64, weights[user].into()), user);
        };
        (0..weights.len()).for_each(|user| come(&mut queue, &mut owners, user));
        let again = |queue: &mut Queue<u8>, owners: &mut BTreeMap<_, _>, id: WaiterId| {
            let user = owners[&id];
            (0..2).for_each(|_| come(queue, owners, user));
        };
        for _ in 0..head_start {
            let id = next(&mut queue).unwrap();
            again(&mut queue, &mut owners, id);
        }
        let mine = join(&mut queue, 999, own.into());
        // Each contributor as often as it weighs, and once more; each guest in turn, where I am one.
        let members: u32 = weights.iter().map(|weight| weight + 1).sum();
        let round = 2 * members as usize + 4;
        let most = if own == 0 { round * (weights.len() + 2) } else { round };
        let mut before = 0;
        loop {
            let id = next(&mut queue).unwrap();
            if id == mine {
                break;
            }
            again(&mut queue, &mut owners, id);
            before += 1;
            prop_assert!(before <= most, "{} were served first", before);
        }
    }

    #[test]
    fn strangers_who_come_without_end_keep_nobody_waiting(weights in prop::collection::vec(1_u32..6, 1..40), own in 1_u32..6) {
        let mut queue = Queue::new(ROOMY);
        let mut stranger = 0;
        let mut come = |queue: &mut Queue<u8>| {
            stranger += 1;
            join(queue, stranger, weights[stranger as usize % weights.len()].into())
        };
        let _served = join(&mut queue, -1, own.into());
        (0..weights.len()).for_each(|_| _ = come(&mut queue));
        next(&mut queue);
        let mine = join(&mut queue, -1, own.into());
        let all: u32 = weights.iter().sum::<u32>() + own;
        let mut before = 0;
        while next(&mut queue) != Some(mine) {
            come(&mut queue);
            before += 1;
            prop_assert!(before <= all + 2 * weights.len() as u32, "{} were served first", before);
        }
    }

    #[test]
    fn how_many_are_ahead_is_told_to_within_a_turn_of_each(
        weights in prop::collection::vec(0_u32..6, 1..8),
        lengths in prop::collection::vec(1_usize..20, 1..8),
        user in 0_usize..8,
    ) {
        let mut queue = Queue::new(ROOMY);
        for (user, weight) in weights.iter().enumerate() {
            (0..lengths[user % lengths.len()]).for_each(|_| _ = join(&mut queue, user as i64, (*weight).into()));
        }
        let share = weights.get(user).copied().unwrap_or(1).into();
        let told = queue.ahead_of(UserId(user as i64), share);
        let mine = join(&mut queue, user as i64, share);
        let before = std::iter::from_fn(|| next(&mut queue)).take_while(|id| *id != mine).count();
        // Never told to wait for much more than is true, and seldom for less.
        prop_assert!(before <= told + 2 * weights.len(), "told {} and had {} ahead", told, before);
    }
}
