//! Which sums are kept: a few tables, each by as few things as what is asked of it needs.
//!
//! Invariant: no table has both a person and a pool key, so no sum tells who used whose key.

use super::level::Level;

/// What sums are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dim {
    /// The upstream.
    Upstream,
    /// The node of the last attempt.
    Node,
    /// The model.
    Model,
    /// What was asked for.
    Endpoint,
    /// How it ended.
    Class,
    /// The relay's own reason to refuse it.
    Code,
    /// Who asked.
    User,
    /// With which client key.
    ClientKey,
    /// Which pool key served.
    PoolKey,
}

impl Dim {
    /// Its column.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Node => "node",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
            Self::Class => "class",
            Self::Code => "code",
            Self::User => "user_id",
            Self::ClientKey => "client_key_id",
            Self::PoolKey => "pool_key_id",
        }
    }

    /// Whether there are as many of it as there are people or keys, so that sums by it are many rows.
    pub(crate) const fn is_wide(self) -> bool {
        match self {
            Self::User | Self::ClientKey | Self::PoolKey => true,
            Self::Upstream | Self::Node | Self::Model | Self::Endpoint | Self::Class | Self::Code => false,
        }
    }
}

/// A table of sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Book {
    /// Everything, in few rows.
    Class,
    /// What the relay refused, by its reason.
    Code,
    /// Everything, by what was asked of which node.
    Node,
    /// Everything, by who asked.
    ClientKey,
    /// Everything, by who asked for what.
    ClientKeyAndModel,
    /// What pool keys served, by which.
    PoolKey,
    /// What pool keys served, by which and what it was.
    PoolKeyAndModel,
}

impl Book {
    /// From the narrowest on.
    pub(crate) const ALL: [Self; 7] = [
        Self::Class,
        Self::Code,
        Self::Node,
        Self::PoolKey,
        Self::ClientKey,
        Self::PoolKeyAndModel,
        Self::ClientKeyAndModel,
    ];

    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Class => "usage_by_class",
            Self::Code => "usage_by_code",
            Self::Node => "usage_by_node",
            Self::ClientKey => "usage_by_client_key",
            Self::ClientKeyAndModel => "usage_by_client_key_and_model",
            Self::PoolKey => "usage_by_pool_key",
            Self::PoolKeyAndModel => "usage_by_pool_key_and_model",
        }
    }

    /// What it is kept by, in the order of its key.
    pub(crate) const fn dims(self) -> &'static [Dim] {
        match self {
            Self::Class => &[Dim::Upstream, Dim::Class],
            Self::Code => &[Dim::Upstream, Dim::Class, Dim::Code],
            Self::Node => &[Dim::Upstream, Dim::Node, Dim::Model, Dim::Endpoint, Dim::Class],
            Self::ClientKey => &[Dim::User, Dim::ClientKey, Dim::Class],
            Self::ClientKeyAndModel => &[
                Dim::Model,
                Dim::User,
                Dim::ClientKey,
                Dim::Upstream,
                Dim::Endpoint,
                Dim::Class,
            ],
            Self::PoolKey => &[Dim::PoolKey, Dim::Upstream, Dim::Class],
            Self::PoolKeyAndModel => &[Dim::Model, Dim::PoolKey, Dim::Upstream, Dim::Endpoint, Dim::Class],
        }
    }

    /// How fine its sums are. A minute of each key and model would be nearly as many rows as there are requests, and so
    /// would an hour of each pool key and model.
    pub(crate) const fn levels(self) -> &'static [Level] {
        match self {
            Self::Class | Self::Node | Self::ClientKey | Self::PoolKey => &Level::ALL,
            Self::Code | Self::ClientKeyAndModel => &[Level::Hour, Level::Day],
            Self::PoolKeyAndModel => &[Level::Day],
        }
    }

    /// What a request must have to be in it, where not every request is: who has nothing of that asks others.
    pub(crate) const fn needs(self) -> Option<Dim> {
        match self {
            Self::PoolKey | Self::PoolKeyAndModel => Some(Dim::PoolKey),
            Self::Code => Some(Dim::Code),
            Self::Class | Self::Node | Self::ClientKey | Self::ClientKeyAndModel => None,
        }
    }

    /// The key's columns.
    pub(crate) fn key(self) -> Vec<&'static str> {
        let dims = self.dims().iter().map(|dim| dim.column());
        ["level", "bucket"].into_iter().chain(dims).collect()
    }

    /// Whether what one model has of a bucket lies in one piece.
    pub(crate) const fn lies_by_model(self) -> bool {
        match self {
            Self::ClientKeyAndModel | Self::PoolKeyAndModel => true,
            Self::Class | Self::Code | Self::Node | Self::ClientKey | Self::PoolKey => false,
        }
    }

    /// The narrowest that has all of these; `None` where none has.
    pub(crate) fn having(dims: impl IntoIterator<Item = Dim>) -> Option<Self> {
        let wanted: Vec<Dim> = dims.into_iter().collect();
        let has = |book: &Self| {
            // What no pool key served is not in that table: it answers only who asks for pool keys.
            let asked = book.needs().is_none_or(|dim| wanted.contains(&dim));
            asked && wanted.iter().all(|dim| book.dims().contains(dim))
        };
        Self::ALL.into_iter().find(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_table_answers() {
        assert_eq!(Book::having([]), Some(Book::Class));
        assert_eq!(Book::having([Dim::Class]), Some(Book::Class));
        assert_eq!(Book::having([Dim::Model, Dim::Class]), Some(Book::Node));
        assert_eq!(Book::having([Dim::User, Dim::Class]), Some(Book::ClientKey));
        assert_eq!(
            Book::having([Dim::User, Dim::Model]),
            Some(Book::ClientKeyAndModel)
        );
        assert_eq!(Book::having([Dim::PoolKey]), Some(Book::PoolKey));
        assert_eq!(Book::having([Dim::Code, Dim::Upstream]), Some(Book::Code));
        assert_eq!(Book::having([Dim::Code, Dim::User]), None);
        assert_eq!(
            Book::having([Dim::PoolKey, Dim::Model]),
            Some(Book::PoolKeyAndModel)
        );
    }

    #[test]
    fn nobody_learns_who_used_whose_key() {
        assert_eq!(Book::having([Dim::User, Dim::PoolKey]), None);
        assert_eq!(Book::having([Dim::ClientKey, Dim::PoolKey]), None);
    }
}
