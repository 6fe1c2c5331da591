//! The scheduler at work: who gets which account and when, seen from the clients and from the upstream.
//!
//! What happens is told by orders and counts: by what the fake recorded and by the relay's own report,
//! never by how long something took.

mod accounts;
mod deadlines;
mod failing;
mod order;
mod parallel;
mod policies;
mod storm;

use std::time::Duration;

use potluck_filters::id::UserId;
use potluck_filters::model::ClientKey;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::ask::{image_request, sent};
use crate::world::{NovelAiWorld, Plan, World, client, client_key, user};

/// The client key of a second user.
const OTHERS_KEY: &str = "np-test-client-key-of-another-user-0123456789a";

/// A request for one small image that can be told from others.
fn numbered(seed: u64) -> Value {
    let mut request = image_request();
    request["parameters"]["seed"] = json!(seed);
    request
}

/// The numbers of the images that were asked for, in the order of arrival at the upstream.
fn arrived(upstream: &NovelAiWorld) -> Vec<u64> {
    let records = upstream.server.records.all();
    records.iter().map(|record| number_of(&record.body)).collect()
}

fn number_of(body: &[u8]) -> u64 {
    let request: Value = serde_json::from_slice(body).expect("a request in JSON");
    request["parameters"]["seed"].as_u64().expect("a number")
}

/// The client key of the second user, who then exists.
fn with_another_user(mut plan: Plan) -> Plan {
    plan.users.push(user(2));
    plan.client_keys.push(ClientKey {
        user: UserId(2),
        ..client_key(2, OTHERS_KEY)
    });
    plan
}

impl World {
    fn numbered(&self, key: &str, seed: u64) -> RequestBuilder {
        self.numbered_by(&client(), key, seed)
    }

    /// The same by a client that is there already, for many at once.
    fn numbered_by(&self, client: &reqwest::Client, key: &str, seed: u64) -> RequestBuilder {
        let request = client.post(self.url("/ai/generate-image")).bearer_auth(key);
        request.json(&numbered(seed))
    }

    /// A figure of the queue.
    fn queue(&self, figure: &str) -> u64 {
        self.edge.report()["upstreams"]["novelai"]["queue"][figure]
            .as_u64()
            .expect("a figure")
    }

    /// Until so many requests wait.
    pub async fn until_waiting(&self, many: u64) {
        let reached = async {
            while self.queue("waiting") != many {
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(20), reached).await;
        reached.unwrap_or_else(|_| panic!("{} wait, and not {many}", self.queue("waiting")));
    }

    /// Sends these requests one after the other, each once the one before waits.
    async fn line_up(&self, key: &str, seeds: impl IntoIterator<Item = u64>) -> Vec<JoinHandle<Response>> {
        let mut asked = Vec::new();
        for seed in seeds {
            let before = self.queue("waiting");
            asked.push(tokio::spawn(sent(self.numbered(key, seed))));
            self.until_waiting(before + 1).await;
        }
        asked
    }
}

/// The statuses, in the order of the requests.
async fn statuses(asked: Vec<JoinHandle<Response>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for answer in asked {
        statuses.push(answer.await.expect("an answer").status().as_u16());
    }
    statuses
}

fn retry_after(answer: &Response) -> u64 {
    let header = answer.headers().get("retry-after").expect("a time to come back");
    header.to_str().unwrap().parse().expect("whole seconds")
}
