//! What is to be done with a request, decided from its head alone: route, authenticate, reach, admit,
//! limit. No await, no I/O; everything comes from the live view that the request has pinned.

mod caller;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method};
use potluck_filters::authenticate::{Identity, presented};
use potluck_filters::cost::{Price, is_priced, read_cost};
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::inject::query_without_key;
use potluck_filters::limit::Limits;
use potluck_filters::model::{ClientKey, Kind, Role};
use potluck_filters::queue::Share;
use potluck_filters::reach::{Act, BodyUse, Reach, Synthetic, decode_path, reach};
use potluck_filters::reader::{ModelName, read_model};
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::time::Moment;
use potluck_filters::window::Remaining;
use potluck_filters::{admit, route};

use super::choice::{Behind, Choice};
use super::egress::Exits;
use super::live::{Live, LiveUpstream};
use super::noted::Noted;
use super::objects::uses_a_model;
use super::traffic::Ticket;
use super::wait::max_wait;
use super::{Edge, hooks};
use crate::clock::unix_ms;
use crate::plugin::{Answer, Running};
pub(crate) use caller::neighbourhood;

/// A request's head, as far as the plan needs it.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    /// Path and query as sent.
    pub(super) target: &'a str,
    pub(super) host: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) peer: Option<IpAddr>,
    /// When its head had come.
    pub(super) now: Moment,
}

impl Asked<'_> {
    fn path_and_query(&self) -> (&str, Option<&str>) {
        let parts = self.target.split_once('?');
        parts.map_or((self.target, None), |(path, query)| (path, Some(query)))
    }
}

/// What is to be done.
pub(super) enum Plan {
    /// Send it to the upstream.
    Relay(Box<Relay>),
    /// Answer for the pool as a whole.
    Answer(Synthetic, Kind),
    /// Answer with the models that whoever asks may use: with one of them, or all.
    Models(Box<Relay>, Option<Box<str>>),
    /// Answer with this JSON, which is for whoever asks alone.
    Own(Bytes),
    /// Answer a browser's preflight.
    Preflight,
    /// Answer a browser's preflight as a plug-in wants it.
    Given(Answer),
}

/// A request that may go on. Holds its places in the windows until it ends.
pub(super) struct Relay {
    pub(super) upstream: Arc<LiveUpstream>,
    /// The outbound proxies of the snapshot; `None` where there are none.
    pub(super) exits: Option<Arc<Exits>>,
    pub(super) role: Role,
    /// Path and query for the upstream, without the client's key; the node's prefix comes before it.
    pub(super) path: String,
    pub(super) body: BodyUse,
    /// The key as sent, to keep it out of what is forwarded.
    pub(super) presented: Option<String>,
    pub(super) client: Option<Client>,
    pub(super) ticket: Option<Ticket>,
    /// Routes without a client key never use contributed keys.
    pub(super) operator_owned_only: bool,
    /// The path as the reader of prices knows it, where the upstream has prices.
    pub(super) priced: Option<Box<str>>,
    /// What it costs; nothing before the body was read.
    pub(super) price: Price,
    /// How many pictures that is.
    pub(super) pictures: u32,
    /// The model it asks for, where that matters.
    pub(super) model: Option<Arc<str>>,
    /// The upstreams among which its model chooses, where there are several.
    pub(super) choice: Option<Box<Choice>>,
    /// What it does to the objects that the upstream keeps, where members have their own.
    pub(super) act: Option<Act>,
    /// The one pool key that may serve it, since it keeps what the request names.
    pub(super) pinned: Option<PoolKeyId>,
    /// Whether it asks for a WebSocket, and may have one.
    pub(super) upgrade: bool,
    /// Whether its usage was asked for on the relay's behalf.
    pub(super) asked_usage: bool,
    /// Bytes of its body, once that was read whole.
    pub(super) body_bytes: u64,
    /// What it weighs in the queue, and how long it may wait there.
    pub(super) share: Share,
    pub(super) max_wait: Duration,
    /// The most Anlas that plug-ins let it cost.
    pub(super) most_anlas: u32,
    /// The route's plug-ins at work on it.
    pub(super) plugins: Option<Arc<Running>>,
}

/// Whose request it is, for limits on the body and for the access line.
pub(super) struct Client {
    pub(super) key: ClientKey,
    pub(super) user: UserId,
}

/// Why a request goes nowhere, in which dialect to say so, and what its limits leave.
pub(super) struct No {
    pub(super) rejection: Rejection,
    pub(super) dialect: Kind,
    pub(super) remaining: Option<Remaining>,
}

impl No {
    pub(super) fn new(dialect: Kind, rejection: impl Into<Rejection>) -> Self {
        Self {
            rejection: rejection.into(),
            dialect,
            remaining: None,
        }
    }

