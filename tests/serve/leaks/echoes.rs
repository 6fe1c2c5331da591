//! Upstreams that repeat the credential that they were sent, in the head or the body of an error.

use potluck_fakes::{DemoWorld, Fault, Faults};

use super::Gathered;
use super::traces::Traces;
use crate::installation::{Installation, wide_world};
use crate::relay::Relay;
use crate::requests::{chat_request, image_request, post};

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_key_that_an_upstream_repeats_in_an_error_reaches_neither_client_nor_log() {
    let world = wide_world(3).await;
    let installation = Installation::furnished(&world).await;
    let rests = "--set upstreams.vercel.cool_downs.max=1ms --set upstreams.novelai.cool_downs.max=1ms \
                 --set upstreams.vercel.queue.max_wait=0s --set upstreams.novelai.queue.max_wait=0s";
    let relay = Relay::start_with(&installation, &format!("--set log.level=trace {rests}")).await;
    let (_, key) = installation.client_key().await;
    let mut seen = Gathered::default();
    failures(&world, &relay, &key, &mut seen).await;
    seen.0
        .push(("the log".to_owned(), relay.stop().await.into_bytes()));
    let tokens = world.novelai_accounts.iter().map(|account| &account.token);
    for secret in world.openai_keys.iter().chain(tokens) {
        seen.are_free_of(&Traces::of(secret));
    }
}

/// An upstream that repeats the credential it was sent, in each way and with each status.
fn echoes(code: u16, key: &str) -> [Fault; 4] {
    let sent = format!("Authorization: Bearer {key}");
    let page = format!("<html><body><h1>Error</h1><pre>{sent}</pre></body></html>");
    [
        Fault::openai(
            code,
            "invalid_request_error",
            "invalid_api_key",
            &format!("Incorrect API key: {key}"),
        ),
        Fault::novelai(code, &sent),
        Fault::text(code, &sent).with_header("x-debug", &sent),
        Fault::text(code, &page)
            .with_header("content-type", "text/html")
            .with_header("server", "cloudflare"),
    ]
}

/// Failures of every key for one request, and for as long as it tries.
async fn failures(world: &DemoWorld, relay: &Relay, key: &str, seen: &mut Gathered) {
    let tokens: Vec<_> = world
        .novelai_accounts
        .iter()
        .map(|account| account.token.clone())
        .collect();
    let openai = (
        &world.openai.server.faults,
        &world.openai_keys[..],
        "/v1/chat/completions",
        chat_request(false),
    );
    let novelai = (
        world.novelai.faults(),
        &tokens[..],
        "/v1/novelai/ai/generate-image",
        image_request(),
    );
    let attempts = || world.openai.server.records.count() + world.novelai.records().count();
    for (faults, keys, path, body) in [openai, novelai] {
        for code in [400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503] {
            for form in 0..4 {
                for times in [1, usize::MAX] {
                    script(faults, keys, code, form, times);
                    let before = attempts();
                    let what = format!("{path}, {code} in form {form} from every key");
                    seen.answer(&what, post(relay, path, key, &body).await).await;
                    assert!(attempts() > before, "{what}: the upstream was not asked");
                    keys.iter().for_each(|key| faults.clear(key));
                }
            }
        }
    }
}

fn script(faults: &Faults, keys: &[String], code: u16, form: usize, times: usize) {
    for key in keys {
        let fault = echoes(code, key).into_iter().nth(form).expect("a form");
        faults.push(key, fault, times);
    }
}
