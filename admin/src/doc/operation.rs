//! One operation: a method of a path, with everything that is published of it.

use axum::http::Method;
use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::access::Access;

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Unique, in camel case: what generated clients call it.
    pub(crate) id: &'static str,
    /// One sentence.
    pub(crate) summary: &'static str,
    /// `None` is a handler that asks nothing of its caller, which a test refuses.
    pub(crate) access: Option<Access>,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Schema>,
    /// By status: the answers that are no errors.
    pub(crate) answers: Vec<(u16, Value)>,
}

impl Operation {
    pub(super) fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            access: None,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
        }
    }

    /// Adds the next parameter that the path names and nobody took yet.
    pub(crate) fn takes_path(&mut self, schema: &Value) {
        let taken = self.parameters.iter().filter(|one| one["in"] == "path").count();
        let names = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
        if let Some(name) = names.into_iter().nth(taken) {
            self.parameters
                .push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
        }
    }

    /// Adds a header that may be sent: visible characters, at most 255 of them.
    pub(crate) fn takes_header(&mut self, name: &str, about: &str) {
        self.parameters.push(json!({
            "name": name, "in": "header", "required": false, "description": about,
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }));
    }

    /// Adds an answer with a JSON body.
    pub(crate) fn gives_json(&mut self, status: u16, schema: &Schema, headers: Value) {
        self.gives(status, "application/json", schema, headers);
    }

    /// Adds an answer with a body.
    pub(crate) fn gives(&mut self, status: u16, content_type: &str, schema: &Schema, headers: Value) {
        let mut answer = json!({
            "description": words_of(status),
            "content": {content_type: {"schema": schema}},
        });
        if let Some(map) = answer.as_object_mut().filter(|_| !headers.is_null()) {
            map.insert("headers".to_owned(), headers);
        }
        self.answers.push((status, answer));
    }

    /// Adds an answer without a body.
    pub(crate) fn gives_nothing(&mut self, status: u16) {
        self.answers
            .push((status, json!({"description": words_of(status)})));
    }

    /// Whether an answer goes on for as long as the caller listens.
    #[cfg(test)]
    pub(crate) fn streams(&self) -> bool {
        let answers = self.answers.iter();
        answers
            .map(|(_, answer)| &answer["content"])
            .any(|content| content.get("text/event-stream").is_some())
    }

    /// The noun of its path: operations are listed by it.
    fn tag(&self) -> &'static str {
        let mut parts = self.path.split('/').skip(3);
        match parts.next() {
            Some("me") => "me",
            Some(noun) => noun,
            None => "other",
        }
    }

    /// As the document has it.
    pub(super) fn told(&self) -> Value {
        let mut told = Map::new();
        told.insert("operationId".to_owned(), self.id.into());
        told.insert("summary".to_owned(), self.summary.into());
        told.insert("tags".to_owned(), json!([self.tag()]));
        let (access, scope) = match self.access {
            Some(Access::Anyone) => ("anyone", None),
            Some(Access::Member(scope)) => ("member", Some(scope)),
            Some(Access::InPerson(_)) => ("in_person", None),
            Some(Access::Admin(scope)) => ("admin", Some(scope)),
            None => ("undeclared", None),
        };
        told.insert("x-potluck-access".to_owned(), access.into());
        if let Some(scope) = scope {
            told.insert("x-potluck-scope".to_owned(), scope.to_string().into());
        }
        let proofs = match access {
            "anyone" => json!([]),
            _ => json!([{"bearer": []}, {"cookie": []}]),
        };
        told.insert("security".to_owned(), proofs);
        if !self.parameters.is_empty() {
            told.insert("parameters".to_owned(), self.parameters.clone().into());
        }
        if let Some(schema) = &self.body {
            let content = json!({"application/json": {"schema": schema}});
            told.insert(
                "requestBody".to_owned(),
                json!({"required": true, "content": content}),
            );
        }
        told.insert("responses".to_owned(), self.responses());
        told.into()
    }

    fn responses(&self) -> Value {
        let errors = (
            "default".to_owned(),
            json!({"$ref": "#/components/responses/Problem"}),
        );
        let answers = self.answers.iter();
        answers
            .map(|(status, answer)| (status.to_string(), answer.clone()))
            .chain([errors])
            .collect::<Map<_, _>>()
            .into()
    }
}

fn words_of(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}
