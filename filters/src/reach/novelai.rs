//! What of NovelAI's API may be reached: generation, and four account answers that the relay gives.
//!
//! Clients that know three hosts may point all three here: the path picks the role.

use std::borrow::Cow;

use ::http::Method;

use super::{BodyUse, Methods, Reach, Synthetic};
use crate::model::Role;
use crate::rejection::Code;
use crate::usage::Endpoint as Asked;

struct Endpoint {
    path: &'static str,
    methods: Methods,
    role: Role,
    asked: Asked,
}

const fn get(path: &'static str, role: Role, asked: Asked) -> Endpoint {
    Endpoint {
        path,
        methods: Methods::Get,
        role,
        asked,
    }
}

const fn post(path: &'static str, role: Role, asked: Asked) -> Endpoint {
    Endpoint {
        path,
        methods: Methods::Post,
        role,
        asked,
    }
}

const ENDPOINTS: [Endpoint; 14] = [
    post("/ai/generate-image", Role::Image, Asked::GenerateImage),
    post("/ai/generate-image-stream", Role::Image, Asked::GenerateImage),
    get("/ai/generate-image/suggest-tags", Role::Image, Asked::ImageTools),
    post("/ai/augment-image", Role::Image, Asked::ImageTools),
    post("/ai/encode-vibe", Role::Image, Asked::ImageTools),
    post("/ai/upscale", Role::Image, Asked::ImageTools),
    post("/ai/annotate-image", Role::Api, Asked::ImageTools),
    get("/ai/generate-voice", Role::Api, Asked::GenerateVoice),
    post("/ai/generate", Role::Text, Asked::GenerateText),
    post("/ai/generate-stream", Role::Text, Asked::GenerateText),
    post("/oa/v1/chat/completions", Role::Text, Asked::Chat),
    post("/oa/v1/completions", Role::Text, Asked::Completions),
    post("/oa/v1/internal/token-count", Role::Text, Asked::Other),
    get("/oa/v1/models", Role::Text, Asked::Models),
];

const SYNTHETIC: [(&str, Synthetic); 4] = [
    ("/user/subscription", Synthetic::Subscription),
    ("/user/information", Synthetic::Information),
    ("/user/data", Synthetic::Data),
    ("/user/priority", Synthetic::Priority),
];

pub(super) fn reach<'a>(method: &Method, path: &str, raw: &'a str) -> Reach<'a> {
    if *method == Method::OPTIONS {
        return Reach::Preflight;
    }
    if let Some((_, answer)) = SYNTHETIC.iter().find(|(known, _)| *known == path) {
        let allowed = Methods::Get.allow(method);
        return if allowed {
            Reach::Answer(*answer)
        } else {
            Reach::WrongMethod(allowed_on(Methods::Get))
        };
    }
    let Some((endpoint, short)) = find(path) else {
        return Reach::Refuse(Code::PathNotAllowed);
    };
    if !endpoint.methods.allow(method) {
        return Reach::WrongMethod(allowed_on(endpoint.methods));
    }
    let path = if short {
        Cow::Owned(format!("/ai{raw}"))
    } else {
        Cow::Borrowed(raw)
    };
    Reach::Forward {
        endpoint: endpoint.asked,
        role: endpoint.role,
        path,
        body: body_use(endpoint.methods),
    }
}

/// The endpoint, and whether it was asked for by its short form, which leaves out `/ai`.
fn find(path: &str) -> Option<(&'static Endpoint, bool)> {
    let is = |endpoint: &&Endpoint| endpoint.path == path;
    let is_short = |endpoint: &&Endpoint| endpoint.path.strip_prefix("/ai") == Some(path);
    let long = ENDPOINTS.iter().find(is).map(|endpoint| (endpoint, false));
    long.or_else(|| ENDPOINTS.iter().find(is_short).map(|endpoint| (endpoint, true)))
}

/// Preflights are answered on every path.
fn allowed_on(methods: Methods) -> &'static str {
    match methods {
        Methods::Get => "GET, HEAD, OPTIONS",
        Methods::Post => "POST, OPTIONS",
    }
}

/// Some clients send a `GET` with a body; it means nothing.
fn body_use(methods: Methods) -> BodyUse {
    match methods {
        Methods::Get => BodyUse::None,
        Methods::Post => BodyUse::Whole,
    }
}
