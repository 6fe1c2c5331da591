//! Nodes that were added at run time, and configured ones about which something was said.
//!
//! Invariant: a row stays when its node is taken out, so that edges hear of that too. Metadata is for people and
//! their programs; no edge gets it.

mod plans;

use std::collections::BTreeMap;

use potluck_filters::id::Revision;
use potluck_filters::model::{BaseUrl, HttpVersion, Role};
use potluck_filters::pool::NodeState;
use potluck_filters::snapshot::NodePlans;
use sqlx::AnyConnection;

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
pub(crate) use plans::{changed, plans};

/// Where a node is that was added at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whom it serves.
    pub role: Role,
    /// Its base URL.
    pub url: BaseUrl,
    /// How it is spoken to.
    pub http: HttpVersion,
}

/// What was said at run time about one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// The upstream's name.
    pub upstream: String,
    /// Its name within the upstream.
    pub name: String,
    /// Where it is; `None`: where the configuration says.
    pub place: Option<Place>,
    /// How it is used.
    pub state: NodeState,
    /// What people noted about it.
    pub metadata: BTreeMap<String, String>,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// The change that touched the row last.
    pub revision: Revision,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    upstream: String,
    name: String,
    role: Option<String>,
    url: Option<String>,
    http: Option<String>,
    state: String,
    metadata: String,
    created_at: i64,
    revision: i64,
}

macro_rules! select {
    () => {
        "select id, upstream, name, role, url, http, state, metadata, created_at, revision from nodes "
    };
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Any => "any",
        Role::Image => "image",
        Role::Text => "text",
        Role::Api => "api",
    }
}

fn http_text(http: HttpVersion) -> &'static str {
    match http {
        HttpVersion::Auto => "auto",
        HttpVersion::H1 => "h1",
        HttpVersion::H2 => "h2",
    }
}

fn state_text(state: NodeState) -> &'static str {
    match state {
        NodeState::Active => "active",
        NodeState::Draining => "draining",
        NodeState::Removed => "removed",
    }
}

fn parse<T: Copy>(all: &[T], text: fn(T) -> &'static str, written: &str) -> Option<T> {
    all.iter().copied().find(|one| text(*one) == written)
}

const ROLES: [Role; 4] = [Role::Any, Role::Image, Role::Text, Role::Api];
const VERSIONS: [HttpVersion; 3] = [HttpVersion::Auto, HttpVersion::H1, HttpVersion::H2];
const STATES: [NodeState; 3] = [NodeState::Active, NodeState::Draining, NodeState::Removed];

impl Row {
    fn read(self) -> Result<NodeRow, StoreError> {
        let metadata = self.cell("metadata").json(Some(&self.metadata))?;
        Ok(NodeRow {
            place: self.place()?,
            state: parse(&STATES, state_text, &self.state).ok_or_else(|| self.cell("state").unreadable())?,
            metadata: metadata.unwrap_or_default(),
            upstream: self.upstream,
            name: self.name,
            created_at: self.created_at,
            revision: Revision(self.revision),
        })
    }

    fn place(&self) -> Result<Option<Place>, StoreError> {
        let (Some(role), Some(url), Some(http)) = (&self.role, &self.url, &self.http) else {
            return Ok(None);
        };
        let role = parse(&ROLES, role_text, role);
        let http = parse(&VERSIONS, http_text, http);
        Ok(Some(Place {
            role: role.ok_or_else(|| self.cell("role").unreadable())?,
            url: url.parse().map_err(|_| self.cell("url").unreadable())?,
            http: http.ok_or_else(|| self.cell("http").unreadable())?,
        }))
    }

    fn cell(&self, column: &'static str) -> Cell {
        cell(self.id, column)
    }
}

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "nodes";
    Cell { table, id, column }
}

/// All rows, in the order in which they were made.
async fn all(connection: &mut AnyConnection) -> Result<Vec<NodeRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(select!(), "order by id"))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

async fn of(connection: &mut AnyConnection, upstream: &str) -> Result<Vec<NodeRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(select!(), "where upstream = $1 order by id"))
        .bind(upstream.to_owned())
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

impl Store {
    /// What edges get to know about nodes, by upstream.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn node_plans(&self) -> Result<NodePlans, StoreError> {
        plans(&mut *self.pool.acquire().await?).await
    }

    /// What was said about the nodes of an upstream, in the order in which it was said first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes(&self, upstream: &str) -> Result<Vec<NodeRow>, StoreError> {
        of(&mut *self.pool.acquire().await?, upstream).await
    }
}

impl Change<'_> {
    /// What was said about the nodes of an upstream, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes(&mut self, upstream: &str) -> Result<Vec<NodeRow>, StoreError> {
        of(&mut self.tx, upstream).await
    }

    /// Writes what is said about a node. Its revision becomes that of the change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_node(&mut self, row: &NodeRow) -> Result<(), StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        let place = row.place.as_ref();
        sqlx::query(
            "insert into nodes (id, upstream, name, role, url, http, state, metadata, created_at, revision) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (upstream, name) do update set \
             role = excluded.role, url = excluded.url, http = excluded.http, state = excluded.state, \
             metadata = excluded.metadata, created_at = excluded.created_at, revision = excluded.revision",
        )
        .bind(id)
        .bind(row.upstream.as_str())
        .bind(row.name.as_str())
        .bind(place.map(|place| role_text(place.role)))
        .bind(place.map(|place| place.url.to_string()))
        .bind(place.map(|place| http_text(place.http)))
        .bind(state_text(row.state))
        .bind(cell(id, "metadata").json_text(&row.metadata)?)
        .bind(row.created_at)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
