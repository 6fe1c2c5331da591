//! Which things an act on many is about, with what would become of each.

use std::collections::BTreeSet;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::model::{ClientKeyState, PoolKeyState};
use potluck_store::table::client_keys::ClientKeyRow;
use potluck_store::table::jobs::{JobItem as StoredItem, OPEN};
use potluck_store::table::pool_keys::PoolKeyRow;
use potluck_store::table::users::{UserFilter, UserRole, UserRow};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::decide::{self, Decision, GONE};
use super::{as_fields, decide::of_client_key};
use crate::api::{
    ClientKeyFilter, ClientKeysAct, Condition, JobItem, MAX_PAGE, PoolKeyFilter, PoolKeysAct, UsersAct,
    UsersFilter,
};
use crate::control::holds::Hand;
use crate::control::{Control, fields};
use crate::error::ControlError;

/// Things that can be named one by one.
const MOST_IDS: usize = 10_000;

/// What is meant: these, or all that fit.
pub(super) enum Which<I, F> {
    These(BTreeSet<I>),
    Fitting(F),
}

impl<I: Ord, F: Serialize> Which<I, F> {
    /// Reads what was sent: one of both.
    pub(super) fn of(ids: Option<Vec<I>>, filter: Option<F>) -> Result<Self, ControlError> {
        match (ids, filter) {
            (Some(ids), None) if ids.len() > MOST_IDS => Err(ControlError::invalid(
                "ids",
                format!("must be at most {MOST_IDS}; use a filter"),
            )),
            (Some(ids), None) => Ok(Self::These(ids.into_iter().collect())),
            (None, Some(filter)) => Ok(Self::Fitting(filter)),
            (None, None) | (Some(_), Some(_)) => {
                let why = "must be there, or `ids`, and not both; an empty filter fits all";
                Err(ControlError::invalid("filter", why))
            }
        }
    }

    /// The filter's fields, to be kept with the job.
    pub(super) fn filter_fields(&self) -> Option<Map<String, Value>> {
        match self {
            Self::These(_) => None,
            Self::Fitting(filter) => Some(as_fields(filter)),
        }
    }
}

/// One thing that is meant.
#[derive(Clone, Debug)]
pub(in crate::control) struct Meant {
    pub(super) item: i64,
    pub(super) name: String,
    pub(super) decision: Decision,
}

impl Meant {
    /// One that was decided before and is tried again.
    pub(in crate::control) fn again(item: &StoredItem) -> Self {
        Self {
            item: item.item,
            name: name_of(item),
            decision: Decision::Do,
        }
    }

    fn gone(item: i64) -> Self {
        Self {
            item,
            name: String::new(),
            decision: GONE,
        }
    }

    /// As an item of a job that has begun.
    pub(super) fn open(self) -> StoredItem {
        StoredItem {
            item: self.item,
            state: OPEN.to_owned(),
            detail: detail(&self.name, None),
        }
    }
}

impl From<Meant> for JobItem {
    fn from(meant: Meant) -> Self {
        Self {
            item: meant.item,
            name: meant.name,
            state: meant.decision.state(),
            why: meant.decision.why().map(str::to_owned),
        }
    }
}

/// What is kept of an item besides its state.
pub(super) fn detail(name: &str, why: Option<&str>) -> Value {
    match (name, why) {
        ("", None) => Value::Null,
        ("", Some(why)) => json!({ "why": why }),
        (name, None) => json!({ "name": name }),
        (name, Some(why)) => json!({ "name": name, "why": why }),
    }
}

