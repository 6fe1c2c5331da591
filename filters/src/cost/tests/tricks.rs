//! Bodies that two readers could understand in two ways: each is refused, or has the higher price.

use super::Unreadable::{CaseVariant, Json, NotObject, Twice, Value};
use super::*;

/// What is said of the whole body.
const BODIES: &[(&str, Unreadable)] = &[
    ("", Json),
    ("{", Json),
    ("null", NotObject),
    ("[]", NotObject),
    (r#""{}""#, NotObject),
    (r#"{"parameters":{"width":64}"#, Json),
    (r#"{"parameters":{"width":64}} {}"#, Json),
    (r#"{"parameters":{"width":64}}x"#, Json),
    ("\u{feff}{\"parameters\":{}}", Json),
    (r#"{"parameters":{"width":64,}}"#, Json),
    (r#"{"parameters":{"width":0x40}}"#, Value),
    (r#"{"parameters":{"width":064}}"#, Json),
    (r#"{"parameters":{"width":+64}}"#, Json),
    (r#"{"parameters":{"width":64 /* 2048 */}}"#, Json),
    (r#"{"parameters":{"width":NaN}}"#, Json),
    (r#"{"parameters":{"strength":Infinity}}"#, Json),
    (r#"{"parameters":{"strength":1e999}}"#, Json),
    (r#"{"parameters":{"wid\ud800th":64}}"#, Json),
    ("{\"parameters\":{\"wid\0th\":64}}", Json),
    (r#"{"parameters":[]}"#, Value),
    (r#"{"parameters":null}"#, Value),
    (r#"{"parameters":"{\"width\":64}"}"#, Value),
    (r#"{"parameters":[{"width":64}]}"#, Value),
    (r#"{"parameters":{},"parameters":{"steps":50}}"#, Twice),
    (r#"{"parameters":{},"Parameters":{"steps":50}}"#, CaseVariant),
    (r#"{"parameters":{},"PARAMETERS":null}"#, CaseVariant),
    (r#"{"parameter\u017f":{"steps":50}}"#, CaseVariant),
    (r#"{"parameters":{},"paramet\u0065rs":{"steps":50}}"#, Twice),
    (
        r#"{"action":"img2img","action":"generate","parameters":{}}"#,
        Twice,
    ),
    (r#"{"Action":"generate","parameters":{}}"#, CaseVariant),
    (r#"{"action":1,"parameters":{}}"#, Value),
    (r#"{"action":null,"parameters":{}}"#, Value),
    (r#"{"model":null,"parameters":{}}"#, Value),
    (r#"{"model":["nai-diffusion-3"],"parameters":{}}"#, Value),
    (
        r#"{"model":"nai-diffusion-3","model":"nai-diffusion-5-full","parameters":{}}"#,
        Twice,
    ),
    (
        r#"{"MODEL":"nai-diffusion-5-full","model":"nai-diffusion-3","parameters":{}}"#,
        CaseVariant,
    ),
];

/// What is said of members that stand behind a good size.
const MEMBERS: &[(&str, Unreadable)] = &[
    (r#""steps":50"#, Twice),
    (r#""steps":28"#, Twice),
    (r#""s\u0074eps":50"#, Twice),
    (r#""\u0077\u0069\u0064\u0074\u0068":2048"#, Twice),
    (r#""Steps":50"#, CaseVariant),
    (r#""STEPS":50"#, CaseVariant),
    (r#""\u017fteps":50"#, CaseVariant),
    (r#""ſteps":50"#, CaseVariant),
    (r#""maſk":"m""#, CaseVariant),
    ("\"ma\u{17f}\u{212a}\":\"m\"", CaseVariant),
    (r#""N_Samples":4"#, CaseVariant),
    (r#""SM":true"#, CaseVariant),
    (r#""inpaintimg2imgstrength":1"#, CaseVariant),
    (r#""Strength":1"#, CaseVariant),
    (r#""strength":"0.5""#, Value),
    (r#""strength":-0.5"#, Value),
    (r#""strength":1.5"#, Value),
    (r#""strength":[0.5]"#, Value),
    (r#""strength":true"#, Value),
    (r#""inpaintImg2ImgStrength":1e10"#, Value),
    (r#""img2img":0.5"#, Value),
    (r#""img2img":[{"strength":0.5}]"#, Value),
    (r#""img2img":{"strength":"0.5"}"#, Value),
    (r#""img2img":{"strength":2}"#, Value),
    (r#""img2img":{"strength":0.1,"strength":1}"#, Twice),
    (r#""img2img":{"strength":0.1,"Strength":1}"#, CaseVariant),
    (
        r#""img2img":{"strength":0.1},"IMG2IMG":{"strength":1}"#,
        CaseVariant,
    ),
    (r#""sm":"true""#, Value),
    (r#""sm":1"#, Value),
    (r#""sm_dyn":[]"#, Value),
    (r#""image":17"#, Value),
    (r#""image":["x"]"#, Value),
    (r#""mask":{}"#, Value),
    (r#""mask":false"#, Value),
    (r#""reference_image_multiple":"x""#, Value),
    (r#""reference_image_multiple":{"0":"x"}"#, Value),
    (r#""reference_image_multiple":[1]"#, Value),
    (r#""reference_image_multiple":[null]"#, Value),
    (
        r#""reference_image_multiple":[],"reference_image_multiple":["x"]"#,
        Twice,
    ),
    (r#""reference_image_multiple_cached":["x"]"#, Value),
    (
        r#""reference_image_multiple_cached":[{"data":"x","data":"y"}]"#,
        Twice,
    ),
    (r#""reference_image_multiple_cached":[{"Data":"x"}]"#, CaseVariant),
    (r#""director_reference_images":"x""#, Value),
    (r#""director_reference_images":{"length":1}"#, Value),
    (r#""director_reference_images":7"#, Value),
    (r#""upscaled_enhance":"yes""#, Value),
];

/// Numbers that no client sends as a size.
const NUMBERS: &[&str] = &[
    r#""64""#,
    "null",
    "true",
    "[]",
    "[64]",
    "{}",
    r#"{"value":64}"#,
    "0",
    "-0",
    "-64",
    "64.0",
    "64.5",
    "6.4e1",
    "64e0",
    "4294967296",
    "4294967360",
    "18446744073709551680",
    "-18446744073709551552",
    "1e30",
];

#[test]
fn bodies_that_can_be_read_in_two_ways_are_refused() {
    for (body, error) in BODIES {
        assert_eq!(priced(IMAGES, body), Err(*error), "{body}");
    }
    assert_eq!(read_cost(IMAGES, JSON, None, b"{\"input\":\"\xff\"}"), Err(Json));
}

#[test]
fn members_that_can_be_read_in_two_ways_are_refused() {
    let size = r#""width":832,"height":1216,"steps":28,"n_samples":1"#;
    for (member, error) in MEMBERS {
        for parameters in [format!("{size},{member}"), format!("{member},{size}")] {
            let body = image("nai-diffusion-4-5-full", "generate", &parameters);
            assert_eq!(priced(IMAGES, &body), Err(*error), "{body}");
        }
    }
}

#[test]
fn sizes_are_whole_numbers_and_at_least_one() {
    for key in ["width", "height", "steps", "n_samples"] {
        for number in NUMBERS {
            let body = image(
                "nai-diffusion-4-5-full",
                "generate",
                &format!(r#""{key}":{number}"#),
            );
            assert_eq!(priced(IMAGES, &body), Err(Value), "{body}");
        }
    }
}

#[test]
fn what_the_service_ignores_is_ignored() {
    let size = r#""width":832,"height":1216,"steps":28,"n_samples":1"#;
    for parameters in [
        format!(r#"{size},"Widthh":4096,"w idth":4096,"height ":4096,"_steps":50"#),
        format!(r#"{size},"nested":{{"width":4096,"width":4096,"Steps":50}}"#),
        format!(r#"{size},"seed":"x","scale":null,"v4_prompt":[],"v4_prompt":1"#),
        format!(r#"{size},"image":null,"mask":null,"reference_image_multiple":null,"strength":null"#),
    ] {
        let inner = image("nai-diffusion-4-5-full", "generate", &parameters);
        let beside = inner.replacen('{', r#"{"width":64,"Width":"x","steps":1,"n_samples":0,"#, 1);
        for body in [inner, beside] {
            assert_eq!(priced(IMAGES, &body), Ok((20, 0)), "{body}");
        }
    }
}

#[test]
fn escapes_and_blanks_change_nothing() {
    let body = concat!(
        " \r\n\t{ \"mod\\u0065l\" : \"nai-diffusion-\\u0034-5-full\" , \"\\u0061ction\":\"gen\\u0065rate\",",
        "\"parameters\"\n:{\"w\\u0069dth\":832,\"height\":1216 ,\"ste\\u0070s\":28,\"n_samples\": 1}}\n"
    );
    assert_eq!(priced(IMAGES, body), Ok((20, 0)));
}

#[test]
fn a_list_longer_than_any_client_sends_is_refused() {
    let list = |count: usize| vec![r#""AAAA""#; count].join(",");
    for key in ["reference_image_multiple", "director_reference_images"] {
        let body = |count| {
            image(
                "nai-diffusion-3",
                "generate",
                &format!(r#""{key}":[{}]"#, list(count)),
            )
        };
        assert!(priced(IMAGES, &body(256)).is_ok());
        assert_eq!(priced(IMAGES, &body(257)), Err(Value));
    }
}
