//! The control plane on the public listener: axum, asked by the edge request by request.
//!
//! Invariant: everything but the passing of pieces happens on the control plane's own threads; a call whose
//! client has left is given up where its handler allows that, and its answer is not made.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;
use potluck_admin::caller::RequestName;
use potluck_admin::gate::Peer;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::edge::mount::{Call, Mounted, Said, Truncated};

/// A router that the edge may ask.
pub(super) struct RouterMount {
    router: axum::Router,
    runtime: Handle,
}

impl RouterMount {
    pub(super) fn new(router: axum::Router, runtime: Handle) -> Arc<Self> {
        Arc::new(Self { router, runtime })
    }
}

impl Mounted for RouterMount {
    fn begin(&self, call: Call, answer: mpsc::Sender<Said>) {
        let router = self.router.clone();
        self.runtime.spawn(answer_to(router, call, answer));
    }

    fn front(&self) -> &'static str {
        potluck_admin::ui::front()
    }
}

async fn answer_to(router: axum::Router, call: Call, answer: mpsc::Sender<Said>) {
    let answered: Result<_, Infallible> = tokio::select! {
        answered = router.oneshot(request_of(call)) => answered,
        () = answer.closed() => return,
    };
    let Ok(response) = answered;
    let (head, body) = response.into_parts();
    if answer.send(Said::Head(Box::new(head))).await.is_ok() {
        pass_on(body, &answer).await;
    }
}

fn request_of(call: Call) -> http::Request<axum::body::Body> {
    let Call {
        head,
        body,
        peer,
        request_id,
    } = call;
    let mut request = http::Request::from_parts(head, axum::body::Body::new(Pieces(body)));
    if let Some(peer) = peer {
        request.extensions_mut().insert(Peer(peer));
    }
    if let Some(name) = RequestName::parse(&request_id) {
        request.extensions_mut().insert(name);
    }
    request
}

/// Piece by piece, until it ends or nobody listens.
async fn pass_on(mut body: axum::body::Body, answer: &mpsc::Sender<Said>) {
    while !body.is_end_stream() {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = answer.closed() => return,
        };
        let piece = match frame {
            None => return,
            Some(Err(_)) => Said::Broken,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(piece) => Said::Piece(piece),
                // Trailers: this API has none.
                Err(_) => continue,
            },
        };
        if answer.send(piece).await.is_err() {
            return;
        }
    }
}

/// A request's body, as the edge hands it over.
struct Pieces(mpsc::Receiver<Result<Bytes, Truncated>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Truncated;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Truncated>>> {
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
