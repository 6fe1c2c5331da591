//! What is done to pool keys, by an admin to anybody's or by their contributor.

use potluck_admin::api::MyPoolKey;
use serde::Serialize;
use serde_json::{Value, json};

use super::days::{self, Days};
use super::show;
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::history::{self, Span};
use crate::cli::list::{self, sent};
use crate::cli::whose::Whose;
use crate::cli::{Options, ask, print};

/// Pool keys of somebody.
pub(in crate::cli) struct PoolKeys<'a> {
    pub(in crate::cli) whose: Whose,
    pub(in crate::cli) api: &'a Api,
    pub(in crate::cli) options: &'a Options,
}

impl PoolKeys<'_> {
    pub(super) fn all_at(&self) -> String {
        self.whose.path("pool-keys")
    }

    pub(super) async fn path(&self, written: &str) -> Result<String, Failure> {
        let all = self.all_at();
        let id = list::id(self.api, &all, "pool key", "label", written).await?;
        Ok(format!("{all}/{id}"))
    }

    pub(super) async fn show(&self, key: &str) -> Result<(), Failure> {
        show::one(self.api.get(&self.path(key).await?).await?, self)
    }

    pub(super) async fn edit(&self, key: &str, edit: &impl Serialize) -> Result<(), Failure> {
        let answer = self.api.patch(&self.path(key).await?, &sent(edit)?).await?;
        self.note_waiting(&answer);
        show::one(answer, self)
    }

    /// Asks for a look, without waiting for what it finds.
    pub(super) async fn check(&self, key: &str) -> Result<(), Failure> {
        let path = self.path(key).await?;
        let answer = self.api.post(&format!("{path}/check"), &json!({})).await?;
        show::one(answer, self)
    }

    pub(super) async fn usage(&self, key: &str, days: &Days) -> Result<(), Failure> {
        let path = format!("{}/usage{}", self.path(key).await?, days.query());
        days::show(self.api.get(&path).await?, self.options)
    }

    pub(super) async fn history(&self, key: &str, span: &Span) -> Result<(), Failure> {
        history::show(&self.path(key).await?, span, self.api, self.options).await
    }

    pub(super) async fn withdraw(&self, key: &str, yes: bool) -> Result<(), Failure> {
        let path = self.path(key).await?;
        let found: MyPoolKey = show::read(self.api.get(&path).await?, self.whose)?.key;
        let named = if found.label.is_empty() {
            String::new()
        } else {
            format!(" ({})", found.label)
        };
        let question = format!(
            "Withdraw pool key {}{named} of {} for ever?",
            found.id, found.upstream
        );
        ask::confirm(&question, yes)?;
        let answer = self.api.post(&format!("{path}/withdraw"), &json!({})).await?;
        show::one(answer, self)
    }

    /// Says what a key that does not serve yet is waiting for.
    pub(super) fn note_waiting(&self, answer: &Value) {
        let state = answer.pointer(match self.whose {
            Whose::Everybodys => "/state",
            Whose::Mine => "/standing/state",
        });
        if state.and_then(Value::as_str) != Some("pending") {
            return;
        }
        let (id, command) = (&answer["id"], self.whose.pool_command());
        print::note(&match (self.api.relay_runs(), self.whose) {
            (true, Whose::Everybodys) => {
                format!("It serves when a check finds it well; `{command} check {id}` waits for that.")
            }
            (true, Whose::Mine) => {
                format!("It serves when a check finds it well; `{command} show {id}` tells.")
            }
            (false, _) => "It serves when the relay runs and has found it well.".to_owned(),
        });
    }
}
