//! Cookies: what a browser keeps, and what it has to send with a change.

use super::*;

#[tokio::test]
async fn a_browser_keeps_tokens_in_cookies_and_sends_a_token_of_its_own_with_each_change() {
    let net = Net::new().await;
    let login = net.log_in_with_cookies("ann", &[]).await;
    assert_eq!(
        (&login.body["access_token"], &login.body["refresh_token"]),
        (&Value::Null, &Value::Null)
    );
    let (cookies, csrf) = (
        login.cookies(),
        login.body["csrf_token"].as_str().unwrap().to_owned(),
    );
    let me = net
        .call("GET", "/session")
        .with("cookie", &cookies)
        .send(Value::Null)
        .await
        .ok();
    assert_eq!((&me["name"], &me["csrf_token"]), (&json!("ann"), &json!(csrf)));
    let other = net.log_in_with_cookies("bob", &[]).await.body["csrf_token"].clone();
    let make = async |headers: &[(&str, &str)]| {
        let mut call = net.call("POST", "/me/tokens").with("cookie", &cookies);
        for (name, value) in headers {
            call = call.with(name, value);
        }
        call.send(json!({ "name": "x", "scopes": ["keys:read"] })).await
    };
    let own = ("x-csrf-token", csrf.as_str());
    for headers in [
        &[][..],
        &[("x-csrf-token", "")],
        &[("x-csrf-token", other.as_str().unwrap())],
        &[own, own],
        &[own, ("origin", "https://evil.example")],
        &[own, ("sec-fetch-site", "same-site")],
    ] {
        let refused = make(headers).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::FORBIDDEN, "csrf"),
            "{headers:?}"
        );
    }
    let both = make(&[own, ("authorization", "Bearer x")]).await;
    assert_eq!(
        (both.status, both.code()),
        (StatusCode::UNAUTHORIZED, "unauthenticated"),
        "the header counts for more than the cookie"
    );
    let done = make(&[
        own,
        ("origin", "http://localhost"),
        ("sec-fetch-site", "same-origin"),
    ])
    .await;
    assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
}

#[tokio::test]
async fn a_page_of_another_site_can_log_its_visitor_neither_in_nor_out() {
    let net = Net::new().await;
    let cookies = net.log_in_with_cookies("ann", &[]).await.cookies();
    let foreign = net
        .call("POST", "/session")
        .with("origin", "https://evil.example");
    let foreign = foreign
        .send(json!({ "name": "bob", "password": PASSWORD, "cookies": true }))
        .await;
    assert_eq!(foreign.code(), "csrf");
    let out = net
        .call("DELETE", "/session")
        .with("cookie", &cookies)
        .send(Value::Null)
        .await;
    assert_eq!(out.code(), "csrf");
}

#[tokio::test]
async fn a_browser_refreshes_with_its_cookie_and_gets_new_ones() {
    let net = Net::new().await;
    let login = net.log_in_with_cookies("ann", &[]).await;
    pass(15 * 60_000);
    let call = async || {
        let call = net
            .call("POST", "/session/refresh")
            .with("cookie", &login.cookies());
        call.send(json!({})).await
    };
    let next = call().await;
    assert_eq!(next.status, StatusCode::OK, "{next:?}");
    assert_eq!(next.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(next.body["csrf_token"], login.body["csrf_token"]);
    let tab = call().await;
    assert!(tab.cookies().starts_with("potluck_access="), "{tab:?}");
    assert_eq!(tab.headers.get_all("set-cookie").iter().count(), 1);
}

#[tokio::test]
async fn over_tls_cookies_are_this_hosts_alone() {
    let net = Net::new().await;
    let tls = [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "198.51.100.7"),
    ];
    let login = net.log_in_with_cookies("ann", &tls).await;
    for cookie in login.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.starts_with("__Host-") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }
    let read = async |peer| {
        let call = net
            .call("GET", "/me/sessions")
            .with("cookie", &login.cookies())
            .from(peer);
        call.with("x-forwarded-proto", "https").send(Value::Null).await
    };
    let listed = read([10, 0, 0, 1]).await.ok();
    assert_eq!(listed["items"][0]["address"], "198.51.100.7");
    assert_eq!(read([192, 0, 2, 9]).await.code(), "unauthenticated");
}

#[tokio::test]
async fn a_relay_that_is_reached_over_https_sets_secure_cookies_and_knows_its_own_pages() {
    let relay = Relay::new().await;
    let net = Net::of(relay.reached_at("https://pool.example")).await;
    let login = net
        .call("POST", "/session")
        .with("origin", "https://pool.example");
    let body = json!({ "name": "ann", "password": PASSWORD, "cookies": true });
    let login = login.send(body.clone()).await;
    assert!(login.cookies().starts_with("__Host-potluck_access="), "{login:?}");
    let foreign = net
        .call("POST", "/session")
        .with("origin", "https://evil.example");
    assert_eq!(foreign.send(body).await.code(), "csrf");
}
