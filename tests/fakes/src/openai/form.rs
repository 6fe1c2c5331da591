//! A multipart form, read whole.

use std::collections::HashMap;

use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;

use super::refusal::Refusal;
use super::world::{World, missing};

/// One part of a form.
pub(super) struct Part {
    pub(super) filename: Option<String>,
    pub(super) content: Bytes,
}

/// The parts by name; of several with one name the last. A trailing `[]` of a name, which SDKs add for lists, is
/// dropped.
pub(super) struct Form(HashMap<String, Part>);

impl FromRequest<World> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, world: &World) -> Result<Form, Refusal> {
        let unreadable = |why: String| Refusal::NoForm { why };
        let form = Multipart::from_request(request, world).await;
        let mut form = form.map_err(|error| unreadable(error.body_text()))?;
        let mut parts = HashMap::new();
        while let Some(field) = form
            .next_field()
            .await
            .map_err(|error| unreadable(error.body_text()))?
        {
            let name = field.name().unwrap_or_default().trim_end_matches("[]").to_owned();
            let filename = field.file_name().map(str::to_owned);
            let content = field
                .bytes()
                .await
                .map_err(|error| unreadable(error.body_text()))?;
            parts.insert(name, Part { filename, content });
        }
        Ok(Form(parts))
    }
}

impl Form {
    pub(super) fn require(&self, name: &'static str) -> Result<&Part, Refusal> {
        self.0.get(name).ok_or_else(|| missing(name))
    }

    /// A part's text, lossily.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0
            .get(name)
            .map(|part| String::from_utf8_lossy(&part.content).into_owned())
    }

    /// The model, which must be known.
    pub(super) fn model(&self, world: &World) -> Result<String, Refusal> {
        let model = self.text("model").ok_or_else(|| missing("model"))?;
        world.know(&model)?;
        Ok(model)
    }
}
