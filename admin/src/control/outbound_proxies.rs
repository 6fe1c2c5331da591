//! Outbound proxies: added, edited, removed, checked. `lists` says who leaves through them.
//!
//! Invariants: a login goes only to the `host:port` that it was given for; a proxy that somebody leaves through is
//! not removed, since with the last one gone requests would leave straight.

mod fields;
mod lists;
mod replay;

use std::collections::BTreeMap;

use potluck_filters::id::OutboundProxyId;
use potluck_store::table::outbound_proxies::{NewOutboundProxy, OutboundProxyRow, UsedBy};

use super::{Control, Turn};
use crate::api::{AddOutboundProxy, CheckedProxy, EditOutboundProxy, OutboundProxy, Page};
use crate::audit::{Act, Note, Object, OutboundProxyFacts};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;
pub(crate) use lists::ProxyNames;

const NOUN: &str = "outbound proxy";
/// Each is probed from time to time for each upstream.
const MOST: usize = 1000;

type Used = BTreeMap<OutboundProxyId, UsedBy>;

impl Control {
    /// All outbound proxies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbound_proxies(&self) -> Result<Page<OutboundProxy>, ControlError> {
        let rows = self.store.outbound_proxies().await?;
        let used = self.store.outbound_proxies_used_by().await?;
        let told = rows.into_iter().map(|row| {
            let mut told = self.told_proxy(row, &used);
            if let Some(live) = &mut told.live {
                live.history.clear();
            }
            told
        });
        Ok(Page {
            items: told.collect(),
            next: None,
        })
    }

    /// One outbound proxy, with what happened to it lately.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn outbound_proxy(&self, id: OutboundProxyId) -> Result<OutboundProxy, ControlError> {
        let rows = self.store.outbound_proxies().await?;
        let used = self.store.outbound_proxies_used_by().await?;
        Ok(self.told_proxy(found(rows, id)?, &used))
    }

    /// Adds an outbound proxy. Nobody leaves through it before it is assigned.
    ///
    /// # Errors
    /// When its name is taken, or its URL or another field cannot be what it is.
    pub async fn add_outbound_proxy(
        &self,
        by: &By,
        new: AddOutboundProxy,
    ) -> Result<OutboundProxy, ControlError> {
        let new = NewOutboundProxy {
            name: fields::name(&new.name)?,
            url: fields::url(&new.url)?,
            login: new.login.as_ref().map(fields::login).transpose()?,
            enabled: new.enabled.unwrap_or(true),
        };
        let mut turn = self.turn(by).await?;
        if turn.change.outbound_proxies().await?.len() >= MOST {
            let why = format!("there are at most {MOST} outbound proxies; remove one first");
            return Err(ControlError::invalid("name", why));
        }
        let now_ms = turn.now_ms;
        let row = turn.change.add_outbound_proxy(&new, now_ms).await?;
        let object = Object::outbound_proxy(row.id, &row.name);
        let note = Note::new(Act::OutboundProxyAdded, object).is(&OutboundProxyFacts::from(&row));
        turn.end(note).await?;
        self.outbound_proxy(row.id).await
    }

    /// Edits an outbound proxy. Connections that were made through it before serve nobody else.
    ///
    /// # Errors
    /// When there is none, its new name is taken, a field cannot be what it is, or its login would go to another
    /// host.
    pub async fn edit_outbound_proxy(
        &self,
        by: &By,
        id: OutboundProxyId,
        expected: IfMatch,
        edit: EditOutboundProxy,
    ) -> Result<OutboundProxy, ControlError> {
        let login = edit.login.as_ref().map(Option::as_ref);
        let login = login
            .map(|login| login.map(fields::login).transpose())
            .transpose()?;
        let mut turn = self.turn(by).await?;
        let mut row = turn.outbound_proxy(id).await?;
        expected.fits(row.revision)?;
        let before = OutboundProxyFacts::from(&row);
        let origin = row.url.origin();
        if let Some(name) = &edit.name {
            row.name = fields::name(name)?;
        }
        if let Some(url) = &edit.url {
            row.url = fields::url(url)?;
        }
        row.enabled = edit.enabled.unwrap_or(row.enabled);
        if row.url.origin() != origin && row.key_id.is_some() && login.is_none() {
            let why = "its login was given for another host or port; give the login again, or null";
            return Err(ControlError::invalid("login", why));
        }
        let login = login.as_ref().map(Option::as_ref);
        turn.change.save_outbound_proxy(&row, login).await?;
        let mut after = OutboundProxyFacts::from(&turn.outbound_proxy(id).await?);
        after.login_changed = login.is_some();
        let object = Object::outbound_proxy(id, &row.name);
        turn.end(
            Note::new(Act::OutboundProxyEdited, object)
                .was(&before)
                .is(&after),
        )
        .await?;
        self.outbound_proxy(id).await
    }

    /// Removes an outbound proxy, and says what it was.
    ///
    /// # Errors
    /// When there is none, or somebody leaves through it.
    pub async fn remove_outbound_proxy(
        &self,
        by: &By,
        id: OutboundProxyId,
    ) -> Result<OutboundProxy, ControlError> {
        let mut turn = self.turn(by).await?;
        let row = turn.outbound_proxy(id).await?;
        let used = turn.change.outbound_proxies_used_by().await?;
        if let Some(by) = used.get(&id) {
            return Err(ControlError::InUse(NOUN, fields::users(by)));
        }
        turn.change.remove_outbound_proxy(id).await?;
        let object = Object::outbound_proxy(id, &row.name);
        let note = Note::new(Act::OutboundProxyRemoved, object).was(&OutboundProxyFacts::from(&row));
        turn.end(note).await?;
        self.store.forget_deleted().await?;
        Ok(self.told_proxy(row, &used))
    }

    /// Probes an outbound proxy now, for each upstream that leaves through it.
    ///
    /// # Errors
    /// When there is none, nobody leaves through it, it is switched off, or no relay runs here.
    pub async fn check_outbound_proxy(&self, id: OutboundProxyId) -> Result<CheckedProxy, ControlError> {
        let before = self.outbound_proxy(id).await?;
        if !before.enabled {
            return Err(ControlError::SwitchedOff(NOUN));
        }
        if before.upstreams.is_empty() && before.pool_keys.is_empty() {
            let why = "nobody leaves through it yet; assign it first, so that there is a way to probe";
            return Err(ControlError::invalid("id", why));
        }
        let probes = self.live.check_proxy(id).await.ok_or(ControlError::NoEdge)?;
        let proxy = self.outbound_proxy(id).await?;
        Ok(CheckedProxy { proxy, probes })
    }

    fn told_proxy(&self, row: OutboundProxyRow, used: &Used) -> OutboundProxy {
        let by = used.get(&row.id).cloned().unwrap_or_default();
        OutboundProxy {
            id: row.id,
            name: row.name,
            url: row.url.to_string(),
            has_login: row.key_id.is_some(),
            key_id: row.key_id,
            enabled: row.enabled,
            upstreams: by.upstreams,
            pool_keys: by.pool_keys,
            live: self.live.proxy(row.id),
            created_at: row.created_at,
            revision: row.revision,
        }
    }
}

impl Turn<'_> {
    async fn outbound_proxy(&mut self, id: OutboundProxyId) -> Result<OutboundProxyRow, ControlError> {
        found(self.change.outbound_proxies().await?, id)
    }
}

fn found(rows: Vec<OutboundProxyRow>, id: OutboundProxyId) -> Result<OutboundProxyRow, ControlError> {
    let row = rows.into_iter().find(|row| row.id == id);
    row.ok_or(ControlError::NotFound(NOUN))
}