    /// No to a request that had passed its limits: it is told what they leave.
    pub(super) fn left(relay: &Relay, rejection: Rejection) -> Self {
        let remaining = relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        Self {
            rejection,
            dialect: relay.upstream.upstream.kind,
            remaining,
        }
    }

    /// No before any work was done: the request's places in the windows are given back.
    pub(super) fn refunded(relay: Relay, rejection: Rejection) -> Self {
        let dialect = relay.upstream.upstream.kind;
        let remaining = relay.ticket.and_then(Ticket::refund);
        Self {
            rejection,
            dialect,
            remaining,
        }
    }
}

impl Relay {
    /// Reads from the body what the choice of a key depends on: price and model. Fails closed where
    /// something is priced: a body that can be read in two ways is refused.
    pub(super) fn read(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<(), Code> {
        self.body_bytes = body.len() as u64;
        self.admit_model(headers, body)?;
        if let Some(path) = &self.priced {
            let (media, coding) = (text(headers, CONTENT_TYPE), text(headers, CONTENT_ENCODING));
            let asked = read_cost(path, media, coding, body).map_err(|_| Code::CostUnreadable)?;
            (self.price, self.pictures) = (asked.price, asked.pictures);
            self.model = asked.model.map(|model| model.as_str().into());
        } else if self.upstream.models_matter.load(Ordering::Relaxed) {
            // Relaxed: a hint that only makes the choice better.
            self.model = self.model_in(headers, body);
        }
        if self.price.on_opus > self.most_anlas {
            return Err(Code::CostCapped);
        }
        Ok(())
    }

    /// The model that the body names, where it can be read.
    pub(super) fn model_in(&self, headers: &HeaderMap, body: &[u8]) -> Option<Arc<str>> {
        let (media, coding) = (text(headers, CONTENT_TYPE), text(headers, CONTENT_ENCODING));
        let model = read_model(media, coding, body, self.upstream.upstream.kind).ok()??;
        Some(model.as_str().into())
    }

    /// Checks the model that the body asks for, where the client key has a list of models.
    pub(super) fn admit_model(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Code> {
        let Some(client) = self.client.as_ref().filter(|client| client.key.models.is_some()) else {
            return Ok(());
        };
        let kind = self.upstream.upstream.kind;
        let (media, coding) = (text(headers, CONTENT_TYPE), text(headers, CONTENT_ENCODING));
        let names_none = body.is_empty() && kind != Kind::Novelai && media.is_none();
        let needs_none = self.act.as_ref().is_some_and(|act| !uses_a_model(act));
        if self.body == BodyUse::None || needs_none || names_none && kind == Kind::Http {
            return Ok(());
        }
        let model = read_model(media, coding, body, kind).map_err(|_| Code::CostUnreadable)?;
        admit::model(&client.key, model.as_ref().map(ModelName::as_str))
    }
}

impl Edge {
    /// Decides. The first "no" is the answer.
    pub(super) fn plan(
        &self,
        live: &Live,
        asked: &Asked<'_>,
        begun: hooks::Begun<'_>,
        noted: &mut Noted,
    ) -> Result<Plan, No> {
        let (path, query) = asked.path_and_query();
        let found = route::find(live.snapshot.layout(), asked.host, path);
        let found = found.ok_or_else(|| No::new(Kind::Http, Code::NotFound))?;
        let (kind, opened) = (found.upstream.kind, found.upstream.opened);
        noted.upstream = Some(Arc::clone(&found.upstream.name));
        let no = |rejection: Rejection| No::new(kind, rejection);
        let behind = Behind::new(live, &found).ok_or_else(|| no(Code::Internal.into()))?;
        if let Some(answer) = hooks::begin(&found, asked, begun).map_err(no)? {
            return Ok(Plan::Given(answer));
        }
        let decoded = decode_path(found.path).map_err(|_| no(Code::BadPath.into()))?;
        let way = reach(kind, opened, asked.method, &decoded, found.path);
        noted.endpoint = way.endpoint();
        if matches!(way, Reach::Preflight) {
            return Ok(Plan::Preflight);
        }
        let presented = presented(asked.headers);
        let key = self
            .identify(live, presented, asked.peer, found.route.auth)
            .map_err(no)?;
        noted.identified(key, asked.headers);
        let limits = live.snapshot.limits();
        let relay = |behind, onward| self.relay_to(asked, &found, (limits, key, presented), behind, onward);
        match way {
            Reach::Forward { role, path, body, .. } => {
                relay(behind, (role, path, body, None)).map(Plan::Relay)
            }
            Reach::Owned { act, path, body, .. } => {
                relay(behind, (Role::Any, path, body, Some(act))).map(Plan::Relay)
            }
            Reach::Models { path, id } => {
                let relay = relay(behind, (Role::Any, path, BodyUse::None, None))?;
                Ok(if relay.has_models_of_its_own() {
                    Plan::Models(relay, id)
                } else {
                    Plan::Relay(relay)
                })
            }
            Reach::List(what) => {
                let listed = self.list(behind.all(), key, what, query);
                listed.map(Plan::Own).map_err(no)
            }
            Reach::Answer(synthetic) => Ok(Plan::Answer(synthetic, kind)),
            Reach::Preflight => Ok(Plan::Preflight),
            Reach::Refuse(code) => Err(no(code.into())),
            Reach::WrongMethod(allow) => Err(no(Rejection::wrong_method(allow))),
        }
    }

    /// A request that goes to an upstream: what it names is found, and its limits are looked at last.
    fn relay_to(
        &self,
        asked: &Asked<'_>,
        found: &route::Match<'_>,
        (limits, key, presented): (&Limits, Option<Identity<'_>>, Option<&str>),
        behind: Behind,
        (role, path, body, act): (Role, Cow<'_, str>, BodyUse, Option<Act>),
    ) -> Result<Box<Relay>, No> {
        let kind = found.upstream.kind;
        let no = |rejection: Rejection| No::new(kind, rejection);
        let kept = act.as_ref().map(|act| self.kept_by(behind.all(), key, act));
        let (upstream, pinned) = kept.transpose().map_err(no)?.flatten().unzip();
        let Behind { main, choice, exits } = behind;
        let most = found.route.max_wait.unwrap_or(found.upstream.queue.max_wait);
        let max_wait = max_wait(asked.headers, most).map_err(|code| no(code.into()))?;
        let ticket = self.limit(key, limits, kind, asked.now)?;
        let (_, query) = asked.path_and_query();
        Ok(Box::new(Relay {
            upstream: upstream.unwrap_or(main),
            exits,
            role,
            path: with_query(&path, query, presented),
            body: body_use(body, key, choice.is_some()),
            client: key.map(|id| Client {
                key: id.key.clone(),
                user: id.user.id,
            }),
            presented: presented.map(str::to_owned),
            ticket,
            operator_owned_only: key.is_none(),
            priced: priced(kind, &path),
            price: Price::FREE,
            pictures: 0,
            model: None,
            choice,
            act,
            pinned,
            upgrade: false,
            asked_usage: false,
            body_bytes: 0,
            share: key.map_or(Share::Guest, |id| id.user.weight.into()),
            max_wait,
            most_anlas: u32::MAX,
            plugins: None,
        }))
    }

    fn limit(
        &self,
        identity: Option<Identity<'_>>,
        limits: &Limits,
        dialect: Kind,
        now: Moment,
    ) -> Result<Option<Ticket>, No> {
        let Some(identity) = identity else { return Ok(None) };
        let of_user = limits.of(identity.user, unix_ms);
        let of_user = of_user.map_err(|barred| No::new(dialect, Rejection::new(barred.code())))?;
        self.traffic.admit(identity.key, of_user, now).map_err(|refused| {
            let rejection = Rejection::new(refused.code);
            let rejection = refused
                .wait
                .map_or_else(|| rejection.clone(), |wait| rejection.clone().after(wait));
            No {
                rejection,
                dialect,
                remaining: refused.remaining,
            }
        })
    }
}

/// A header's text; where it is no text, one that nothing understands.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// The path for the reader of prices, where the upstream has any.
fn priced(kind: Kind, path: &str) -> Option<Box<str>> {
    match kind {
        Kind::Novelai => {
            let decoded = decode_path(path).ok()?;
            is_priced(&decoded).then(|| (*decoded).into())
        }
        Kind::Openai | Kind::Http => None,
    }
}

/// A body that the model reader must see is read whole.
fn body_use(body: BodyUse, key: Option<Identity<'_>>, chooses: bool) -> BodyUse {
    match body {
        BodyUse::Replay if chooses || key.is_some_and(|id| id.key.models.is_some()) => BodyUse::Whole,
        BodyUse::Replay | BodyUse::Whole | BodyUse::None => body,
    }
}

/// Path and query as sent, without what of the query carries the client's key.
fn with_query(path: &str, query: Option<&str>, presented: Option<&str>) -> String {
    let Some(query) = query else {
        return path.to_owned();
    };
    match presented.and_then(|key| query_without_key(query, key)) {
        Some(rest) if rest.is_empty() => path.to_owned(),
        Some(rest) => format!("{path}?{rest}"),
        None => format!("{path}?{query}"),
    }
}
