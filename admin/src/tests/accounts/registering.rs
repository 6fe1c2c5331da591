//! Registering, invitations, and passwords that are set by leave.

use super::*;
use crate::api::Registration;

impl Net {
    async fn register(&self, body: Value) -> Answer {
        self.call("POST", "/register").send(body).await
    }

    async fn registration(&self, mode: Registration) {
        let root = self.token("root").await;
        let set = self.call("PATCH", "/settings").bearer(&root);
        set.send(json!({ "registration": mode })).await.ok();
    }
}

#[tokio::test]
async fn who_may_register_is_a_setting() {
    let net = Net::new().await;
    let eve = json!({ "name": "eve", "password": PASSWORD });
    let uninvited = net.register(eve.clone()).await;
    assert_eq!(
        (uninvited.status, uninvited.code()),
        (StatusCode::FORBIDDEN, "invitation_needed")
    );
    net.registration(Registration::Closed).await;
    assert_eq!(net.register(eve.clone()).await.code(), "registration_closed");
    net.registration(Registration::Open).await;
    let made = net.register(eve.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(net.register(eve).await.code(), "exists");
    for (body, code) in [
        (json!({ "name": "Eve", "password": PASSWORD }), "invalid_field"),
        (
            json!({ "name": "max", "password": "changeme1234" }),
            "invalid_field",
        ),
        (
            json!({ "name": "max", "password": PASSWORD, "role": "admin" }),
            "unreadable_request",
        ),
    ] {
        assert_eq!(net.register(body).await.code(), code);
    }
    let token = net.token("eve").await;
    assert_eq!(net.get("/me", &token).await.ok()["role"], "user");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_new_account_is_told_at_once() {
    let net = Net::new().await;
    net.registration(Registration::Open).await;
    let mut wrong = json!({ "name": "Eve Adams", "password": "short" });
    let registered = net.register(wrong.clone()).await;
    let root = net.token("root").await;
    wrong["role"] = "user".into();
    for refused in [registered, net.post("/users", &root, wrong).await] {
        assert_eq!(refused.code(), "invalid_field", "{refused:?}");
        let told: Vec<_> = (0..2).map(|at| &refused.body["errors"][at]["pointer"]).collect();
        assert_eq!(told, ["/name", "/password"], "{refused:?}");
    }
}

#[tokio::test]
async fn an_invitation_lets_in_whom_it_says_and_is_not_used_by_a_taken_name() {
    let net = Net::new().await;
    let root = net.token("root").await;
    let made = net
        .post("/invitations", &root, json!({ "note": "friends", "uses": 2 }))
        .await
        .ok();
    let text = made["text"].clone();
    let register = async |name: &str| {
        let body = json!({ "name": name, "password": PASSWORD, "invitation": text });
        net.register(body).await
    };
    assert_eq!(register("ann").await.code(), "exists");
    for name in ["eve", "max"] {
        assert_eq!(register(name).await.status, StatusCode::CREATED);
    }
    assert_eq!(register("zoe").await.code(), "invitation_needed");
    let listed = net.get("/invitations", &root).await.ok();
    assert_eq!(
        (&listed["items"][0]["used"], &listed["items"][0]["note"]),
        (&json!(2), &json!("friends"))
    );
    assert!(!listed.to_string().contains(text.as_str().unwrap()));

    let made = net.post("/invitations", &root, json!({})).await.ok();
    let path = format!("/invitations/{}", made["invitation"]["id"]);
    let revoked = net
        .call("DELETE", &path)
        .bearer(&root)
        .send(Value::Null)
        .await
        .ok();
    assert_eq!(revoked["revoked_at"], NOW);
    let body = json!({ "name": "zoe", "password": PASSWORD, "invitation": made["text"] });
    assert_eq!(net.register(body).await.code(), "invitation_needed");
    let late = net.post("/invitations", &root, json!({})).await.ok();
    pass(7 * 24 * 60 * 60_000);
    let body = json!({ "name": "zoe", "password": PASSWORD, "invitation": late["text"] });
    assert_eq!(net.register(body).await.code(), "invitation_needed");
}

#[tokio::test]
async fn odd_invitations_are_refused() {
    let net = Net::new().await;
    let root = net.token("root").await;
    for body in [
        json!({ "uses": 0 }),
        json!({ "uses": 1001 }),
        json!({ "expires_at": NOW }),
        json!({ "expires_at": NOW + 400 * 24 * 60 * 60_000_i64 }),
        json!({ "note": "a\nb" }),
    ] {
        assert_eq!(
            net.post("/invitations", &root, body).await.code(),
            "invalid_field"
        );
    }
}

#[tokio::test]
async fn leave_of_an_admin_sets_a_password_once_and_ends_all_sessions() {
    let net = Net::new().await;
    let (root, ann) = (net.token("root").await, net.id("ann").await);
    let living = net.token("ann").await;
    let allow = async || {
        let path = format!("/users/{ann}/password-reset");
        net.post(&path, &root, json!({ "expires_in": 3600 })).await.ok()
    };
    let set = async |token: &Value, password: &str| {
        let body = json!({ "token": token, "password": password });
        net.call("POST", "/password-reset").send(body).await
    };
    let leave = allow().await;
    assert_eq!(leave["expires_at"], NOW + 3_600_000);
    let new = "velvet onion radio sixty";
    assert_eq!(set(&leave["token"], "short").await.code(), "invalid_field");
    assert_eq!(net.get("/me", &living).await.status, StatusCode::OK);
    assert_eq!(set(&leave["token"], new).await.status, StatusCode::NO_CONTENT);
    assert_eq!(set(&leave["token"], new).await.code(), "reset_gone");
    assert_eq!(net.get("/me", &living).await.code(), "session_ended");
    assert_eq!(net.try_to_log_in("ann", new).await.status, StatusCode::OK);
    let late = allow().await;
    pass(3_600_000);
    assert_eq!(set(&late["token"], new).await.code(), "reset_gone");
}
