//! What a running relay finds to be wrong, and how things fared before and after a stop.

use std::time::Duration;

use serde_json::Value;

use crate::installation::{Installation, world};
use crate::relay::Relay;

/// Asks until the answer is one that will do.
async fn until(installation: &Installation, line: &str, will_do: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let answer = installation.run(line).await.ok().json();
            if will_do(&answer) {
                return answer;
            }
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(60), asked).await;
    answered.unwrap_or_else(|_| panic!("`potluck {line}` never said so"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_accepted_is_found_with_what_can_be_done_and_stays_found_over_a_restart() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    installation
        .feed("pool add novelai --label bad", "pst-that-nobody-knows-0123456789")
        .await
        .ok();
    assert_eq!(installation.run("pool check bad").await.code, Some(1));
    let of_key = |answer: &Value| {
        let items = answer["items"].as_array().expect("items");
        items.iter().find(|one| one["kind"] == "key_invalid").cloned()
    };
    let found = until(&installation, "findings list --json", |answer| {
        of_key(answer).is_some()
    })
    .await;
    let finding = of_key(&found).expect("a finding");
    assert_eq!(finding["whose"], "contributor");
    let line = format!("findings ack {} --note looking", finding["id"]);
    let noted = installation.run(&line).await.ok().out;
    assert!(
        noted.contains("looking") && noted.contains("Recheck it"),
        "{noted}"
    );
    relay.stop().await;
    let relay = Relay::start(&installation).await;
    let again = until(&installation, "findings list --json", |answer| {
        answer["checked_at"].as_i64() > found["checked_at"].as_i64()
    })
    .await;
    let again = of_key(&again).expect("it is still there");
    assert_eq!(
        (&again["id"], &again["acknowledged"]["note"]),
        (&finding["id"], &"looking".into())
    );
    relay.stop().await;
}
