//! Sessions: tokens, cookies, and what ends them.

use super::*;

async fn refresh(net: &Net, token: &Value) -> Answer {
    net.call("POST", "/session/refresh")
        .send(json!({ "refresh_token": token }))
        .await
}

#[tokio::test]
async fn a_login_gives_tokens_that_say_who_calls() {
    let net = Net::new().await;
    let tokens = net.log_in("ann").await;
    assert_eq!(tokens["name"], "ann");
    assert_eq!(tokens["expires_at"], NOW + 15 * 60_000);
    assert_eq!(tokens["csrf_token"], Value::Null);
    let me = net.get("/session", &tokens["access_token"]).await.ok();
    assert_eq!((&me["name"], &me["role"]), (&json!("ann"), &json!("user")));
    assert_eq!(me["session"], tokens["session"]);
    let refused = net.get("/users", &tokens["access_token"]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::FORBIDDEN, "needs_admin")
    );
    let root = net.token("root").await;
    assert_eq!(net.get("/users", &root).await.status, StatusCode::OK);
    for (name, password) in [
        ("ann", "tram quilt obey lunaR"),
        ("nobody", PASSWORD),
        ("Ann", PASSWORD),
    ] {
        let refused = net.try_to_log_in(name, password).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNAUTHORIZED, "wrong_password")
        );
    }
}

