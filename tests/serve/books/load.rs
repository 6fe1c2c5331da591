//! Clients that send one request after the other, each what chance says.

use std::sync::Arc;

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use potluck::clock::Clock;
use potluck_filters::time::Moment;
use potluck_filters::usage::RequestNumber;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::relay::Relay;
use crate::requests::{chat_request, client, image_request};

/// How many there are.
pub(super) const CLIENTS: usize = 12;

/// A request that has ended: answered to its end, or left by its client.
#[derive(Clone, Copy)]
pub(super) struct Served {
    pub(super) id: RequestNumber,
    pub(super) ended: Moment,
}

/// What a client does next.
#[derive(Clone, Copy)]
enum Act {
    Chat,
    Stream,
    /// A stream that its client leaves after the first piece.
    Leave,
    Embed,
    Image,
    Node,
}

impl Act {
    fn by(chance: &mut StdRng) -> Self {
        match chance.random_range(0..12) {
            0..4 => Self::Chat,
            4..7 => Self::Stream,
            7 => Self::Leave,
            8 | 9 => Self::Embed,
            10 => Self::Image,
            _ => Self::Node,
        }
    }

    fn request(self, client: &Client, url: &str, key: &str) -> RequestBuilder {
        let post = |path: &str, body| client.post(format!("{url}{path}")).json(&body);
        let request = match self {
            Self::Chat => post("v1/chat/completions", chat_request(false)),
            Self::Stream | Self::Leave => post("v1/chat/completions", chat_request(true)),
            Self::Embed => post(
                "v1/embeddings",
                json!({"model": "text-embedding-3-small", "input": "a dish"}),
            ),
            Self::Image => post("v1/novelai/ai/generate-image", image_request()),
            Self::Node => client.get(format!("{url}api/echo")),
        };
        request.bearer_auth(key)
    }
}

/// What all clients share.
struct Work {
    url: String,
    keys: Vec<String>,
    clock: Clock,
    served: Mutex<Vec<Served>>,
    count: watch::Sender<usize>,
    stop: watch::Sender<bool>,
}

/// Clients at work.
pub(super) struct Load {
    work: Arc<Work>,
    clients: JoinSet<()>,
    seen: usize,
}

impl Load {
    pub(super) fn begin(relay: &Relay, keys: &[String], clock: Clock, chance: &mut StdRng) -> Self {
        let work = Arc::new(Work {
            url: relay.url("/"),
            keys: keys.to_vec(),
            clock,
            served: Mutex::default(),
            count: watch::Sender::new(0),
            stop: watch::Sender::new(false),
        });
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let own = StdRng::seed_from_u64(chance.random());
            clients.spawn(one_client(Arc::clone(&work), own));
        }
        Self {
            work,
            clients,
            seen: 0,
        }
    }

    /// Until so many more were served.
    pub(super) async fn serve(&mut self, more: usize) {
        let mut count = self.work.count.subscribe();
        let until = self.seen + more;
        let served = count.wait_for(|count| *count >= until);
        self.seen = *served.await.expect("clients");
    }

    /// The request that ended last.
    pub(super) fn last(&self) -> Option<RequestNumber> {
        self.work.served.lock().last().map(|served| served.id)
    }

    /// Lets each client end what it is at, and says what was served.
    pub(super) async fn end(self) -> Vec<Served> {
        self.work.stop.send_replace(true);
        self.clients.join_all().await;
        std::mem::take(&mut *self.work.served.lock())
    }
}

/// Sends until told to stop, or until nobody answers any more.
async fn one_client(work: Arc<Work>, mut chance: StdRng) {
    let client = client();
    while !*work.stop.borrow() {
        let act = Act::by(&mut chance);
        let key = &work.keys[chance.random_range(0..work.keys.len())];
        let request = act.request(&client, &work.url, key);
        let Ok(answer) = request.send().await else { break };
        let id = answer
            .headers()
            .get("x-request-id")
            .and_then(|id| id.to_str().ok());
        let id = id.and_then(RequestNumber::parse).expect("an id");
        let status = answer.status();
        if !ends(act, answer).await {
            break;
        }
        assert_eq!(status, 200);
        let ended = work.clock.now();
        work.served.lock().push(Served { id, ended });
        work.count.send_modify(|count| *count += 1);
    }
}

/// Whether the answer came to the end that its client wanted.
async fn ends(act: Act, answer: Response) -> bool {
    match act {
        Act::Leave => matches!(answer.bytes_stream().next().await, Some(Ok(_))),
        Act::Chat | Act::Stream | Act::Embed | Act::Image | Act::Node => answer.bytes().await.is_ok(),
    }
}
