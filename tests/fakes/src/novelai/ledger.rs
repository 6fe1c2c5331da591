//! The Anlas and the battery of one account.
//!
//! Invariant: a charge is all or nothing, and the monthly grant goes first.

use super::{
    Battery, Tier,
    anlas::{self, Job, Rate},
};

#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) tier: Tier,
    pub(crate) active: bool,
    pub(crate) fixed: u32,
    pub(crate) purchased: u32,
    pub(crate) battery: Battery,
}

/// Why an account is not charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unpaid {
    NotEnough,
    TooExpensive,
}

impl Ledger {
    pub(crate) fn anlas(&self) -> u32 {
        self.fixed.saturating_add(self.purchased)
    }

    /// Active Opus, which has one sample of each small job free.
    pub(crate) fn is_opus(&self) -> bool {
        self.tier == Tier::Opus && self.active
    }

    /// Charges for an image job; a free V5 sample takes from the battery instead. Returns the Anlas charged.
    pub(crate) fn charge_job(&mut self, job: &Job) -> Result<u32, Unpaid> {
        let is_v5 = match job.rate {
            Rate::Base => false,
            Rate::V5 | Rate::V5Medium => true,
        };
        let free = self.is_opus() && anlas::within_free_bounds(job) && !(is_v5 && self.battery.is_negative());
        let price = anlas::price(job, free).map_err(|anlas::TooExpensive| Unpaid::TooExpensive)?;
        self.charge(price)?;
        if free && is_v5 {
            self.battery.drain(1);
        }
        Ok(price)
    }

    pub(crate) fn charge(&mut self, price: u32) -> Result<(), Unpaid> {
        if price > self.anlas() {
            return Err(Unpaid::NotEnough);
        }
        let from_grant = price.min(self.fixed);
        self.fixed -= from_grant;
        self.purchased -= price - from_grant;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger {
            tier: Tier::Opus,
            active: true,
            fixed: 10,
            purchased: 25,
            battery: Battery::at(0.0),
        }
    }

    fn job(rate: Rate) -> Job {
        Job::plain(1024 * 1024, 28, rate)
    }

    #[test]
    fn the_grant_is_spent_before_what_was_bought() {
        let mut ledger = ledger();
        ledger.charge(20).unwrap();
        assert_eq!((ledger.fixed, ledger.purchased), (0, 15));
        assert_eq!(ledger.charge(16), Err(Unpaid::NotEnough));
        assert_eq!(ledger.anlas(), 15);
    }

    #[test]
    fn v5_is_free_until_the_battery_is_overdrawn() {
        let mut ledger = ledger();
        assert_eq!(ledger.charge_job(&job(Rate::V5)), Ok(0));
        assert_eq!(ledger.charge_job(&job(Rate::V5)), Ok(30));
        assert_eq!(ledger.charge_job(&job(Rate::Base)), Ok(0));
    }

    #[test]
    fn an_opus_that_has_lapsed_pays() {
        let mut ledger = Ledger {
            active: false,
            ..ledger()
        };
        assert_eq!(ledger.charge_job(&job(Rate::Base)), Ok(20));
    }
}
