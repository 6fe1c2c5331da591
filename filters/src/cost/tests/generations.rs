//! What images cost: the known prices, and each thing that changes one.

use super::*;

const V45: &str = "nai-diffusion-4-5-full";
const V5: &str = "nai-diffusion-5-full";
const NORMAL: &str = r#""width":832,"height":1216,"steps":28,"n_samples":1"#;

/// A price of text to image with these parameters on top of a normal size.
fn with(model: &str, more: &str) -> (u32, u32) {
    priced(IMAGES, &image(model, "generate", &format!("{NORMAL}{more}"))).unwrap()
}

fn acted(model: &str, action: &str, more: &str) -> (u32, u32) {
    priced(IMAGES, &image(model, action, &format!("{NORMAL}{more}"))).unwrap()
}

#[test]
fn the_known_prices_come_out() {
    for (width, height, steps, base, v5, is_free) in [
        (512, 768, 28, 8, 12, true),
        (832, 1216, 23, 17, 26, true),
        (832, 1216, 28, 20, 30, true),
        (1024, 1024, 28, 20, 30, true),
        (1024, 1024, 29, 21, 32, false),
        (1024, 1536, 28, 30, 45, false),
        (1472, 1472, 28, 42, 63, false),
    ] {
        let size = format!(r#""width":{width},"height":{height},"steps":{steps},"n_samples":1"#);
        for (model, full) in [("nai-diffusion-3", base), (V45, base), (V5, v5)] {
            let on_opus = if is_free { 0 } else { full };
            let found = priced(IMAGES, &image(model, "generate", &size));
            assert_eq!(found, Ok((full, on_opus)), "{model} {size}");
        }
    }
}

#[test]
fn streams_and_short_paths_cost_the_same() {
    let body = image(V45, "generate", NORMAL);
    for path in [
        "/ai/generate-image-stream",
        "/generate-image",
        "/generate-image-stream",
    ] {
        assert_eq!(priced(path, &body), Ok((20, 0)), "{path}");
    }
}

#[test]
fn the_model_and_whether_it_needs_the_battery_are_told() {
    for (model, v5) in [
        ("nai-diffusion-3", false),
        (V45, false),
        (V5, true),
        ("nai-diffusion-5-full-medium", true),
    ] {
        let asked = read_cost(IMAGES, JSON, None, image(model, "generate", NORMAL).as_bytes()).unwrap();
        assert_eq!((asked.model.unwrap().as_str(), asked.price.v5), (model, v5));
    }
}

#[test]
fn only_one_sample_is_free() {
    let samples = |n: u32| {
        let size = format!(r#""width":832,"height":1216,"steps":28,"n_samples":{n}"#);
        priced(IMAGES, &image(V45, "generate", &size))
    };
    assert_eq!(samples(2), Ok((40, 20)));
    assert_eq!(samples(4), Ok((80, 60)));
    assert_eq!(samples(u32::MAX), Ok((u32::MAX, u32::MAX)));
}

#[test]
fn smea_and_v5_medium_change_the_price() {
    assert_eq!(with("nai-diffusion-3", r#","sm":true"#), (24, 0));
    assert_eq!(with("nai-diffusion-3", r#","sm":true,"sm_dyn":true"#), (28, 0));
    assert_eq!(with("nai-diffusion-3", r#","sm":false,"sm_dyn":true"#), (28, 0));
    assert_eq!(with("nai-diffusion-3", r#","sm":null,"sm_dyn":false"#), (20, 0));
    assert_eq!(with("nai-diffusion-5-full-medium", ""), (29, 0));
    let one_step = r#""width":1024,"height":1024,"steps":1,"n_samples":1"#;
    let fourteen = r#""width":1024,"height":1024,"steps":14,"n_samples":1"#;
    let medium = |size| priced(IMAGES, &image("nai-diffusion-5-full-medium", "generate", size));
    assert_eq!(medium(one_step), medium(fourteen));
}

#[test]
fn strength_counts_only_where_an_image_is_made_anew() {
    assert_eq!(acted(V45, "img2img", r#","image":"x","strength":0.7"#), (14, 0));
    assert_eq!(acted(V45, "img2img", r#","image":"x","strength":0.01"#), (2, 0));
    assert_eq!(
        acted(V45, "img2img", r#","image_cache_secret_key":"k","strength":0.7"#),
        (14, 0)
    );
    assert_eq!(acted(V45, "img2img", r#","image":"x""#), (20, 0));
    for no_image in ["", r#","image":"""#, r#","image":null"#] {
        let more = format!(r#"{no_image},"strength":0.01"#);
        assert_eq!(acted(V45, "img2img", &more), (20, 0), "{more}");
    }
    for other in ["generate", "Img2Img", "img2img ", "upscale", ""] {
        let more = r#","image":"x","mask":"m","strength":0.01,"inpaintImg2ImgStrength":0.01"#;
        assert_eq!(acted(V45, other, more), (20, 0), "{other}");
    }
}

#[test]
fn inpainting_has_a_strength_of_its_own_and_the_highest_counts() {
    let masked = r#","image":"x","mask":"m","strength":0.1"#;
    let infill = |more: &str| {
        acted(
            "nai-diffusion-4-5-full-inpainting",
            "infill",
            &format!("{masked}{more}"),
        )
    };
    assert_eq!(infill(""), (20, 0));
    assert_eq!(infill(r#","inpaintImg2ImgStrength":0.5"#), (10, 0));
    assert_eq!(
        infill(r#","inpaintImg2ImgStrength":0.5,"img2img":{"strength":0.5,"color_correct":true}"#),
        (10, 0)
    );
    assert_eq!(
        infill(r#","inpaintImg2ImgStrength":0.1,"img2img":{"strength":0.9}"#),
        (18, 0)
    );
    assert_eq!(infill(r#","inpaintImg2ImgStrength":0.5,"img2img":null"#), (10, 0));
    let unmasked = r#","image":"x","strength":0.1,"inpaintImg2ImgStrength":0.1"#;
    assert_eq!(acted(V45, "infill", unmasked), (20, 0));
    assert_eq!(
        acted(V45, "img2img", &format!(r#"{unmasked},"mask":"m""#)),
        (2, 0)
    );
    let high = r#","image":"x","mask":"m","strength":0.1,"inpaintImg2ImgStrength":0.8"#;
    assert_eq!(acted(V45, "img2img", high), (16, 0));
}

#[test]
fn character_references_cost_for_each_sample_also_on_opus() {
    assert_eq!(with(V45, r#","director_reference_images":["x"]"#), (25, 5));
    assert_eq!(with(V45, r#","director_reference_images":[]"#), (20, 0));
    let two = r#""width":832,"height":1216,"steps":28,"n_samples":2,
        "director_reference_images":["x"],"director_reference_images_cached":[{"cache_secret_key":"k"}]"#;
    assert_eq!(priced(IMAGES, &image(V45, "generate", two)), Ok((60, 40)));
}

#[test]
fn vibes_cost_beyond_the_fourth_and_before_they_are_encoded() {
    let encoded = base64(&[1; 48]);
    let vibes = |count: usize| {
        let list = vec![format!("\"{encoded}\""); count].join(",");
        with(V45, &format!(r#","reference_image_multiple":[{list}]"#))
    };
    assert_eq!(vibes(4), (20, 0));
    assert_eq!(vibes(6), (24, 4));
    let picture = base64(&png(64, 64));
    assert_eq!(
        with(V45, &format!(r#","reference_image_multiple":["{picture}"]"#)),
        (22, 2)
    );
    assert_eq!(
        with("nai-diffusion-3", &format!(r#","reference_image":"{picture}""#)),
        (20, 0)
    );
    assert_eq!(with(V45, &format!(r#","reference_image":"{picture}""#)), (22, 2));
    assert_eq!(with(V45, r#","reference_image":"""#), (20, 0));
    let cached = r#","reference_image_multiple_cached":[{"cache_secret_key":"k"},{"cache_secret_key":"l"}]"#;
    assert_eq!(with(V45, cached), (20, 0));
}

#[test]
fn a_vibe_in_a_form_is_looked_up_in_its_part() {
    let json = image(
        V45,
        "generate",
        &format!(r#"{NORMAL},"reference_image_multiple_cached":[{{"cache_secret_key":"k","data":"ref_0"}}]"#),
    );
    let picture = png(64, 64);
    for (file, expected) in [(&picture[..], (22, 2)), (b"encoding", (20, 0))] {
        let asked = read_cost(IMAGES, FORM, None, &form(&[("ref_0", file)], &json)).unwrap();
        assert_eq!((asked.price.full, asked.price.on_opus), expected);
    }
    let twice = form(&[("ref_0", b"encoding"), ("ref_0", &picture)], &json);
    assert_eq!(read_cost(IMAGES, FORM, None, &twice), Err(Unreadable::Twice));
}

#[test]
fn what_is_left_out_costs_the_most() {
    let most = priced(IMAGES, &image(V45, "generate", "")).unwrap();
    // 3 145 728 pixels, 50 steps, 4 samples: 100 each.
    assert_eq!(most, (400, 400));
    assert_eq!(priced(IMAGES, &format!(r#"{{"model":"{V45}"}}"#)), Ok(most));
    for left_out in [
        r#""height":1216,"steps":28,"n_samples":1"#,
        r#""width":832,"steps":28,"n_samples":1"#,
        r#""width":832,"height":1216,"n_samples":1"#,
        r#""width":832,"height":1216,"steps":28"#,
    ] {
        let (full, on_opus) = priced(IMAGES, &image(V45, "generate", left_out)).unwrap();
        assert!(full > 20 && on_opus > 0, "{left_out}");
    }
    let small = r#""width":512,"height":512,"steps":28"#;
    assert_eq!(priced(IMAGES, &image(V45, "generate", small)), Ok((8 * 5, 7 * 5)));
}

#[test]
fn a_model_that_is_not_known_has_the_highest_rate_and_nothing_free() {
    for model in [
        "nai-diffusion-6-full",
        "NAI-DIFFUSION-4-5-FULL",
        " nai-diffusion-3",
        "",
    ] {
        assert_eq!(with(model, ""), (30, 30), "{model}");
    }
    assert_eq!(
        priced(
            IMAGES,
            &format!(r#"{{"action":"generate","parameters":{{{NORMAL}}}}}"#)
        ),
        Ok((30, 30))
    );
}

#[test]
fn sides_count_up_to_the_next_multiple_of_64() {
    let sized = |width: u32, height: u32| {
        let size = format!(r#""width":{width},"height":{height},"steps":28,"n_samples":1"#);
        priced(IMAGES, &image(V45, "generate", &size)).unwrap()
    };
    assert_eq!(sized(1000, 1048), sized(1024, 1088));
    assert_eq!(sized(1024, 1024).1, 0);
    assert!(sized(1000, 1048).1 > 0);
    assert_eq!(sized(1, 1), (2, 0));
}

#[test]
fn over_the_highest_price_that_clients_allow_it_still_has_one() {
    let size = |side: u32| format!(r#""width":{side},"height":{side},"steps":50,"n_samples":1"#);
    let (full, on_opus) = priced(IMAGES, &image(V5, "generate", &size(2048))).unwrap();
    assert!(full > 140 && on_opus == full);
    assert_eq!(
        priced(IMAGES, &image(V5, "generate", &size(u32::MAX))),
        Ok((u32::MAX, u32::MAX))
    );
}

#[test]
fn an_image_that_grows_is_priced_at_its_largest() {
    let grown = |more: &str| acted(V5, "img2img", &format!(r#","image":"x","strength":0.2,{more}"#));
    assert_eq!(grown(r#""upscaled_enhance":false"#), (6, 0));
    assert_eq!(grown(r#""upscaled_enhance":true"#), (18, 18));
    assert_eq!(grown(r#""upscale":{"declared_blur_sigma":0}"#), (22, 22));
    assert_eq!(grown(r#""upscale":null"#), (6, 0));
}
