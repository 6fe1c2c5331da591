//! How far an `openai` upstream is open to the members of a pool.

/// What of an upstream's API may be reached. Other kinds than `openai` have rules of their own and are
/// always [`Opened::Stateless`] here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Opened {
    /// What keeps nothing under the pool key.
    #[default]
    Stateless,
    /// Stateful endpoints too: each member sees what that member made, and nothing else.
    Owned,
    /// Everything but account, organisation and credit endpoints. Only for pool keys that operators
    /// brought: members see each other's objects.
    All,
}
