//! What is done to pictures, and its price.

use super::*;

const DIRECTOR: &str = "/ai/augment-image";

fn director(tool: &str, width: u32, height: u32, file: &[u8]) -> (u32, u32) {
    let image = base64(file);
    let body = format!(r#"{{"req_type":"{tool}","width":{width},"height":{height},"image":"{image}"}}"#);
    priced(DIRECTOR, &body).unwrap()
}

#[test]
fn director_tools_are_priced_by_area_from_one_to_three_megapixels() {
    for (width, height, expected) in [
        (512, 512, (20, 0)),
        (1024, 1024, (20, 0)),
        (1024, 1088, (22, 22)),
        (1472, 1472, (42, 42)),
        (2048, 1536, (60, 60)),
        (4096, 4096, (60, 60)),
    ] {
        assert_eq!(director("lineart", width, height, &png(width, height)), expected);
    }
}

#[test]
fn removing_a_background_is_never_free_nor_is_a_tool_that_is_not_known() {
    for tool in ["bg-removal", "BG-REMOVAL", "Lineart", "pixel-snap", ""] {
        assert_eq!(director(tool, 1024, 1024, &png(1024, 1024)), (65, 65), "{tool}");
    }
    let untold = format!(r#"{{"width":64,"height":64,"image":"{}"}}"#, base64(&png(64, 64)));
    assert_eq!(priced(DIRECTOR, &untold), Ok((65, 65)));
}

#[test]
fn the_larger_of_what_is_said_and_what_is_there_counts() {
    assert_eq!(director("sketch", 64, 64, &png(2048, 1536)), (60, 60));
    assert_eq!(director("sketch", 2048, 1536, &png(64, 64)), (60, 60));
    assert_eq!(director("sketch", 64, 64, b"no picture"), (60, 60));
    let unsaid = format!(
        r#"{{"req_type":"sketch","width":64,"image":"{}"}}"#,
        base64(&png(64, 64))
    );
    assert_eq!(priced(DIRECTOR, &unsaid), Ok((60, 60)));
    assert_eq!(
        priced(DIRECTOR, r#"{"req_type":"sketch","width":64,"height":64}"#),
        Ok((60, 60))
    );
}

#[test]
fn upscaling_is_priced_by_the_picture_that_goes_in() {
    let upscale = |file: &[u8]| {
        let image = base64(file);
        let body =
            format!(r#"{{"image":"{image}","model":"nai-diffusion-5-curated","declared_blur_sigma":0}}"#);
        priced("/ai/upscale", &body)
    };
    for (width, height, anlas) in [
        (832, 1216, 1),
        (1024, 1024, 1),
        (1280, 1280, 2),
        (1536, 1536, 3),
        (2048, 1536, 4),
        (4096, 4096, 4),
        (u32::MAX, u32::MAX, 4),
        (0, 0, 4),
    ] {
        assert_eq!(
            upscale(&png(width, height)),
            Ok((anlas, anlas)),
            "{width}×{height}"
        );
    }
    assert_eq!(upscale(b"GIF89a"), Ok((4, 4)));
    assert_eq!(
        priced("/ai/upscale", r#"{"width":64,"height":64,"scale":4}"#),
        Ok((4, 4))
    );
}

#[test]
fn a_picture_in_a_form_is_read_from_its_part() {
    let json = r#"{"image":"image","model":"nai-diffusion-5-curated","declared_blur_sigma":0}"#;
    let (small, large) = (png(832, 1216), png(2048, 1536));
    let read = |images: &[(&str, &[u8])]| {
        read_cost("/ai/upscale", FORM, None, &form(images, json)).map(|asked| asked.price.full)
    };
    assert_eq!(read(&[("image", &small)]), Ok(1));
    assert_eq!(read(&[("image", &large)]), Ok(4));
    assert_eq!(read(&[("Image", &small)]), Ok(4));
    assert_eq!(
        read(&[("image", &small), ("image", &large)]),
        Err(Unreadable::Twice)
    );
    let inline = format!(r#"{{"image":"{}"}}"#, base64(&small));
    assert_eq!(
        read_cost("/ai/upscale", FORM, None, &form(&[], &inline)).map(|asked| asked.price.full),
        Ok(4)
    );
}

#[test]
fn encoding_a_vibe_costs_two_and_names_its_model() {
    let body = br#"{"image":"x","model":"nai-diffusion-4-5-full","information_extracted":1}"#;
    let asked = read_cost("/ai/encode-vibe", JSON, None, body).unwrap();
    assert_eq!(asked.price, Price::same(2));
    assert_eq!(asked.model.unwrap().as_str(), "nai-diffusion-4-5-full");
}

#[test]
fn masks_are_priced_as_a_tool_since_nobody_says_that_they_are_free() {
    let mask = |file: &[u8]| {
        let body = format!(r#"{{"model":"hed","parameters":{{"image":"{}"}}}}"#, base64(file));
        priced("/ai/annotate-image", &body)
    };
    assert_eq!(mask(&png(512, 512)), Ok((20, 20)));
    assert_eq!(mask(&png(2048, 1536)), Ok((60, 60)));
    assert_eq!(mask(b"no picture"), Ok((60, 60)));
}

#[test]
fn doubtful_tools_are_refused() {
    for (path, body, error) in [
        (
            DIRECTOR,
            r#"{"req_type":"sketch","req_type":"bg-removal"}"#,
            Unreadable::Twice,
        ),
        (
            DIRECTOR,
            r#"{"req_type":"sketch","Req_Type":"bg-removal"}"#,
            Unreadable::CaseVariant,
        ),
        (
            DIRECTOR,
            r#"{"req_type":"sketch","width":"64"}"#,
            Unreadable::Value,
        ),
        (
            DIRECTOR,
            r#"{"req_type":"sketch","width":64,"width":2048}"#,
            Unreadable::Twice,
        ),
        (
            DIRECTOR,
            r#"{"req_type":"sketch","height":-1}"#,
            Unreadable::Value,
        ),
        (DIRECTOR, r#"{"req_type":null}"#, Unreadable::Value),
        ("/ai/upscale", r#"{"image":"a","image":"b"}"#, Unreadable::Twice),
        (
            "/ai/upscale",
            r#"{"image":"a","Image":"b"}"#,
            Unreadable::CaseVariant,
        ),
        ("/ai/upscale", r#"{"image":["a"]}"#, Unreadable::Value),
        (
            "/ai/encode-vibe",
            r#"{"model":"a","model":"b"}"#,
            Unreadable::Twice,
        ),
        ("/ai/encode-vibe", "[]", Unreadable::NotObject),
        (
            "/ai/annotate-image",
            r#"{"parameters":{"image":"a","image":"b"}}"#,
            Unreadable::Twice,
        ),
        ("/ai/annotate-image", r#"{"parameters":[]}"#, Unreadable::Value),
    ] {
        assert_eq!(priced(path, body), Err(error), "{path} {body}");
    }
}
