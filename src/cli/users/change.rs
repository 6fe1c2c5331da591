//! Making, editing and deleting users.

use potluck_admin::api::{
    AllowReset, CreateUser, EditSettings, EditUser, EndedSessions, PasswordResetLeave, Registration,
    SecretText, User,
};
use potluck_filters::secret::Secret;
use serde_json::{Value, json};

use super::{AddArgs, EditArgs, Final, PATH, Which, show};
use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{sent, typed};
use crate::cli::{Options, ask, date, print};
use crate::config::Period;

pub(super) async fn add(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let password = if arguments.password_stdin {
        let text = ask::secret("Their password (not shown): ", None)?;
        let text = text.expose().trim_end_matches(['\n', '\r']);
        Some(SecretText(Secret::new(text)))
    } else {
        None
    };
    let can_log_in = password.is_some();
    let new = CreateUser {
        name: arguments.name,
        role: arguments.role.into(),
        password,
        rate_limit: None,
    };
    let answer = api.post(PATH, &sent(&new)?).await?;
    show::one(answer, options)?;
    if !can_log_in {
        print::note(&format!(
            "They can log in after `potluck users reset-password {}`.",
            new.name
        ));
    }
    Ok(())
}

pub(super) async fn edit(arguments: EditArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let edit = EditUser {
        name: arguments.name,
        role: arguments.role.map(Into::into),
        enabled: None,
    };
    if edit.name.is_none() && edit.role.is_none() {
        let message = "nothing to change; see `potluck users edit --help`";
        return Err(Failure::new(Exit::Usage, message));
    }
    let path = arguments.which.path(api).await?;
    show::one(api.patch(&path, &sent(&edit)?).await?, options)
}

pub(super) async fn switch(which: &Which, on: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = which.path(api).await?;
    show::one(api.patch(&path, &json!({ "enabled": on })).await?, options)
}

pub(super) async fn delete(arguments: &Final, api: &Api, options: &Options) -> Result<(), Failure> {
    let (path, user) = found(&arguments.which, api).await?;
    let question = format!(
        "Delete {} for ever, revoke their client keys and withdraw their pool keys?",
        user.name
    );
    ask::confirm(&question, arguments.yes)?;
    api.delete(&path).await?;
    done(&format!("deleted {}", user.name), &user, options)
}

pub(super) async fn reset_totp(arguments: &Final, api: &Api, options: &Options) -> Result<(), Failure> {
    let (path, user) = found(&arguments.which, api).await?;
    let question = format!("Let {} log in without a second factor?", user.name);
    ask::confirm(&question, arguments.yes)?;
    api.delete(&format!("{path}/totp")).await?;
    done(
        &format!("{} logs in with the password alone", user.name),
        &user,
        options,
    )
}

async fn found(which: &Which, api: &Api) -> Result<(String, User), Failure> {
    let path = which.path(api).await?;
    let user = typed(api.get(&path).await?)?;
    Ok((path, user))
}

fn done(text: &str, user: &User, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&json!({ "id": user.id, "name": user.name, "done": text }));
    } else {
        print::line(text);
    }
    Ok(())
}

pub(super) async fn reset_password(
    which: &Which,
    expires: Period,
    api: &Api,
    options: &Options,
) -> Result<(), Failure> {
    let asked = AllowReset {
        expires_in: Some(u32::try_from(expires.0.as_secs()).unwrap_or(u32::MAX)),
    };
    let path = format!("{}/password-reset", which.path(api).await?);
    let answer: Value = api.post(&path, &sent(&asked)?).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let leave: PasswordResetLeave = typed(answer)?;
    print::note(&format!(
        "Whoever has this may set a new password until {}. Keep it now: it is not shown again.",
        date::shown(leave.expires_at)
    ));
    print::line(leave.token.0.expose());
    Ok(())
}

pub(super) async fn end_sessions(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api
        .delete(&format!("{}/sessions", which.path(api).await?))
        .await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let ended: EndedSessions = typed(answer)?;
    print::line(&format!("ended {} sessions", ended.ended));
    Ok(())
}

pub(super) async fn registration(mode: Registration, api: &Api, options: &Options) -> Result<(), Failure> {
    let asked = EditSettings {
        registration: Some(mode),
        ..EditSettings::default()
    };
    let answer = api.patch("/manage/v1/settings", &sent(&asked)?).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    print::line(match mode {
        Registration::Open => "everybody may register",
        Registration::Invitation => "whoever was invited may register",
        Registration::Closed => "nobody may register",
    });
    Ok(())
}
