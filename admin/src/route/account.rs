//! `/manage/v1/me`: one's own account, and what proves who one is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{InPerson, Member, area};
use crate::api::{
    BegunTotp, ChangePassword, CreatePersonalToken, CreatedPersonalToken, EndedSessions, Export, Page,
    PageQuery, PersonalToken, RecoveryCodes, Sessions, User, WithCode, WithPassword, WithPasswordAndCode,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id};
use crate::output::{Created, NoContent};

type Own = InPerson<area::Account>;
type Shared = State<Arc<Control>>;

pub(crate) fn routes() -> Routes {
    of_the_account().merge(of_sessions_and_tokens())
}

fn of_the_account() -> Routes {
    Routes::new()
        .get("/manage/v1/me", "showMe", "Shows one's own account.", show)
        .delete(
            "/manage/v1/me",
            "deleteMe",
            "Deletes one's own account for ever.",
            delete,
        )
        .get(
            "/manage/v1/me/export",
            "exportMe",
            "Gives everything that is kept of oneself.",
            export,
        )
        .post(
            "/manage/v1/me/password",
            "changePassword",
            "Changes one's own password.",
            change_password,
        )
        .post(
            "/manage/v1/me/totp",
            "beginTotp",
            "Begins to set up a second factor.",
            begin_totp,
        )
        .post(
            "/manage/v1/me/totp/confirm",
            "confirmTotp",
            "Confirms a second factor.",
            confirm_totp,
        )
        .post(
            "/manage/v1/me/totp/recovery-codes",
            "renewRecoveryCodes",
            "Puts new recovery codes in the place of those that are left.",
            renew_recovery_codes,
        )
        .delete(
            "/manage/v1/me/totp",
            "disableTotp",
            "Takes one's own second factor away.",
            disable_totp,
        )
}

fn of_sessions_and_tokens() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/me/sessions",
            "listMySessions",
            "Lists one's own sessions.",
            sessions,
        )
        .delete(
            "/manage/v1/me/sessions",
            "endMySessions",
            "Ends all of one's own sessions.",
            end_sessions,
        )
        .delete(
            "/manage/v1/me/sessions/{id}",
            "endMySession",
            "Ends one of one's own sessions.",
            end_session,
        )
        .get(
            "/manage/v1/me/tokens",
            "listMyTokens",
            "Lists one's own personal access tokens.",
            tokens,
        )
        .post(
            "/manage/v1/me/tokens",
            "createMyToken",
            "Makes a personal access token.",
            create_token,
        )
        .delete(
            "/manage/v1/me/tokens/{id}",
            "deleteMyToken",
            "Deletes a personal access token.",
            delete_token,
        )
}

async fn show(by: Member<area::Account>, State(control): Shared) -> Result<Json<User>, ControlError> {
    control.user(by.user()).await.map(Json)
}

async fn export(by: Own, State(control): Shared) -> Result<Json<Export>, ControlError> {
    control.export(&by, by.user()).await.map(Json)
}

async fn delete(
    by: Own,
    State(control): Shared,
    Body(proof): Body<WithPasswordAndCode>,
) -> Result<NoContent, ControlError> {
    control.delete_own_account(&by, by.user(), proof).await?;
    Ok(NoContent)
}

async fn change_password(
    by: Own,
    State(control): Shared,
    Body(change): Body<ChangePassword>,
) -> Result<NoContent, ControlError> {
    let whose = (by.user(), by.session());
    control.change_password(&by, whose, change).await?;
    Ok(NoContent)
}

async fn begin_totp(
    by: Own,
    State(control): Shared,
    Body(proof): Body<WithPassword>,
) -> Result<Created<BegunTotp>, ControlError> {
    control.begin_totp(&by, by.user(), proof).await.map(Created)
}

async fn confirm_totp(
    by: Own,
    State(control): Shared,
    Body(code): Body<WithCode>,
) -> Result<Json<RecoveryCodes>, ControlError> {
    control.confirm_totp(&by, by.user(), &code.code.0).await.map(Json)
}

async fn renew_recovery_codes(
    by: Own,
    State(control): Shared,
    Body(proof): Body<WithPasswordAndCode>,
) -> Result<Json<RecoveryCodes>, ControlError> {
    control
        .renew_recovery_codes(&by, by.user(), proof)
        .await
        .map(Json)
}

async fn disable_totp(
    by: Own,
    State(control): Shared,
    Body(proof): Body<WithPasswordAndCode>,
) -> Result<NoContent, ControlError> {
    control.disable_totp(&by, by.user(), proof).await?;
    Ok(NoContent)
}

async fn sessions(by: Own, State(control): Shared) -> Result<Json<Sessions>, ControlError> {
    control.sessions(by.user(), Some(by.session())).await.map(Json)
}

async fn end_sessions(by: Own, State(control): Shared) -> Result<Json<EndedSessions>, ControlError> {
    control.end_sessions(&by, by.user()).await.map(Json)
}

async fn end_session(by: Own, State(control): Shared, Id(id): Id) -> Result<NoContent, ControlError> {
    control.end_session(&by, by.user(), id).await?;
    Ok(NoContent)
}

async fn tokens(
    by: Own,
    State(control): Shared,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<PersonalToken>>, ControlError> {
    control.personal_tokens(by.user(), page).await.map(Json)
}

async fn create_token(
    by: Own,
    State(control): Shared,
    Body(new): Body<CreatePersonalToken>,
) -> Result<Created<CreatedPersonalToken>, ControlError> {
    control
        .create_personal_token(&by, by.user(), new)
        .await
        .map(Created)
}

async fn delete_token(by: Own, State(control): Shared, Id(id): Id) -> Result<NoContent, ControlError> {
    control.delete_personal_token(&by, by.user(), id).await?;
    Ok(NoContent)
}
