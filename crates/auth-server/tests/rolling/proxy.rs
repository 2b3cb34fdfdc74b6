//! A proxy as small as it can be, with the rules of `docs/deploy/haproxy.cfg`: connections to the instances are kept, one
//! that idles is closed before the instance closes it, and a request is sent to the other instance where no connection could
//! be made, and never where it was sent already.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long an idle connection is kept: less than an instance keeps one (15 s), and less than the drain delay.
const IDLE: Duration = Duration::from_secs(1);
/// Between two questions for readiness.
const PROBE: Duration = Duration::from_millis(100);

pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _probing: Sender<()>,
}

struct Shared {
    instances: [Instance; 2],
    next: AtomicUsize,
    retried: AtomicUsize,
}

struct Instance {
    address: SocketAddr,
    is_up: AtomicBool,
    idle: Mutex<VecDeque<(Instant, TcpStream)>>,
}

impl Proxy {
    pub(crate) fn start(instances: [SocketAddr; 2]) -> Self {
        let instance = |address| Instance { address, is_up: AtomicBool::new(true), idle: Mutex::default() };
        let instances = instances.map(instance);
        let shared = Arc::new(Shared { instances, next: AtomicUsize::new(0), retried: AtomicUsize::new(0) });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || serving.serve(client.unwrap()));
            }
        });
        let (probing, over) = channel::<()>();
        let probed = Arc::clone(&shared);
        std::thread::spawn(move || {
            while over.recv_timeout(PROBE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                for instance in &probed.instances {
                    instance.is_up.store(instance.is_ready(), Ordering::SeqCst);
                }
            }
        });
        Self { address, shared, _probing: probing }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn wait_until_up(&self, instance: usize) {
        while !self.shared.instances[instance].is_up.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }

    /// Requests that were sent to the other instance, for the first took no connection.
    pub(crate) fn retried(&self) -> usize {
        self.shared.retried.load(Ordering::SeqCst)
    }
}

impl Instance {
    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address) else { return false };
        let mut answer = String::new();
        let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        asked.and_then(|()| stream.read_to_string(&mut answer)).is_ok() && answer.starts_with("HTTP/1.1 200")
    }

    /// A connection that was kept, or a new one; an error where none can be made, and nothing was sent.
    fn connection(&self) -> std::io::Result<TcpStream> {
        let mut idle = self.idle.lock().unwrap();
        idle.retain(|(since, _)| since.elapsed() < IDLE);
        match idle.pop_back() {
            Some((_, stream)) => Ok(stream),
            None => TcpStream::connect(self.address),
        }
    }
}

impl Shared {
    fn serve(&self, client: TcpStream) {
        let mut reader = BufReader::new(client.try_clone().unwrap());
        let mut client = client;
        while let Some((request, _)) = message(&mut reader) {
            let reply = self.forward(&request).unwrap_or_else(|cause| {
                format!("HTTP/1.1 502 Bad Gateway\r\ncontent-length: {}\r\n\r\n{cause}", cause.len()).into_bytes()
            });
            if client.write_all(&reply).is_err() {
                return;
            }
        }
    }

    fn forward(&self, request: &[u8]) -> Result<Vec<u8>, String> {
        let first = self.next.fetch_add(1, Ordering::SeqCst);
        // Those that are up come first; where none is, each is tried all the same.
        let mut order = [&self.instances[first % 2], &self.instances[(first + 1) % 2]];
        order.sort_by_key(|instance| !instance.is_up.load(Ordering::SeqCst));
        for (attempt, instance) in order.into_iter().enumerate() {
            let Ok(mut stream) = instance.connection() else { continue };
            self.retried.fetch_add(attempt, Ordering::SeqCst);
            // From here on the request may have been done: no other instance gets it.
            stream.write_all(request).map_err(|error| format!("it was cut off while it was sent: {error}"))?;
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (reply, head) = message(&mut reader).ok_or("its reply was cut off")?;
            if !head.to_lowercase().contains("\r\nconnection: close") {
                instance.idle.lock().unwrap().push_back((Instant::now(), stream));
                return Ok(reply);
            }
            // What holds between instance and proxy is not the client's business.
            let text = String::from_utf8(reply).map_err(|error| error.to_string())?;
            return Ok(text.replacen("connection: close\r\n", "", 1).into_bytes());
        }
        Err("no instance takes a connection".to_owned())
    }
}

/// A request or a reply, whole, and its head.
fn message(reader: &mut BufReader<TcpStream>) -> Option<(Vec<u8>, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(([head.as_bytes(), &body].concat(), head))
}
