//! Keys stay where they belong: no answer and no log line has one.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::Settings;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::ask::{image_stream_request, sent};
use crate::raw::{exchange, head};
use crate::world::{CLIENT_KEY, client, novelai, openai};

/// Everything that the process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn holds(text: &[u8], secret: &str) -> bool {
    text.windows(secret.len())
        .any(|window| window == secret.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::too_many_lines,
    reason = "one long tour past every kind of answer, one log at its end"
)]
async fn no_answer_and_no_log_line_has_a_key() {
    let log = Log::default();
    // The one subscriber of this process: other tests' lines are checked with it. Of the libraries only
    // what an operator sees; what they say when asked for all has whole heads in it.
    let filter = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("potluck", LevelFilter::TRACE);
    let filter = filter.with_target("access", LevelFilter::TRACE);
    let lines = tracing_subscriber::fmt::layer().with_writer(log.clone());
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .unwrap();

    let upstream = novelai(2, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.settings.access_log = true;
    let world = plan.start();
    let mut answers = Vec::new();
    for fault in [
        Fault::unauthorized(),
        Fault::novelai(500, "Internal Server Error"),
        Fault::cloudflare_html(403),
        Fault::Reset,
        Fault::Truncate { after: 10 },
        Fault::Status {
            code: 599,
            content_type: "a/b".into(),
            body: "x".into(),
            headers: vec![("set-cookie".into(), "a=b".into())],
        },
    ] {
        upstream.server.faults.push("*", fault, 1);
        answers.push(
            exchange(
                &world,
                head("GET", "/oa/v1/models?q=1", "connection: close\r\n").as_bytes(),
            )
            .await,
        );
    }
    let request = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("sse"));
    answers.push(sent(request).await.bytes().await.unwrap().to_vec());
    answers.push(
        exchange(
            &world,
            head("GET", &format!("/ai/{CLIENT_KEY}"), "connection: close\r\n").as_bytes(),
        )
        .await,
    );
    answers.push(
        exchange(
            &world,
            format!("GET /{CLIENT_KEY} HTTP/1.1\r\nhost: a b\r\n\r\n").as_bytes(),
        )
        .await,
    );

    let (_fake, keys, plan) = openai(2).await;
    let other = plan.start();
    answers.push(sent(other.chat(false)).await.bytes().await.unwrap().to_vec());
    answers.push(
        sent(
            client()
                .get(other.url("/v1/models"))
                .bearer_auth("np-unknown-secret"),
        )
        .await
        .bytes()
        .await
        .unwrap()
        .to_vec(),
    );
    world.idle().await;
    other.idle().await;

    let pool_keys = || upstream.tokens.iter().chain(&keys);
    for answer in &answers {
        assert!(
            pool_keys().all(|key| !holds(answer, key)),
            "{}",
            String::from_utf8_lossy(answer)
        );
        assert!(!holds(answer, "set-cookie"));
    }
    let log = log.0.lock();
    assert!(holds(&log, "novelai"), "the access lines are there");
    let leaked = |secret: &str| {
        let lines = log.split(|b| *b == b'\n').filter(|line| holds(line, secret));
        lines
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect::<Vec<_>>()
    };
    for secret in pool_keys()
        .map(String::as_str)
        .chain(["np-unknown-secret", &format!("Bearer {CLIENT_KEY}")])
    {
        assert_eq!(leaked(secret), [""; 0]);
    }
}
