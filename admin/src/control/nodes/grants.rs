//! Which pool keys may go to a node's host.
//!
//! Invariant: a key goes to a further host only with its contributor's word. For the operators' own keys that is
//! one call; a key that somebody else brought is never part of it.

use potluck_filters::id::PoolKeyId;

use crate::api::{AllowHost, NodeGrant, PoolKey};
use crate::audit::{Act, Bulk, Note, Object};
use crate::caller::By;
use crate::control::Control;
use crate::control::pool_keys::noted;
use crate::error::ControlError;

/// Keys of one change, so that other changes need not wait for all of them.
const AT_ONCE: u32 = 500;

impl Control {
    /// Lets the operators' own pool keys of an upstream go to a node's host.
    ///
    /// # Errors
    /// When there is no such node, or the upstream takes no keys. What was done before an error stays.
    pub async fn grant_node(&self, by: &By, upstream: &str, name: &str) -> Result<NodeGrant, ControlError> {
        let nodes = self.listed(upstream).await?;
        let node = nodes.get(name)?;
        if !nodes.facts.keyed {
            let why = "takes no keys (its `keyed` is off)";
            return Err(ControlError::invalid("upstream", why));
        }
        if !node.is_in_use() {
            return Err(ControlError::NotFound(super::NOUN));
        }
        let (mut granted, mut after) = (0, PoolKeyId(0));
        loop {
            let mut turn = self.turn(by).await?;
            let origin = node.origin.as_str();
            let part = turn.change.grant_origin(upstream, origin, after, AT_ONCE).await?;
            if part.granted > 0 {
                let bulk = Bulk {
                    count: part.granted,
                    origin: Some(node.origin.clone()),
                    ..Bulk::default()
                };
                turn.end(Note::new(Act::NodeGranted, Object::node(upstream, name)).is(&bulk))
                    .await?;
            }
            granted += part.granted;
            match part.last {
                Some(last) => after = last,
                None => break,
            }
        }
        Ok(NodeGrant {
            granted,
            waiting: self.store.keys_not_allowed(upstream, &node.origin).await?,
            origin: node.origin,
        })
    }

    /// Lets one pool key go to a further host of its upstream, with its contributor's word.
    ///
    /// # Errors
    /// When there is no such key, it is withdrawn, or its upstream has no such host.
    pub async fn allow_host(
        &self,
        by: &By,
        id: PoolKeyId,
        allow: &AllowHost,
    ) -> Result<PoolKey, ControlError> {
        let mut turn = self.turn(by).await?;
        let before = turn.usable_pool_key(id).await?;
        let facts = turn.facts_in_use(&before.upstream).await?;
        if !facts.origins().contains(&allow.origin.as_str()) {
            let why = format!("must be of this upstream: {}", facts.origins().join(", "));
            return Err(ControlError::invalid("origin", why));
        }
        let row = turn.change.allow_origin(id, &allow.origin).await?;
        turn.end(noted(Act::PoolKeyHostAllowed, Some(&before), &row))
            .await?;
        self.told(row).await
    }
}
