//! Requests as clients might send them: most of them good, some odd, some with a slip of a byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const FORM: &str = "multipart/form-data; boundary=b";

/// A request as a client might send it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// The head of a PNG of that size.
fn png((width, height): (u32, u32)) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend_from_slice(&width.to_be_bytes());
    file.extend_from_slice(&height.to_be_bytes());
    file.extend_from_slice(&[8; 32]);
    file
}

fn form(images: &[(&str, &[u8])], json: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in images.iter().chain(&[("request", json.as_bytes())]) {
        let head =
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"blob\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

fn side() -> impl Strategy<Value = u32> {
    select(vec![
        64, 256, 512, 640, 832, 832, 1024, 1024, 1088, 1216, 1216, 1472, 1536, 2048, 1000,
    ])
}

fn size() -> impl Strategy<Value = (u32, u32)> {
    (side(), side())
}

/// A member, there most of the time.
fn member(key: &'static str, value: impl Strategy<Value = String>) -> impl Strategy<Value = Option<String>> {
    let member = value.prop_map(move |value| format!("\"{key}\":{value}"));
    prop::option::weighted(0.98, member)
}

fn one_of(values: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    select(values.to_vec()).prop_map(str::to_owned)
}

fn numbers() -> impl Strategy<Value = Vec<Option<String>>> {
    (
        member("width", side().prop_map(|side| side.to_string())),
        member("height", side().prop_map(|side| side.to_string())),
        member(
            "steps",
            one_of(&[
                "1", "13", "14", "22", "23", "27", "28", "28", "28", "28", "29", "30", "50", "28.0",
                "\"28\"", "0",
            ]),
        ),
        member(
            "n_samples",
            one_of(&[
                "1", "1", "1", "1", "1", "1", "2", "2", "3", "4", "4", "8", "-1", "1e0",
            ]),
        ),
        member("strength", one_of(&["0.7", "0.01", "0", "1", "null", "0.99999"])),
        member(
            "inpaintImg2ImgStrength",
            one_of(&["1", "1", "0.5", "0.7", "0.01", "0", "null", "2"]),
        ),
    )
        .prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f])
}

/// A member that is there by a chance.
fn perhaps(
    chance: f64,
    key: &'static str,
    values: &[&'static str],
) -> impl Strategy<Value = Option<String>> + use<> {
    let member = one_of(values).prop_map(move |value| format!("\"{key}\":{value}"));
    prop::option::weighted(chance, member)
}

/// What an image request says of images, with `I` for one and `V` for an encoded vibe.
fn references() -> impl Strategy<Value = Vec<Option<String>>> {
    let five_vibes = r#"["V","V","V","V","V"]"#;
    let cached_vibe = r#"[{"cache_secret_key":"k","data":"V"}]"#;
    (
        perhaps(0.7, "image", &["\"I\"", "\"I\"", "\"I\"", "null"]),
        perhaps(0.5, "mask", &["\"I\"", "\"I\"", "null"]),
        perhaps(
            0.3,
            "reference_image_multiple",
            &["[]", r#"["V"]"#, five_vibes, r#"["I"]"#],
        ),
        perhaps(
            0.2,
            "reference_image_multiple_cached",
            &[cached_vibe, "[]", "null"],
        ),
        perhaps(
            0.3,
            "director_reference_images",
            &[r#"["I"]"#, r#"["I","I"]"#, "[]"],
        ),
        perhaps(0.3, "sm", &["true", "false", "false", "null"]),
        perhaps(0.3, "sm_dyn", &["true", "false"]),
        perhaps(0.02, "Steps", &["50"]),
        perhaps(0.02, "steps", &["50", "1"]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| vec![a, b, c, d, e, f, g, h, i])
}

/// A byte that is another one than it should be, in one request of four.
fn slip() -> impl Strategy<Value = Option<(Index, u8)>> {
    prop::option::weighted(0.25, (any::<Index>(), select(b"0129\"{}[],:aS".to_vec())))
}

/// Images.
pub(crate) fn generation() -> impl Strategy<Value = Sent> {
    let models = select(vec![
        "nai-diffusion-3",
        "nai-diffusion-3-inpainting",
        "nai-diffusion-4-full",
        "nai-diffusion-4-5-full",
        "nai-diffusion-4-5-full-inpainting",
        "nai-diffusion-5-full",
        "nai-diffusion-5-full-inpainting",
        "nai-diffusion-5-full-medium",
        "nai-diffusion-7",
    ]);
    let actions = select(vec![
        "generate", "generate", "generate", "img2img", "infill", "other",
    ]);
    (models, actions, numbers(), references(), any::<bool>(), slip()).prop_map(
        |(model, action, numbers, references, in_form, slip)| {
            let prompts = r#""v4_prompt":{},"v4_negative_prompt":{}"#.to_owned();
            let members: Vec<_> = numbers
                .into_iter()
                .chain(references)
                .flatten()
                .chain([prompts])
                .collect();
            let parameters = members.join(",");
            let mut json =
                format!(r#"{{"model":"{model}","action":"{action}","parameters":{{{parameters}}}}}"#);
            if let Some((at, byte)) = slip {
                let at = at.index(json.len());
                json.replace_range(at..=at, &char::from(byte).to_string());
            }
            image_request(&json, in_form)
        },
    )
}

/// The JSON of an image request, with its images inside or in parts of a form.
fn image_request(json: &str, in_form: bool) -> Sent {
    let (image, vibe) = (png((64, 64)), b"an encoding");
    if in_form {
        return Sent {
            path: "/ai/generate-image",
            content_type: FORM,
            body: form(&[("I", &image), ("V", vibe)], json),
        };
    }
    let json = json
        .replace("\"I\"", &format!("\"{}\"", STANDARD.encode(&image)))
        .replace("\"V\"", &format!("\"{}\"", STANDARD.encode(vibe)));
    Sent {
        path: "/ai/generate-image-stream",
        content_type: "application/json",
        body: json.into_bytes(),
    }
}

/// What is done to pictures.
pub(crate) fn tool() -> impl Strategy<Value = Sent> {
    let tools = select(vec!["lineart", "emotion", "declutter", "bg-removal", "other"]);
    let paths = select(vec![
        "/ai/augment-image",
        "/ai/upscale",
        "/ai/encode-vibe",
        "/ai/annotate-image",
    ]);
    (paths, tools, size(), size(), any::<bool>()).prop_map(|(path, tool, said, real, in_form)| {
        let picture = png(real);
        let image = if in_form {
            "I".to_owned()
        } else {
            STANDARD.encode(&picture)
        };
        let model = match path {
            "/ai/encode-vibe" => "nai-diffusion-4-5-full",
            "/ai/annotate-image" => "hed",
            _ => "nai-diffusion-5-curated",
        };
        let (width, height) = said;
        let json = format!(
            "{{\"req_type\":\"{tool}\",\"model\":\"{model}\",\"width\":{width},\"height\":{height},\
             \"image\":\"{image}\",\"parameters\":{{\"image\":\"{image}\"}}}}"
        );
        Sent {
            path,
            content_type: if in_form { FORM } else { "application/json" },
            body: if in_form {
                form(&[("I", &picture)], &json)
            } else {
                json.into_bytes()
            },
        }
    })
}
