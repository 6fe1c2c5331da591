//! A faithful fake of NovelAI's HTTP API: the image, text and api hosts, their accounts, prices, locks and errors.
//!
//! A request's way through it: `cloudflare` (who may speak at all) → `cors` → `router` → `call` (body limit, then
//! the bearer's account) → a handler of one path → the account's lock and `ledger` → `work`.
//!
//! Invariant: one account never runs two generations at once, and a generation once begun runs to its end whatever
//! its client does. All state is in memory; clones of a [`NovelAi`] are the same fake.

pub mod access_key;
mod account;
mod admission;
pub mod anlas;
mod annotate;
mod augment;
mod battery;
mod bearer;
mod call;
mod cloudflare;
mod cors;
mod delivery;
mod envelope;
pub mod errors;
mod event;
mod generate_image;
mod holder;
mod image_request;
mod ledger;
mod lock;
mod login;
mod mishap;
mod model;
mod msgpack;
mod openai;
mod picture;
mod png;
mod references;
mod router;
mod settings;
mod subscription;
mod suggest_tags;
mod text;
mod token_ids;
mod tokens;
mod upscale;
mod user;
mod vibe;
mod voice;
mod work;
mod zip;

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::watch;

pub use account::{Account, Ban, Tier};
pub use battery::Battery;
pub use holder::Holder;
pub use mishap::Mishap;
pub use router::Host;
pub use settings::Settings;

use tokens::{Kind, Tokens};
use work::Pace;

/// The fake. Clones share everything.
#[derive(Debug, Clone)]
pub struct NovelAi {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Mutex<Settings>,
    holders: Mutex<Vec<Holder>>,
    tokens: Mutex<Tokens>,
    gate_shut: watch::Sender<bool>,
    last_generation: AtomicU64,
}

impl NovelAi {
    /// A fake without accounts.
    pub fn new(settings: Settings) -> NovelAi {
        let shared = Shared {
            settings: Mutex::new(settings),
            holders: Mutex::default(),
            tokens: Mutex::default(),
            gate_shut: watch::Sender::new(false),
            last_generation: AtomicU64::new(0),
        };
        NovelAi {
            shared: Arc::new(shared),
        }
    }

    /// Takes an account in.
    pub fn add(&self, account: Account) -> Holder {
        let mut holders = self.shared.holders.lock();
        let token = account.token.clone();
        let holder = Holder::new(format!("fake-account-{}", holders.len()), account);
        holders.push(holder.clone());
        if let Some(token) = token {
            self.shared.tokens.lock().insert_persistent(token, holder.clone());
        }
        holder
    }

    /// The account with this e-mail address.
    pub fn holder(&self, email: &str) -> Option<Holder> {
        self.shared
            .holders
            .lock()
            .iter()
            .find(|holder| holder.email() == email)
            .cloned()
    }

    /// Ends an account's persistent token, as its owner does who makes another one.
    pub fn revoke_token(&self, holder: &Holder) {
        self.shared
            .tokens
            .lock()
            .revoke(holder, |kind| kind == Kind::Persistent);
    }

    /// Ends an account's login sessions, as time does.
    pub fn expire_sessions(&self, holder: &Holder) {
        self.shared
            .tokens
            .lock()
            .revoke(holder, |kind| kind != Kind::Persistent);
    }

    /// Changes how the fake behaves from the next request on.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.settings.lock());
    }

    /// Lets no work end from now on, until [`NovelAi::release`]: intermediate events flow, the end does not come.
    pub fn hold(&self) {
        self.shared.gate_shut.send_replace(true);
    }

    /// Lets held work end.
    pub fn release(&self) {
        self.shared.gate_shut.send_replace(false);
    }

    fn settings(&self) -> Settings {
        self.shared.settings.lock().clone()
    }

    fn pace(&self, duration: Duration) -> Pace {
        Pace {
            duration,
            gate_shut: self.shared.gate_shut.subscribe(),
        }
    }

    fn next_generation(&self) -> u64 {
        self.shared.last_generation.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Default for NovelAi {
    fn default() -> NovelAi {
        NovelAi::new(Settings::default())
    }
}
