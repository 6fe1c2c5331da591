//! The events of an image stream, in either of the two encodings.
//!
//! Invariant: both encodings carry the same fields; pictures are raw in one and base64 in the other.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::msgpack::{self, Field};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    #[default]
    Sse,
    /// Each a big-endian length of four bytes and a map.
    Msgpack,
}

#[derive(Debug, Clone)]
pub(crate) enum Event<'a> {
    /// A preview after a step, as JPEG.
    Intermediate {
        sample: u32,
        step: u32,
        generation: u64,
        sigma: f64,
        image: &'a [u8],
    },
    /// The picture itself. It has neither step nor sigma.
    Final {
        sample: u32,
        generation: u64,
        image: &'a [u8],
    },
    Error {
        code: u16,
        message: &'a str,
    },
    Retry {
        message: &'a str,
    },
}

impl Encoding {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Encoding::Sse => "text/event-stream",
            Encoding::Msgpack => "application/msgpack",
        }
    }

    pub(crate) fn encode(self, event: &Event<'_>) -> Bytes {
        let fields = event.fields();
        match self {
            Encoding::Sse => sse(event.name(), &fields),
            Encoding::Msgpack => framed(&fields),
        }
    }
}

impl Event<'_> {
    fn name(&self) -> &'static str {
        match self {
            Event::Intermediate { .. } => "intermediate",
            Event::Final { .. } => "final",
            Event::Error { .. } => "error",
            Event::Retry { .. } => "retry",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let mut fields = vec![("event_type", Field::Text(self.name()))];
        match self {
            Event::Intermediate {
                sample,
                step,
                generation,
                sigma,
                image,
            } => fields.extend([
                ("samp_ix", Field::Whole(u64::from(*sample))),
                ("step_ix", Field::Whole(u64::from(*step))),
                ("gen_id", Field::Whole(*generation)),
                ("sigma", Field::Real(*sigma)),
                ("image", Field::Raw(image)),
            ]),
            Event::Final {
                sample,
                generation,
                image,
            } => fields.extend([
                ("samp_ix", Field::Whole(u64::from(*sample))),
                ("gen_id", Field::Whole(*generation)),
                ("image", Field::Raw(image)),
            ]),
            Event::Error { code, message } => {
                fields.extend([
                    ("code", Field::Whole(u64::from(*code))),
                    ("message", Field::Text(message)),
                ]);
            }
            Event::Retry { message } => fields.push(("message", Field::Text(message))),
        }
        fields
    }
}

fn framed(fields: &[(&str, Field<'_>)]) -> Bytes {
    let mut map = BytesMut::new();
    msgpack::map(&mut map, fields);
    let mut frame = BytesMut::with_capacity(4 + map.len());
    frame.put_u32(u32::try_from(map.len()).unwrap_or(u32::MAX));
    frame.put_slice(&map);
    frame.freeze()
}

fn sse(name: &str, fields: &[(&str, Field<'_>)]) -> Bytes {
    let data: Map<String, Value> = fields
        .iter()
        .map(|(key, field)| {
            let value = match field {
                Field::Text(text) => Value::from(*text),
                Field::Whole(number) => Value::from(*number),
                Field::Real(number) => Value::from(*number),
                Field::Raw(image) => Value::from(STANDARD.encode(image)),
            };
            ((*key).to_owned(), value)
        })
        .collect();
    Bytes::from(format!("event: {name}\ndata: {}\n\n", Value::Object(data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREVIEW: Event<'_> = Event::Intermediate {
        sample: 0,
        step: 5,
        generation: 1,
        sigma: 12.5,
        image: &[0xff, 0xd8, 0xff, 0xe0],
    };

    #[test]
    fn a_frame_is_byte_for_byte_the_known_one() {
        let hex: String = Encoding::Msgpack
            .encode(&PREVIEW)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "0000004e86aa6576656e745f74797065ac696e7465726d656469617465a773616d705f697800a7737465705f697805\
             a667656e5f696401a57369676d61cb4029000000000000a5696d616765c404ffd8ffe0"
        );
    }

    #[test]
    fn a_server_sent_event_has_a_name_and_one_line_of_data() {
        let text = String::from_utf8(Encoding::Sse.encode(&PREVIEW).to_vec()).unwrap();
        let data = text
            .strip_prefix("event: intermediate\ndata: ")
            .unwrap()
            .strip_suffix("\n\n")
            .unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["image"], "/9j/4A==");
        assert_eq!(data["step_ix"], 5);
    }

    #[test]
    fn a_final_event_has_neither_step_nor_sigma() {
        let event = Event::Final {
            sample: 1,
            generation: 2,
            image: b"png",
        };
        let text = String::from_utf8(Encoding::Sse.encode(&event).to_vec()).unwrap();
        assert!(!text.contains("step_ix") && !text.contains("sigma") && text.contains("gen_id"));
    }
}
