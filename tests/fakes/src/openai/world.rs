//! What all handlers of the OpenAI fake share, and the two extractors that every one of them begins with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::keys::Keys;
use super::refusal::Refusal;
use super::words::{Answer, Usage};
use crate::pace::Pace;
use crate::record::credential;

/// `created` of every object: the beginning of 2026, so that answers can be compared.
pub(super) const CREATED: u64 = 1_767_225_600;

/// The state of one fake.
#[derive(Clone)]
pub(super) struct World {
    pub(super) models: Arc<[String]>,
    words: Option<usize>,
    pub(super) keys: Keys,
    pub(super) pace: Pace,
    made: Arc<AtomicU64>,
}

impl World {
    pub(super) fn new(models: Vec<String>, words: Option<usize>, keys: Keys, pace: Pace) -> World {
        World {
            models: models.into(),
            words,
            keys,
            pace,
            made: Arc::default(),
        }
    }

    /// A new id: the prefix and a running number, in 24 hex digits as the real ones are long.
    pub(super) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{:024x}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// The answer to a text.
    pub(super) fn answer(&self, model: &str, heard: &str, most: Option<usize>) -> Answer {
        Answer::new(model, heard, self.words, most)
    }

    /// Does the work of a paid request and charges it.
    pub(super) async fn work(&self, caller: &Caller, price: u64) {
        self.pace.work().await;
        self.keys.charge(&caller.key, price);
    }

    /// Charges for tokens.
    pub(super) async fn work_tokens(&self, caller: &Caller, usage: Usage) {
        self.work(caller, usage.total() * super::keys::PER_TOKEN).await;
    }

    /// Refuses a file that this key does not own.
    pub(super) fn know_file(&self, caller: &Caller, id: &str) -> Result<(), Refusal> {
        let known = self
            .keys
            .with(&caller.key, |account| account.files.contains_key(id));
        if known == Some(true) {
            return Ok(());
        }
        Err(Refusal::NoSuchObject {
            what: "File",
            id: id.to_owned(),
        })
    }

    /// An object of this key.
    pub(super) fn object(&self, caller: &Caller, what: &'static str, id: String) -> Result<Value, Refusal> {
        let found = self
            .keys
            .with(&caller.key, |account| account.objects.get(&id).cloned());
        found.flatten().ok_or(Refusal::NoSuchObject { what, id })
    }

    /// An object of this key, from now on with that status.
    pub(super) fn change(
        &self,
        caller: &Caller,
        what: &'static str,
        id: String,
        status: &str,
    ) -> Result<Value, Refusal> {
        let changed = self.keys.with(&caller.key, |account| {
            let object = account.objects.get_mut(&id)?;
            object.as_object_mut()?.insert("status".to_owned(), status.into());
            Some(object.clone())
        });
        changed.flatten().ok_or(Refusal::NoSuchObject { what, id })
    }

    /// Refuses a model that this fake does not have.
    pub(super) fn know(&self, model: &str) -> Result<(), Refusal> {
        if self.models.iter().any(|known| known == model) {
            return Ok(());
        }
        Err(Refusal::ModelNotFound {
            model: model.to_owned(),
        })
    }
}

/// A request with a known key.
pub(super) struct Caller {
    pub(super) key: String,
}

impl FromRequestParts<World> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &World) -> Result<Caller, Refusal> {
        let key = credential(&parts.headers);
        if key.is_empty() {
            return Err(Refusal::NoKey);
        }
        match world.keys.balance(&key) {
            Some(_) => Ok(Caller { key }),
            None => Err(Refusal::InvalidKey { key }),
        }
    }
}

impl Caller {
    /// Refuses a key that has nothing left.
    pub(super) fn can_pay(&self, world: &World) -> Result<(), Refusal> {
        match world.keys.balance(&self.key) {
            Some(0) | None => Err(Refusal::QuotaExceeded),
            Some(_) => Ok(()),
        }
    }
}

/// A JSON object body.
pub(super) struct Ask(pub(super) Map<String, Value>);

impl FromRequest<World> for Ask {
    type Rejection = Refusal;

    async fn from_request(request: Request, world: &World) -> Result<Ask, Refusal> {
        let body = Bytes::from_request(request, world)
            .await
            .map_err(|_| Refusal::NoJson)?;
        serde_json::from_slice(&body)
            .map(Ask)
            .map_err(|_| Refusal::NoJson)
    }
}

impl Ask {
    /// The model, which must be known.
    pub(super) fn model(&self, world: &World) -> Result<String, Refusal> {
        let model = self.text("model").ok_or_else(|| missing("model"))?;
        world.know(model)?;
        Ok(model.to_owned())
    }

    pub(super) fn require(&self, param: &'static str) -> Result<&Value, Refusal> {
        self.0
            .get(param)
            .filter(|value| !value.is_null())
            .ok_or_else(|| missing(param))
    }

    pub(super) fn text(&self, param: &str) -> Option<&str> {
        self.0.get(param).and_then(Value::as_str)
    }

    pub(super) fn number(&self, param: &str) -> Option<usize> {
        self.0
            .get(param)
            .and_then(Value::as_u64)
            .and_then(|number| usize::try_from(number).ok())
    }

    pub(super) fn flag(&self, param: &str) -> bool {
        self.0.get(param).and_then(Value::as_bool).unwrap_or(false)
    }

    /// How many results are wanted: 1 to 10.
    pub(super) fn count(&self) -> Result<usize, Refusal> {
        match self.number("n") {
            None => Ok(1),
            Some(n) if (1..=10).contains(&n) => Ok(n),
            Some(n) => Err(Refusal::BadParameter {
                param: "n",
                message: format!("{n} is not from 1 to 10"),
            }),
        }
    }

    /// Whether the stream's end shows usage.
    pub(super) fn wants_usage(&self) -> bool {
        self.0
            .get("stream_options")
            .and_then(|options| options.get("include_usage"))
            == Some(&Value::Bool(true))
    }
}

/// The refusal of a request without this parameter.
pub(super) fn missing(param: &'static str) -> Refusal {
    Refusal::BadParameter {
        param,
        message: format!("Missing required parameter: '{param}'."),
    }
}
