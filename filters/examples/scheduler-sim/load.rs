//! Who asks when: the scenarios.

use std::time::Duration;

use potluck_filters::queue::QueueSettings;

use crate::draw::Draw;

/// How requests arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arrivals {
    /// One by one, each independent of the others.
    Poisson,
    /// In bursts of one user, geometrically long with this mean, so many milliseconds apart.
    Bursts { mean: f64, apart_ms: u64 },
}

/// A load on the pool.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) arrivals: Arrivals,
    /// Requests in a second over what all accounts can do.
    pub(crate) load: f64,
    /// How often each user asks, relative to others; users take turns in having these.
    pub(crate) rates: &'static [f64],
    /// What each user weighs; users take turns in having these.
    pub(crate) weights: &'static [u32],
    pub(crate) users: usize,
    /// Requests of each user that wait from the start: all are backlogged all the time.
    pub(crate) backlog: usize,
    pub(crate) queue: QueueSettings,
}

impl Scenario {
    pub(crate) fn weight(&self, user: usize) -> u32 {
        self.weights.get(user % self.weights.len()).copied().unwrap_or(1)
    }

    /// Whether all users have requests waiting all the time.
    pub(crate) fn is_backlogged(&self) -> bool {
        self.backlog > 0
    }

    /// A user, drawn in proportion to how often each asks.
    pub(crate) fn user(&self, draw: &mut Draw) -> usize {
        let mut point = draw.unit() * self.rates.iter().sum::<f64>();
        let kind = self.rates.iter().position(|rate| {
            point -= rate;
            point < 0.0
        });
        let (kind, kinds) = (kind.unwrap_or(0), self.rates.len());
        let of_this_kind = (self.users + kinds - 1 - kind) / kinds;
        kind + kinds * draw.below(of_this_kind)
    }
}

/// What the scenarios have in common: the lightest of them.
fn usual(users: usize) -> Scenario {
    Scenario {
        name: "below",
        title: "70 % of what the accounts can do, Poisson arrivals",
        arrivals: Arrivals::Poisson,
        load: 0.7,
        rates: &[1.0],
        weights: &[1],
        users,
        backlog: 0,
        queue: QueueSettings::default(),
    }
}

/// All scenarios for so many users.
pub(crate) fn scenarios(users: usize) -> Vec<Scenario> {
    let usual = usual(users);
    let patient = QueueSettings {
        max_wait: Duration::from_secs(3_600),
        per_upstream: users * 8,
        per_user: 8,
    };
    vec![
        usual.clone(),
        Scenario {
            name: "at",
            title: "as much as the accounts can do, Poisson arrivals",
            load: 1.0,
            ..usual.clone()
        },
        Scenario {
            name: "saturation",
            title: "130 % of what the accounts can do, Poisson arrivals",
            load: 1.3,
            ..usual.clone()
        },
        Scenario {
            name: "bursty",
            title: "90 % of what the accounts can do, in bursts of 20 on average",
            load: 0.9,
            arrivals: Arrivals::Bursts {
                mean: 20.0,
                apart_ms: 100,
            },
            ..usual.clone()
        },
        Scenario {
            name: "backlogged",
            title: "users who ask at 1, 10 and 100 times the same rate, all backlogged",
            // The slowest ask for three times their fair share.
            load: 3.0 * 37.0,
            rates: &[1.0, 10.0, 100.0],
            backlog: 2,
            queue: patient,
            ..usual.clone()
        },
        Scenario {
            name: "weights",
            title: "a tenth of the users, who weigh 1, 2 and 4, all backlogged",
            load: 4.0,
            weights: &[1, 2, 4],
            users: (users / 10).max(3),
            backlog: 2,
            queue: QueueSettings {
                per_upstream: users,
                ..patient
            },
            ..usual
        },
    ]
}
