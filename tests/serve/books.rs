//! The books under fire: requests at random, the relay killed again and again, the database away in between. What the
//! fakes served is in the books, once, but for what the last 100 ms before a kill held; and all sums are the sums of it.
//!
//! `POTLUCK_CHAOS_LIVES` and `POTLUCK_CHAOS_SEED` make it longer and another one; `make soak` does.

mod ledger;
mod load;
mod times;
mod witness;

use std::collections::HashSet;
use std::str::FromStr;
use std::time::Duration;

use nix::sys::signal::Signal;
use potluck::clock::Clock;
use potluck_fakes::{DemoWorld, Records};
use potluck_filters::time::Moment;
use potluck_filters::usage::RequestNumber;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::database::Database;
use crate::installation::{Installation, wide_world};
use crate::relay::Relay;
use ledger::Ledger;
use load::{CLIENTS, Load, Served};
use witness::Witness;

/// What a kill may forget is what ended within this time before it.
const FORGOTTEN: Duration = Duration::from_millis(100);

/// What happens to the database in a life of the relay.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Nothing.
    None,
    /// It goes, and is away when the relay is killed.
    Gone,
    /// It goes, and comes back while the relay serves.
    Back,
}

/// A life that ended with a kill.
struct Life {
    killed: Moment,
    /// What this machine took longer than it should, so that nobody blames the relay for it.
    late: Duration,
    served: Vec<Served>,
}

struct Chaos {
    world: DemoWorld,
    installation: Installation,
    keys: Vec<String>,
    database: Database,
    clock: Clock,
    seed: u64,
    chance: StdRng,
}

fn number<N: FromStr>(variable: &str, otherwise: N) -> N {
    let written = std::env::var(variable).ok();
    written.map_or(otherwise, |text| text.parse().ok().expect("a number"))
}

/// Client keys of several users, one of whom has two.
async fn keys(installation: &Installation) -> Vec<String> {
    let mut keys = vec![installation.client_key().await.1];
    for name in ["linh", "mai"] {
        installation.run(&format!("users add {name}")).await.ok();
        let unlimited = format!("limits user {name} --manual unlimited");
        installation.run(&unlimited).await.ok();
    }
    for owner in ["linh", "mai", "mai"] {
        let line = format!("keys create --user {owner} --json");
        let made = installation.run(&line).await.ok().json();
        keys.push(made["text"].as_str().expect("a text").to_owned());
    }
    keys
}

impl Chaos {
    async fn begin(world: DemoWorld, installation: Installation, database: Database) -> Self {
        let seed = number("POTLUCK_CHAOS_SEED", 7);
        let keys = keys(&installation).await;
        Self {
            world,
            installation,
            keys,
            database,
            clock: Clock::default(),
            seed,
            chance: StdRng::seed_from_u64(seed),
        }
    }

    fn load(&mut self, relay: &Relay) -> Load {
        Load::begin(relay, &self.keys, self.clock, &mut self.chance)
    }

    /// One life of the relay, from its start to a kill.
    async fn live(&mut self, trouble: Trouble) -> Life {
        let relay = Relay::start(&self.installation).await;
        let witness = Witness::begin(self.installation.path("data"), self.clock);
        let mut load = self.load(&relay);
        load.serve(self.chance.random_range(60..160)).await;
        match trouble {
            Trouble::None => {}
            Trouble::Gone => self.database.go().await,
            Trouble::Back => {
                self.database.go().await;
                load.serve(self.chance.random_range(40..80)).await;
                self.database.come_back().await;
                let last = load.last().expect("one was served");
                Ledger(self.database.usage().await).until_booked(last).await;
            }
        }
        load.serve(self.chance.random_range(40..120)).await;
        let killed = self.clock.now();
        relay.signal(Signal::SIGKILL);
        relay.end().await;
        let late = witness.end(killed);
        let served = load.end().await;
        self.database.come_back().await;
        Life { killed, late, served }
    }

    /// The last life ends as an operator ends it: nothing of it may be missing.
    async fn live_on(&mut self) -> Vec<Served> {
        let relay = Relay::start(&self.installation).await;
        let mut load = self.load(&relay);
        load.serve(100).await;
        let served = load.end().await;
        relay.stop().await;
        served
    }

    /// Requests that reached an upstream.
    fn arrived(&self) -> HashSet<RequestNumber> {
        let world = &self.world;
        let mut fakes = vec![&world.openai.server.records];
        fakes.extend(world.nodes.iter().map(|node| &node.server.records));
        fakes.push(&world.novelai.image.records);
        let records = fakes.into_iter().flat_map(Records::all);
        let ids = records.filter_map(|record| RequestNumber::parse(record.header("x-request-id")?));
        ids.collect()
    }
}

/// For how long before the kill a request of that life had ended that is not in the books, at most.
fn most_forgotten(life: &Life, booked: &HashSet<RequestNumber>) -> Duration {
    let lost = life.served.iter().filter(|served| !booked.contains(&served.id));
    let ages = lost.map(|served| life.killed.since(served.ended));
    ages.max().unwrap_or_default()
}

/// Goes through it all, and says how it went.
async fn survive(mut chaos: Chaos) -> String {
    let mut told = format!("seed {}\n", chaos.seed);
    let kills: usize = number("POTLUCK_CHAOS_LIVES", 4);
    let troubles = [Trouble::Gone, Trouble::Back, Trouble::None];
    let mut lives = Vec::new();
    for trouble in troubles.into_iter().cycle().take(kills) {
        lives.push(chaos.live(trouble).await);
    }
    let last = chaos.live_on().await;

    let mut ledger = Ledger(chaos.database.usage().await);
    let booked = ledger.booked().await;
    assert!(booked.twice.is_empty(), "nothing is there twice");
    for (n, life) in lives.iter().enumerate() {
        let forgotten = most_forgotten(life, &booked.all);
        told += &format!(
            "life {n}: {} served, at most the last {forgotten:?} forgotten, the machine {:?} late\n",
            life.served.len(),
            life.late
        );
        assert!(forgotten <= FORGOTTEN + life.late, "{told}");
    }
    let missing = last.iter().filter(|served| !booked.all.contains(&served.id));
    assert_eq!(missing.count(), 0, "nothing is forgotten without a kill");

    let arrived = chaos.arrived();
    assert!(booked.tried.is_subset(&arrived), "nothing is made up");
    let known = |id: &RequestNumber| {
        let served = lives.iter().flat_map(|life| &life.served);
        booked.all.contains(id) || served.map(|served| served.id).any(|served| served == *id)
    };
    let in_flight = arrived.iter().filter(|id| !known(id)).count();
    assert!(
        in_flight <= CLIENTS * kills,
        "{in_flight} requests of {} are neither booked nor forgotten",
        arrived.len()
    );
    ledger.is_right().await;
    let left = std::fs::read_dir(chaos.installation.path("data/usage")).expect("the spool");
    assert_eq!(left.count(), 0, "all was sent on");
    told + &format!("{} arrived, {} booked", arrived.len(), booked.all.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_served_is_in_the_books_once_whatever_is_killed_and_locked() {
    let world = wide_world(4).await;
    let installation = Installation::furnished(&world).await;
    let database = Database::file(&installation);
    println!(
        "{}",
        survive(Chaos::begin(world, installation, database).await).await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_served_is_in_the_books_once_while_postgres_stops_and_starts() {
    let Some((database, url)) = Database::server().await else {
        return;
    };
    let world = wide_world(4).await;
    let installation = Installation::furnished_on(&world, &url).await;
    println!(
        "{}",
        survive(Chaos::begin(world, installation, database).await).await
    );
}