#[tokio::test]
async fn an_expired_token_is_told_apart_from_one_that_never_was() {
    let net = Net::new().await;
    let tokens = net.log_in("ann").await;
    pass(15 * 60_000);
    let expired = net.get("/session", &tokens["access_token"]).await;
    assert_eq!(
        (expired.status, expired.code()),
        (StatusCode::UNAUTHORIZED, "expired_token")
    );
    let bad = net.get("/session", &json!("ey.ey.ey")).await;
    assert_eq!(
        (bad.status, bad.code()),
        (StatusCode::UNAUTHORIZED, "unauthenticated")
    );
    let nothing = net.call("GET", "/session").send(Value::Null).await;
    assert_eq!(
        (nothing.status, nothing.code()),
        (StatusCode::UNAUTHORIZED, "unauthenticated")
    );
    let next = refresh(&net, &tokens["refresh_token"]).await.ok();
    assert_eq!(
        net.get("/session", &next["access_token"]).await.status,
        StatusCode::OK
    );
    // What one sends beside an open route does not matter.
    let login = json!({ "name": "ann", "password": PASSWORD });
    let again = net.post("/session", &json!("ey.ey.ey"), login).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_token_counts_once_two_tabs_get_along_and_a_copy_ends_the_session() {
    let net = Net::new().await;
    let first = net.log_in("ann").await;
    let second = refresh(&net, &first["refresh_token"]).await.ok();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["session"], first["session"]);
    pass(30_000);
    let tab = refresh(&net, &first["refresh_token"]).await.ok();
    assert_eq!(tab["refresh_token"], Value::Null);
    assert_eq!(
        net.get("/session", &tab["access_token"]).await.status,
        StatusCode::OK
    );
    pass(1);
    let copy = refresh(&net, &first["refresh_token"]).await;
    assert_eq!(
        (copy.status, copy.code()),
        (StatusCode::UNAUTHORIZED, "session_ended")
    );
    for token in [&first, &second, &tab] {
        let ended = net.get("/session", &token["access_token"]).await;
        assert_eq!(
            (ended.status, ended.code()),
            (StatusCode::UNAUTHORIZED, "session_ended")
        );
    }
    assert_eq!(
        refresh(&net, &second["refresh_token"]).await.code(),
        "session_ended"
    );
    assert_eq!(
        refresh(&net, &json!("nptr_nothing")).await.code(),
        "session_ended"
    );
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_and_one_that_is_used_goes_on() {
    let net = Net::new().await;
    let day = 24 * 60 * 60_000;
    let mut tokens = net.log_in("ann").await;
    for _ in 0..3 {
        pass(20 * day);
        tokens = refresh(&net, &tokens["refresh_token"]).await.ok();
    }
    pass(30 * day);
    assert_eq!(
        refresh(&net, &tokens["refresh_token"]).await.code(),
        "session_ended"
    );
    // Whoever comes next has its row forgotten.
    net.log_in("bob").await;
    let row = net
        .relay
        .control
        .store
        .session(tokens["session"].as_i64().unwrap());
    assert_eq!(row.await.unwrap(), None);
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_and_no_others() {
    let net = Net::new().await;
    let (here, there) = (net.log_in("ann").await, net.log_in("ann").await);
    let theirs = net.log_in("bob").await;
    let listed = net.get("/me/sessions", &here["access_token"]).await.ok();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["current"], &items[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(items[0]["address"], "192.0.2.1");
    let end = async |id: &Value| {
        let path = format!("/me/sessions/{id}");
        net.call("DELETE", &path)
            .bearer(&here["access_token"])
            .send(Value::Null)
            .await
            .status
    };
    assert_eq!(end(&theirs["session"]).await, StatusCode::NOT_FOUND);
    assert_eq!(end(&there["session"]).await, StatusCode::NO_CONTENT);
    assert_eq!(
        net.get("/session", &there["access_token"]).await.code(),
        "session_ended"
    );
    assert_eq!(
        net.get("/session", &theirs["access_token"]).await.status,
        StatusCode::OK
    );
    let ended = net.call("DELETE", "/me/sessions").bearer(&here["access_token"]);
    assert_eq!(ended.send(Value::Null).await.ok()["ended"], 1);
    assert_eq!(
        net.get("/session", &here["access_token"]).await.code(),
        "session_ended"
    );
}

#[tokio::test]
async fn logging_out_ends_the_session_by_either_token() {
    let net = Net::new().await;
    let tokens = net.log_in("ann").await;
    let out = net.call("DELETE", "/session").bearer(&tokens["access_token"]);
    assert_eq!(out.send(Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        refresh(&net, &tokens["refresh_token"]).await.code(),
        "session_ended"
    );
    let browser = net.log_in_with_cookies("ann", &[]).await;
    pass(15 * 60_000);
    let left = browser.cookies();
    let refresh_alone = left.split("; ").find(|one| one.contains("refresh")).unwrap();
    let out = net.call("DELETE", "/session").with("cookie", refresh_alone);
    let out = out.send(Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(out.cookies(), "potluck_access=; potluck_refresh=");
    let again = net.call("POST", "/session/refresh").with("cookie", refresh_alone);
    assert_eq!(again.send(json!({})).await.code(), "session_ended");
}

impl Net {
    pub(super) async fn log_in_with_cookies(&self, name: &str, headers: &[(&str, &str)]) -> Answer {
        let mut call = self.call("POST", "/session");
        for (name, value) in headers {
            call = call.with(name, value);
        }
        let call = if headers.is_empty() {
            call
        } else {
            call.from([10, 0, 0, 1])
        };
        let body = json!({ "name": name, "password": PASSWORD, "cookies": true });
        let answer = call.send(body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }
}

#[tokio::test]
async fn what_an_admin_or_a_new_password_ends_stops_at_once() {
    let net = Net::new().await;
    let root = net.token("root").await;
    let ann = net.id("ann").await;
    let edit = async |enabled: bool| {
        let call = net.call("PATCH", &format!("/users/{ann}")).bearer(&root);
        call.send(json!({ "enabled": enabled })).await.ok()
    };
    let tokens = net.log_in("ann").await;
    edit(false).await;
    assert_eq!(
        net.get("/session", &tokens["access_token"]).await.code(),
        "session_ended"
    );
    assert_eq!(
        refresh(&net, &tokens["refresh_token"]).await.code(),
        "session_ended"
    );
    assert_eq!(net.try_to_log_in("ann", PASSWORD).await.code(), "wrong_password");
    edit(true).await;
    assert_eq!(
        net.get("/session", &tokens["access_token"]).await.code(),
        "session_ended"
    );

    let (here, there) = (net.log_in("ann").await, net.log_in("ann").await);
    let new = "velvet onion radio sixty";
    for (current, code) in [("wrong wrong wrong", "wrong_password"), (PASSWORD, "")] {
        let body = json!({ "current": current, "password": new });
        assert_eq!(
            net.post("/me/password", &here["access_token"], body).await.code(),
            code
        );
    }
    assert_eq!(
        net.get("/session", &there["access_token"]).await.code(),
        "session_ended"
    );
    assert_eq!(
        net.get("/session", &here["access_token"]).await.status,
        StatusCode::OK
    );
    assert_eq!(net.try_to_log_in("ann", PASSWORD).await.code(), "wrong_password");
    assert_eq!(net.try_to_log_in("ann", new).await.status, StatusCode::OK);

    let ended = net
        .call("DELETE", &format!("/users/{ann}/sessions"))
        .bearer(&root);
    assert_eq!(ended.send(Value::Null).await.ok()["ended"], 2);
    assert_eq!(
        net.get("/session", &here["access_token"]).await.code(),
        "session_ended"
    );
}

#[tokio::test]
async fn signing_keys_are_rotated_when_they_are_old_and_on_demand() {
    let net = Net::new().await;
    let control = Arc::clone(&net.relay.control);
    let count = async || control.store.signing_keys().await.unwrap().len();
    let tokens = net.log_in("ann").await;
    assert_eq!(count().await, 1);
    control.rotate_signing_key(&By::OPERATOR).await.unwrap();
    assert_eq!(count().await, 2);
    assert_eq!(
        net.get("/session", &tokens["access_token"]).await.status,
        StatusCode::OK
    );
    pass(30 * 24 * 60 * 60_000 - 1);
    net.log_in("bob").await;
    assert_eq!(count().await, 2);
    pass(1);
    let fresh = net.log_in("bob").await;
    // The first one has signed nothing that could still hold.
    assert_eq!(count().await, 2);
    assert_eq!(
        net.get("/session", &fresh["access_token"]).await.status,
        StatusCode::OK
    );
    // Another process on the same database reads keys that are newer than what it has.
    let url = format!("sqlite:{}/control.db", net.relay.folder.path().display());
    let ring = KeyRing::parse(&Secret::new(RING), None).unwrap();
    let other = Control::without_edge(Store::open(&url, ring).await.unwrap(), Vec::new(), clock);
    let other = other.await.unwrap();
    let token = fresh["access_token"].as_str().unwrap();
    assert!(other.whose(token).await.unwrap().is_ok());
    control.rotate_signing_key(&By::OPERATOR).await.unwrap();
    let newest = net.token("bob").await;
    assert!(other.whose(newest.as_str().unwrap()).await.unwrap().is_ok());
}
