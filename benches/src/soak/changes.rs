//! Changes through the control socket, once a second: a key is made, used, deleted and used again; a pool key is
//! paused and resumed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::Method;
use serde_json::{Value, json};

use super::act;
use super::stage::{Site, Stage};
use super::tally::Ended;
use crate::potluck::control::Control;

/// Time between two rounds.
const BETWEEN: Duration = Duration::from_secs(1);
const POOL: &str = "/manage/v1/pool-keys";

/// Changes until the time is up.
///
/// # Errors
/// When the control socket refuses or breaks.
pub(super) async fn run(stage: &Stage, until: Instant) -> Result<()> {
    let mut control = Control::open(&stage.socket).await?;
    let ids = pool_keys(&mut control).await?;
    let mut paused = ids.iter().cycle();
    while Instant::now() < until {
        client_key(&mut control, &stage.site).await?;
        if let Some(id) = paused.next() {
            let path = format!("{POOL}/{id}");
            control
                .ask(Method::PATCH, &path, &json!({"state": "paused"}))
                .await?;
            tokio::time::sleep(BETWEEN).await;
            control
                .ask(Method::PATCH, &path, &json!({"state": "active"}))
                .await?;
        }
    }
    Ok(())
}

async fn pool_keys(control: &mut Control) -> Result<Vec<i64>> {
    let listed = control.ask(Method::GET, POOL, &Value::Null).await?;
    let items = listed
        .get("items")
        .and_then(Value::as_array)
        .context("a list of pool keys")?;
    Ok(items.iter().filter_map(|item| item.get("id")?.as_i64()).collect())
}

async fn client_key(control: &mut Control, site: &Site) -> Result<()> {
    let made = control
        .ask(Method::POST, "/manage/v1/keys", &json!({"name": "soak"}))
        .await?;
    let text = made.get("text").and_then(Value::as_str).context("a key's text")?;
    let id = made
        .pointer("/key/id")
        .and_then(Value::as_i64)
        .context("a key's id")?;
    site.tally
        .note("new key", act::chat(site, text).await.and_then(known));
    control
        .ask(Method::DELETE, &format!("/manage/v1/keys/{id}"), &Value::Null)
        .await?;
    site.tally
        .note("deleted key", act::chat(site, text).await.and_then(refused));
    Ok(())
}

fn known(ended: Ended) -> Result<Ended> {
    match ended {
        Ended::Status(401) => bail!("a new key was not served by the next request"),
        Ended::Status(_) | Ended::Cut | Ended::Left | Ended::Closed => Ok(ended),
    }
}

fn refused(ended: Ended) -> Result<Ended> {
    match ended {
        // 429: an address with many failures is slowed down.
        Ended::Status(401 | 429) => Ok(ended),
        Ended::Status(_) | Ended::Cut | Ended::Left | Ended::Closed => {
            bail!("a deleted key was not refused by the next request: {ended:?}")
        }
    }
}
