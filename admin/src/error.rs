//! What can go wrong in the control plane, and the one place where it becomes an answer.
//!
//! Invariant: an answer says what the caller can do about it; causes inside the database go to the log alone.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use potluck_filters::model::Role;
use potluck_store::StoreError;

use crate::api::{FieldProblem, Problem};

/// A field that cannot be what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name; parts of a field stand behind a dot.
    pub field: &'static str,
    /// Why it cannot be, and what can.
    pub why: String,
}

/// Why a call was not done.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No caller came with the request.
    #[error("this needs an account")]
    NobodyAsks,
    /// The operator has no account.
    #[error(
        "this is about an account of one's own, and the operator's token belongs to nobody; log in as a user"
    )]
    NeedsUser,
    /// Only admins may.
    #[error("this needs the role `admin`; an admin can do it, or give it to you")]
    NeedsAdmin,
    /// The personal access token was not made for this.
    #[error("this needs a token with the scope `{0}`; make one that has it")]
    NeedsScope(String),
    /// `If-Match` is of an older revision.
    #[error("somebody has changed this meanwhile; read it again, then edit what is there now")]
    ChangedMeanwhile,
    /// A personal access token where only its owner in person may.
    #[error("this needs a login: a personal access token may not change what proves who you are")]
    NeedsSession,
    /// A wrong token.
    #[error("this token is not one of this relay's; log in anew, or make a new one")]
    NoToken,
    /// The access token's time has passed.
    #[error("this token has expired; refresh the session, or make a new token")]
    ExpiredToken,
    /// The session was ended, or its user switched off.
    #[error("this session has ended; log in anew")]
    SessionEnded,
    /// A page's change without the session's own token, or from another site.
    #[error(
        "this came without the session's `x-csrf-token`, or from another site's page; `GET /manage/v1/session` tells it"
    )]
    Csrf,
    /// Two things that say who asks.
    #[error("two credentials came with this; send one `Authorization` header, or the cookie, and not both")]
    TwoCredentials,
    /// No such user, or not their password.
    #[error("name or password is wrong")]
    WrongPassword,
    /// The password was right.
    #[error("this account has a second factor: send its `code`, too")]
    TotpRequired,
    /// Neither the authenticator's nor a recovery code, or used before.
    #[error("the code is wrong or was used; wait for the next one")]
    WrongCode,
    /// Tried too often.
    #[error("too many tries; wait as long as `Retry-After` says")]
    TriedTooOften(Duration),
    /// Nobody may register.
    #[error("nobody can register here; ask an admin for an account")]
    RegistrationClosed,
    /// An invitation is needed, and none that holds was sent.
    #[error(
        "registering needs an invitation that was neither used up, taken back nor has expired; ask an admin"
    )]
    NoInvitation,
    /// Leave to set a password that was used, has expired or never was.
    #[error("this leave to set a password was used or has expired; ask an admin for another one")]
    NoReset,
    /// Without them nobody could manage the relay.
    #[error("this is the last admin who can log in; make another user admin first")]
    LastAdmin,
    /// Too many calls without the right token from one address; how long it is to wait.
    #[error("too many calls without the right token came from this address; wait, then send the right one")]
    TooManyTries(Duration),
    /// A caller has made too many calls; how long it is to wait.
    #[error("you make more calls than `admin.requests_per_minute` allows; wait as `Retry-After` says")]
    TooManyCalls(Duration),
    /// A user has too many streams of events open.
    #[error("you have too many streams of events open; close one first")]
    TooManyStreams,
    /// The request of this `Idempotency-Key` has begun.
    #[error(
        "a request with this `Idempotency-Key` is under way, or nobody knows how it ended; look whether it was done, \
         and use a new key if it was not"
    )]
    RequestUnderWay,
    /// The `Idempotency-Key` was used for something else.
    #[error("this `Idempotency-Key` was used for another request; use a new one")]
    OtherRequest,
    /// The call means another host.
    #[error("this relay is not called by that name; use its address, or list the name in `admin.hosts`")]
    WrongHost,
    /// No such route.
    #[error("there is nothing at this path")]
    NoRoute,
    /// The route has no such method.
    #[error("this path has no such method")]
    NoMethod,
    /// Path, query or body cannot be read as what they should be.
    #[error("{0}")]
    Unreadable(String),
    /// The body is longer than any request needs.
    #[error("the body is longer than {} MiB; send it in parts", crate::router::BODY_LIMIT >> 20)]
    TooLong,
    /// It could lock the operator out, or is a secret.
    #[error("{name} is not edited online: it stands {place}, and counts from the next start")]
    NotEditableOnline {
        /// What was to be edited.
        name: &'static str,
        /// Where it is set.
        place: &'static str,
    },
    /// Readable, but cannot be.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// Why it cannot be, and what can.
        why: String,
    },
    /// Readable, but several of its fields cannot be.
    #[error("{}", .0.iter().map(|one| format!("{}: {}", one.field, one.why)).collect::<Vec<_>>().join("; "))]
    InvalidFields(Vec<FieldFault>),
    /// The row does not exist.
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    /// No upstream of this name.
    #[error("there is no upstream of this name; there are: {}", .0.join(", "))]
    NoUpstream(Vec<String>),
    /// It is the only one that takes new requests.
    #[error(
        "this would leave no {}node that takes new requests; add or resume another one first",
        word_before(*.0)
    )]
    LastNode(Role),
    /// Somebody needs it.
    #[error("this {0} is used by {1}; take it out of their lists first")]
    InUse(&'static str, String),
    /// It may not be used now.
    #[error("this {0} is switched off; switch it on first")]
    SwitchedOff(&'static str),
    /// What was asked for is done by a running relay.
    #[error("no relay runs here that could do this; start it with `potluck serve`")]
    NoEdge,
    /// No books of usage are open here.
    #[error("no books of usage are kept here")]
    NoBooks,
    /// It is held back, and what was asked needs it not to be.
    #[error("this {0} is paused; resume it first")]
    Paused(&'static str),
    /// There are as many as there may be.
    #[error("there may be {1} {0} at most; revoke one first")]
    TooMany(&'static str, u64),
    /// What an act was previewed on is not what it would be done to.
    #[error("other things are meant by now, or something else would become of them; look at a new dry run")]
    OthersMeant,
    /// A job is not as it would have to be.
    #[error("{0}")]
    JobState(&'static str),
    /// Somebody else's hold is not lifted.
    #[error("this pool key is held back by {0}, and nobody else can let it go")]
    HeldBy(&'static str),
    /// Its contributor alone says so.
    #[error(
        "{0}: what others may do with a member's pool key is for that member to say; pause it, if it must not serve"
    )]
    NotYours(&'static str),
    /// What is brought is taken only from who knows the risk.
    #[error("read what you risk, then send `accepted_risk: true`.\n\n{0}")]
    RiskNotAccepted(&'static str),
    /// Something with the same name or text exists.
    #[error("this {0} exists already")]
    Exists(&'static str),
    /// Revoked and withdrawn are final.
    #[error("this {0} is gone for ever; make a new one")]
    Final(&'static str),
    /// Nobody to own what is made.
    #[error("there is no admin yet; run `potluck init`, or name an owner")]
    NoAdmin,
    /// The edge could not serve from what this change would make.
    #[error("the change was not made, because the edge cannot serve from it: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// Stored, but the edge did not take it.
    #[error("the change is stored, but the edge does not serve it yet: {}", .0.join("; "))]
    NotServed(Vec<String>),
    /// A change by a person that nobody would know of.
    #[error("the change was not made, because nothing would be noted of it; report this")]
    Unnoted,
    /// Hashing a password failed.
    #[error("the password cannot be hashed")]
    Password,
    /// Too many others log in at this moment.
    #[error("too many are logging in at once; try again in a moment")]
    Busy,
    /// A task ended early.
    #[error("the call ended early; look whether it was done before you try again")]
    Ended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ControlError {
    /// The refusal of a field.
    pub(crate) fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            why: why.into(),
        }
    }

    /// Status and stable code. Every kind once.
    fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NobodyAsks | Self::NoToken => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::NeedsUser => (StatusCode::FORBIDDEN, "needs_user"),
            Self::NeedsAdmin => (StatusCode::FORBIDDEN, "needs_admin"),
            Self::NeedsScope(_) => (StatusCode::FORBIDDEN, "needs_scope"),
            Self::ChangedMeanwhile => (StatusCode::PRECONDITION_FAILED, "changed_meanwhile"),
            Self::NeedsSession => (StatusCode::FORBIDDEN, "needs_session"),
            Self::ExpiredToken => (StatusCode::UNAUTHORIZED, "expired_token"),
            Self::SessionEnded => (StatusCode::UNAUTHORIZED, "session_ended"),
            Self::Csrf => (StatusCode::FORBIDDEN, "csrf"),
            Self::TwoCredentials => (StatusCode::BAD_REQUEST, "two_credentials"),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "wrong_password"),
            Self::TotpRequired => (StatusCode::UNAUTHORIZED, "totp_required"),
            Self::WrongCode => (StatusCode::UNAUTHORIZED, "wrong_code"),
            Self::TriedTooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "tried_too_often"),
            Self::RegistrationClosed => (StatusCode::FORBIDDEN, "registration_closed"),
            Self::NoInvitation => (StatusCode::FORBIDDEN, "invitation_needed"),
            Self::NoReset => (StatusCode::FORBIDDEN, "reset_gone"),
            Self::LastAdmin => (StatusCode::CONFLICT, "last_admin"),
            Self::TooManyTries(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_failures"),
            Self::TooManyCalls(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_calls"),
            Self::TooManyStreams => (StatusCode::TOO_MANY_REQUESTS, "too_many_streams"),
            Self::RequestUnderWay => (StatusCode::CONFLICT, "idempotency_in_flight"),
            Self::OtherRequest => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "wrong_host"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "no_such_path"),
            Self::NoMethod => (StatusCode::METHOD_NOT_ALLOWED, "no_such_method"),
            Self::Unreadable(_) => (StatusCode::BAD_REQUEST, "unreadable_request"),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::NotEditableOnline { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_editable_online"),
            Self::Invalid { .. } | Self::InvalidFields(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_field")
            }
            Self::NotFound(_) | Self::NoUpstream(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::LastNode(_) => (StatusCode::CONFLICT, "last_node"),
            Self::InUse(..) => (StatusCode::CONFLICT, "in_use"),
            Self::SwitchedOff(_) => (StatusCode::CONFLICT, "switched_off"),
            Self::NoEdge => (StatusCode::CONFLICT, "no_relay"),
            Self::NoBooks => (StatusCode::CONFLICT, "no_books"),
            Self::Paused(_) => (StatusCode::CONFLICT, "paused"),
            Self::TooMany(..) => (StatusCode::CONFLICT, "too_many"),
            Self::OthersMeant => (StatusCode::CONFLICT, "others_meant"),
            Self::JobState(_) => (StatusCode::CONFLICT, "job_state"),
            Self::NotYours(_) => (StatusCode::FORBIDDEN, "not_yours"),
            Self::HeldBy(_) => (StatusCode::CONFLICT, "held_by_another"),
            Self::RiskNotAccepted(_) => (StatusCode::UNPROCESSABLE_ENTITY, "risk_not_accepted"),
            Self::Exists(_) => (StatusCode::CONFLICT, "exists"),
            Self::Final(_) => (StatusCode::CONFLICT, "final_state"),
            Self::NoAdmin => (StatusCode::CONFLICT, "no_admin"),
            Self::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused_by_edge"),
            Self::NotServed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "stored_not_served"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Unnoted | Self::Password | Self::Ended => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Store(error) => store_told(error),
        }
    }

    /// What the caller is told. Of a failing database only that it fails.
    fn problem(&self) -> Problem {
        let (status, code) = self.told();
        Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: self.to_string(),
            errors: self.field_problems(),
        }
    }

    /// Field by field, where fields are wrong.
    fn field_problems(&self) -> Vec<FieldProblem> {
        if let Self::InvalidFields(all) = self {
            return all
                .iter()
                .map(|one| FieldProblem::new(one.field, &one.why))
                .collect();
        }
        if let Self::Invalid { field, why } = self {
            return vec![FieldProblem::new(field, why)];
        }
        if let Self::NotEditableOnline { name: field, .. } | Self::NotYours(field) = self {
            return vec![FieldProblem::new(field, &self.to_string())];
        }
        Vec::new()
    }

    /// What belongs into the answer's head.
    fn told_in_head(&self) -> Option<(HeaderName, HeaderValue)> {
        if let Self::Busy = self {
            return Some((header::RETRY_AFTER, 1.into()));
        }
        if let Self::TooManyTries(wait) | Self::TriedTooOften(wait) | Self::TooManyCalls(wait) = self {
            return Some((
                header::RETRY_AFTER,
                wait.as_millis()
                    .div_ceil(1000)
                    .max(1)
                    .try_into()
                    .unwrap_or(u64::MAX)
                    .into(),
            ));
        }
        let challenge = HeaderValue::from_static("Bearer realm=\"potluck\"");
        (self.told().0 == StatusCode::UNAUTHORIZED).then_some((header::WWW_AUTHENTICATE, challenge))
    }
}

fn word_before(role: Role) -> &'static str {
    match role {
        Role::Any => "",
        Role::Image => "image ",
        Role::Text => "text ",
        Role::Api => "api ",
    }
}

fn store_told(error: &StoreError) -> (StatusCode, &'static str) {
    match error {
        StoreError::Exists(_) => (StatusCode::CONFLICT, "exists"),
        StoreError::Missing(_) => (StatusCode::NOT_FOUND, "not_found"),
        StoreError::Locked | StoreError::Unreachable(_) => (StatusCode::SERVICE_UNAVAILABLE, "database_away"),
        StoreError::TooLong => (StatusCode::SERVICE_UNAVAILABLE, "too_long"),
        StoreError::Unanswerable => (StatusCode::UNPROCESSABLE_ENTITY, "unanswerable"),
        StoreError::ReadOnly => (StatusCode::INSUFFICIENT_STORAGE, "database_read_only"),
        StoreError::Corrupt
        | StoreError::Row { .. }
        | StoreError::Setting(_)
        | StoreError::Seal(_)
        | StoreError::NoMeta => (StatusCode::INTERNAL_SERVER_ERROR, "database_damaged"),
        StoreError::Url
        | StoreError::OthersBooks(_)
        | StoreError::NoFolder(_)
        | StoreError::NotAFile(_)
        | StoreError::NotADatabase(_)
        | StoreError::File { .. }
        | StoreError::Newer { .. }
        | StoreError::Altered(_)
        | StoreError::Migrate(_)
        | StoreError::Random(_)
        | StoreError::Database(_) => (StatusCode::INTERNAL_SERVER_ERROR, "database_failed"),
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        if problem.status >= 500 {
            let cause = std::error::Error::source(&self).map(ToString::to_string);
            tracing::error!(code = problem.code, cause, "control call failed: {self}");
        }
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        let mut answer = (status, [kind], Json(problem)).into_response();
        if let Some((name, value)) = self.told_in_head() {
            answer.headers_mut().insert(name, value);
        }
        answer
    }
}
