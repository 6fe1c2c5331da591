//! The requests of one user that wait, by class, each in the order in which they came.

use std::collections::VecDeque;

use super::tag::Tag;
use super::{Share, WaiterId};

/// One user's line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    share: Share,
    tag: Tag,
    /// By class; never an empty one.
    waiting: Vec<(usize, VecDeque<WaiterId>)>,
    len: usize,
}

impl Line {
    pub(super) fn new(share: Share, tag: Tag) -> Self {
        Self {
            share,
            tag,
            waiting: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn share(&self) -> Share {
        self.share
    }

    pub(super) fn tag(&self) -> Tag {
        self.tag
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The first of each class.
    pub(super) fn heads(&self) -> impl Iterator<Item = (usize, WaiterId)> {
        self.waiting
            .iter()
            .filter_map(|(class, waiting)| Some((*class, *waiting.front()?)))
    }

    pub(super) fn newest(&self) -> Option<WaiterId> {
        self.waiting
            .iter()
            .filter_map(|(_, waiting)| waiting.back())
            .max()
            .copied()
    }

    pub(super) fn push(&mut self, class: usize, id: WaiterId) {
        self.len += 1;
        match self.waiting.iter_mut().find(|(of, _)| *of == class) {
            Some((_, waiting)) => waiting.push_back(id),
            None => self.waiting.push((class, VecDeque::from([id]))),
        }
    }

    pub(super) fn remove(&mut self, class: usize, id: WaiterId) {
        let Some((_, waiting)) = self.waiting.iter_mut().find(|(of, _)| *of == class) else {
            return;
        };
        // In order of age, since ids only grow.
        if let Ok(place) = waiting.binary_search(&id) {
            waiting.remove(place);
            self.len -= 1;
        }
        self.waiting.retain(|(_, waiting)| !waiting.is_empty());
    }

    /// One request was served.
    pub(super) fn move_on(&mut self) {
        self.tag = self.tag.after_one(match self.share {
            Share::Guest => 1,
            Share::Weight(weight) => weight,
        });
    }
}
