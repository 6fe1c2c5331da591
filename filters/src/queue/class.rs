//! Requests that wait and are alike to every key, by the turns of their users: the first of each user.

use std::collections::BTreeSet;

use super::tag::Tag;
use super::{Share, WaiterId};
use crate::id::UserId;

/// Requests that are alike to every key.
#[derive(Clone, Debug)]
pub(super) struct Class<C> {
    pub(super) of: C,
    /// Contributors by tag, then by who came first; and guests likewise among themselves.
    pub(super) members: BTreeSet<(Tag, WaiterId, UserId)>,
    pub(super) guests: BTreeSet<(Tag, WaiterId, UserId)>,
}

impl<C> Class<C> {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.guests.is_empty()
    }

    pub(super) fn side(&mut self, share: Share) -> &mut BTreeSet<(Tag, WaiterId, UserId)> {
        match share {
            Share::Guest => &mut self.guests,
            Share::Weight(_) => &mut self.members,
        }
    }
}
