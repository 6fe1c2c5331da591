//! Server-sent events: where one ends, and what stands in it.

use bytes::Bytes;

use super::error::from_event;

/// How much of `text` is whole events.
pub(super) fn complete(text: &[u8]) -> usize {
    let ends = [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"];
    let last = ends.iter().filter_map(|end| {
        let at = text.windows(end.len()).rposition(|window| window == *end)?;
        Some(at + end.len())
    });
    last.max().unwrap_or(0)
}

/// The data of each event, its lines joined as the format says.
pub(super) fn data(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut all, mut event) = (Vec::new(), None::<Vec<u8>>);
    for line in lines(text) {
        if line.is_empty() {
            all.extend(event.take());
        } else if let Some(value) = value_of(line, b"data") {
            match &mut event {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => event = Some(value.to_vec()),
            }
        }
    }
    // One without an end was never sent whole.
    all
}

/// The same events, with errors in OpenAI's form. Others pass byte for byte.
pub(super) fn with_openai_errors(text: Bytes) -> Bytes {
    // An error has a message, and no choices; most pieces are told apart by that alone.
    if memchr::memmem::find(&text, b"\"message\"").is_none()
        && memchr::memmem::find(&text, b"\"error\"").is_none()
    {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = &*text;
    while !rest.is_empty() {
        let (event, behind) = rest.split_at(first(rest));
        match data(event).first().and_then(|data| failure(data)) {
            Some(body) => out.extend_from_slice(format!("data: {body}\n\n").as_bytes()),
            None => out.extend_from_slice(event),
        }
        rest = behind;
    }
    out.into()
}

fn failure(data: &[u8]) -> Option<String> {
    let is_chunk = memchr::memmem::find(data, b"\"choices\"").is_some();
    (!is_chunk)
        .then(|| from_event(data))?
        .map(|failure| failure.body())
}

/// The end of the first event, or of all that is there.
fn first(text: &[u8]) -> usize {
    let ends = [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"];
    let first = ends.iter().filter_map(|end| {
        let at = memchr::memmem::find(text, end)?;
        Some(at + end.len())
    });
    first.min().unwrap_or(text.len())
}

/// The lines, without their ends, whichever of the three kinds these are of.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind
            .strip_prefix(b"\r\n")
            .or_else(|| behind.strip_prefix(b"\n"))
            .or_else(|| behind.strip_prefix(b"\r"))
            .unwrap_or(behind);
        Some(line)
    })
}

fn value_of<'l>(line: &'l [u8], field: &[u8]) -> Option<&'l [u8]> {
    let value = line.strip_prefix(field)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart_whatever_their_line_ends() {
        let texts = |text: &str| -> Vec<String> {
            let data = data(text.as_bytes()).into_iter();
            data.map(|data| String::from_utf8(data).unwrap()).collect()
        };
        assert_eq!(texts("data: a\n\n: c\n\ndata:b\ndata: c\n\n"), ["a", "b\nc"]);
        assert_eq!(
            texts("event: x\r\ndata: a\r\n\r\ndata: b\r\rdata: cut\n"),
            ["a", "b"]
        );
        assert_eq!(complete(b"data: a\n\ndata: b"), 9);
        assert_eq!(complete(b"data: a\r\n\r\n"), 11);
        assert_eq!(complete(b"data: a\n"), 0);
    }

    #[test]
    fn only_errors_change() {
        let events = "data: {\"choices\":[{\"delta\":{\"content\":\"a \\\"message\\\"\"}}]}\n\n";
        let error = "data: {\"statusCode\":500,\"message\":\"no\"}\n\n";
        let text = Bytes::from([events, error, "data: [DONE]\n\n"].concat());
        let shown = String::from_utf8(with_openai_errors(text).to_vec()).unwrap();
        assert!(shown.starts_with(events), "{shown}");
        assert!(
            shown.contains(r#""type":"server_error""#) && shown.ends_with("data: [DONE]\n\n"),
            "{shown}"
        );
    }
}
