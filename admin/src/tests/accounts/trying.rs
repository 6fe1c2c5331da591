//! Tries without end come to one.

use super::*;

#[tokio::test]
async fn an_account_is_locked_for_whoever_tries_and_not_for_living_sessions() {
    let net = Net::new().await;
    let tokens = net.log_in("ann").await;
    for name in ["ann", "nobody"] {
        for n in 0..10_u8 {
            let call = net.call("POST", "/session").from([198, 51, 100, n]);
            let refused = call.send(json!({ "name": name, "password": "wrong" })).await;
            assert_eq!(refused.code(), "wrong_password");
        }
        let call = net.call("POST", "/session").from([198, 51, 100, 99]);
        let locked = call.send(json!({ "name": name, "password": PASSWORD })).await;
        assert_eq!(
            (locked.status, locked.code()),
            (StatusCode::TOO_MANY_REQUESTS, "tried_too_often")
        );
        assert_eq!(locked.headers["retry-after"], "600");
    }
    assert_eq!(
        net.get("/session", &tokens["access_token"]).await.status,
        StatusCode::OK
    );
    let refreshed = net.call("POST", "/session/refresh");
    let refreshed = refreshed
        .send(json!({ "refresh_token": tokens["refresh_token"] }))
        .await;
    assert_eq!(refreshed.status, StatusCode::OK);
    net.log_in("bob").await;
    pass(600_000);
    net.log_in("ann").await;
}

#[tokio::test]
async fn an_address_may_try_so_often_whatever_it_tries() {
    let net = Net::new().await;
    for n in 0..20 {
        let refused = net.try_to_log_in(&format!("user{n}"), "wrong").await;
        assert_eq!(refused.code(), "wrong_password", "{n}");
    }
    let refused = net.try_to_log_in("ann", PASSWORD).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::TOO_MANY_REQUESTS, "tried_too_often")
    );
    assert_eq!(refused.headers["retry-after"], "60");
    let elsewhere = net.call("POST", "/session").from([198, 51, 100, 1]);
    let elsewhere = elsewhere
        .send(json!({ "name": "ann", "password": PASSWORD }))
        .await;
    assert_eq!(elsewhere.status, StatusCode::OK);
    pass(60_000);
    net.log_in("ann").await;
}

#[tokio::test]
async fn behind_a_listed_proxy_each_client_counts_for_itself() {
    let net = Net::new().await;
    let attempt = async |client: &str| {
        let call = net
            .call("POST", "/session")
            .from([10, 0, 0, 1])
            .with("x-forwarded-for", client);
        call.send(json!({ "name": "x", "password": "wrong" }))
            .await
            .status
    };
    for n in 0..20 {
        attempt(&format!("10.1.1.1, 198.51.{n}.1")).await;
    }
    let mut last = StatusCode::OK;
    for _ in 0..21 {
        last = attempt("198.51.100.200").await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_wrong_password_in_a_living_session_counts_too() {
    let net = Net::new().await;
    let token = net.token("ann").await;
    let mut code = String::new();
    for _ in 0..11 {
        let body = json!({ "current": "wrong", "password": "velvet onion radio sixty" });
        code = net.post("/me/password", &token, body).await.code().to_owned();
    }
    assert_eq!(code, "tried_too_often");
}
