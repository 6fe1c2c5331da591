//! Names that clients and upstreams make up, such as models: each kept once, and no more than a bound.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

/// Names that are kept. Those of all providers together are some hundreds.
const MOST: usize = 2048;
/// Bytes of a name.
const LONGEST: usize = 64;
/// What stands for a name that is not kept.
const OTHER: &str = "(other)";

/// A name that was looked up.
pub(super) enum Name {
    Known(Arc<str>),
    New(Box<str>),
}

/// The names that are kept.
pub(super) struct Names {
    /// Replaced as a whole when a name is new, which is seldom; looking up takes no lock.
    known: ArcSwap<HashSet<Arc<str>>>,
    other: Arc<str>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            known: ArcSwap::default(),
            other: OTHER.into(),
        }
    }
}

impl Names {
    pub(super) fn look_up(&self, name: &str) -> Name {
        let name = name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default();
        let known = self.known.load().get(name).map(Arc::clone);
        known.map_or_else(|| Name::New(name.into()), Name::Known)
    }

    /// The name to write down. A new one is kept where `admit` says that it is one: whoever asks for what there is
    /// not shall not fill the table.
    pub(super) fn known(&self, name: Name, admit: bool) -> Arc<str> {
        match name {
            Name::Known(name) => name,
            Name::New(name) if admit && self.keep(&name) => name.into(),
            Name::New(_) => Arc::clone(&self.other),
        }
    }

    fn keep(&self, name: &str) -> bool {
        if self.known.load().len() >= MOST {
            return false;
        }
        let name: Arc<str> = name.into();
        self.known.rcu(|known| {
            let mut known = HashSet::clone(known);
            known.insert(Arc::clone(&name));
            known
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_only_if_it_is_one() {
        let names = Names::default();
        assert_eq!(&*names.known(names.look_up("gpt-5"), false), "(other)");
        assert_eq!(&*names.known(names.look_up("gpt-5"), true), "gpt-5");
        let one = names.known(names.look_up("gpt-5"), false);
        let other = names.known(names.look_up("gpt-5"), false);
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(names.known(names.look_up(&"ä".repeat(40)), true).len(), 64);
    }

    #[test]
    fn over_the_bound_a_new_name_is_just_another() {
        let names = Names::default();
        let kept: HashSet<Arc<str>> = (0..MOST).map(|n| format!("m{n}").into()).collect();
        names.known.store(Arc::new(kept));
        assert_eq!(&*names.known(names.look_up("new"), true), "(other)");
        assert_eq!(&*names.known(names.look_up("m7"), true), "m7");
    }
}
