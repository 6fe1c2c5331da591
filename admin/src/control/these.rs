//! Those of some things that fit a list, for whoever holds its pages and hears that these have changed.
//!
//! Invariant: each is looked up by its id, for they may lie far apart in a long list.

use std::collections::BTreeSet;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_store::table::users::UserFilter;

use super::{Control, fields};
use crate::api::{Page, PoolKey, PoolKeyFilter, User};
use crate::error::ControlError;

impl Control {
    /// Those of these pool keys that fit, each once and by id, also by what only the edge knows of them.
    pub(super) async fn pool_keys_of_these(
        &self,
        filter: &PoolKeyFilter,
        ids: Vec<i64>,
    ) -> Result<Page<PoolKey>, ControlError> {
        if let Some(name) = &filter.upstream {
            fields::upstream(&self.upstreams(), name)?;
        }
        let mut stored = filter.stored();
        let mut items = Vec::with_capacity(ids.len());
        for id in BTreeSet::from_iter(ids) {
            stored.up_to = Some(PoolKeyId(id));
            let rows = self
                .store
                .find_pool_keys(&stored, PoolKeyId(id.saturating_sub(1)), 1);
            for row in rows.await? {
                if filter.state.is_none_or(|state| self.is_so(&row, state)) {
                    items.push(self.told(row).await?);
                }
            }
        }
        Ok(Page::whole(items))
    }

    /// Those of these users that fit, each once and by id.
    pub(super) async fn users_of_these(
        &self,
        mut filter: UserFilter,
        ids: Vec<i64>,
    ) -> Result<Page<User>, ControlError> {
        let mut items = Vec::with_capacity(ids.len());
        for id in BTreeSet::from_iter(ids) {
            filter.up_to = Some(UserId(id));
            let rows = self.store.find_users(&filter, UserId(id.saturating_sub(1)), 1);
            items.extend(rows.await?.into_iter().map(User::from));
        }
        Ok(Page::whole(items))
    }
}
