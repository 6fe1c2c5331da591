//! The books: one line for each request that ended, with the truth about what it used.

use std::time::Duration;

use potluck::spool::{Outlet, channel};
use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::meter::Figure::{self, Estimated, Reported};
use potluck_filters::model::Bodies;
use potluck_filters::rejection::Code;
use potluck_filters::usage::{Ended, Endpoint, RequestNumber, StatusClass, UsageEvent};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::ask::{chat_request, image_request, image_stream_request, sent};
use crate::raw::{connect, head, read_head};
use crate::world::{Plan, World, client, gpu, novelai, openai};

const FOR_EVER: Duration = Duration::from_secs(600);

/// A relay whose books are read.
pub struct Booked {
    pub world: World,
    books: Outlet,
}

impl Booked {
    pub fn start(plan: Plan) -> Self {
        let world = plan.start();
        let (inlet, books) = channel();
        world.edge.on_usage(inlet);
        Self { world, books }
    }

    pub async fn event(&mut self) -> UsageEvent {
        let next = tokio::time::timeout(Duration::from_secs(20), self.books.next());
        next.await.expect("a line in the books").expect("an open channel")
    }

    /// Sends, reads the answer to its end, and gives the line of it.
    async fn line(&mut self, request: RequestBuilder) -> UsageEvent {
        let answer = sent(request).await;
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let status = answer.status().as_u16();
        let read = answer.bytes().await;
        let event = self.event().await;
        assert_eq!(event.request, RequestNumber::parse(&id).unwrap());
        assert_eq!(event.status, status);
        if let Ok(body) = read {
            assert_eq!(event.answered_bytes, body.len() as u64, "{event:?}");
        }
        event
    }
}

fn tokens(event: &UsageEvent) -> [Figure; 3] {
    [event.used.prompt, event.used.cached, event.used.completion]
}

