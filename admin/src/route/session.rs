//! `/manage/v1/session`: logging in, staying logged in, logging out; and what its tokens are signed with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;

use crate::access::{Admin, Anyone, Member, area};
use crate::api::{LogIn, Refresh, SessionTokens, WhoAmI};
use crate::caller::Unknown;
use crate::control::{Control, LoginFrom};
use crate::doc::Routes;
use crate::error::ControlError;
use crate::gate::Visitor;
use crate::input::Body;
use crate::output::{NoContent, WithCookies};

const PATH: &str = "/manage/v1/session";

pub(crate) fn routes() -> Routes {
    Routes::new()
        .post(PATH, "logIn", "Logs in.", log_in)
        .get(PATH, "whoAmI", "Says as whom one calls.", who_am_i)
        .delete(
            PATH,
            "logOut",
            "Ends the session that one calls with, or deletes the personal access token.",
            log_out,
        )
        .post(
            "/manage/v1/session/refresh",
            "refreshSession",
            "Gets the next access token of a session.",
            refresh,
        )
        .post(
            "/manage/v1/signing-keys",
            "rotateSigningKey",
            "Has access tokens signed with a new key.",
            rotate,
        )
}

async fn log_in(
    _: Anyone,
    visitor: Visitor,
    State(control): State<Arc<Control>>,
    Body(login): Body<LogIn>,
) -> Result<WithCookies<Json<SessionTokens>>, ControlError> {
    let cookies = login.cookies;
    let from = LoginFrom {
        address: visitor.address,
        agent: visitor.agent.as_deref(),
    };
    let tokens = control.log_in(login, from).await?;
    Ok(kept(tokens, cookies, &visitor, &control))
}

async fn refresh(
    _: Anyone,
    visitor: Visitor,
    State(control): State<Arc<Control>>,
    Body(asked): Body<Refresh>,
) -> Result<WithCookies<Json<SessionTokens>>, ControlError> {
    let (token, cookies) = match (asked.refresh_token, &visitor.held.refresh) {
        (Some(_), Some(_)) => return Err(ControlError::TwoCredentials),
        (Some(token), None) => (token.0, false),
        (None, Some(held)) => (held.clone(), true),
        (None, None) => return Err(ControlError::SessionEnded),
    };
    let tokens = control.refresh(&token, visitor.address).await?;
    Ok(kept(tokens, cookies, &visitor, &control))
}

/// Where a browser keeps the tokens, they are in its cookies and not in the answer, which a script could read.
fn kept(
    mut tokens: SessionTokens,
    cookies: bool,
    visitor: &Visitor,
    control: &Control,
) -> WithCookies<Json<SessionTokens>> {
    let mut set: Vec<HeaderValue> = Vec::new();
    if cookies {
        let left = |until: i64| control.seconds_until(until);
        let access = tokens.access_token.take();
        let refresh = tokens.refresh_token.take();
        let access = access.and_then(|token| visitor.cookies.access(&token.0, left(tokens.expires_at)));
        let refresh =
            refresh.and_then(|token| visitor.cookies.refresh(&token.0, left(tokens.session_expires_at)));
        set.extend(access.into_iter().chain(refresh));
    } else {
        tokens.csrf_token = None;
    }
    WithCookies(Json(tokens), set)
}

async fn who_am_i(
    by: Member<area::Account>,
    State(control): State<Arc<Control>>,
) -> Result<Json<WhoAmI>, ControlError> {
    control.who_am_i(&by, by.user()).await.map(Json)
}

async fn log_out(
    Anyone(by): Anyone,
    visitor: Visitor,
    State(control): State<Arc<Control>>,
) -> Result<WithCookies<NoContent>, ControlError> {
    if visitor.unknown == Some(Unknown::Csrf) {
        return Err(ControlError::Csrf);
    }
    control.log_out(by, visitor.held.refresh.as_ref()).await?;
    Ok(WithCookies(NoContent, visitor.cookies.cleared()))
}

async fn rotate(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<NoContent, ControlError> {
    control.rotate_signing_key(&by).await?;
    Ok(NoContent)
}
