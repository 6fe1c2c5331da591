//! Of which requests.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::rejection::Code;
use potluck_filters::usage::{Endpoint, StatusClass};

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::book::Dim;
use crate::usage::names::Kind;
use crate::usage::row::place;

/// Of which requests: all that fit everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this user.
    pub user: Option<UserId>,
    /// With this client key.
    pub client_key: Option<ClientKeyId>,
    /// Served by one of these pool keys; `None` by any or by none.
    pub pool_keys: Option<Vec<PoolKeyId>>,
    /// Of this upstream.
    pub upstream: Option<Arc<str>>,
    /// Of this node.
    pub node: Option<Arc<str>>,
    /// Of this model.
    pub model: Option<Arc<str>>,
    /// Of this kind.
    pub endpoint: Option<Endpoint>,
    /// That ended so.
    pub class: Option<StatusClass>,
    /// That the relay refused for this reason.
    pub code: Option<Code>,
}

/// A filter in the numbers of the books: what must be one of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conditions(Vec<(Dim, Vec<i64>)>);

/// What no row has.
const NOBODY: i64 = -1;

impl Filter {
    fn named(&self) -> [(Dim, Kind, Option<&str>); 4] {
        [
            (Dim::Upstream, Kind::Upstream, self.upstream.as_deref()),
            (Dim::Node, Kind::Node, self.node.as_deref()),
            (Dim::Model, Kind::Model, self.model.as_deref()),
            (Dim::Code, Kind::Code, self.code.map(Code::as_str)),
        ]
    }
}

impl UsageStore {
    /// The filter in numbers. Other processes may have given some of which this one has not heard.
    pub(crate) async fn conditions(&self, filter: &Filter) -> Result<Conditions, StoreError> {
        let unknown = |(_, kind, name): (Dim, Kind, Option<&str>)| {
            name.is_some_and(|name| self.names.number(kind, name).is_none())
        };
        if filter.named().into_iter().any(unknown) {
            self.names.load(&self.books).await?;
        }
        let numbers = [
            (Dim::User, filter.user.map(|id| vec![id.0])),
            (Dim::ClientKey, filter.client_key.map(|id| vec![id.0])),
            (
                Dim::PoolKey,
                filter
                    .pool_keys
                    .as_ref()
                    .map(|ids| ids.iter().map(|id| id.0).collect()),
            ),
            (Dim::Endpoint, filter.endpoint.map(|one| vec![one.number()])),
            (
                Dim::Class,
                filter.class.map(|one| vec![place(StatusClass::ALL, &one)]),
            ),
        ];
        let names = filter.named().map(|(dim, kind, name)| {
            let number = |name: &str| vec![self.names.number(kind, name).unwrap_or(NOBODY)];
            (dim, name.map(number))
        });
        let set = numbers.into_iter().chain(names);
        Ok(Conditions(
            set.filter_map(|(dim, numbers)| Some((dim, numbers?))).collect(),
        ))
    }
}

impl Conditions {
    pub(crate) fn dims(&self) -> impl Iterator<Item = Dim> + '_ {
        self.0.iter().map(|(dim, _)| *dim)
    }

    /// As SQL behind other conditions.
    pub(crate) fn text(&self, question: &mut Question) -> String {
        let mut text = String::new();
        for (dim, numbers) in &self.0 {
            let mut words: Vec<String> = numbers
                .iter()
                .map(|number| question.value(Cell::Int(*number)))
                .collect();
            if words.is_empty() {
                words.push(question.value(Cell::Int(NOBODY)));
            }
            text += &match words.as_slice() {
                [one] => format!(" and {} = {one}", dim.column()),
                many => format!(" and {} in ({})", dim.column(), many.join(", ")),
            };
        }
        text
    }
}
