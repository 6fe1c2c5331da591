//! What is carried from the edge to the database and back, so that a restart does not forget it.

use potluck_filters::objects::{Shelved, Stored};
use potluck_filters::spending::{Booking, Spending, Whose};
use potluck_filters::usage::Admitted;

use super::Edge;
use crate::clock::unix_ms;

impl Edge {
    /// What was spent since the last time somebody asked, to be booked.
    #[must_use]
    pub fn take_spending(&self, booking: Booking) -> Vec<Spending> {
        let live = self.live.load();
        let pools = live.upstreams.iter();
        let pools = pools.flat_map(|live| {
            live.desk
                .look(|scheduler, _| scheduler.pool().take_spending(booking))
        });
        pools.chain(self.purses.take_spending()).collect()
    }

    /// Takes over what was spent before this process began. Called before it serves.
    pub fn restore(&self, spent: &[Spending]) {
        let live = self.live.load();
        for spending in spent {
            match spending.whose {
                Whose::ClientKey(key) => self.purses.restore(key, spending.day, spending.anlas, unix_ms()),
                Whose::PoolKey(_) => live.upstreams.iter().for_each(|live| live.restore(spending)),
            }
        }
    }

    /// Takes over the places in windows that requests took before this process began, each as if it had come at the end
    /// of its second. Called before it serves.
    pub fn restore_windows(&self, mut admitted: Vec<Admitted>) {
        admitted.sort_unstable_by_key(|one| one.at);
        let now = self.clock.now();
        for one in admitted {
            let at = self.clock.moment_of(one.at.saturating_add(999)).min(now);
            self.traffic.restore(&one, at);
        }
        self.traffic.tidy(now);
    }

    /// What members' objects changed in since the last time somebody asked, to be stored.
    #[must_use]
    pub fn take_objects(&self) -> Vec<Shelved> {
        self.objects.take_changes()
    }

    /// Takes over the objects that were made before this process began, the oldest first. Called before it
    /// serves.
    pub fn restore_objects(&self, stored: Vec<Stored>) {
        self.objects.restore(stored);
    }
}
