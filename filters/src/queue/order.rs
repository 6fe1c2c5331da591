//! The line as it would move if one key after another came free and served everybody: for whoever looks at it.

use std::hash::Hash;

use super::{Queue, Share, WaiterId};
use crate::id::UserId;
use crate::time::Moment;

/// One of those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLine {
    /// Which request.
    pub id: WaiterId,
    /// Whose.
    pub user: UserId,
    /// What the user's requests weigh.
    pub share: Share,
    /// Since when it waits.
    pub since: Moment,
}

impl<C: Clone + Eq + Hash> Queue<C> {
    /// Empties the queue: the first of those who wait, in the order of their turns. What their requests need of a key
    /// may still let one pass another. For a copy of the queue, and so for people and not for requests.
    #[must_use]
    pub fn into_line(self, most: usize) -> Vec<InLine> {
        let mut rest = self;
        let mut line = Vec::with_capacity(most.min(rest.len()));
        while line.len() < most {
            let Some((id, _)) = rest.first(|_| true) else {
                break;
            };
            let Some(waiter) = rest.waiters.get(&id).copied() else {
                break;
            };
            let share = rest
                .lines
                .get(&waiter.user)
                .map_or(Share::Guest, super::Line::share);
            line.push(InLine {
                id,
                user: waiter.user,
                share,
                since: waiter.since,
            });
            rest.serve(id, waiter.since);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Joined, QueueSettings};
    use super::*;

    proptest! {
        #[test]
        fn the_line_is_the_order_in_which_all_are_served(
            asked in prop::collection::vec((1_i64..6, 0_u32..4, 0_u8..3), 0..40),
            most in 0_usize..50,
        ) {
            let settings = QueueSettings { per_upstream: 100, per_user: 100, ..QueueSettings::default() };
            let mut queue = Queue::new(settings);
            for (at, (user, weight, class)) in (0..).zip(asked) {
                let joined = queue.join(UserId(user), weight.into(), class, Moment::from_millis(at));
                prop_assert!(matches!(joined, Joined::Waits(_)), "there is room for all");
            }
            let all = queue.len();
            let line = queue.clone().into_line(most);
            prop_assert_eq!(line.len(), most.min(all));
            for told in line {
                let id = queue.first(|_| true).map(|(id, _)| id);
                prop_assert_eq!(id, Some(told.id));
                prop_assert!(queue.serve(told.id, told.since).is_some());
            }
        }
    }
}
