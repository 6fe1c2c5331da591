//! A living account: its balance, its locks, its tokens' cache, and what a test reads from it and does to it.
//!
//! Invariant: clones are the same account. No lock of this file is held across an await.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;

use super::{Account, Ban, Battery, Mishap, access_key, ledger::Ledger, lock::GenerationLock};

/// One account of a running fake.
#[derive(Clone)]
pub struct Holder {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    email: String,
    password: Option<String>,
    /// Derived at the first login that asks for it, for it is slow on purpose.
    access_key: OnceLock<Option<String>>,
    ledger: Mutex<Ledger>,
    ban: Mutex<Option<Ban>>,
    /// Keys of the images that this account's cache has.
    cached: Mutex<HashSet<String>>,
    mishaps: Mutex<VecDeque<Mishap>>,
    main_lock: GenerationLock,
    text_lock: GenerationLock,
    images: AtomicUsize,
}

impl Holder {
    pub(crate) fn new(id: String, account: Account) -> Holder {
        let ledger = Ledger {
            tier: account.tier,
            active: account.active,
            fixed: account.fixed_anlas,
            purchased: account.purchased_anlas,
            battery: account.battery,
        };
        let inner = Inner {
            id,
            email: account.email,
            password: account.password,
            access_key: OnceLock::new(),
            ledger: Mutex::new(ledger),
            ban: Mutex::new(account.ban),
            cached: Mutex::default(),
            mishaps: Mutex::default(),
            main_lock: GenerationLock::new(),
            text_lock: GenerationLock::new(),
            images: AtomicUsize::new(0),
        };
        Holder {
            inner: Arc::new(inner),
        }
    }

    pub fn email(&self) -> &str {
        &self.inner.email
    }

    /// Anlas in all.
    pub fn anlas(&self) -> u32 {
        self.inner.ledger.lock().anlas()
    }

    /// Sets the Anlas of the grant and the bought ones.
    pub fn set_anlas(&self, fixed: u32, purchased: u32) {
        let mut ledger = self.inner.ledger.lock();
        (ledger.fixed, ledger.purchased) = (fixed, purchased);
    }

    pub fn battery(&self) -> Battery {
        self.inner.ledger.lock().battery
    }

    pub fn set_battery(&self, battery: Battery) {
        self.inner.ledger.lock().battery = battery;
    }

    /// Starts or ends the subscription; the tier stays.
    pub fn set_active(&self, active: bool) {
        self.inner.ledger.lock().active = active;
    }

    pub fn set_ban(&self, ban: Option<Ban>) {
        *self.inner.ban.lock() = ban;
    }

    /// What is to go wrong in this account's next stream that has no mishap yet.
    pub fn script_stream(&self, mishap: Mishap) {
        self.inner.mishaps.lock().push_back(mishap);
    }

    /// Work that was begun: images, tools and texts.
    pub fn generations(&self) -> usize {
        self.inner.main_lock.started() + self.inner.text_lock.started()
    }

    /// Images that were made to the end, whether or not their client was still there.
    pub fn images(&self) -> usize {
        self.inner.images.load(Ordering::Relaxed)
    }

    /// How often the lock refused: a relay that keeps its leases never makes this more than 0.
    pub fn lock_refusals(&self) -> usize {
        self.inner.main_lock.refused() + self.inner.text_lock.refused()
    }

    /// The most generations at once that one lock of this account has seen.
    pub fn most_at_once(&self) -> usize {
        self.inner
            .main_lock
            .most_at_once()
            .max(self.inner.text_lock.most_at_once())
    }

    /// Whether a generation runs.
    pub fn is_busy(&self) -> bool {
        self.inner.main_lock.is_held() || self.inner.text_lock.is_held()
    }

    /// Until a generation has the main lock.
    pub async fn until_busy(&self) {
        self.inner.main_lock.until_held(true).await;
    }

    /// Until no generation runs.
    pub async fn until_idle(&self) {
        self.inner.main_lock.until_held(false).await;
        self.inner.text_lock.until_held(false).await;
    }

    pub(crate) fn id(&self) -> &str {
        &self.inner.id
    }

    pub(crate) fn ban(&self) -> Option<Ban> {
        self.inner.ban.lock().clone()
    }

    pub(crate) fn has_password(&self) -> bool {
        self.inner.password.is_some()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.inner.ledger.lock().clone()
    }

    pub(crate) fn with_ledger<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        change(&mut self.inner.ledger.lock())
    }

    pub(crate) fn count_images(&self, images: usize) {
        self.inner.images.fetch_add(images, Ordering::Relaxed);
    }

    pub(crate) fn next_mishap(&self) -> Option<Mishap> {
        self.inner.mishaps.lock().pop_front()
    }

    pub(crate) fn main_lock(&self) -> &GenerationLock {
        &self.inner.main_lock
    }

    pub(crate) fn text_lock(&self) -> &GenerationLock {
        &self.inner.text_lock
    }

    pub(crate) fn has_cached(&self, key: &str) -> bool {
        self.inner.cached.lock().contains(key)
    }

    pub(crate) fn cache(&self, key: String) {
        self.inner.cached.lock().insert(key);
    }

    pub(crate) fn is_opened_by(&self, key: &str) -> bool {
        let derive = || access_key::derive(&self.inner.email, self.inner.password.as_deref()?).ok();
        self.inner.access_key.get_or_init(derive).as_deref() == Some(key)
    }

    pub(crate) fn is(&self, other: &Holder) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder")
            .field("email", &self.inner.email)
            .finish_non_exhaustive()
    }
}
