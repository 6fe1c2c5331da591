//! The fake, and what it charges its guests.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use potluck_fakes::novelai::{Account, Battery, Holder, NovelAi, Settings};
use potluck_filters::cost::Price;
use tower::ServiceExt;

use crate::requests::Sent;

/// Anlas of each guest before each request.
const PLENTY: u32 = 2_000_000_000;

/// The fake, and three accounts that pay differently.
pub(crate) struct Table {
    router: Router,
    /// Without a subscription: pays all.
    paper: Holder,
    /// Has its free sample.
    opus: Holder,
    /// Has its free sample, but not of V5.
    drained: Holder,
}

impl Table {
    pub(crate) fn laid() -> Self {
        let fake = NovelAi::new(Settings {
            image_duration: Duration::ZERO,
            tool_duration: Duration::ZERO,
            ..Settings::default()
        });
        let [paper, opus, drained] = [
            fake.add(Account::paper("paper@example.com", "paper")),
            fake.add(Account::opus("opus@example.com", "opus")),
            fake.add(Account::opus("drained@example.com", "drained")),
        ];
        Self {
            router: fake.router(),
            paper,
            opus,
            drained,
        }
    }

    /// What an account is charged for a request; nothing where the fake does not carry it out.
    async fn charged(&self, token: &str, sent: &Sent) -> Option<u32> {
        let (holder, battery) = match token {
            "paper" => (&self.paper, 0.0),
            "opus" => (&self.opus, 100.0),
            _ => (&self.drained, -1.0),
        };
        holder.set_anlas(0, PLENTY);
        holder.set_battery(Battery::at(battery));
        let request = Request::post(sent.path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, sent.content_type)
            .body(Body::from(sent.body.clone()))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let charged = PLENTY - holder.anlas();
        assert!(status == StatusCode::OK || charged == 0);
        (status == StatusCode::OK).then_some(charged)
    }

    /// Each account's charge beside its price.
    pub(crate) async fn compare(&self, sent: &Sent, price: Price) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (token, due) in [
            ("paper", price.on(false)),
            ("opus", price.on(true)),
            ("drained", price.on(!price.v5)),
        ] {
            pairs.extend(self.charged(token, sent).await.map(|charged| (charged, due)));
        }
        pairs
    }
}
