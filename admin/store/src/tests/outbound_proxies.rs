//! Outbound proxies: sealed, opened for edges, and gone when they are removed.

use potluck_filters::egress::Egress;
use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::{OutboundProxy, ProxyLogin};
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;

use super::{each, one, ring, terms, token};
use crate::error::StoreError;
use crate::store::Store;
use crate::table::outbound_proxies::{NewOutboundProxy, OutboundProxyRow, UsedBy};

const PASSWORD: &str = "pa:ss wörd\"\\";

fn login(user: &str) -> ProxyLogin {
    ProxyLogin::new(Secret::new(user), Secret::new(PASSWORD)).unwrap()
}

fn new(name: &str, url: &str, login: Option<ProxyLogin>) -> NewOutboundProxy {
    NewOutboundProxy {
        name: name.to_owned(),
        url: url.parse().unwrap(),
        login,
        enabled: true,
    }
}

async fn add(store: &Store, new: &NewOutboundProxy) -> OutboundProxyRow {
    let mut change = store.change().await.unwrap();
    let row = change.add_outbound_proxy(new, 7).await.unwrap();
    change.commit().await.unwrap();
    row
}

async fn assign(store: &Store, list: Option<&[OutboundProxyId]>) {
    let mut change = store.change().await.unwrap();
    change.set_upstream_egress("gpu", list).await.unwrap();
    change.commit().await.unwrap();
}

async fn served(store: &Store) -> Egress {
    store.load().await.unwrap().egress
}

#[tokio::test]
async fn what_was_added_and_assigned_reaches_edges_with_its_login() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        assert_eq!(served(&store).await, Egress::default());
        let since = store.revision().await.unwrap();
        let paris = new("paris", "socks5://proxy.example:1080", Some(login("alice")));
        let paris = add(&store, &paris).await;
        let rome = add(&store, &new("rome", "http://[::1]:3128", None)).await;
        assert!(paris.key_id.is_some() && rome.key_id.is_none());
        assign(&store, Some(&[rome.id, paris.id])).await;
        let egress = served(&store).await;
        let expected = OutboundProxy {
            id: paris.id,
            name: "paris".into(),
            url: "socks5://proxy.example:1080".parse().unwrap(),
            login: Some(login("alice")),
            enabled: true,
        };
        assert_eq!(egress.proxies[&paris.id], expected);
        assert_eq!(egress.list("gpu", None), [rome.id, paris.id]);
        let delta = store.changes_since(since).await.unwrap();
        assert_eq!(delta.egress, Some(egress));
        assert_eq!(store.changes_since(delta.to).await.unwrap().egress, None);
        assert_eq!(store.outbound_proxies().await.unwrap(), [paris, rome]);
        store.close().await;
        let again = database.open().await;
        assert_eq!(served(&again).await.proxies.len(), 2, "also after a restart");
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_login_opens_for_its_own_host_alone_and_goes_with_the_proxy() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        let mut row = add(
            &store,
            &new("paris", "http://a.example:3128", Some(login("alice"))),
        )
        .await;
        let mut change = store.change().await.unwrap();
        row.url = "http://b.example:3128".parse().unwrap();
        change.save_outbound_proxy(&row, None).await.unwrap();
        assert!(
            matches!(change.delta(row.revision).await, Err(StoreError::Seal(_))),
            "moved without its login"
        );
        let saved = change
            .save_outbound_proxy(&row, Some(Some(&login("bob"))))
            .await
            .unwrap();
        change.commit().await.unwrap();
        assert_eq!(served(&store).await.proxies[&row.id].login, Some(login("bob")));
        let since = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        let same = change
            .add_outbound_proxy(&new("paris", "http://c.example:1", None), 8)
            .await;
        assert!(matches!(same, Err(StoreError::Exists(_))));
        drop(change);
        let mut change = store.change().await.unwrap();
        change.remove_outbound_proxy(saved.id).await.unwrap();
        change.commit().await.unwrap();
        let delta = store.changes_since(since).await.unwrap();
        assert_eq!(delta.egress, Some(Egress::default()), "edges hear of it");
        let mut change = store.change().await.unwrap();
        let twice = change.remove_outbound_proxy(saved.id).await;
        assert!(matches!(twice, Err(StoreError::Missing(_))));
        drop(change);
        let next = add(&store, &new("paris", "http://a.example:3128", None)).await;
        assert_ne!(next.id, saved.id, "the name is free again, the id never");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_pool_keys_own_list_reaches_edges_and_says_who_uses_a_proxy() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let proxy = add(&store, &new("paris", "http://a.example:3128", None)).await;
        let key = one(&store, &terms(owner), token("pst-a")).await;
        for list in [Some(&[proxy.id][..]), Some(&[]), None] {
            let since = store.revision().await.unwrap();
            let mut change = store.change().await.unwrap();
            change.set_pool_key_egress(key, list).await.unwrap();
            change.commit().await.unwrap();
            let delta = store.changes_since(since).await.unwrap();
            let [PoolKeyChange::Put(put)] = delta.pool_keys.as_slice() else {
                panic!("{delta:?}")
            };
            assert_eq!(put.egress.as_deref(), list);
            let row = store.pool_key(key).await.unwrap().unwrap();
            assert_eq!(row.egress.as_deref(), list);
            let used = store.outbound_proxies_used_by().await.unwrap();
            let by_key = UsedBy {
                pool_keys: vec![key],
                ..UsedBy::default()
            };
            assert_eq!(
                used.get(&proxy.id),
                list.filter(|list| !list.is_empty()).map(|_| &by_key)
            );
        }
        assign(&store, Some(&[proxy.id])).await;
        let used = store.outbound_proxies_used_by().await.unwrap();
        assert_eq!(used[&proxy.id].upstreams, ["gpu"]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_ring_that_lost_the_key_of_a_login_is_refused() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        add(
            &store,
            &new("paris", "http://a.example:3128", Some(login("alice"))),
        )
        .await;
        store.close().await;
        let other = Store::open(&database.url, ring(2)).await;
        assert!(matches!(other, Err(StoreError::Seal(_))));
    })
    .await;
}
