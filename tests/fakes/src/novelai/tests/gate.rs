//! What stands before every path.

use super::*;

#[tokio::test]
async fn every_origin_is_welcome_also_to_an_error() {
    let table = Table::laid();
    for path in ["/user/subscription", "/user/clientsettings", "/nowhere"] {
        assert_eq!(
            table.get(path).await.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
            "*",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_is_granted_what_it_asks() {
    let table = Table::laid();
    let request = Request::options("/ai/generate-image")
        .header(header::ORIGIN, "https://example.com")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization, x-correlation-id",
        )
        .body(Body::empty())
        .unwrap();
    let answer = ask(&table.router, request).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "POST");
    assert_eq!(
        answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "authorization, x-correlation-id"
    );
}

#[tokio::test]
async fn pythons_own_client_is_taken_for_a_bot() {
    let table = Table::laid();
    for (agent, status) in [("Python-urllib/3.12", 403), ("curl/8.0", 200)] {
        let mut request = get("/user/subscription", TOKEN);
        request
            .headers_mut()
            .insert(header::USER_AGENT, agent.parse().unwrap());
        let answer = ask(&table.router, request).await;
        assert_eq!(answer.status, status, "{agent}");
        assert_eq!(
            answer.content_type().starts_with("text/html"),
            status == 403,
            "{agent}"
        );
    }
}
