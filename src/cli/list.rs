//! Lists of the API: all pages of one, and rows found by id or name.

use potluck_admin::api::{MAX_PAGE, Page};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api::Api;
use super::exit::{Exit, Failure};

/// All items of a list, as they came.
pub(super) async fn all(api: &Api, path: &str) -> Result<Vec<Value>, Failure> {
    let (mut items, mut after) = (Vec::new(), 0);
    loop {
        let page = api.get(&format!("{path}?after={after}&limit={MAX_PAGE}")).await?;
        let page: Page<Value> = typed(page)?;
        items.extend(page.items);
        match page.next {
            Some(next) => after = next,
            None => return Ok(items),
        }
    }
}

/// A whole list, as programs get it.
pub(super) fn as_json(items: &[Value]) -> Value {
    json!({ "items": items })
}

/// An answer as its type.
pub(super) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        let message = format!("the running relay answers in another form ({error}); use its own program");
        Failure::new(Exit::Failed, message)
    })
}

/// A request's body.
pub(super) fn sent(body: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(body).map_err(|error| Failure::new(Exit::Failed, error.to_string()))
}

/// The id behind what was written: the id itself, or a name that only one row has.
pub(super) async fn id(api: &Api, path: &str, what: &str, name: &str, written: &str) -> Result<i64, Failure> {
    if let Ok(id) = written.parse() {
        return Ok(id);
    }
    let items = all(api, path).await?;
    let gone = |item: &Value| {
        // Pool keys of one's own tell it of their standing.
        let at = |pointer| item.pointer(pointer).and_then(Value::as_str);
        let state = at("/state").or_else(|| at("/standing/state"));
        matches!(state, Some("revoked" | "withdrawn"))
    };
    let mut ids = items
        .iter()
        .filter(|item| item[name] == written && !gone(item))
        .map(|item| &item["id"]);
    match (ids.next().and_then(Value::as_i64), ids.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err(Failure::new(
            Exit::Failed,
            format!("several {what}s are called {written}; use the id"),
        )),
        (None, _) => Err(Failure::new(
            Exit::Failed,
            format!("there is no {what} called {written}"),
        )),
    }
}

/// A name as it may stand in a path. One that needs escaping there is none that the configuration takes.
pub(super) fn segment<'w>(what: &str, command: &str, written: &'w str) -> Result<&'w str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if written.is_empty() || written.starts_with('.') || !written.bytes().all(plain) {
        let message = format!("this is no {what}'s name; `potluck {command} list` shows them");
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok(written)
}

/// A text as it may stand in a query.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let bytes = text.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    bytes.collect()
}
