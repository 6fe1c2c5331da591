//! Keys that are alike in all that decides whether they may serve a request, but for what they can
//! spend and whether they are busy. A request looks at each cohort once and never at each key.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::nodes::Nodes;
use super::ready::{Ready, Standing};
use super::tree::Tree;
use super::{Slot, Want};
use crate::model::PoolKey;
use crate::time::Moment;

/// On which images a key's first sample is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum FreeSample {
    Never,
    /// On all but those of V5.
    BeforeV5,
    Always,
}

/// Where keys may go: the hosts that they were brought for, and which nodes those are now.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// In order, each once.
    origins: Arc<[Box<str>]>,
    /// Slots of nodes that get new requests.
    pub(super) nodes: Arc<[usize]>,
}

impl PartialEq for Bound {
    /// The nodes follow from the origins.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.origins, &other.origins) || self.origins == other.origins
    }
}

impl Eq for Bound {}

impl Bound {
    pub(super) fn new(origins: &Arc<[Box<str>]>, nodes: &Nodes) -> Self {
        let origins = if origins.is_sorted_by(|one, next| one < next) {
            Arc::clone(origins)
        } else {
            let mut sorted = origins.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            sorted.into()
        };
        let nodes = nodes.bound_to(&origins);
        Self { origins, nodes }
    }

    /// Looks anew which nodes the origins are.
    pub(super) fn renew(&mut self, nodes: &Nodes) {
        self.nodes = nodes.bound_to(&self.origins);
    }
}

/// What the keys of a cohort have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    operator_owned: bool,
    free_sample: FreeSample,
    pub(super) bound: Bound,
    /// Models that rest on them, sorted.
    barred: Box<[Box<str>]>,
}

impl Traits {
    pub(super) fn of(key: &PoolKey, slot: &Slot, bound: Bound) -> Self {
        let free = |v5| key.account.is_some_and(|account| account.has_free_sample(v5));
        let free_sample = match (free(false), free(true)) {
            (true, true) => FreeSample::Always,
            (true, false) => FreeSample::BeforeV5,
            (false, _) => FreeSample::Never,
        };
        Self {
            operator_owned: key.operator_owned,
            free_sample,
            bound,
            barred: slot.barred_models(),
        }
    }

    /// Whether these keys could serve the request now, were they idle and did they have enough.
    pub(super) fn could_serve(&self, want: &Want<'_>, nodes: &Nodes) -> bool {
        self.suit(want, nodes) && self.cost(want) <= want.most && !self.bar(want)
    }

    /// Whether these keys are of a kind that may serve the request at all.
    pub(super) fn suit(&self, want: &Want<'_>, nodes: &Nodes) -> bool {
        (self.operator_owned || !want.operator_owned_only) && nodes.could_serve(want, &self.bound.nodes)
    }

    /// Whether the model that is asked for rests on them.
    fn bar(&self, want: &Want<'_>) -> bool {
        let barred = |model: &str| self.barred.iter().any(|barred| **barred == *model);
        want.model.is_some_and(barred)
    }

    /// Anlas that the request costs on them.
    pub(super) fn cost(&self, want: &Want<'_>) -> u32 {
        want.price.on(match self.free_sample {
            FreeSample::Never => false,
            FreeSample::BeforeV5 => !want.price.v5,
            FreeSample::Always => true,
        })
    }
}

#[derive(Debug)]
pub(super) struct Cohort {
    pub(super) traits: Traits,
    pub(super) members: usize,
    /// Leases that are out on its members.
    pub(super) in_flight: u32,
    pub(super) ready: Ready,
    /// When members change by themselves.
    pub(super) turns: BTreeSet<(Moment, usize)>,
    /// What each member could spend if it were idle, and one more; or more than that, where it has spent
    /// something since.
    could: Tree,
}

impl Cohort {
    pub(super) fn new(traits: Traits) -> Self {
        Self {
            traits,
            members: 0,
            in_flight: 0,
            ready: Ready::default(),
            turns: BTreeSet::new(),
            could: Tree::default(),
        }
    }

    pub(super) fn place(&mut self, index: usize, slot: &mut Slot, standing: Standing, could: u32) {
        self.ready.place(index, slot.listed, standing);
        slot.listed = standing;
        // What has become less is found out by whoever asks: most leases spend, and few are refused.
        if could > slot.could || could == 0 {
            self.put_right(index, slot, could);
        }
    }

    /// Whether a member that is busy or resting could pay that.
    pub(super) fn could_pay(&mut self, anlas: u32, slots: &mut [Slot]) -> bool {
        let need = anlas.saturating_add(1);
        while let Some(index) = self.could.first(need) {
            let Some(slot) = slots.get_mut(index) else {
                return false;
            };
            let could = slot.could_spend();
            if could >= need {
                return true;
            }
            self.put_right(index, slot, could);
        }
        false
    }

    fn put_right(&mut self, index: usize, slot: &mut Slot, could: u32) {
        if slot.could != could {
            self.could.set(index, could);
            slot.could = could;
        }
    }
}
