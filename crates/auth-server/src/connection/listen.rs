//! From a socket that listens to requests.

use std::cell::RefCell;
use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Extensions};
use actix_web::web;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::refusal::refusal;
use super::{Lapse, Places, Stream, Watch};
use crate::app::{ServeSettings, app};
use crate::metrics::Cut;
use crate::state::AppState;

/// Adds the listener to a server: what `HttpServer` does, over [`Stream`] in place of the bare socket.
///
/// # Errors
/// [`io::Error`] where the socket cannot be used.
pub(crate) fn listen(
    server: ServerBuilder,
    listener: TcpListener,
    state: web::Data<AppState>,
    settings: ServeSettings,
    places: Arc<Places>,
) -> io::Result<ServerBuilder> {
    let (draining, address) = (server.graceful_shutdown_signal(), listener.local_addr()?);
    server.listen("http", listener, move || {
        let draining = draining.clone();
        let app = app(state.clone()).into_factory().map_err(|error| error.error_response());
        let http = HttpService::build()
            // Idle connections end with the server; HttpServer asks for it by the same door.
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .keep_alive(settings.keep_alive)
            // The stream has a deadline for every head.
            .client_request_timeout(std::time::Duration::ZERO)
            .client_disconnect_timeout(LINGER)
            // A client that hung up waits for no answer: its place in a queue goes to the next.
            .h1_allow_half_closed(false)
            .local_addr(address)
            .on_connect_ext(|stream: &Stream<TcpStream>, data: &mut Extensions| drop(data.insert(stream.shared())))
            .h1(map_config(app, |()| AppConfig::default()));
        let (state, places) = (state.clone(), Arc::clone(&places));
        fn_service(move |socket: TcpStream| ready(admit(socket, &state, &places, &settings))).and_then(http)
    })
}

/// How long what a client sends beyond its refused request is read and thrown away, so that it hears the refusal: actix-web's
/// own number.
pub(super) const LINGER: std::time::Duration = std::time::Duration::from_secs(1);

type Admitted = (Stream<TcpStream>, Option<std::net::SocketAddr>);

fn admit(
    socket: TcpStream,
    state: &web::Data<AppState>,
    places: &Arc<Places>,
    settings: &ServeSettings,
) -> Result<Admitted, DispatchError> {
    let peer = socket.peer_addr()?;
    let Some(place) = places.take(peer.ip()) else {
        state.metrics.cut(Cut::TooMany);
        return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
    };
    let watch = Rc::new(RefCell::new(Watch::new(settings.patience(), Instant::now())));
    let (refusing, noting) = (state.clone(), state.clone());
    let refuse = Box::new(move |code| refusal(code, Some(peer.ip()), &refusing));
    let note = Box::new(move |lapse| match lapse {
        Lapse::Head => noting.metrics.cut(Cut::SlowHead),
        Lapse::Reply => noting.metrics.cut(Cut::UnreadReply),
        Lapse::Idle => {}
    });
    Ok((Stream::new(socket, watch, Some(place), refuse, note), Some(peer)))
}