pub(in crate::control) fn name_of(item: &StoredItem) -> String {
    let name = item.detail.get("name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

impl Control {
    pub(super) async fn meant_pool_keys(
        &self,
        beginner: Option<UserId>,
        act: PoolKeysAct,
        which: Which<PoolKeyId, PoolKeyFilter>,
    ) -> Result<Vec<Meant>, ControlError> {
        let admins = self.admins().await?;
        let meant = |row: &PoolKeyRow| {
            let hand = Hand::Admin {
                by: beginner,
                owns: admins.contains(&row.contributor) || beginner == Some(row.contributor),
                reason: None,
            };
            Meant {
                item: row.id.0,
                name: row.label.clone(),
                decision: decide::of_pool_key(act, row, &hand),
            }
        };
        let mut all = Vec::new();
        match which {
            Which::These(ids) => {
                for id in ids {
                    let row = self.store.pool_key(id).await?;
                    all.push(row.as_ref().map_or(Meant::gone(id.0), meant));
                }
            }
            Which::Fitting(filter) => {
                let withdrawn_too = filter.state == Some(Condition::Withdrawn);
                let mut after = PoolKeyId(0);
                loop {
                    let rows = self.fitting_pool_keys(&filter, after, MAX_PAGE).await?;
                    let Some(last) = rows.last() else { break };
                    after = last.id;
                    let living = |row: &&PoolKeyRow| withdrawn_too || row.state != PoolKeyState::Withdrawn;
                    all.extend(rows.iter().filter(living).map(meant));
                }
            }
        }
        Ok(all)
    }

    /// Everybody who is an admin: what they have brought belongs to the operators together.
    async fn admins(&self) -> Result<BTreeSet<UserId>, ControlError> {
        let filter = UserFilter {
            role: Some(UserRole::Admin),
            ..UserFilter::default()
        };
        let rows = self.store.find_users(&filter, UserId(0), u32::MAX).await?;
        Ok(rows.into_iter().map(|row| row.user.id).collect())
    }

    /// Pool keys that fit, by id above `after`, at most `limit`: also by what only the edge knows of them.
    pub(in crate::control) async fn fitting_pool_keys(
        &self,
        filter: &PoolKeyFilter,
        after: PoolKeyId,
        limit: u32,
    ) -> Result<Vec<PoolKeyRow>, ControlError> {
        if let Some(name) = &filter.upstream {
            fields::upstream(&self.upstreams(), name)?;
        }
        let stored = filter.stored();
        let (mut after, mut fitting) = (after, Vec::new());
        loop {
            let rows = self.store.find_pool_keys(&stored, after, limit).await?;
            let full = rows.len() >= limit as usize;
            after = rows.last().map_or(after, |row| row.id);
            let fits = |row: &PoolKeyRow| filter.state.is_none_or(|state| self.is_so(row, state));
            fitting.extend(rows.into_iter().filter(fits));
            if !full || fitting.len() >= limit as usize {
                fitting.truncate(limit as usize);
                return Ok(fitting);
            }
        }
    }

    pub(super) async fn meant_client_keys(
        &self,
        act: ClientKeysAct,
        which: Which<ClientKeyId, ClientKeyFilter>,
    ) -> Result<Vec<Meant>, ControlError> {
        let meant = |row: &ClientKeyRow| Meant {
            item: row.key.id.0,
            name: row.name.clone(),
            decision: of_client_key(act, row.key.state),
        };
        let mut all = Vec::new();
        match which {
            Which::These(ids) => {
                for id in ids {
                    let row = self.store.client_key(id).await?;
                    let row = row.filter(|row| row.purpose.is_none());
                    all.push(row.as_ref().map_or(Meant::gone(id.0), meant));
                }
            }
            Which::Fitting(filter) => {
                let revoked_too = filter.state == Some(ClientKeyState::Revoked);
                let stored = filter.stored();
                let mut after = ClientKeyId(0);
                loop {
                    let rows = self.store.find_client_keys(&stored, after, MAX_PAGE).await?;
                    let Some(last) = rows.last() else { break };
                    after = last.key.id;
                    let living =
                        |row: &&ClientKeyRow| revoked_too || row.key.state != ClientKeyState::Revoked;
                    all.extend(rows.iter().filter(living).map(meant));
                }
            }
        }
        Ok(all)
    }

    pub(super) async fn meant_users(
        &self,
        beginner: Option<UserId>,
        act: UsersAct,
        which: Which<UserId, UsersFilter>,
    ) -> Result<Vec<Meant>, ControlError> {
        let meant = |row: &UserRow| Meant {
            item: row.user.id.0,
            name: row.name.clone(),
            decision: decide::of_user(act, row.user.id, row.user.enabled, beginner),
        };
        let mut all = Vec::new();
        match which {
            Which::These(ids) => {
                for id in ids {
                    let row = self.store.living_user(id).await?;
                    all.push(row.as_ref().map_or(Meant::gone(id.0), meant));
                }
            }
            Which::Fitting(filter) => {
                let stored = filter.stored();
                let mut after = UserId(0);
                loop {
                    let rows = self.store.find_users(&stored, after, MAX_PAGE).await?;
                    let Some(last) = rows.last() else { break };
                    after = last.user.id;
                    all.extend(rows.iter().map(meant));
                }
            }
        }
        Ok(all)
    }
}
