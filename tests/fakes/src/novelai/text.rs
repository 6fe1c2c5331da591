//! `POST /ai/generate` and `/ai/generate-stream` of the text host.
//!
//! Invariant: tokens travel as text only if the request says `use_string`; else packed.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    NovelAi, Settings,
    admission::{self, Service},
    call::{self, Call},
    errors::{self, Refused},
    ledger::Ledger,
    lock::Held,
    mishap,
    token_ids::{self, Width},
    work,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TextRequest {
    input: String,
    model: String,
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    max_length: Option<usize>,
    use_string: Option<bool>,
}

struct Accepted {
    settings: Settings,
    held: Option<Held>,
    tokens: Vec<&'static str>,
    /// How tokens are packed; `None` for plain text.
    packing: Option<Width>,
}

const LONGEST_INPUT: usize = 100_000;

pub(crate) async fn whole(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let Accepted {
        settings,
        held,
        tokens,
        packing,
    } = accept(&fake, &call)?;
    work::run(held, fake.pace(settings.text_duration), || ()).await?;
    let output = packing.map_or_else(|| tokens.concat(), |width| token_ids::packed(&tokens, width));
    Ok(Json(json!({ "output": output, "logprobs": null })).into_response())
}

pub(crate) async fn streamed(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let Accepted {
        settings,
        held,
        tokens,
        packing,
    } = accept(&fake, &call)?;
    let last = tokens.len().saturating_sub(1);
    let events = tokens.iter().enumerate().map(|(at, token)| {
        let text = packing.map_or_else(|| (*token).to_owned(), |width| token_ids::packed(&[token], width));
        new_token(
            at,
            &json!({ "token": text, "ptr": at, "final": at == last, "logprobs": null }),
        )
    });
    let events = mishap::befall(
        events.collect(),
        call.holder.next_mishap().as_ref(),
        |code, message| new_token(0, &json!({ "error": code.to_string(), "message": message })),
        |message| new_token(0, &json!({ "message": message })),
    );
    let body = work::feed(held, fake.pace(settings.text_duration), events, || ());
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body).into_response())
}

fn accept(fake: &NovelAi, call: &Call) -> Result<Accepted, Refused> {
    let request: TextRequest = call::json(&call.body)?;
    let width = width(&request.model)?;
    let length = request.parameters.max_length.unwrap_or(40);
    if !(1..=2048).contains(&length) {
        return Err(errors::validation("max_length must be between 1 and 2048").into());
    }
    if request.input.chars().count() > LONGEST_INPUT {
        return Err(errors::validation("input must be at most 100000 characters long").into());
    }
    let settings = fake.settings();
    check_subscription(&call.holder.ledger())?;
    let held = admission::admit(&settings, &call.holder, Service::Text, |_| Ok(()))?;
    let tokens = token_ids::written(length.min(settings.text_tokens));
    let packing = if request.parameters.use_string == Some(true) {
        None
    } else {
        Some(width)
    };
    Ok(Accepted {
        settings,
        held,
        tokens,
        packing,
    })
}

fn width(model: &str) -> Result<Width, Refused> {
    match model {
        "kayra-v1" => Ok(Width::Two),
        "llama-3-erato-v1" => Ok(Width::Four),
        "glm-4-6" => Err(errors::only_openai_compatible(model).into()),
        _ => Err(errors::validation("model does not exist").into()),
    }
}

/// Text costs no Anlas, but a subscription.
pub(crate) fn check_subscription(ledger: &Ledger) -> Result<(), Refused> {
    if ledger.active {
        Ok(())
    } else {
        Err(errors::subscription_required().into())
    }
}

fn new_token(id: usize, data: &Value) -> Bytes {
    Bytes::from(format!("event:newToken\nid:{}\ndata:{data}\n\n", id + 1))
}
