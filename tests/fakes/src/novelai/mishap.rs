//! What goes wrong inside a stream whose status line already said 200.
//!
//! Invariant: pure; a stream without a mishap is its events, encoded, in order.

use bytes::Bytes;

/// Scripted for one stream of one account. `after` counts the events that come whole before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// An `error` event, then the end.
    Error {
        after: usize,
        code: u16,
        message: String,
    },
    /// A `retry` event; the stream goes on.
    Retry { after: usize, message: String },
    /// Half of the next event, then a clean end of the body.
    Truncate { after: usize },
}

/// Lets a mishap happen to encoded events; `error` and `retry` encode the events that it brings in.
pub(crate) fn befall(
    mut events: Vec<Bytes>,
    mishap: Option<&Mishap>,
    error: impl Fn(u16, &str) -> Bytes,
    retry: impl Fn(&str) -> Bytes,
) -> Vec<Bytes> {
    match mishap {
        None => {}
        Some(Mishap::Error { after, code, message }) => {
            events.truncate(*after);
            events.push(error(*code, message));
        }
        Some(Mishap::Retry { after, message }) => {
            events.insert((*after).min(events.len()), retry(message));
        }
        Some(Mishap::Truncate { after }) => {
            events.truncate(after + 1);
            if let Some(last) = events.get_mut(*after) {
                last.truncate(last.len() / 2);
            }
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(mishap: &Mishap) -> Vec<String> {
        let events = ["one!", "two!", "end!"]
            .map(|text| Bytes::from_static(text.as_bytes()))
            .to_vec();
        let error = |code: u16, message: &str| Bytes::from(format!("{code} {message}"));
        let retry = |message: &str| Bytes::from(message.to_owned());
        befall(events, Some(mishap), error, retry)
            .iter()
            .map(|event| String::from_utf8_lossy(event).into_owned())
            .collect()
    }

    #[test]
    fn an_error_is_the_last_event() {
        let mishap = Mishap::Error {
            after: 1,
            code: 500,
            message: "no".to_owned(),
        };
        assert_eq!(after(&mishap), ["one!", "500 no"]);
    }

    #[test]
    fn a_retry_comes_in_between() {
        assert_eq!(
            after(&Mishap::Retry {
                after: 2,
                message: "again".to_owned()
            }),
            ["one!", "two!", "again", "end!"]
        );
    }

    #[test]
    fn a_truncated_event_is_halved_and_last() {
        assert_eq!(after(&Mishap::Truncate { after: 1 }), ["one!", "tw"]);
        assert_eq!(after(&Mishap::Truncate { after: 9 }), ["one!", "two!", "end!"]);
    }
}
