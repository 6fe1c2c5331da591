//! The scheduler itself, as one of the ways to hand out accounts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use potluck_filters::cost::Price;
use potluck_filters::id::UserId;
use potluck_filters::judge::Verdict;
use potluck_filters::model::Role;
use potluck_filters::pool::{Ended, Lease, Policy, Want};
use potluck_filters::queue::WaiterId;
use potluck_filters::scheduler::{Asked, Asker, Effect, Scheduler};
use potluck_filters::time::Moment;

use crate::bed;
use crate::discipline::{Answer, Discipline, News, Ticket};
use crate::draw::Draw;
use crate::load::Scenario;

const WANT: Want<'static> = Want {
    role: Role::Any,
    operator_owned_only: false,
    price: Price::FREE,
    most: u32::MAX,
    model: None,
    tried_keys: &[],
    only_key: None,
    tried_nodes: &[],
};

pub(crate) struct Potluck {
    scheduler: Scheduler,
    scenario: Scenario,
    tickets: HashMap<WaiterId, Ticket>,
    waiters: HashMap<Ticket, WaiterId>,
    draw: RefCell<Draw>,
}

impl Potluck {
    pub(crate) fn new(
        policy: Policy,
        accounts: usize,
        scenario: &Scenario,
        seed: u64,
    ) -> Result<Self, Box<dyn Error>> {
        let mut scheduler = Scheduler::new(bed::upstream(policy, scenario.queue)?, 0);
        for id in 0..i64::try_from(accounts)? {
            scheduler.put(bed::key(id, 10_000)?, Moment::default());
        }
        let (tickets, waiters) = (HashMap::new(), HashMap::new());
        let draw = RefCell::new(Draw::new(seed));
        Ok(Self {
            scheduler,
            scenario: scenario.clone(),
            tickets,
            waiters,
            draw,
        })
    }

    fn tell(&mut self, effects: Vec<Effect>, news: &mut Vec<News<Lease>>) {
        for effect in effects {
            let (Effect::Wake(id, _) | Effect::Refuse(id, _)) = &effect;
            let Some(ticket) = self.tickets.remove(id) else {
                continue;
            };
            self.waiters.remove(&ticket);
            news.push(match effect {
                Effect::Wake(_, lease) => News::Starts(ticket, lease),
                Effect::Refuse(..) => News::Sent(ticket),
            });
        }
    }
}

impl Discipline for Potluck {
    type Hold = Lease;

    fn ask(&mut self, ticket: Ticket, user: usize, now: u64, news: &mut Vec<News<Lease>>) -> Answer<Lease> {
        let asker = Asker {
            user: UserId(user as i64),
            share: self.scenario.weight(user).into(),
            max_wait: self.scenario.queue.max_wait,
        };
        let draw = &self.draw;
        let (asked, effects) = self.scheduler.ask(&asker, &WANT, Moment::from_millis(now), &|| {
            draw.borrow_mut().unit()
        });
        self.tell(effects, news);
        match asked {
            Asked::Leased(lease) => Answer::Starts(lease),
            Asked::Waits(id, _) => {
                self.tickets.insert(id, ticket);
                self.waiters.insert(ticket, id);
                Answer::Waits
            }
            Asked::Refused(_) => Answer::Refused,
        }
    }

    fn end(&mut self, hold: Lease, now: u64, news: &mut Vec<News<Lease>>) {
        let verdict = Verdict::ok("simulated");
        let first_byte = Some(Duration::from_millis(550));
        let ended = Ended {
            verdict: &verdict,
            retry_after: None,
            first_byte,
            model: None,
            broke: false,
        };
        let draw = &self.draw;
        let now = Moment::from_millis(now);
        let (_, effects) = self
            .scheduler
            .release(hold, &ended, now, &|| draw.borrow_mut().unit());
        self.tell(effects, news);
    }

    fn leave(&mut self, ticket: Ticket) {
        if let Some(id) = self.waiters.remove(&ticket) {
            self.tickets.remove(&id);
            self.scheduler.leave(id);
        }
    }
}
