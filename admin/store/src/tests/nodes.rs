//! Nodes at run time, and which of them pool keys may go to.

use std::collections::BTreeMap;

use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::model::{HttpVersion, Role};
use potluck_filters::pool::NodeState;
use potluck_filters::snapshot::{NodePlans, PoolKeyChange};

use super::{each, login, one, terms, token, user};
use crate::store::Store;
use crate::table::nodes::{NodeRow, Place};
use crate::table::pool_keys::{Credential, Granted};
use crate::table::users::UserRole;

fn row(name: &str, url: Option<&str>, state: NodeState) -> NodeRow {
    NodeRow {
        upstream: "gpu".to_owned(),
        name: name.to_owned(),
        place: url.map(|url| Place {
            role: Role::Any,
            url: url.parse().unwrap(),
            http: HttpVersion::H1,
        }),
        state,
        metadata: BTreeMap::from([("card".to_owned(), "A100 \"80\"".to_owned())]),
        created_at: 7,
        revision: Revision(0),
    }
}

async fn save(store: &Store, row: &NodeRow) {
    let mut change = store.change().await.unwrap();
    change.save_node(row).await.unwrap();
    change.commit().await.unwrap();
}

async fn activate(store: &Store, node: Option<&str>) {
    let mut change = store.change().await.unwrap();
    change.set_active_node("gpu", node).await.unwrap();
    change.commit().await.unwrap();
}

fn plan(plans: &NodePlans) -> (Vec<String>, Vec<&str>, Vec<&str>, Option<&str>) {
    let plan = &plans["gpu"];
    let added = plan
        .added
        .iter()
        .map(|node| format!("{} {}", node.name, node.base));
    (
        added.collect(),
        plan.removed.iter().map(AsRef::as_ref).collect(),
        plan.drained.iter().map(AsRef::as_ref).collect(),
        plan.active.as_deref(),
    )
}

#[tokio::test]
async fn what_is_said_about_nodes_is_kept_and_reaches_edges() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        assert_eq!(store.load().await.unwrap().nodes, NodePlans::new());
        let since = store.revision().await.unwrap();
        let added = row("new", Some("https://gpu.example:8443/v1"), NodeState::Active);
        save(&store, &added).await;
        save(&store, &row("a", None, NodeState::Draining)).await;
        save(&store, &row("b", None, NodeState::Removed)).await;
        save(&store, &row("z", Some("http://[::1]:9"), NodeState::Draining)).await;
        activate(&store, Some("new")).await;
        let plans = store.changes_since(since).await.unwrap().nodes.unwrap();
        let urls = ["new https://gpu.example:8443/v1", "z http://[::1]:9"].map(str::to_owned);
        assert_eq!(
            plan(&plans),
            (urls.to_vec(), vec!["b"], vec!["a", "z"], Some("new"))
        );
        assert_eq!(plans["gpu"].added[0].http, HttpVersion::H1);

        store.close().await;
        let store = database.open().await;
        assert_eq!(store.load().await.unwrap().nodes, plans);
        let rows = store.nodes("gpu").await.unwrap();
        let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["new", "a", "b", "z"]);
        let expected = NodeRow {
            revision: rows[0].revision,
            ..added
        };
        assert_eq!(rows[0], expected);
        assert_eq!(store.nodes("other").await.unwrap(), []);
        assert_eq!(store.active_nodes().await.unwrap()["gpu"], "new");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_node_that_is_taken_out_is_a_change_that_edges_hear_of() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        save(
            &store,
            &row("new", Some("https://one.example"), NodeState::Active),
        )
        .await;
        activate(&store, Some("new")).await;
        let since = store.revision().await.unwrap();
        assert_eq!(store.changes_since(since).await.unwrap().nodes, None);
        save(
            &store,
            &row("new", Some("https://one.example"), NodeState::Removed),
        )
        .await;
        activate(&store, None).await;
        let plans = store.changes_since(since).await.unwrap().nodes.unwrap();
        assert_eq!(plan(&plans), (vec![], vec!["new"], vec![], None));
        save(
            &store,
            &row("new", Some("https://two.example"), NodeState::Active),
        )
        .await;
        let plans = store.changes_since(since).await.unwrap().nodes.unwrap();
        let url = vec!["new https://two.example".to_owned()];
        assert_eq!(plan(&plans), (url, vec![], vec![], None));
        assert_eq!(store.nodes("gpu").await.unwrap().len(), 1);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_policy_and_a_designated_node_do_not_overwrite_each_other() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        activate(&store, Some("a")).await;
        let mut change = store.change().await.unwrap();
        let policy = Some(potluck_filters::pool::Policy::ActiveFirst);
        change.set_policy("gpu", policy).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(store.active_nodes().await.unwrap()["gpu"], "a");
        activate(&store, Some("b")).await;
        let parts = store.load().await.unwrap();
        assert_eq!(parts.policies.get("gpu").copied(), policy);
        assert_eq!(parts.nodes["gpu"].active.as_deref(), Some("b"));
        store.close().await;
    })
    .await;
}

