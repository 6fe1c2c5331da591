//! Whether an account may begin a piece of work now.
//!
//! Invariant: the lock is taken before Anlas are, so that a refused request costs nothing.

use super::{
    Holder, Settings,
    errors::{self, Parts, Refused},
    ledger::{Ledger, Unpaid},
    lock::Held,
};

/// What kind of work it is, for not all take the same lock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    Image,
    Tool,
    Text,
}

/// The lock that the work needs, if it needs one, and the price taken.
pub(crate) fn admit(
    settings: &Settings,
    holder: &Holder,
    service: Service,
    charge: impl FnOnce(&mut Ledger) -> Result<(), Unpaid>,
) -> Result<Option<Held>, Refused> {
    if holder.ban().is_some() {
        return Err(errors::forbidden().into());
    }
    let lock = match service {
        Service::Image => Some(holder.main_lock()),
        Service::Tool => settings.tools_take_lock.then(|| holder.main_lock()),
        Service::Text if settings.text_lock_shared => Some(holder.main_lock()),
        Service::Text => Some(holder.text_lock()),
    };
    let held = lock
        .map(|lock| lock.take().ok_or_else(errors::concurrent_locked))
        .transpose()?;
    holder.with_ledger(charge).map_err(unpaid)?;
    Ok(held)
}

fn unpaid(why: Unpaid) -> Parts {
    match why {
        Unpaid::NotEnough => errors::not_enough_anlas(),
        Unpaid::TooExpensive => errors::validation("the request is too large"),
    }
}
