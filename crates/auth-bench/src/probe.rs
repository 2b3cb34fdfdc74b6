//! Open-loop probes: a request every so often, whether or not the one before was answered. Latency counts from the time
//! at which a request was due, so that a server that stops answering cannot hide it (coordinated omission).

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::Fallible;
use crate::http::Client;
use crate::request;

/// How long an answer may take. One that takes longer, or never comes, has failed and counts for so long.
const LONGEST: Duration = Duration::from_secs(20);

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    /// The same request each time.
    Get(Vec<u8>),
    /// Refreshes of these sessions, in turn: each answer brings the token for the next.
    Refresh(Vec<String>),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Probed {
    pub(crate) latencies: Vec<Duration>,
    /// Answers other than 2xx, broken connections, and answers that never came.
    pub(crate) failed: usize,
}

struct Shared {
    address: SocketAddr,
    routes: Vec<RouteState>,
}

struct RouteState {
    idle: RefCell<Vec<Client>>,
    request: Option<Vec<u8>>,
    tokens: RefCell<Vec<String>>,
    probed: RefCell<Probed>,
}

/// Probes each route every `every` for `length`, and answers in their order. The routes take turns within `every`.
///
/// # Errors
/// Where the system refuses a runtime.
pub(crate) fn run(address: SocketAddr, routes: Vec<Route>, every: Duration, length: Duration) -> Fallible<Vec<Probed>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let routes: Vec<_> = routes.into_iter().map(RouteState::new).collect();
    let count = u32::try_from(routes.len())?.max(1);
    LocalSet::new().block_on(&runtime, async move {
        let shared = Rc::new(Shared { address, routes });
        let (start, mut joined) = (Instant::now(), Vec::new());
        let mut due = start;
        while due < start + length {
            for place in 0..shared.routes.len() {
                sleep_until(due).await;
                joined.push(tokio::task::spawn_local(probe(place, due, Rc::clone(&shared))));
                due += every / count;
            }
        }
        for probe in joined {
            // A task of ours does not panic, and is not aborted.
            let _ = probe.await;
        }
        Ok(shared.routes.iter().map(|route| route.probed.take()).collect())
    })
}

impl RouteState {
    fn new(route: Route) -> Self {
        let (request, tokens) = match route {
            Route::Get(request) => (Some(request), Vec::new()),
            Route::Refresh(tokens) => (None, tokens),
        };
        Self { idle: RefCell::default(), request, tokens: RefCell::new(tokens), probed: RefCell::default() }
    }

    fn missed(&self, due: Instant) {
        let mut probed = self.probed.borrow_mut();
        probed.latencies.push(due.elapsed().max(LONGEST));
        probed.failed += 1;
    }

    /// The next request, and the refresh token that is in it. Of refreshes there are as many at once as sessions.
    fn next(&self) -> Option<(Vec<u8>, Option<String>)> {
        if let Some(request) = &self.request {
            return Some((request.clone(), None));
        }
        // The one that rested longest: no session is refreshed twice at once.
        let mut tokens = self.tokens.borrow_mut();
        let token = if tokens.is_empty() { None } else { Some(tokens.remove(0)) }?;
        Some((request::refresh(&token), Some(token)))
    }
}

async fn probe(place: usize, due: Instant, shared: Rc<Shared>) {
    let Some(route) = shared.routes.get(place) else { return };
    let mut client = route.idle.borrow_mut().pop().unwrap_or_else(|| Client::new(shared.address, None));
    let Some((request, token)) = route.next() else { return route.missed(due) };
    let answer = timeout_at(due + LONGEST, client.ask(&request)).await;
    // A token whose successor did not come is sent again: that is what the server asks of clients.
    let successor = match &answer {
        Ok(Ok(answer)) => request::member(&answer.body, "refresh_token"),
        _ => None,
    };
    route.tokens.borrow_mut().extend(successor.or(token));
    let Ok(Ok(answer)) = answer else { return route.missed(due) };
    let mut probed = route.probed.borrow_mut();
    probed.latencies.push(due.elapsed());
    probed.failed += usize::from(!(200..300).contains(&answer.status));
    route.idle.borrow_mut().push(client);
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers one connection: each request after its first byte is awaited by `answer`.
    fn serve(answers: Vec<(u16, &'static str)>) -> (SocketAddr, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let answer = |(status, answer): (u16, &str)| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut piece = [0; 1_024];
                let read = stream.read(&mut piece).unwrap();
                let head = "Status\r\nconnection: close\r\ncontent-length";
                write!(stream, "HTTP/1.1 {status} {head}: {}\r\n\r\n{answer}", answer.len()).unwrap();
                String::from_utf8_lossy(&piece[..read]).into_owned()
            };
            answers.into_iter().map(answer).collect()
        });
        (address, served)
    }

    #[test]
    fn each_route_is_asked_as_often_as_the_time_has_room_for() {
        let (address, served) = serve(vec![(204, ""); 6]);
        let routes = vec![Route::Get(b"GET /a".to_vec()), Route::Get(b"GET /b".to_vec())];
        let probed = run(address, routes, Duration::from_millis(2), Duration::from_millis(6)).unwrap();
        assert_eq!(probed.iter().map(|route| (route.latencies.len(), route.failed)).collect::<Vec<_>>(), [(3, 0); 2]);
        let mut asked = served.join().unwrap();
        asked.sort();
        assert_eq!(asked, ["GET /a", "GET /a", "GET /a", "GET /b", "GET /b", "GET /b"]);
    }

    #[test]
    fn a_refresh_goes_on_with_the_token_that_it_got_and_a_refused_one_is_sent_again() {
        let (address, served) = serve(vec![(503, "{}"), (200, r#"{"refresh_token":"second"}"#)]);
        let route = RouteState::new(Route::Refresh(vec!["first".to_owned()]));
        let shared = Rc::new(Shared { address, routes: vec![route] });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for left in ["first", "second"] {
            runtime.block_on(probe(0, Instant::now(), Rc::clone(&shared)));
            assert_eq!(*shared.routes[0].tokens.borrow(), [left]);
        }
        for asked in served.join().unwrap() {
            assert!(asked.contains(r#""refresh_token":"first""#), "{asked}");
        }
        let probed = shared.routes[0].probed.borrow();
        assert_eq!((probed.failed, probed.latencies.len()), (1, 2));
    }

    #[test]
    fn an_answer_that_never_comes_counts_as_slow_and_not_as_fast() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let routes = vec![Route::Get(b"GET /a".to_vec()), Route::Refresh(Vec::new())];
        let probed = run(address, routes, Duration::from_millis(2), Duration::from_millis(2)).unwrap();
        for route in probed {
            assert_eq!((route.failed, route.latencies[0] >= LONGEST), (1, true));
        }
    }
}
