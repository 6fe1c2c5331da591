//! What is noted of a change: who made it is known by its turn; here is what was done to what, and what that changed.
//!
//! Invariants: a turn ends with a [`Note`], or says that it is a job's; nothing gets into a note but what is [`Shown`],
//! which no type with a secret is.

mod act;
mod failures;
mod object;
mod shown;

pub use act::Act;
pub(crate) use failures::{Attempted, Failed, Failures};
pub use object::{Object, ObjectKind};
use potluck_filters::id::UserId;
use potluck_store::table::audit::{Actor, NewAuditEntry};
use serde_json::{Map, Value};
pub use shown::Shown;
pub(crate) use shown::{Bulk, NodeFacts, OutboundProxyFacts, PoolKeyFacts};

use crate::caller::{By, Caller};

/// What was done.
#[must_use = "a note is written by the turn that it ends"]
#[derive(Clone, Debug)]
pub struct Note {
    /// The act.
    pub act: Act,
    /// What it was done to.
    pub object: Object,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

impl Note {
    /// That this was done to that.
    pub fn new(act: Act, object: Object) -> Self {
        Self {
            act,
            object,
            before: None,
            after: None,
        }
    }

    /// What it was before. Of what both sides have in common nothing is kept.
    pub fn was(mut self, before: &impl Shown) -> Self {
        self.before = Some(shown::fields(before));
        self
    }

    /// What it is now.
    pub fn is(mut self, after: &impl Shown) -> Self {
        self.after = Some(shown::fields(after));
        self
    }

    /// That a job did it.
    pub(crate) fn in_job(mut self, job: i64) -> Self {
        self.after
            .get_or_insert_default()
            .insert("job".to_owned(), job.into());
        self
    }

    /// What it is now, field by field, as far as it is told.
    pub(crate) fn fields(&self) -> Option<&Map<String, Value>> {
        self.after.as_ref()
    }

    /// What changed, as JSON: before and after.
    fn difference(&self) -> (Option<String>, Option<String>) {
        let text = |side: &Option<Map<String, Value>>, other: &Option<Map<String, Value>>| {
            let side = side.as_ref()?;
            let differs = |(name, value): &(&String, &Value)| {
                let same = other.as_ref().and_then(|other| other.get(*name));
                name.as_str() != "revision" && same != Some(*value) && !(other.is_none() && value.is_null())
            };
            let told: Map<String, Value> = side
                .iter()
                .filter(differs)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            Some(Value::Object(told).to_string())
        };
        (text(&self.before, &self.after), text(&self.after, &self.before))
    }

    /// As it goes into the log.
    pub(crate) fn entry<'a>(&'a self, by: &'a Author) -> NewAuditEntry<'a> {
        let (before, after) = self.difference();
        NewAuditEntry {
            actor: by.actor,
            address: by.address,
            act: self.act.as_str(),
            object_kind: self.object.kind.as_str(),
            object_id: self.object.id,
            object_name: &self.object.name,
            before,
            after,
            request_id: by.request.as_ref().map(crate::caller::RequestName::as_str),
        }
    }
}

/// Who is noted, from where, and in which request.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    actor: Actor,
    address: Option<std::net::IpAddr>,
    request: Option<crate::caller::RequestName>,
}

impl Author {
    /// Somebody who did not show who they are.
    #[must_use]
    pub fn nobody(address: Option<std::net::IpAddr>) -> Self {
        Self {
            actor: Actor::Nobody,
            address,
            request: None,
        }
    }

    /// Whoever began a job that does it now; `None` is somebody with the operator's token, or at the machine.
    #[must_use]
    pub fn of_job(user: Option<UserId>) -> Self {
        Self {
            actor: user.map_or(Actor::Operator, Actor::User),
            address: None,
            request: None,
        }
    }

    /// A user who has just shown who they are.
    #[must_use]
    pub fn user(user: UserId, address: Option<std::net::IpAddr>) -> Self {
        Self {
            actor: Actor::User(user),
            address,
            request: None,
        }
    }
}

impl From<&By> for Author {
    fn from(by: &By) -> Self {
        Self {
            actor: match by.caller {
                Caller::Operator => Actor::Operator,
                Caller::User(signed_in) => Actor::User(signed_in.user),
                Caller::Job(name) => Actor::Job(name),
            },
            address: by.address,
            request: by.request,
        }
    }
}
