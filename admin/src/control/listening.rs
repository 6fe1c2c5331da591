//! Streams of events.

use std::sync::Arc;

use potluck_filters::id::{Revision, UserId};
use serde_json::json;

use super::Control;
use crate::api::ListenQuery;
use crate::caller::{By, Caller, Proof};
use crate::error::ControlError;
use crate::events::{EventStream, Listener, Topics};

impl Control {
    /// Opens a stream of events: of all, or of what is one user's.
    ///
    /// # Errors
    /// When a topic is none, or the user has too many streams open.
    pub(crate) fn listen(
        self: Arc<Self>,
        by: By,
        user: Option<UserId>,
        query: &ListenQuery,
        last: Option<Revision>,
    ) -> Result<EventStream, ControlError> {
        let listener = Listener {
            by,
            user,
            topics: Topics::parse(query.topics.as_deref().unwrap_or_default())?,
            last,
        };
        let place = self.events.place(by.user()).ok_or(ControlError::TooManyStreams)?;
        Ok(EventStream::new(self, listener, place))
    }

    /// What a stream begins with.
    pub(crate) fn hello(&self) -> String {
        let revision = self.events.revision();
        let data = json!({"rev": revision, "now": (self.clock)(), "build": env!("CARGO_PKG_VERSION")});
        format!("event: hello\nid: {revision}\ndata: {data}\n\n")
    }

    /// Whether whoever asked earlier would still be let in. Where the database does not say, they would not.
    pub(crate) async fn still_knows(&self, by: &By) -> bool {
        let Caller::User(signed_in) = by.caller else {
            return true;
        };
        let user = self.store.living_user(signed_in.user).await;
        let is_on = matches!(&user, Ok(Some(row)) if row.user.enabled && row.role == signed_in.role);
        let now_ms = (self.clock)();
        match signed_in.proof {
            Proof::Session(id) => {
                let session = self.store.session(id).await;
                is_on && matches!(session, Ok(Some(row)) if row.expires_at > now_ms)
            }
            Proof::Token { id, .. } => {
                let holds = self.store.personal_token_holds(signed_in.user, id, now_ms).await;
                is_on && matches!(holds, Ok(true))
            }
        }
    }
}
