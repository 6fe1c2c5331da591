//! Second factors.

use super::*;
use crate::auth::Totp;

impl Net {
    async fn log_in_with(&self, name: &str, code: &str) -> Answer {
        let body = json!({ "name": name, "password": PASSWORD, "code": code });
        self.call("POST", "/session").send(body).await
    }

    /// Ann's authenticator and recovery codes.
    async fn with_totp(&self) -> (Totp, Vec<String>) {
        let token = self.token("ann").await;
        let begun = self
            .post("/me/totp", &token, json!({ "password": PASSWORD }))
            .await
            .ok();
        let secret = begun["secret"].as_str().unwrap();
        let url = begun["url"].as_str().unwrap();
        assert!(
            url.starts_with("otpauth://totp/Potluck:ann?") && url.contains(secret),
            "{url}"
        );
        let totp = Totp::typed_in(secret);
        let wrong = self
            .post("/me/totp/confirm", &token, json!({ "code": "000000" }))
            .await;
        assert_eq!(wrong.code(), "wrong_code");
        let code = totp.code(clock());
        let codes = self
            .post("/me/totp/confirm", &token, json!({ "code": code }))
            .await
            .ok();
        let codes = codes["recovery_codes"].as_array().unwrap();
        assert_eq!(codes.len(), 10);
        let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
        (totp, codes.collect())
    }
}

#[tokio::test]
async fn a_login_asks_for_a_code_and_takes_each_once() {
    let net = Net::new().await;
    let token = net.token("ann").await;
    let wrong = net
        .post("/me/totp", &token, json!({ "password": "wrong wrong" }))
        .await;
    assert_eq!(wrong.code(), "wrong_password");
    let (totp, _) = net.with_totp().await;
    let without = net.try_to_log_in("ann", PASSWORD).await;
    assert_eq!(
        (without.status, without.code()),
        (StatusCode::UNAUTHORIZED, "totp_required")
    );
    // The one that confirmed it was taken.
    assert_eq!(
        net.log_in_with("ann", &totp.code(clock())).await.code(),
        "wrong_code"
    );
    pass(30_000);
    let code = totp.code(clock());
    assert_eq!(net.log_in_with("ann", &code).await.status, StatusCode::OK);
    assert_eq!(net.log_in_with("ann", &code).await.code(), "wrong_code");
    // Nor an older one, although its time has not quite passed.
    assert_eq!(
        net.log_in_with("ann", &totp.code(clock() - 30_000)).await.code(),
        "wrong_code"
    );
    let me = net.get("/me", &token).await.ok();
    assert_eq!(me["has_totp"], true);
    let again = net
        .post("/me/totp", &token, json!({ "password": PASSWORD }))
        .await;
    assert_eq!(again.code(), "exists");
}

#[tokio::test]
async fn a_recovery_code_logs_in_once() {
    let net = Net::new().await;
    let (_, codes) = net.with_totp().await;
    let typed = codes[3].to_uppercase().replace('-', " ");
    assert_eq!(net.log_in_with("ann", &typed).await.status, StatusCode::OK);
    assert_eq!(net.log_in_with("ann", &codes[3]).await.code(), "wrong_code");
    assert_eq!(
        net.log_in_with("bob", &codes[4]).await.status,
        StatusCode::OK,
        "bob has none"
    );
    assert_eq!(net.log_in_with("ann", &codes[4]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn taking_it_away_needs_password_and_code_or_an_admin() {
    let net = Net::new().await;
    let token = net.token("ann").await;
    let (_, codes) = net.with_totp().await;
    let disable = async |body: Value| net.call("DELETE", "/me/totp").bearer(&token).send(body).await;
    assert_eq!(
        disable(json!({ "password": PASSWORD })).await.code(),
        "totp_required"
    );
    let wrong = disable(json!({ "password": PASSWORD, "code": "123456" })).await;
    assert_eq!(wrong.code(), "wrong_code");
    let done = disable(json!({ "password": PASSWORD, "code": codes[0] })).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{done:?}");
    net.log_in("ann").await;

    net.with_totp().await;
    let (root, ann) = (net.token("root").await, net.id("ann").await);
    let reset = async || {
        let call = net.call("DELETE", &format!("/users/{ann}/totp")).bearer(&root);
        call.send(Value::Null).await
    };
    assert_eq!(reset().await.status, StatusCode::NO_CONTENT);
    assert_eq!(reset().await.code(), "not_found");
    net.log_in("ann").await;
}

#[tokio::test]
async fn recovery_codes_are_made_anew_with_every_factor() {
    let net = Net::new().await;
    let token = net.token("ann").await;
    let none = json!({ "password": PASSWORD });
    let renew = async |body: Value| net.post("/me/totp/recovery-codes", &token, body).await;
    assert_eq!(renew(none.clone()).await.code(), "not_found");
    let (_, codes) = net.with_totp().await;
    assert_eq!(renew(none).await.code(), "totp_required");
    let renewed = renew(json!({ "password": PASSWORD, "code": codes[0] }))
        .await
        .ok();
    let renewed = renewed["recovery_codes"].as_array().unwrap();
    assert_eq!(renewed.len(), 10);
    assert_eq!(net.log_in_with("ann", &codes[1]).await.code(), "wrong_code");
    let code = renewed[0].as_str().unwrap();
    assert_eq!(net.log_in_with("ann", code).await.status, StatusCode::OK);
    let (_, log) = net
        .relay
        .get("/manage/v1/audit?act=user.recovery_codes_renewed")
        .await;
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
}
