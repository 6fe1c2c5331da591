//! Prices of whole requests, as they come in.

mod bytes;
mod documented;
mod encodings;
mod generations;
mod pictures;
mod tools;
mod tricks;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::endpoint::ENDPOINTS;
use super::*;
use crate::model::Role;
use crate::reach::{Reach, reach};

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("multipart/form-data; boundary=b");
const IMAGES: &str = "/ai/generate-image";

/// The prices of a JSON body: for everybody, and on Opus.
fn priced(path: &str, body: &str) -> Result<(u32, u32), Unreadable> {
    read_cost(path, JSON, None, body.as_bytes()).map(|asked| (asked.price.full, asked.price.on_opus))
}

/// An image request with these members in its parameters.
fn image(model: &str, action: &str, parameters: &str) -> String {
    format!(r#"{{"input":"a pot","model":"{model}","action":"{action}","parameters":{{{parameters}}}}}"#)
}

/// The part of a form that is the request.
fn request_part(json: &str) -> String {
    let head = "Content-Disposition: form-data; name=\"request\"; filename=\"blob\"\r\nContent-Type: application/json";
    format!("--b\r\n{head}\r\n\r\n{json}\r\n")
}

/// A form of images by name and a request.
fn form(images: &[(&str, &[u8])], json: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, image) in images {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"blob\"\r\n\
             Content-Type: image/png\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(image);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(request_part(json).as_bytes());
    body.extend_from_slice(b"--b--\r\n");
    body
}

/// The head of a PNG, and some bytes more.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend_from_slice(&width.to_be_bytes());
    file.extend_from_slice(&height.to_be_bytes());
    file.extend_from_slice(&[8; 64]);
    file
}

fn base64(file: &[u8]) -> String {
    STANDARD.encode(file)
}

#[test]
fn each_path_that_can_be_reached_has_a_price_and_no_other() {
    let listed = include_str!("../reach/novelai.rs").lines();
    let reachable: Vec<_> = listed
        .filter_map(|line| {
            line.trim()
                .strip_prefix("post(\"")
                .or(line.trim().strip_prefix("get(\""))
        })
        .filter_map(|rest| rest.split_once('"'))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(reachable.len(), ENDPOINTS.len());
    for (path, endpoint) in ENDPOINTS {
        assert!(reachable.contains(&path), "{path}");
        assert_eq!(is_priced(path), endpoint != Endpoint::Free, "{path}");
        let short = path.strip_prefix("/ai").unwrap_or(path);
        assert_eq!(Endpoint::of(short), Some(endpoint), "{short}");
    }
}

#[test]
fn a_path_that_nobody_has_priced_is_refused() {
    for path in [
        "/ai/generate-video",
        "/AI/generate-image",
        "/ai/generate-image/",
        "",
        "/",
    ] {
        assert!(is_priced(path), "{path}");
        assert_eq!(
            read_cost(path, JSON, None, b"{}"),
            Err(Unreadable::Path),
            "{path}"
        );
    }
}

#[test]
fn what_is_free_names_its_model_where_it_can_be_read() {
    let asked = read_cost("/ai/generate", JSON, None, br#"{"model":"kayra-v1"}"#).unwrap();
    assert_eq!(asked.price, Price::FREE);
    assert_eq!(asked.model.unwrap().as_str(), "kayra-v1");
    for (content_type, body) in [(None, &b""[..]), (JSON, br#"{"model":"a","model":"b"}"#)] {
        let asked = read_cost("/oa/v1/completions", content_type, None, body).unwrap();
        assert_eq!((asked.price, asked.model), (Price::FREE, None));
    }
}

#[test]
fn an_account_pays_by_whether_it_has_its_free_sample() {
    let price = Price {
        full: 20,
        on_opus: 0,
        v5: false,
    };
    assert!(price.is_free_on_opus() && price.on(true) == 0 && price.on(false) == 20);
    assert!(!Price::same(65).is_free_on_opus());
}

#[test]
fn priced_paths_go_to_the_hosts_that_have_them() {
    for (path, endpoint) in ENDPOINTS {
        let role = match endpoint {
            Endpoint::Generation | Endpoint::Director | Endpoint::Upscale | Endpoint::EncodeVibe => {
                Role::Image
            }
            Endpoint::Annotate => Role::Api,
            Endpoint::Free => continue,
        };
        let way = reach(
            Kind::Novelai,
            crate::model::Opened::Stateless,
            &http::Method::POST,
            path,
            path,
        );
        assert!(
            matches!(way, Reach::Forward { role: to, .. } if to == role),
            "{path}"
        );
    }
}
