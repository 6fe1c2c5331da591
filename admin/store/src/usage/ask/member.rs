//! What a sum is of.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::usage::{Endpoint, StatusClass};

use crate::dialect::usage::Cell;
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::book::Dim;
use crate::usage::names::Names;

/// What a sum is of. `None` where requests had none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// The upstream.
    Upstream(Option<Arc<str>>),
    /// The node.
    Node(Option<Arc<str>>),
    /// The model.
    Model(Option<Arc<str>>),
    /// What was asked for.
    Endpoint(Endpoint),
    /// How it ended.
    Class(StatusClass),
    /// The relay's own reason to refuse it.
    Code(Option<Arc<str>>),
    /// Who asked.
    User(Option<UserId>),
    /// With which client key.
    ClientKey(Option<ClientKeyId>),
    /// Which pool key served.
    PoolKey(PoolKeyId),
}

impl Member {
    fn read(dim: Dim, number: i64, names: &Names) -> Self {
        let id = Some(number).filter(|number| *number != 0);
        match dim {
            Dim::Upstream => Self::Upstream(names.name(number)),
            Dim::Node => Self::Node(names.name(number)),
            Dim::Model => Self::Model(names.name(number)),
            Dim::Endpoint => Self::Endpoint(Endpoint::numbered(number)),
            Dim::Class => Self::Class(class(number)),
            Dim::Code => Self::Code(names.name(number)),
            Dim::User => Self::User(id.map(UserId)),
            Dim::ClientKey => Self::ClientKey(id.map(ClientKeyId)),
            Dim::PoolKey => Self::PoolKey(PoolKeyId(number)),
        }
    }
}

/// The class with that number; a number of a later program is a refusal.
fn class(number: i64) -> StatusClass {
    let place = usize::try_from(number).ok();
    place
        .and_then(|place| StatusClass::ALL.get(place).copied())
        .unwrap_or(StatusClass::Refused)
}

pub(super) fn int(cell: &Cell) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        Cell::Null | Cell::Text(_) | Cell::Bytes(_) => 0,
    }
}

impl UsageStore {
    /// Makes sure that the names in these columns are known here.
    pub(super) async fn know(&self, by: &[Dim], rows: &[&[Cell]]) -> Result<(), StoreError> {
        let named = |dim: &Dim| matches!(dim, Dim::Upstream | Dim::Node | Dim::Model | Dim::Code);
        let cells = rows
            .iter()
            .flat_map(|row| by.iter().zip(*row).filter(|(dim, _)| named(dim)));
        if !self.names.has_all(cells.map(|(_, cell)| int(cell))) {
            self.names.load(&self.books).await?;
        }
        Ok(())
    }

    pub(super) fn members(&self, by: &[Dim], cells: &[Cell]) -> Vec<Member> {
        let member = |(dim, cell): (&Dim, &Cell)| Member::read(*dim, int(cell), &self.names);
        by.iter().zip(cells).map(member).collect()
    }
}
