//! `/models` where the answer depends on who asks: over all upstreams of a route, without what the client
//! key may not use, and without other members' fine-tuned models.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use pingora::Error;
use pingora::proxy::Session;
use potluck_filters::admit;
use potluck_filters::model::Opened;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::route::{Listed, Listing, list};

use super::Edge;
use super::live::LiveUpstream;
use super::plan::{No, Relay};
use super::proxy::Context;

/// How the names of fine-tuned models begin.
const FINE_TUNED: &str = "ft:";

impl Relay {
    /// Whether the answer is not the one that the upstream would give to everybody.
    pub(super) fn has_models_of_its_own(&self) -> bool {
        let listed = self
            .client
            .as_ref()
            .is_some_and(|client| client.key.models.is_some());
        listed || self.choice.is_some() || self.upstream.upstream.opened == Opened::Owned
    }
}

impl Edge {
    /// Answers with one model, or with all.
    pub(super) async fn models(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: Box<Relay>,
        id: Option<Box<str>>,
    ) -> Result<(), Box<Error>> {
        let remaining = relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        match self.models_for(&relay, id.as_deref()).await {
            Ok(body) => self.own(session, ctx, body, remaining).await,
            Err(rejection) => self.refuse(session, ctx, No::left(&relay, rejection)).await,
        }
    }

    async fn models_for(&self, relay: &Relay, id: Option<&str>) -> Result<Bytes, Rejection> {
        let path = match id {
            None => without_query(&relay.path),
            // One model is found in the list of all.
            Some(_) => list_path(&relay.path),
        };
        let fetcher = self.fetcher(relay.exits.as_ref());
        let asked = relay.upstreams().iter().map(async |upstream| {
            let operators = relay.operator_owned_only;
            let listing = self.catalogues.listing(&fetcher, upstream, path, operators).await;
            (upstream, listing)
        });
        let all = join_all(asked).await;
        if !all.iter().any(|(_, listing)| listing.is_ok()) {
            let failed = all.into_iter().find_map(|(_, listing)| listing.err());
            return Err(failed.unwrap_or_else(|| Code::Internal.into()));
        }
        let known = all
            .iter()
            .filter_map(|(upstream, listing)| Some((*upstream, listing.as_ref().ok()?)));
        let mut shown = known.flat_map(|(upstream, listing)| self.shown(relay, upstream, listing));
        let Some(id) = id else { return Ok(list(shown)) };
        let model = shown.find(|model| *model.id == *id).map(Listed::body);
        model.ok_or_else(|| Code::ModelNotFound.into())
    }

    /// The models of an upstream that whoever asks may use there.
    fn shown<'a>(
        &self,
        relay: &Relay,
        upstream: &Arc<LiveUpstream>,
        listing: &'a Arc<Listing>,
    ) -> impl Iterator<Item = &'a Listed> {
        let client = relay.client.as_ref();
        let may = |id: &str| client.is_none_or(|client| admit::model(&client.key, Some(id)).is_ok());
        let serves = |id: &str| {
            let choice = relay.choice.as_ref();
            choice.is_none_or(|choice| choice.serves(id, upstream))
        };
        let settings = &upstream.upstream;
        let is_own = |id: &str| {
            let own = || client.is_some_and(|client| self.objects.is_of(&settings.name, id, client.user));
            settings.opened != Opened::Owned || !id.starts_with(FINE_TUNED) || own()
        };
        let shown = listing.models();
        let shown = shown.filter(|model| may(&model.id) && serves(&model.id) && is_own(&model.id));
        shown.collect::<Vec<_>>().into_iter()
    }
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// The path of the list, of which this is one entry's.
fn list_path(path: &str) -> &str {
    let at = path.find("/models/").map(|at| at + "/models".len());
    at.and_then(|at| path.get(..at)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_found_from_each_of_its_entries() {
        assert_eq!(list_path("/v1/models/openai%2Fgpt-5?x=/models/"), "/v1/models");
        assert_eq!(list_path("/models/a/models/b"), "/models");
        assert_eq!(without_query("/v1/models?x=y"), "/v1/models");
    }
}
