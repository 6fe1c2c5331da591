//! Which bodies a plug-in must see: known before a request comes, so that others pay nothing.

/// Bodies that a plug-in looks at. Where it looks at any, the request's body is read whole, and one that is
/// longer than the upstream's `bodies.replay` is refused with 413.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    pub(crate) request_body: bool,
    pub(crate) response_body: bool,
    /// Whether a request whose body it cannot see must not pass.
    pub(crate) no_sockets: bool,
}

impl Needs {
    /// None: heads will do.
    pub const NOTHING: Self = Self {
        request_body: false,
        response_body: false,
        no_sockets: false,
    };

    /// Also the request's, in `on_request`. A WebSocket has none, and is refused on the route.
    #[must_use]
    pub const fn request_body(self) -> Self {
        Self {
            request_body: true,
            no_sockets: true,
            ..self
        }
    }

    /// The same for a plug-in that lets pass what has none: a WebSocket goes by it.
    #[must_use]
    pub const fn request_body_if_any(self) -> Self {
        Self {
            request_body: true,
            ..self
        }
    }

    /// Also the answer's: `on_response` may ask for it. The upstream is told not to compress it.
    #[must_use]
    pub const fn response_body(self) -> Self {
        Self {
            response_body: true,
            ..self
        }
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            request_body: self.request_body || other.request_body,
            response_body: self.response_body || other.response_body,
            no_sockets: self.no_sockets || other.no_sockets,
        }
    }
}
