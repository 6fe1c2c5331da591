//! A request as plug-ins see it: as the client sent it, and as an attempt is about to send it.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use potluck_filters::reader::{self, Unreadable};
use potluck_filters::rewrite::{Document, Places};

use super::headers::{Side, shows};
use super::{About, Code, Headers, Rejection};

/// A browser's question whether a page may make a request.
#[derive(Clone, Copy, Debug)]
pub struct Preflight<'a> {
    /// The page's origin.
    pub origin: &'a str,
    /// The method that it wants to use.
    pub method: &'a str,
    /// The headers that it wants to send, as it lists them.
    pub headers: Option<&'a str>,
}

/// A request that has passed its limits.
#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) about: &'a About,
    pub(crate) client_key: Option<i64>,
    pub(crate) user: Option<i64>,
    pub(crate) presented: Option<&'a str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The most Anlas that it may cost.
    pub(crate) most_anlas: u32,
}

impl Request<'_> {
    /// What is known of it.
    #[must_use]
    pub fn about(&self) -> &About {
        self.about
    }

    /// The id of its client key, on routes that take one.
    #[must_use]
    pub fn client_key(&self) -> Option<i64> {
        self.client_key
    }

    /// The id of its user, on routes that take a client key.
    #[must_use]
    pub fn user(&self) -> Option<i64> {
        self.user
    }

    /// Its headers, to look at and to change.
    pub fn headers(&mut self) -> Headers<'_> {
        Headers::new(&mut self.headers, Side::FromClient, self.presented)
    }

    /// The text of one of its headers; nothing for a credential.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = self.headers.get(&name)?;
        shows(self.presented, Side::FromClient, &name, value).then(|| value.to_str().ok())?
    }

    /// Its body: whole where the plug-in [needs](super::Needs) it, else empty.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Puts another body in its place. Its model, price and length are read anew.
    pub fn set_body(&mut self, body: impl Into<Bytes>) {
        self.body = body.into();
    }

    /// Lets no pool key spend more than this on it.
    pub fn limit_anlas(&mut self, most: u32) {
        self.most_anlas = self.most_anlas.min(most);
    }

    /// The body as JSON to look into and to change, or the JSON in NovelAI's form; nothing where there is no
    /// body.
    ///
    /// # Errors
    /// `cost_unreadable` where it is something else or in doubt.
    pub fn document(&self) -> Result<Option<Document<'_>>, Rejection> {
        if self.body.is_empty() {
            return Ok(None);
        }
        self.document_of(&self.body).map(Some)
    }

    /// The same of a body that may take this one's place.
    pub(super) fn document_of<'b>(&self, body: &'b [u8]) -> Result<Document<'b>, Rejection> {
        let (media, coding) = (self.text(CONTENT_TYPE), self.text(CONTENT_ENCODING));
        Document::open(media, coding, body, self.about.kind).map_err(unreadable)
    }

    /// The values that stand at these places of the body's JSON, as they are written; nothing where there is no body.
    /// Places are written like `tools[].type`.
    ///
    /// # Errors
    /// As [`Request::document`]; `plugin_failed` where `places` is no path.
    pub fn values(&self, places: &str) -> Result<Vec<&[u8]>, Rejection> {
        let places: Places = places.parse().map_err(|_| Rejection::new(Code::PluginFailed))?;
        match self.document()? {
            Some(document) => document.values(&places).map_err(unreadable),
            None => Ok(Vec::new()),
        }
    }

    /// The fields of a form that is no form of NovelAI; nothing where the body is something else.
    ///
    /// # Errors
    /// `cost_unreadable` where the form is in doubt.
    pub fn form(&self) -> Result<Option<Vec<&str>>, Rejection> {
        let novelai = self.about.kind == super::Kind::Novelai;
        let is_form = self.text(CONTENT_TYPE).is_some_and(|text| {
            let essence = text.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("multipart/form-data")
        });
        if novelai || !is_form || self.body.is_empty() {
            return Ok(None);
        }
        let fields = reader::fields_of_form(self.text(CONTENT_TYPE), self.text(CONTENT_ENCODING), &self.body);
        let fields = fields.map_err(unreadable)?;
        Ok(Some(fields.into_iter().map(|(name, _)| name).collect()))
    }

    /// The model that the body names.
    ///
    /// # Errors
    /// `cost_unreadable` where it cannot be read without doubt.
    pub fn model(&self) -> Result<Option<String>, Rejection> {
        if self.body.is_empty() {
            return Ok(None);
        }
        let (media, coding) = (self.text(CONTENT_TYPE), self.text(CONTENT_ENCODING));
        let model = reader::read_model(media, coding, &self.body, self.about.kind).map_err(unreadable)?;
        Ok(model.map(|model| model.as_str().to_owned()))
    }

    /// Names another model; nothing changes where the body names none.
    ///
    /// # Errors
    /// As [`Request::model`].
    pub fn set_model(&mut self, model: &str) -> Result<(), Rejection> {
        let (media, coding) = (self.text(CONTENT_TYPE), self.text(CONTENT_ENCODING));
        let kind = self.about.kind;
        let changed = potluck_filters::rewrite::with_model(media, coding, &self.body, kind, model);
        if let Some(body) = changed.map_err(unreadable)? {
            self.body = body.into();
        }
        Ok(())
    }

    fn text(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap_or("?"))
    }
}

/// What cannot be read without doubt is refused.
pub(crate) fn unreadable(why: Unreadable) -> Rejection {
    Rejection::new(Code::CostUnreadable).saying(format!("The request's body {why}."))
}

/// The head of one attempt, without the pool key.
#[derive(Debug)]
pub struct UpstreamRequest<'a> {
    pub(crate) about: &'a About,
    pub(crate) node: &'a str,
    pub(crate) headers: &'a mut HeaderMap,
}

impl UpstreamRequest<'_> {
    /// What is known of the request.
    #[must_use]
    pub fn about(&self) -> &About {
        self.about
    }

    /// The node that it goes to.
    #[must_use]
    pub fn node(&self) -> &str {
        self.node
    }

    /// Its headers.
    pub fn headers(&mut self) -> Headers<'_> {
        Headers::new(self.headers, Side::ToUpstream, None)
    }
}
