//! What is done to client keys, by an admin to anybody's or by their owner.

use clap::Args;
use potluck_admin::api::{ClientKey, CreateClientKey, CreatedClientKey, EditClientKey, RotateKey, Switch};
use potluck_filters::id::UserId;
use potluck_filters::model::Network;
use serde_json::{Value, json};

use super::show::{show, show_all};
use super::{AnyOf, Most};
use crate::cli::api::Api;
use crate::cli::date::Expiry;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{self, sent, typed};
use crate::cli::whose::Whose;
use crate::cli::{Options, ask, print, usage};
use crate::clock::unix_ms;

/// A client key to be made.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewKey {
    /// A name to know it by.
    #[arg(long, default_value = "client")]
    name: String,
    /// Requests per minute; 0 is unlimited.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate_limit: u32,
    /// Requests in flight at once: a number or `unlimited`. 0 allows nothing.
    #[arg(long, value_name = "N", default_value = "unlimited")]
    concurrency: Most,
    /// Anlas that its requests may cost on a day (UTC): a number or `none`. 0 allows nothing.
    #[arg(long, value_name = "N", default_value = "none")]
    anlas_per_day: Most,
    /// When it stops working: 30d, 2027-12-31 (to its end in UTC), 2027-12-31T12:00:00Z or `never`.
    #[arg(long, value_name = "WHEN", default_value = "never")]
    expires: Expiry,
    /// Models it may ask for, parted by commas, `*` at the end matching any rest; or `any`.
    #[arg(long, value_name = "LIST", default_value = "any")]
    models: AnyOf<String>,
    /// Addresses or networks it may come from, parted by commas; or `any`.
    #[arg(long, value_name = "LIST", default_value = "any")]
    ips: AnyOf<Network>,
}

/// What to change of a client key.
#[derive(Debug, Args)]
pub(in crate::cli) struct Changes {
    /// Its id or name.
    key: String,
    /// A new name.
    #[arg(long)]
    name: Option<String>,
    /// Requests per minute; 0 is unlimited.
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Requests in flight at once: a number or `unlimited`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    concurrency: Option<Most>,
    /// Anlas that its requests may cost on a day (UTC): a number or `none`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    anlas_per_day: Option<Most>,
    /// When it stops working: 30d, 2027-12-31, 2027-12-31T12:00:00Z or `never`.
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// Models it may ask for, parted by commas; or `any`.
    #[arg(long, value_name = "LIST")]
    models: Option<AnyOf<String>>,
    /// Addresses or networks it may come from, parted by commas; or `any`.
    #[arg(long, value_name = "LIST")]
    ips: Option<AnyOf<Network>>,
    /// Switch it on again.
    #[arg(long, conflicts_with = "deactivate")]
    activate: bool,
    /// Switch it off, until it is switched on again.
    #[arg(long)]
    deactivate: bool,
}

/// Client keys of somebody.
pub(in crate::cli) struct Keys<'a> {
    pub(in crate::cli) whose: Whose,
    pub(in crate::cli) api: &'a Api,
    pub(in crate::cli) options: &'a Options,
}

impl Keys<'_> {
    pub(super) fn all_at(&self) -> String {
        self.whose.path("keys")
    }

    async fn path(&self, written: &str) -> Result<String, Failure> {
        let all = self.all_at();
        let id = list::id(self.api, &all, "client key", "name", written).await?;
        Ok(format!("{all}/{id}"))
    }

    pub(super) async fn create(&self, new: NewKey, user: Option<UserId>) -> Result<(), Failure> {
        let new = CreateClientKey {
            name: new.name,
            user,
            rate_limit: new.rate_limit,
            concurrency: new.concurrency.0,
            anlas_per_day: new.anlas_per_day.0,
            expires_at: new.expires.unix_ms(unix_ms()),
            models: new.models.0,
            addresses: new.ips.0,
        };
        let answer = self.api.post(&self.all_at(), &sent(&new)?).await?;
        self.show_text(answer)
    }

    pub(super) async fn list(&self) -> Result<(), Failure> {
        show_all(self).await
    }

    pub(super) async fn show(&self, key: &str) -> Result<(), Failure> {
        show(self.api.get(&self.path(key).await?).await?, self).await
    }

    pub(super) async fn stats(&self, key: &str, range: &str) -> Result<(), Failure> {
        usage::stats(&self.path(key).await?, range, self.api, self.options).await
    }

    pub(super) async fn update(&self, changes: &Changes) -> Result<(), Failure> {
        let edit = changes.edit(self.whose)?;
        let path = self.path(&changes.key).await?;
        show(self.api.patch(&path, &sent(&edit)?).await?, self).await
    }

    pub(super) async fn rotate(&self, key: &str, old_lives: u32) -> Result<(), Failure> {
        let path = format!("{}/rotate", self.path(key).await?);
        let answer = self.api.post(&path, &sent(&RotateKey { old_lives })?).await?;
        self.show_text(answer)
    }

    pub(super) async fn revoke(&self, key: &str, yes: bool) -> Result<(), Failure> {
        let path = self.path(key).await?;
        let found: ClientKey = typed(self.api.get(&path).await?)?;
        let verb = match self.whose {
            Whose::Everybodys => "Delete",
            Whose::Mine => "Revoke",
        };
        let question = format!("{verb} client key {} ({}) for ever?", found.id, found.name);
        ask::confirm(&question, yes)?;
        let answer = self.api.post(&format!("{path}/revoke"), &json!({})).await?;
        show(answer, self).await
    }

    /// The answer that has a key's text, this once.
    fn show_text(&self, answer: Value) -> Result<(), Failure> {
        if self.options.json {
            print::json(&answer);
            return Ok(());
        }
        let created: CreatedClientKey = typed(answer)?;
        let (id, name) = (created.key.id, &created.key.name);
        print::note(&format!(
            "Client key {id} ({name}). Keep it now: it is not shown again."
        ));
        print::line(created.text.0.expose());
        Ok(())
    }
}

impl Changes {
    fn edit(&self, whose: Whose) -> Result<EditClientKey, Failure> {
        let state = match (self.activate, self.deactivate) {
            (true, _) => Some(Switch::Active),
            (false, true) => Some(Switch::Disabled),
            (false, false) => None,
        };
        let edit = EditClientKey {
            name: self.name.clone(),
            state,
            rate_limit: self.rate_limit,
            concurrency: self.concurrency.map(|most| most.0),
            anlas_per_day: self.anlas_per_day.map(|most| most.0),
            expires_at: self.expires.map(|expires| expires.unix_ms(unix_ms())),
            models: self.models.clone().map(|models| models.0),
            addresses: self.ips.clone().map(|ips| ips.0),
        };
        if sent(&edit)? == Value::Object(serde_json::Map::new()) {
            let command = match whose {
                Whose::Everybodys => "potluck keys update --help",
                Whose::Mine => "potluck me keys edit --help",
            };
            let message = format!("nothing to change; see `{command}`");
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(edit)
    }
}