fn drawn(event: &UsageEvent) -> [Figure; 2] {
    [event.used.images, event.used.anlas]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_served_has_one_line_with_all_that_is_known() {
    let (_fake, _, plan) = openai(1).await;
    let mut booked = Booked::start(plan);
    let event = booked.line(booked.world.chat(false)).await;
    assert_eq!(event.user, Some(UserId(1)));
    assert_eq!(event.client_key, Some(ClientKeyId(1)));
    assert_eq!(event.pool_key, Some(PoolKeyId(1)));
    assert_eq!(event.upstream.as_deref(), Some("vercel"));
    assert_eq!(event.node.as_deref(), Some("main"));
    assert_eq!(event.model.as_deref(), Some("gpt-5-mini"));
    assert_eq!(event.endpoint, Endpoint::Chat);
    assert_eq!((event.ended, event.code, event.attempts), (Ended::Whole, None, 1));
    assert_eq!(event.asked_bytes, chat_request(false).to_string().len() as u64);
    assert_eq!(tokens(&event), [Reported(3), Reported(0), Reported(5)]);
    let times = event.times;
    assert!(times.first_byte.unwrap() <= times.total, "{times:?}");
    assert!(times.own.unwrap() <= times.first_byte.unwrap(), "{times:?}");
    assert!(event.ended_at > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_openais_answers_says_its_tokens() {
    let (_fake, _, plan) = openai(1).await;
    let mut booked = Booked::start(plan);
    let usage = json!({"include_usage": true});
    let with_usage = |mut request: Value| {
        request["stream_options"] = usage.clone();
        request
    };
    let input = |stream| json!({"model": "gpt-5-mini", "input": "hello there world", "stream": stream});
    let prompt = |stream| json!({"model": "gpt-5-mini", "prompt": "hello there world", "stream": stream});
    for (path, body, endpoint, expected) in [
        (
            "chat/completions",
            with_usage(chat_request(true)),
            Endpoint::Chat,
            [Reported(3), Figure::None, Reported(5)],
        ),
        (
            "responses",
            input(false),
            Endpoint::Responses,
            [Reported(3), Reported(0), Reported(5)],
        ),
        (
            "responses",
            input(true),
            Endpoint::Responses,
            [Reported(3), Reported(0), Reported(5)],
        ),
        (
            "completions",
            prompt(false),
            Endpoint::Completions,
            [Reported(3), Figure::None, Reported(5)],
        ),
        (
            "completions",
            with_usage(prompt(true)),
            Endpoint::Completions,
            [Reported(3), Figure::None, Reported(5)],
        ),
        (
            "embeddings",
            json!({"model": "text-embedding-3-small", "input": "hello there world"}),
            Endpoint::Embeddings,
            [Reported(3), Figure::None, Figure::None],
        ),
    ] {
        let event = booked
            .line(booked.world.post(&format!("/v1/{path}")).json(&body))
            .await;
        assert_eq!((event.status, event.endpoint), (200, endpoint), "{path}");
        assert_eq!(event.model.as_deref(), body["model"].as_str(), "{path}");
        let [prompt, _, completion] = tokens(&event);
        assert_eq!([prompt, completion], [expected[0], expected[2]], "{path} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_tokens_says_none() {
    let (_fake, _, plan) = openai(1).await;
    let mut booked = Booked::start(plan);
    let request = json!({"model": "gpt-image-1", "prompt": "a cat", "n": 2});
    let event = booked
        .line(booked.world.post("/v1/images/generations").json(&request))
        .await;
    assert_eq!(
        (event.endpoint, event.used.images),
        (Endpoint::Images, Reported(2))
    );
    assert_eq!(event.model.as_deref(), Some("gpt-image-1"));
    let event = booked.line(booked.world.get("/v1/models")).await;
    assert_eq!(
        (event.endpoint, tokens(&event)),
        (Endpoint::Models, [Figure::None; 3])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_does_not_say_is_estimated_and_says_so() {
    let (_fake, _, plan) = openai(1).await;
    let mut booked = Booked::start(plan);
    let event = booked.line(booked.world.chat(true)).await;
    let asked = chat_request(true).to_string().len() as u64;
    // Of each choice also its role and its end.
    assert_eq!(
        tokens(&event),
        [Estimated(asked / 4), Figure::None, Estimated(5 + 2)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_counted_and_their_anlas_reckoned() {
    let upstream = novelai(1, Settings::default()).await;
    let mut booked = Booked::start(upstream.plan());
    let mut two = image_request();
    two["parameters"]["n_samples"] = json!(2);
    let event = booked
        .line(booked.world.post("/ai/generate-image").json(&two))
        .await;
    assert_eq!(event.endpoint, Endpoint::GenerateImage);
    assert_eq!(event.model.as_deref(), Some("nai-diffusion-4-5-full"));
    let [images, Estimated(anlas)] = drawn(&event) else {
        panic!("{event:?}");
    };
    assert_eq!(images, Reported(2));
    assert!(anlas > 0);
    for stream in ["sse", "msgpack"] {
        let request = image_stream_request(stream);
        let event = booked
            .line(booked.world.post("/ai/generate-image-stream").json(&request))
            .await;
        assert_eq!(event.used.images, Reported(1), "{stream}");
        assert_eq!(tokens(&event), [Figure::None; 3], "{stream}");
    }
    let json = booked.world.image().header("accept", "application/json");
    assert_eq!(booked.line(json).await.used.images, Reported(1));
    let event = booked.line(booked.world.get("/user/subscription")).await;
    assert_eq!((event.endpoint, event.attempts), (Endpoint::Account, 0));
    let tags = "/ai/generate-image/suggest-tags?model=nai-diffusion-4-5-full&prompt=ca";
    let event = booked.line(booked.world.get(tags)).await;
    assert_eq!(
        (event.endpoint, event.used.anlas),
        (Endpoint::ImageTools, Estimated(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_has_its_code_and_whose_request_it_was() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].rate_limit = Limit::AtMost(1);
    let mut booked = Booked::start(plan);
    let unknown = client()
        .post(booked.world.url("/v1/chat/completions"))
        .bearer_auth("np-no");
    let event = booked.line(unknown).await;
    assert_eq!(
        (event.code, event.user, event.client_key),
        (Some(Code::UnknownKey), None, None)
    );
    assert_eq!(
        (event.endpoint, event.class()),
        (Endpoint::Chat, StatusClass::Refused)
    );
    assert_eq!(event.upstream.as_deref(), Some("vercel"));
    let event = booked.line(booked.world.get("/nowhere")).await;
    assert_eq!((event.code, event.upstream), (Some(Code::NotFound), None));
    booked.line(booked.world.chat(false)).await;
    let event = booked.line(booked.world.chat(false)).await;
    assert_eq!(
        (event.code, event.user),
        (Some(Code::RateLimited), Some(UserId(1)))
    );
    assert_eq!(
        (event.class(), event.attempts, event.pool_key),
        (StatusClass::Limited, 0, None)
    );
    assert_eq!(event.ended, Ended::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_checks_are_in_no_books() {
    let (_fake, _, plan) = openai(1).await;
    let mut booked = Booked::start(plan);
    for path in ["/healthz", "/readyz"] {
        sent(booked.world.get(path)).await.bytes().await.unwrap();
    }
    assert_eq!(
        booked.line(booked.world.chat(false)).await.endpoint,
        Endpoint::Chat
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_counted_and_the_last_one_is_named() {
    let (fake, keys, plan) = openai(2).await;
    fake.server.faults.push(&keys[0], Fault::text(429, "{}"), 1);
    fake.server.faults.push(
        &keys[1],
        Fault::json(400, &json!({"error": {"message": "no"}})),
        1,
    );
    let mut booked = Booked::start(plan);
    let event = booked.line(booked.world.chat(false)).await;
    assert_eq!((event.status, event.attempts), (400, 2));
    assert_eq!(event.pool_key, Some(PoolKeyId(2)));
    assert_eq!((event.class(), event.code), (StatusClass::UpstreamRefused, None));
    // What an upstream says of an error is not what was used.
    assert_eq!(tokens(&event), [Figure::None; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_broke_off_says_how_far_it_came() {
    let (fake, keys, plan) = openai(1).await;
    fake.server
        .faults
        .push(&keys[0], Fault::Truncate { after: 600 }, 1);
    let mut booked = Booked::start(plan);
    let answer = sent(booked.world.chat(true)).await;
    let _ = answer.bytes().await;
    let event = booked.event().await;
    assert_eq!((event.status, event.ended), (200, Ended::Cut));
    assert_eq!(event.class(), StatusClass::UpstreamFailed);
    assert!(matches!(event.used.completion, Estimated(1..)), "{event:?}");
}

/// Sends, reads as much as it is told to, and leaves.
async fn leave(world: &World, path: &str, body: &Value, read: bool) {
    let mut socket = connect(world).await;
    let body = body.to_string();
    let lines = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let request = format!("{}{body}", head("POST", path, &lines));
    socket.write_all(request.as_bytes()).await.unwrap();
    if read {
        read_head(&mut socket).await;
        socket.read_u8().await.unwrap();
    } else {
        while world.leases() == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_in_the_books_with_what_went_out() {
    let (fake, _, plan) = openai(1).await;
    fake.pace.step();
    fake.pace.release(2);
    let mut booked = Booked::start(plan);
    leave(&booked.world, "/v1/chat/completions", &chat_request(true), true).await;
    let event = booked.event().await;
    assert_eq!(
        (event.status, event.ended, event.class()),
        (200, Ended::ClientGone, StatusClass::Left)
    );
    assert!(matches!(event.used.completion, Estimated(1..=2)), "{event:?}");
    fake.pace.set_work(FOR_EVER);
    leave(&booked.world, "/v1/chat/completions", &chat_request(false), false).await;
    let event = booked.event().await;
    assert_eq!((event.status, event.ended), (0, Ended::ClientGone));
    assert_eq!((event.used.completion, event.attempts), (Figure::None, 1));
    assert_eq!(event.times.first_byte, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_nobody_waits_for_is_counted_all_the_same() {
    let upstream = novelai(1, Settings::default()).await;
    let mut booked = Booked::start(upstream.plan());
    upstream
        .server
        .faults
        .push(&upstream.tokens[0], Fault::HangBeforeHeaders, 1);
    leave(&booked.world, "/ai/generate-image", &image_request(), false).await;
    upstream.server.records.wait_for(1).await;
    upstream.server.faults.release();
    let event = booked.event().await;
    assert_eq!((event.status, event.ended), (0, Ended::ClientGone));
    assert!(
        matches!(drawn(&event), [Reported(1), Estimated(1..)]),
        "{event:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stream_past_and_plain_services_are_in_the_books() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].bodies = Bodies {
        replay: 1 << 16,
        max: 1 << 24,
    };
    let mut booked = Booked::start(plan);
    for size in [10, 1 << 20] {
        let request = booked.world.post("/api/echo").body(vec![7_u8; size]);
        let event = booked.line(request).await;
        assert_eq!(
            (event.status, event.ended, event.attempts),
            (200, Ended::Whole, 1),
            "{size}"
        );
        assert_eq!(event.asked_bytes, size as u64);
        assert_eq!(event.node.as_deref(), Some("gpu-1"));
        assert_eq!(
            (event.upstream.as_deref(), event.endpoint),
            (Some("gpu"), Endpoint::Other)
        );
    }
}
