//! Logging in, and the tokens that come of it.

use super::*;
use crate::novelai::access_key;

const EMAIL: &str = "test@example.com";
const PASSWORD: &str = "correcthorsebatterystaple";

fn account() -> Account {
    Account {
        password: Some(PASSWORD.to_owned()),
        ..Account::opus(EMAIL, TOKEN)
    }
}

async fn session(table: &Table) -> String {
    let key = access_key::derive(EMAIL, PASSWORD).unwrap();
    let answer = table.post("/user/login", &json!({ "key": key })).await;
    assert_eq!(answer.status, 201);
    answer.json()["accessToken"].as_str().unwrap().to_owned()
}

fn with_token(mut request: Request<Body>, token: &str) -> Request<Body> {
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    request
}

#[tokio::test]
async fn the_right_key_opens_a_session_and_another_does_not() {
    let table = Table::laid_for(account());
    let session = session(&table).await;
    assert!(session.starts_with("eyJ"));
    assert_eq!(
        ask(&table.router, get("/user/subscription", &session))
            .await
            .status,
        200
    );
    assert_eq!(
        table
            .post("/user/login", &json!({ "key": "x".repeat(64) }))
            .await
            .error()
            .0,
        401
    );
    assert_eq!(
        table
            .post("/user/login", &json!({ "key": "short" }))
            .await
            .error()
            .0,
        400
    );
    table.fake.expire_sessions(&table.guest);
    assert_eq!(
        ask(&table.router, get("/user/subscription", &session))
            .await
            .status,
        401
    );
    assert_eq!(table.get("/user/subscription").await.status, 200);
}

#[tokio::test]
async fn an_account_without_a_password_cannot_log_in() {
    let table = Table::laid_for(Account {
        password: None,
        ..account()
    });
    let key = access_key::derive(EMAIL, PASSWORD).unwrap();
    assert_eq!(
        table.post("/user/login", &json!({ "key": key })).await.error().0,
        401
    );
    assert_eq!(table.get("/user/information").await.json()["loginMethod"], "sso");
}

#[tokio::test]
async fn an_accounts_own_things_need_a_session() {
    let table = Table::laid_for(account());
    let session = session(&table).await;
    for path in [
        "/user/clientsettings",
        "/user/giftkeys",
        "/user/keystore",
        "/user/objects/stories",
    ] {
        assert_eq!(
            table.get(path).await.error(),
            (
                401,
                "Usage of persistent access tokens is not allowed for this endpoint".to_owned()
            ),
            "{path}"
        );
        assert_eq!(
            ask(&table.router, get(path, &session)).await.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_new_persistent_token_takes_the_place_of_the_old() {
    let table = Table::laid_for(account());
    let session = session(&table).await;
    let create = |overwrite| {
        post(
            "/user/create-persistent-token",
            &json!({ "overwrite": overwrite }),
        )
    };
    assert_eq!(ask(&table.router, create(false)).await.error().0, 401);
    assert_eq!(
        ask(&table.router, with_token(create(false), &session))
            .await
            .error()
            .0,
        409
    );
    let created = ask(&table.router, with_token(create(true), &session)).await;
    assert_eq!(created.status, 201);
    let token = created.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("pst-"));
    assert_eq!(
        ask(&table.router, get("/user/subscription", &token)).await.status,
        200
    );
    assert_eq!(table.get("/user/subscription").await.status, 401);
}
