//! The codes: every reason to refuse, once.

use http::StatusCode;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($name:ident $text:literal $status:ident $message:literal;)*) => {
        /// Why a request was refused. The text form is stable; `docs/errors.md` explains each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $(#[doc = $message] #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable text form, in snake case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status of an answer with this code.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// One sentence for the client.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    MissingKey "missing_key" UNAUTHORIZED "No client key was sent.";
    UnknownKey "unknown_key" UNAUTHORIZED "This client key is not known.";
    ExpiredKey "expired_key" UNAUTHORIZED "This client key has expired.";
    RevokedKey "revoked_key" UNAUTHORIZED "This client key has been revoked.";
    DisabledKey "disabled_key" UNAUTHORIZED "This client key is switched off.";
    UserDisabled "user_disabled" FORBIDDEN "The owner of this client key is switched off.";
    ContributionRequired "contribution_required" FORBIDDEN "Only who contributes a pool key that others can use may send requests.";
    NoContribution "no_contribution" FORBIDDEN "What the owner of this client key contributes allows no requests.";
    AddressNotAllowed "address_not_allowed" FORBIDDEN "This client key may not be used from this address.";
    ModelNotAllowed "model_not_allowed" FORBIDDEN "This client key may not use this model.";
    RateLimited "rate_limited" TOO_MANY_REQUESTS "Too many requests in the last 60 seconds.";
    ConcurrencyLimited "concurrency_limited" TOO_MANY_REQUESTS "Too many requests of this client key are in flight.";
    TooManyFailures "too_many_failures" TOO_MANY_REQUESTS "Too many failed attempts from this address.";
    PathNotAllowed "path_not_allowed" FORBIDDEN "This path cannot be reached through the relay.";
    NotFound "not_found" NOT_FOUND "Nothing answers on this path.";
    ModelNotFound "model_not_found" NOT_FOUND "No upstream of this route has this model.";
    ObjectNotFound "object_not_found" NOT_FOUND "There is no object with this id.";
    ObjectUnavailable "object_unavailable" SERVICE_UNAVAILABLE "The pool key that keeps this object cannot serve.";
    ObjectsApart "objects_apart" BAD_REQUEST "What this request names is kept under different pool keys.";
    ObjectsUnreadable "objects_unreadable" BAD_REQUEST "What this request names cannot be read without doubt.";
    BadPage "bad_page" BAD_REQUEST "limit, order or after cannot be what it is.";
    BadPath "bad_path" BAD_REQUEST "The request's path is malformed.";
    BadFraming "bad_framing" BAD_REQUEST "The request's headers or framing are malformed.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This path does not know this method.";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The request's body is too large.";
    BodyTruncated "body_truncated" BAD_REQUEST "The request's body ended before its announced length.";
    BodyTimeout "body_timeout" REQUEST_TIMEOUT "The request's body came too slowly.";
    MemoryFull "memory_full" SERVICE_UNAVAILABLE "The relay holds too many request bodies just now.";
    CostUnreadable "cost_unreadable" BAD_REQUEST "The request's model or cost cannot be read without doubt.";
    ParamNotAllowed "param_not_allowed" BAD_REQUEST "One of the request's parameters may not be sent on this route.";
    CostCapped "cost_capped" PAYMENT_REQUIRED "The request costs more than one request may on this route.";
    PluginRefused "plugin_refused" FORBIDDEN "A plug-in of this route refused the request.";
    PluginFailed "plugin_failed" INTERNAL_SERVER_ERROR "A plug-in of this route failed.";
    PoolEmpty "pool_empty" SERVICE_UNAVAILABLE "The pool has no key for this upstream.";
    PoolBusy "pool_busy" SERVICE_UNAVAILABLE "No pool key is free just now.";
    QueueFull "queue_full" SERVICE_UNAVAILABLE "Too many requests wait for a pool key already.";
    Unaffordable "unaffordable" PAYMENT_REQUIRED "No pool key may spend what this request costs.";
    BudgetSpent "budget_spent" PAYMENT_REQUIRED "This client key's Anlas for today are spent.";
    BadMaxWait "bad_max_wait" BAD_REQUEST "x-potluck-max-wait is not a number of seconds.";
    AttemptsExhausted "attempts_exhausted" BAD_GATEWAY "Every attempt at the upstream failed.";
    UpstreamUnreachable "upstream_unreachable" BAD_GATEWAY "The upstream cannot be reached.";
    UpstreamTimeout "upstream_timeout" GATEWAY_TIMEOUT "The upstream did not answer in time.";
    UpstreamBroken "upstream_broken" BAD_GATEWAY "The upstream's answer was malformed or broke off.";
    NotReady "not_ready" SERVICE_UNAVAILABLE "The relay is not ready to serve yet.";
    ShuttingDown "shutting_down" SERVICE_UNAVAILABLE "The relay is shutting down.";
    Internal "internal" INTERNAL_SERVER_ERROR "The relay failed to handle this request.";
}
