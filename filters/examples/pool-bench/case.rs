//! One pool in one situation, and what taking and giving back a lease costs there.

use std::cell::Cell;
use std::error::Error;
use std::time::{Duration, Instant};

use potluck_filters::cost::Price;
use potluck_filters::judge::{CoolDown, Outcome, Scope, Verdict};
use potluck_filters::model::Role;
use potluck_filters::pool::{Ended, Lease, Policy, Pool, Want};
use potluck_filters::queue::QueueSettings;
use potluck_filters::time::Moment;

use crate::bed;

/// What the keys are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Situation {
    /// All could serve.
    AllReady,
    /// One could serve; the others rest.
    OthersRest,
    /// One could serve; the others have a request in flight.
    OthersLeased,
    /// One could serve; the others lack the Anlas.
    OthersCannotPay,
}

impl Situation {
    pub(crate) const ALL: [Self; 4] = [
        Self::AllReady,
        Self::OthersRest,
        Self::OthersLeased,
        Self::OthersCannotPay,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AllReady => "all-ready",
            Self::OthersRest => "others-rest",
            Self::OthersLeased => "others-leased",
            Self::OthersCannotPay => "others-cannot-pay",
        }
    }
}

const COST: u32 = 20;

fn want() -> Want<'static> {
    Want {
        role: Role::Any,
        operator_owned_only: false,
        price: Price {
            full: COST,
            on_opus: COST,
            v5: false,
        },
        most: u32::MAX,
        model: None,
        tried_keys: &[],
        only_key: None,
        tried_nodes: &[],
    }
}

/// A pool, ready to be measured.
pub(crate) struct Case {
    pool: Pool,
    /// Leases that are out all the while.
    held: Vec<Lease>,
    draw: Cell<u64>,
    now: u64,
}

impl Case {
    pub(crate) fn new(policy: Policy, situation: Situation, keys: i64) -> Result<Self, Box<dyn Error>> {
        let upstream = bed::upstream(policy, QueueSettings::default())?;
        let mut case = Self {
            pool: Pool::new(upstream, 0),
            held: Vec::new(),
            draw: Cell::new(88_172_645_463_325_252),
            now: 0,
        };
        // The one in the middle is the one that is left.
        let chosen = keys / 2;
        for id in 0..keys {
            let pays = situation != Situation::OthersCannotPay || id == chosen;
            case.pool.put(
                bed::key(id, if pays { 4_000_000_000 } else { COST - 1 })?,
                Moment::default(),
            );
        }
        match situation {
            Situation::AllReady | Situation::OthersCannotPay => {}
            Situation::OthersRest | Situation::OthersLeased => case.occupy(keys, chosen, situation)?,
        }
        Ok(case)
    }

    fn occupy(&mut self, keys: i64, chosen: i64, situation: Situation) -> Result<(), Box<dyn Error>> {
        let busy = Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "bench");
        for _ in 0..keys {
            let lease = self.take();
            self.held.extend(lease);
        }
        for lease in std::mem::take(&mut self.held) {
            if lease.key().is_some_and(|key| key.id.0 == chosen) {
                self.pool.give_back(lease, Moment::default());
            } else if situation == Situation::OthersRest {
                let ended = Ended {
                    verdict: &busy,
                    retry_after: Some(Duration::from_secs(3_600)),
                    first_byte: None,
                    model: None,
                    broke: false,
                };
                self.pool.release(lease, &ended, Moment::default(), &|| 0.0);
            } else {
                self.held.push(lease);
            }
        }
        self.pool.take_spending(potluck_filters::spending::Booking::All);
        let ready = self.pool.report(Moment::default()).ready;
        if ready == 1 {
            Ok(())
        } else {
            Err(format!("{ready} keys are ready, not 1").into())
        }
    }

    fn take(&mut self) -> Option<Lease> {
        let draw = &self.draw;
        self.pool
            .acquire(&want(), Moment::from_millis(self.now), &|| chance(draw))
            .ok()
    }

    /// Nanoseconds that a lease costs from taking it to having given it back, over so many of them.
    #[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
    pub(crate) fn round(&mut self, pairs: u32) -> Result<f64, Box<dyn Error>> {
        let verdict = Verdict::ok("bench");
        let ended = Ended {
            verdict: &verdict,
            retry_after: None,
            first_byte: Some(Duration::from_millis(500)),
            model: None,
            broke: false,
        };
        let began = Instant::now();
        for turn in 0..pairs {
            // A busy relay sees a few requests in each millisecond.
            self.now += u64::from(turn % 8 == 0);
            let lease = self.take().ok_or("no key although one is ready")?;
            let draw = &self.draw;
            self.pool
                .release(lease, &ended, Moment::from_millis(self.now), &|| chance(draw));
        }
        let spent = began.elapsed();
        // The shell books what was spent from time to time.
        self.pool.take_spending(potluck_filters::spending::Booking::All);
        Ok(spent.as_nanos() as f64 / f64::from(pairs))
    }
}

/// The next number in `0.0..1.0` (xorshift).
fn chance(state: &Cell<u64>) -> f64 {
    let mut bits = state.get();
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    state.set(bits);
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
