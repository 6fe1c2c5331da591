//! Every operation × every kind of caller. What each is to be told stands in [`TABLE`]; an operation that is not in
//! it, or says of itself another access than the table does, fails.

use super::*;
use crate::access::{Access, Scopes};
use crate::caller::{Caller, Proof, SignedIn};
use crate::router::{document, router};
use potluck_filters::id::UserId;
use potluck_store::table::users::UserRole;

/// Who may call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Anyone,
    Member,
    /// A member who has logged in: no personal access token.
    InPerson,
    Admin,
}
use For::{Admin, Anyone, InPerson, Member};

/// Operations by their ids, with who may call them. By hand: what the program says of itself is held against it.
const TABLE: &[(For, &[&str])] = &[
    (
        Anyone,
        &[
            "logIn",
            "logOut",
            "refreshSession",
            "register",
            "resetPassword",
            "showAbout",
            "showContributionNotice",
        ],
    ),
    (
        Member,
        &[
            "whoAmI",
            "showMe",
            "showMyLimit",
            "listMyLiveRequests",
            "listMyKeys",
            "createMyKey",
            "showMyKey",
            "editMyKey",
            "revokeMyKey",
            "rotateMyKey",
            "createPlaygroundKey",
            "listMyUpstreams",
            "listMyPoolKeys",
            "addMyPoolKey",
            "importMyPoolKeys",
            "showMyPoolKey",
            "editMyPoolKey",
            "withdrawMyPoolKey",
            "checkMyPoolKey",
            "listMyPoolKeyDays",
            "showMyPoolKeyHistory",
            "showMyUsage",
            "showMyRecentUsage",
            "showMyUsageBy",
            "showMyKeyUsage",
            "showMyPoolKeyUsage",
            "listMyRequests",
            "exportMyRequests",
            "showMyRequest",
            "listMyJobs",
            "showMyJob",
            "listenToMine",
        ],
    ),
    (
        InPerson,
        &[
            "deleteMe",
            "exportMe",
            "changePassword",
            "beginTotp",
            "confirmTotp",
            "renewRecoveryCodes",
            "disableTotp",
            "listMySessions",
            "endMySessions",
            "endMySession",
            "listMyTokens",
            "createMyToken",
            "deleteMyToken",
        ],
    ),
    (
        Admin,
        &[
            "listKeys",
            "createKey",
            "showKey",
            "editKey",
            "revokeKey",
            "rotateKey",
            "showLimits",
            "editLimits",
            "previewLimits",
            "showUserLimit",
            "editUserLimit",
            "listPoolKeys",
            "addPoolKey",
            "importPoolKeys",
            "checkPoolKeys",
            "showPoolKey",
            "editPoolKey",
            "withdrawPoolKey",
            "checkPoolKey",
            "allowHost",
            "bulkPoolKeys",
            "bulkKeys",
            "bulkUsers",
            "listJobs",
            "showJob",
            "listJobItems",
            "cancelJob",
            "retryJob",
            "listFindings",
            "showFinding",
            "acknowledgeFinding",
            "listMarks",
            "listAlertTargets",
            "addAlertTarget",
            "showAlertTarget",
            "editAlertTarget",
            "removeAlertTarget",
            "testAlertTarget",
            "listAlertDeliveries",
            "replayOutboundProxies",
            "showPoolKeyHistory",
            "listPoolKeyHistories",
            "showUsage",
            "showRecentUsage",
            "showUsageBy",
            "showUserUsage",
            "showKeyUsage",
            "showPoolKeyUsage",
            "listRequests",
            "exportRequests",
            "showRequest",
            "showNodeHistory",
            "showOutboundProxyHistory",
            "listOutboundProxies",
            "addOutboundProxy",
            "showOutboundProxy",
            "editOutboundProxy",
            "removeOutboundProxy",
            "checkOutboundProxy",
            "listUsers",
            "createUser",
            "showUser",
            "editUser",
            "deleteUser",
            "allowPasswordReset",
            "listSessions",
            "endSessions",
            "resetTotp",
            "listInvitations",
            "createInvitation",
            "revokeInvitation",
            "showSettings",
            "showEffectiveSettings",
            "editSettings",
            "rotateSigningKey",
            "listUpstreams",
            "listRoutes",
            "showUpstream",
            "editUpstream",
            "listNodes",
            "addNode",
            "showNode",
            "editNode",
            "removeNode",
            "activateNode",
            "checkNode",
            "grantNode",
            "showStatus",
            "listLiveRequests",
            "showQueue",
            "listAudit",
            "exportAudit",
            "showAuditHead",
            "verifyAudit",
            "listen",
        ],
    ),
];

