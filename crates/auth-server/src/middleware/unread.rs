//! What lives as long as a request and the reply to it: its turn on the connection, and its body. A body that nobody read to
//! its end does not outlive the reply, nor does its connection: what is behind it is not looked at.
//!
//! actix-http 3.20 reads on after the reply where a chunked body was dropped unread, as long as something comes
//! (`h1/dispatcher.rs`, `should_close_for_unread_payload`): one byte a minute keeps a connection for ever. It closes,
//! after a second of grace, where the body is still held. So the reply holds it.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, Version};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _};
use futures_util::Stream;
use futures_util::StreamExt as _;

use crate::connection::{Turn, turn};

pub(crate) async fn end_unread_bodies(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let turn = turn(&request).await;
    let is_upgrade = request.head().connection_type() == ConnectionType::Upgrade;
    let body = match request.take_payload() {
        Payload::None => None,
        payload => Some(Shared(Rc::new(RefCell::new(Body { payload, is_read: false })))),
    };
    if let Some(body) = &body {
        request.set_payload(Payload::Stream { payload: Box::pin(body.clone()) });
    }
    let mut response = next.call(request).await?;
    let head = response.response_mut().head_mut();
    // actix-http hands heads on from reply to reply with the version of the last one, and writes the request's in the end.
    head.version = Version::HTTP_11;
    // actix-http ends such a connection as well, but runs what is behind it already. And where the client would change to
    // another protocol it echoes that the connection is an upgrade, which no reply of ours is, and ends it.
    if is_upgrade || body.as_ref().is_some_and(|body| !body.0.borrow().is_read) {
        head.set_connection_type(ConnectionType::Close);
    }
    if head.connection_type() == ConnectionType::Close {
        turn.set_last();
    }
    Ok(response.map_body(|_, reply| Holding { reply: Box::pin(reply), _request: body, _turn: turn }))
}

/// The request's body, read by the handler and held by the reply.
#[derive(Clone)]
struct Shared(Rc<RefCell<Body>>);

struct Body {
    payload: Payload,
    /// To its end.
    is_read: bool,
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.try_borrow_mut() {
            Ok(mut body) => {
                let next = body.payload.poll_next_unpin(context);
                body.is_read |= matches!(next, Poll::Ready(None));
                next
            }
            // One handler reads; there is no second.
            Err(_) => Poll::Ready(None),
        }
    }
}

struct Holding<B> {
    reply: Pin<Box<B>>,
    _request: Option<Shared>,
    /// The connection waits for another request when this one is answered.
    _turn: Turn,
}

impl<B: MessageBody> MessageBody for Holding<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.reply.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.reply.as_mut().poll_next(context)
    }
}
