//! Many requests at once on a few accounts that do one at a time.

use std::time::Duration;

use potluck_fakes::novelai::Settings;
use potluck_fakes::record::Record;

use super::arrived;
use crate::ask::sent;
use crate::world::{CLIENT_KEY, client, novelai};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_on_four_accounts_are_all_served_and_no_account_is_overrun_or_idle() {
    let settings = Settings {
        image_duration: Duration::from_millis(200),
        ..Settings::default()
    };
    let upstream = novelai(4, settings).await;
    let world = upstream.plan().start();
    let client = client();
    let all = (0..64).map(|seed| sent(world.numbered_by(&client, CLIENT_KEY, seed)));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status(), 200);
    }
    world.idle().await;
    for account in &upstream.accounts {
        assert_eq!((account.lock_refusals(), account.most_at_once()), (0, 1));
    }
    let mut seeds = arrived(&upstream);
    seeds.sort_unstable();
    assert!(seeds.into_iter().eq(0..64), "each was sent once");
    assert_eq!(
        (world.leases(), world.queue("waiting"), world.queue("refused")),
        (0, 0, 0)
    );
    for token in &upstream.tokens {
        assert_never_idle(token, &upstream.server.records.all());
    }
}

/// While somebody waits, a free account is taken before another one could begin and end a whole image;
/// and once it has done its last, the others only have what they were given by then.
fn assert_never_idle(token: &str, records: &[Record]) {
    let (own, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.credential == token);
    for pair in own.windows(2) {
        let (ended, next) = (pair[0].ended.unwrap(), pair[1].started);
        let idle = |other: &&&Record| other.started >= ended && other.ended.unwrap() <= next;
        assert_eq!(others.iter().filter(idle).count(), 0, "{token} was idle");
    }
    let last = own.last().expect("each account had work").ended.unwrap();
    let later = others.iter().filter(|other| other.started > last).count();
    assert!(later <= 3, "{later} began after {token} was done");
}