async fn grant(store: &Store, after: PoolKeyId, limit: u32) -> Granted {
    let mut change = store.change().await.unwrap();
    let granted = change.grant_origin("novelai", "new:443", after, limit).await;
    change.commit().await.unwrap();
    granted.unwrap()
}

/// Where each key may go, as an edge gets it, with its text.
async fn served(store: &Store) -> Vec<(i64, String, String)> {
    let mut keys = store.load().await.unwrap().pool_keys;
    keys.sort_unstable_by_key(|key| key.id);
    let text = |key: &potluck_filters::model::PoolKey| {
        let value = key.credential.authorization().to_str().unwrap();
        value.trim_start_matches("Bearer ").to_owned()
    };
    keys.iter()
        .map(|key| (key.id.0, text(key), key.origins.join(" ")))
        .collect()
}

#[tokio::test]
async fn a_grant_is_for_the_operators_own_keys_and_seals_them_anew() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let own = one(&store, &terms(owner), token("pst-own")).await;
        let brought = one(&store, &terms(guest), token("pst-guest")).await;
        let second = one(&store, &terms(owner), token("pst-second")).await;
        let gone = one(&store, &terms(owner), token("pst-gone")).await;
        let mut change = store.change().await.unwrap();
        change.withdraw_pool_key(gone, 9).await.unwrap();
        change.commit().await.unwrap();

        let since = store.revision().await.unwrap();
        let first = grant(&store, PoolKeyId(0), 1).await;
        assert_eq!((first.granted, first.last), (1, Some(own)));
        let rest = grant(&store, own, 9).await;
        assert_eq!((rest.granted, rest.last), (1, Some(second)));
        assert_eq!(grant(&store, second, 9).await, Granted::default());
        assert_eq!(grant(&store, PoolKeyId(0), 9).await.granted, 0);

        let (few, more) = ("image:443 text:443", "image:443 new:443 text:443");
        let expected = [
            (own.0, "pst-own", more),
            (brought.0, "pst-guest", few),
            (second.0, "pst-second", more),
        ];
        let expected = expected.map(|(id, text, origins)| (id, text.to_owned(), origins.to_owned()));
        assert_eq!(served(&store).await, expected);
        let told = store.changes_since(since).await.unwrap().pool_keys;
        assert_eq!(
            told.iter().map(PoolKeyChange::id).collect::<Vec<_>>(),
            [own, second]
        );
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_login_goes_to_a_further_host_with_password_and_token() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), login("me@example.org", "correct horse")).await;
        let mut change = store.change().await.unwrap();
        let token = potluck_filters::secret::Secret::new("pst-of-login");
        change.save_token(id, &token, 99).await.unwrap();
        change.commit().await.unwrap();
        let mut change = store.change().await.unwrap();
        let row = change.allow_origin(id, "new:443").await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(row.origins.join(" "), "image:443 new:443 text:443");
        assert_eq!(served(&store).await[0].1, "pst-of-login");
        let target = store.probe_target(id).await.unwrap().unwrap();
        let Credential::Login { password, .. } = target.credential else {
            panic!("{:?}", target.credential)
        };
        assert_eq!(password.expose(), "correct horse");
        store.close().await;
    })
    .await;
}
