//! Virtual time: how much work a user of weight 1 would have got.

/// One request of a user of weight 1. Fine enough for weights up to a million, and wide enough for
/// 10^13 requests without a pause.
const REQUEST: u64 = 1 << 20;

/// A point in virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag(u64);

impl Tag {
    /// Where a user of this weight stands after one more request.
    pub(super) fn after_one(self, weight: u32) -> Self {
        Self(self.0.saturating_add((REQUEST / u64::from(weight.max(1))).max(1)))
    }
}

/// The virtual time now: with each request that is served it goes on by one request over all weights that
/// wait, as far as everybody's tag does on average, and never stays behind whoever was served.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock(Tag);

impl Clock {
    /// A request with this tag is served while so much weight waits.
    pub(super) fn pass(&mut self, weight: u64, tag: Tag) {
        let on = self.0.0.saturating_add(REQUEST / weight.max(1));
        self.0 = Tag(on).max(tag);
    }

    /// Whether a user of that tag has had more than its due so far.
    pub(super) fn is_behind(&self, tag: Tag) -> bool {
        self.0 < tag
    }

    /// Where somebody begins who begins to wait: nothing is owed for the time before.
    pub(super) fn not_behind(&self, tag: Tag) -> Tag {
        tag.max(self.0)
    }
}
