//! Status: what an operator looks at.

use potluck_filters::finding::SpoolScene;
use potluck_filters::id::Revision;
use potluck_filters::model::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Registration, Route, RouteAccess};

/// Which database is in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// `sqlite` or `postgres`.
    pub kind: String,
    /// Tells it from a restored or new one.
    pub epoch: String,
    /// Its last change.
    pub revision: Revision,
}

/// What anybody may know of the relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// Which program it is; pages that were loaded from another one load themselves anew.
    pub build: String,
    /// What it is called, where that was set.
    pub name: Option<String>,
    /// What everybody is told, where there is something.
    pub notice: Option<String>,
    /// Where clients reach it, where that was configured.
    pub public_base_url: Option<String>,
    /// Who may register.
    pub registration: Registration,
    /// Which paths lead to what, longest first: what stands behind `public_base_url` in a program's settings.
    #[serde(default)]
    pub routes: Vec<RouteFacts>,
}

/// A path prefix that leads to an upstream, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteFacts {
    /// The prefix; `/` is everything else.
    pub prefix: String,
    /// The host that it is for; `null` is any.
    pub host: Option<String>,
    /// The upstream's name; where the model chooses, the first of them.
    pub upstream: String,
    /// What it speaks.
    pub kind: Kind,
    /// Who may use it.
    pub auth: RouteAccess,
}

impl RouteFacts {
    /// What anybody may know of a route; `None` where it leads nowhere.
    pub(crate) fn of(route: &Route) -> Option<Self> {
        let first = route.bounds.first()?;
        let main = route
            .bounds
            .iter()
            .find(|bounds| Some(&bounds.upstream) == route.upstream.as_ref());
        let leads_to = main.unwrap_or(first);
        Some(Self {
            prefix: route.prefix.clone(),
            host: route.host.clone(),
            upstream: leads_to.upstream.clone(),
            kind: leads_to.kind,
            auth: route.auth,
        })
    }
}

/// The books of usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Books {
    /// Bytes on disk, with all indexes and all sums.
    pub bytes: u64,
    /// Requests that are kept one by one.
    pub requests: u64,
}

/// Requests that have ended and wait on disk to be written into the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageSpool {
    /// Bytes that wait.
    pub bytes: u64,
    /// Bytes that may.
    pub most_bytes: u64,
    /// Requests that are in no books and never will be, since the start. Must be 0.
    pub lost: u64,
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The database.
    pub database: Database,
    /// The books; `null` where there are none, or they do not answer.
    pub books: Option<Books>,
    /// What waits to be written into them; `null` where no edge runs.
    pub spool: Option<UsageSpool>,
    /// What the edge says of itself; `null` where none runs.
    pub edge: serde_json::Value,
}

impl From<SpoolScene> for UsageSpool {
    fn from(spool: SpoolScene) -> Self {
        Self {
            bytes: spool.bytes,
            most_bytes: spool.most,
            lost: spool.lost,
        }
    }
}
