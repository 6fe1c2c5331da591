//! Whatever bytes come: no panic, and nothing free that was not said to be.

use proptest::prelude::*;

use super::*;

const GOOD: &str = r#"{"model":"nai-diffusion-4-5-full","action":"img2img","parameters":{"width":832,"height":1216,"steps":28,"n_samples":1,"image":"x","strength":0.7,"img2img":{"strength":0.2},"reference_image_multiple":["AAAA"],"director_reference_images":["x"]}}"#;

fn path() -> impl Strategy<Value = &'static str> {
    let paths: Vec<_> = ENDPOINTS.iter().map(|(path, _)| *path).collect();
    prop::sample::select(paths)
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        path in path(),
        content_type in prop::option::of(prop::sample::select(vec!["application/json", "multipart/form-data; boundary=b"])),
        body in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let asked = read_cost(path, content_type, None, &body);
        prop_assert!(!is_priced(path) || asked.is_err());
    }

    #[test]
    fn a_good_body_with_some_bytes_changed_is_refused_or_costs_something(
        path in path(),
        changes in prop::collection::vec((0..GOOD.len(), any::<u8>()), 1..4),
    ) {
        let mut body = GOOD.as_bytes().to_vec();
        for (at, byte) in changes {
            body[at] = byte;
        }
        if let Ok(asked) = read_cost(path, JSON, None, &body) {
            prop_assert_eq!(asked.price.full == 0, !is_priced(path));
            prop_assert!(asked.price.on_opus <= asked.price.full);
        }
    }

    #[test]
    fn any_picture_is_measured_or_not(file in prop::collection::vec(any::<u8>(), 0..256), kind in 0..3) {
        let head = [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X"][kind as usize];
        let file = [head, &file].concat();
        let body = format!(r#"{{"image":"{}"}}"#, base64(&file));
        let (full, on_opus) = priced("/ai/upscale", &body).unwrap();
        prop_assert!((1..=4).contains(&full) && full == on_opus);
    }

    #[test]
    fn more_never_costs_less(
        width in 1_u32..3000, height in 1_u32..3000, steps in 1_u32..60, samples in 1_u32..9,
        model in prop::sample::select(vec!["nai-diffusion-3", "nai-diffusion-5-full", "nai-diffusion-5-full-medium", "x"]),
        more in 0_usize..4,
    ) {
        let price = |numbers: [u32; 4]| {
            let [width, height, steps, samples] = numbers;
            let size = format!(r#""width":{width},"height":{height},"steps":{steps},"n_samples":{samples}"#);
            priced(IMAGES, &image(model, "generate", &size)).unwrap()
        };
        let some = [width, height, steps, samples];
        let mut grown = some;
        grown[more] += 1 + grown[more] / 3;
        let (less, much) = (price(some), price(grown));
        prop_assert!(less.0 <= much.0 && less.1 <= much.1);
        prop_assert!(less.1 <= less.0);
    }
}

#[test]
fn a_long_image_and_deep_nesting_are_passed_over() {
    let long = "A".repeat(16 << 20);
    let size = r#""width":832,"height":1216,"steps":28,"n_samples":1"#;
    let body = image(
        "nai-diffusion-4-5-full",
        "img2img",
        &format!(r#"{size},"image":"{long}","strength":0.7"#),
    );
    assert_eq!(priced(IMAGES, &body), Ok((14, 0)));
    let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    let body = image(
        "nai-diffusion-4-5-full",
        "generate",
        &format!(r#"{size},"deep":{deep}"#),
    );
    assert_eq!(priced(IMAGES, &body), Ok((20, 0)));
    let deep_objects = format!("{}1{}", r#"{"img2img":"#.repeat(1 << 18), "}".repeat(1 << 18));
    let body = image(
        "nai-diffusion-4-5-full",
        "generate",
        &format!(r#"{size},"img2img":{deep_objects}"#),
    );
    assert_eq!(priced(IMAGES, &body), Ok((20, 0)));
    let deep_list = image(
        "nai-diffusion-4-5-full",
        "generate",
        &format!(r#"{size},"reference_image_multiple":{deep}"#),
    );
    assert_eq!(priced(IMAGES, &deep_list), Err(Unreadable::Value));
}