fn declared(id: &str) -> For {
    let mut found = TABLE
        .iter()
        .filter(|(_, ids)| ids.contains(&id))
        .map(|(who, _)| *who);
    let who = found
        .next()
        .unwrap_or_else(|| panic!("{id} is not in the table: who may call it?"));
    assert_eq!(found.next(), None, "{id} is in the table twice");
    who
}

/// Callers as the authentication leaves them in a request.
fn callers() -> [(&'static str, Option<Caller>); 6] {
    let scopes = |words: &[&str]| Scopes::parse(words.iter().copied()).unwrap();
    let someone = |role, proof| {
        Some(Caller::User(SignedIn {
            user: UserId(1),
            role,
            proof,
        }))
    };
    let token = |scopes| Proof::Token { id: 1, scopes };
    let everything_but_admin: Vec<String> = Scopes::known();
    let everything_but_admin = everything_but_admin.iter().map(String::as_str);
    let member_scopes = Scopes::parse(everything_but_admin.filter(|word| *word != "admin")).unwrap();
    [
        ("nobody", None),
        ("a member", someone(UserRole::User, Proof::Session(1))),
        ("an admin", someone(UserRole::Admin, Proof::Session(1))),
        (
            "an admin's token for members' things",
            someone(UserRole::Admin, token(member_scopes)),
        ),
        (
            "a token without scopes",
            someone(UserRole::Admin, token(scopes(&[]))),
        ),
        ("the operator", Some(Caller::Operator)),
    ]
}

/// What a caller is told who may not; `None` for one who may.
fn refusal(who: For, caller: &str) -> Option<&'static str> {
    match (who, caller) {
        (Member | InPerson | Admin, "nobody") => Some("unauthenticated"),
        (Member | InPerson, "the operator") => Some("needs_user"),
        (InPerson, "an admin's token for members' things") => Some("needs_session"),
        (Member | InPerson | Admin, "a token without scopes")
        | (Admin, "an admin's token for members' things") => Some("needs_scope"),
        (Admin, "a member") => Some("needs_admin"),
        (Anyone | Member | InPerson | Admin, _) => None,
    }
}

#[tokio::test]
async fn every_route_answers_each_caller_as_declared() {
    let relay = Relay::new().await;
    let refusals = [
        "unauthenticated",
        "needs_user",
        "needs_session",
        "needs_admin",
        "needs_scope",
    ];
    for operation in document().operations() {
        let who = declared(operation.id);
        let said = match operation.access.unwrap() {
            Access::Anyone => Anyone,
            Access::Member(_) => Member,
            Access::InPerson(_) => InPerson,
            Access::Admin(_) => Admin,
        };
        assert_eq!(who, said, "{}", operation.id);
        let path = operation
            .path
            .replace("{id}", "9999")
            .replace("{name}", "none")
            .replace("{node}", "none");
        assert!(!path.contains('{'), "{path}: give this parameter a value here");
        for (name, caller) in callers() {
            let mut request = Request::builder()
                .method(operation.method.clone())
                .uri(&path)
                .body(Body::from("?"))
                .unwrap();
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            let answer = router(Arc::clone(&relay.control)).oneshot(request).await.unwrap();
            let status = answer.status();
            let answer = if status.is_success() {
                String::new()
            } else {
                let bytes = answer.into_body().collect().await.unwrap().to_bytes();
                let problem: Value = serde_json::from_slice(&bytes).unwrap();
                problem["code"].as_str().unwrap().to_owned()
            };
            let told = refusals.contains(&answer.as_str()).then_some(answer.as_str());
            assert_eq!(
                told,
                refusal(who, name),
                "{} for {name}: {status} {answer}",
                operation.id
            );
            assert!(!status.is_server_error(), "{} for {name}: {answer}", operation.id);
        }
    }
    let known: usize = TABLE.iter().map(|(_, ids)| ids.len()).sum();
    assert_eq!(
        known,
        document().operations().len(),
        "the table has operations that are gone"
    );
}
