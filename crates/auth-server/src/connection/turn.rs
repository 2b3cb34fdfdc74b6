//! A connection as the requests on it know it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use actix_web::dev::ServiceRequest;
use actix_web::http::ConnectionType;
use tokio::time::Instant;

use super::Watch;

/// What the stream and the requests on it share.
pub(super) type Shared = Rc<RefCell<Watch>>;

/// Held for as long as a request is answered, to the end of the reply.
#[derive(Debug)]
pub(crate) struct Turn(Option<Shared>);

/// Begins a request. Where it came behind one that was the last of its connection, that connection ends, and this never
/// does.
pub(crate) async fn turn(request: &ServiceRequest) -> Turn {
    let Some(watch) = request.conn_data::<Shared>() else { return Turn(None) };
    // The framework ends the connection as well where another protocol is asked for, and speaks none.
    let is_last = request.head().connection_type() != ConnectionType::KeepAlive;
    if watch.borrow_mut().begin(is_last) {
        return Turn(Some(Rc::clone(watch)));
    }
    let mut is_told = false;
    poll_fn(|context| {
        // Once more, so that the connection is read and found to be at its end; what waits here goes with it.
        if !std::mem::replace(&mut is_told, true) {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await
}

impl Turn {
    /// The reply says that the connection ends with it.
    pub(crate) fn set_last(&self) {
        if let Some(watch) = &self.0 {
            watch.borrow_mut().set_last();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(watch) = &self.0 {
            watch.borrow_mut().end(Instant::now());
        }
    }
}
