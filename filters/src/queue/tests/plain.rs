//! The queue beside a plain list of those who wait, in which every question is answered by looking at all.

use super::*;

const REQUEST: u64 = 1 << 20;

#[derive(Clone, Debug)]
enum Act {
    Join(i64, u32, u8),
    Leave(prop::sample::Index),
    Serve(u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => (0_i64..6, 0_u32..4, 0_u8..3).prop_map(|(user, weight, class)| Act::Join(user, weight, class)),
        1 => any::<prop::sample::Index>().prop_map(Act::Leave),
        4 => (1_u8..8).prop_map(Act::Serve),
    ];
    prop::collection::vec(act, 1..200)
}

/// One user's turns.
#[derive(Clone, Copy, Debug)]
struct Turns {
    share: Share,
    tag: u64,
}

#[derive(Default)]
struct Plain {
    waiting: Vec<(WaiterId, i64, u8)>,
    turns: BTreeMap<i64, Turns>,
    clock: u64,
    guests_clock: u64,
    guests_tag: u64,
}

impl Plain {
    fn len_of(&self, user: i64) -> usize {
        self.waiting.iter().filter(|(_, of, _)| *of == user).count()
    }

    fn guests_wait(&self) -> bool {
        self.waiting
            .iter()
            .any(|(_, user, _)| self.turns[user].share == Share::Guest)
    }

    /// Whose newest request has to go, or `None` where there is room; `Err` where there is none.
    fn room(&self, user: i64, settings: &QueueSettings) -> Result<Option<WaiterId>, ()> {
        if self.len_of(user) >= settings.per_user {
            return Err(());
        }
        if self.waiting.len() < settings.per_upstream {
            return Ok(None);
        }
        let longest = (0..6).max_by_key(|user| (self.len_of(*user), *user)).unwrap();
        if self.len_of(longest) <= self.len_of(user) + 1 {
            return Err(());
        }
        Ok(self
            .waiting
            .iter()
            .filter(|(_, of, _)| *of == longest)
            .map(|(id, ..)| *id)
            .max())
    }

    fn join(&mut self, id: WaiterId, user: i64, share: Share, class: u8) {
        if self.len_of(user) == 0 {
            let old = self
                .turns
                .get(&user)
                .filter(|turns| (turns.share == Share::Guest) == (share == Share::Guest));
            let old = old.map_or(0, |turns| turns.tag);
            let tag = match share {
                Share::Guest => {
                    if !self.guests_wait() {
                        self.guests_tag = self.guests_tag.max(self.clock);
                    }
                    old.max(self.guests_clock)
                }
                Share::Weight(_) => old.max(self.clock),
            };
            self.turns.insert(user, Turns { share, tag });
        }
        self.waiting.push((id, user, class));
    }

    fn leave(&mut self, id: WaiterId) {
        self.waiting.retain(|(of, ..)| *of != id);
        if self.waiting.is_empty() {
            *self = Self::default();
        }
    }

    fn first(&self, classes: u8) -> Option<WaiterId> {
        let order = |(id, user, _): &&(WaiterId, i64, u8)| {
            let turns = self.turns[user];
            match turns.share {
                Share::Guest => (self.guests_tag, turns.tag, *id),
                Share::Weight(_) => (turns.tag, 0, *id),
            }
        };
        let servable = self
            .waiting
            .iter()
            .filter(|(_, _, class)| classes >> class & 1 == 1);
        servable.min_by_key(order).map(|(id, ..)| *id)
    }

    fn serve(&mut self, id: WaiterId) {
        let (_, user, _) = *self.waiting.iter().find(|(of, ..)| *of == id).unwrap();
        let weights = self
            .turns
            .iter()
            .filter(|(user, _)| self.len_of(**user) > 0)
            .map(|(_, turns)| turns.share);
        let members: u64 = weights
            .clone()
            .map(|share| {
                if let Share::Weight(w) = share {
                    u64::from(w)
                } else {
                    0
                }
            })
            .sum();
        let guests = weights.filter(|share| *share == Share::Guest).count() as u64;
        self.clock += REQUEST / (members + guests.min(1));
        let turns = self.turns.get_mut(&user).unwrap();
        match turns.share {
            Share::Guest => {
                self.clock = self.clock.max(self.guests_tag);
                self.guests_tag += REQUEST;
                self.guests_clock = (self.guests_clock + REQUEST / guests).max(turns.tag);
                turns.tag += REQUEST;
            }
            Share::Weight(weight) => {
                self.clock = self.clock.max(turns.tag);
                turns.tag += REQUEST / u64::from(weight);
            }
        }
        self.leave(id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_answers_as_a_plain_list_would(acts in acts()) {
        let settings = QueueSettings { per_upstream: 12, per_user: 5, ..ROOMY };
        let (mut queue, mut plain) = (Queue::new(settings), Plain::default());
        for act in acts {
            match act {
                Act::Join(user, weight, class) => {
                    let room = plain.room(user, &settings);
                    match (queue.join(UserId(user), weight.into(), class, at(0)), room) {
                        (Joined::Waits(id), Ok(None)) => plain.join(id, user, weight.into(), class),
                        (Joined::InsteadOf(id, gone), Ok(Some(newest))) => {
                            prop_assert_eq!(gone, newest);
                            plain.leave(gone);
                            plain.join(id, user, weight.into(), class);
                        }
                        (Joined::Full, Err(())) => {}
                        (joined, room) => prop_assert!(false, "{:?} where the list says {:?}", joined, room),
                    }
                }
                Act::Leave(which) if !plain.waiting.is_empty() => {
                    let (id, ..) = plain.waiting[which.index(plain.waiting.len())];
                    prop_assert!(queue.leave(id));
                    plain.leave(id);
                }
                Act::Leave(_) => {}
                Act::Serve(classes) => {
                    let first = queue.first(|class| classes >> class & 1 == 1).map(|(id, _)| id);
                    prop_assert_eq!(first, plain.first(classes));
                    if let Some(id) = first {
                        prop_assert!(queue.serve(id, at(0)).is_some());
                        plain.serve(id);
                    }
                }
            }
            prop_assert_eq!(queue.len(), plain.waiting.len());
            prop_assert_eq!(queue.users(), (0..6).filter(|user| plain.len_of(*user) > 0).count());
            for user in 0..6 {
                prop_assert_eq!(queue.len_of(UserId(user)), plain.len_of(user));
            }
        }
    }
}
