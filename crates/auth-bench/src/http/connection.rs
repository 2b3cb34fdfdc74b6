//! A client with one connection, kept for the next request.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

use super::parse::{Response, parse};

/// What is read at once: more than most responses have.
const PIECE: usize = 4 * 1_024;

/// One client: an address to ask, an address to ask from, and a connection once there is one.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    from: Option<IpAddr>,
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Client {
    /// A client that is not connected yet. `from` is one of this machine's addresses; on Linux all of 127.0.0.0/8 is.
    pub(crate) fn new(address: SocketAddr, from: Option<IpAddr>) -> Self {
        Self { address, from, connection: None }
    }

    /// Connects, where it is not connected.
    pub(crate) async fn connect(&mut self) -> Result<(), Error> {
        if self.connection.is_none() {
            let socket = TcpSocket::new_v4()?;
            if let Some(from) = self.from {
                socket.bind(SocketAddr::new(from, 0))?;
            }
            let stream = socket.connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.connection = Some(Connection { stream, bytes: Vec::new() });
        }
        Ok(())
    }

    /// Sends a request and reads its response. A connection that was kept may have been closed meanwhile, without a
    /// fault of the server's: then another one is made, once.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Response, Error> {
        let kept = self.connection.is_some();
        match self.ask_once(request).await {
            Err(error) if kept && is_hang_up(&error) => self.ask_once(request).await,
            answer => answer,
        }
    }

    /// The same, on the connection that there is or a new one, and no other.
    pub(crate) async fn ask_once(&mut self, request: &[u8]) -> Result<Response, Error> {
        self.connect().await?;
        // A caller that gives up in the middle leaves no half a response for the next one.
        let mut connection = self.connection.take().ok_or(ErrorKind::NotConnected)?;
        let response = connection.ask(request).await?;
        if response.keeps_alive {
            self.connection = Some(connection);
        }
        Ok(response)
    }
}

fn is_hang_up(error: &Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

impl Connection {
    async fn ask(&mut self, request: &[u8]) -> Result<Response, Error> {
        let mut rest = request;
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        let mut piece = [0; PIECE];
        loop {
            self.stream.readable().await?;
            let read = match self.stream.try_read(&mut piece) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            };
            self.bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
            if let Some((response, used)) = parse(&self.bytes, read == 0)? {
                self.bytes.drain(..used);
                return Ok(response);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

    /// Serves each connection as its script says, one after the other; a request is always the one byte `?`. Returns the
    /// addresses that asked.
    fn serve(scripts: Vec<Vec<&'static [u8]>>) -> (SocketAddr, std::thread::JoinHandle<Vec<IpAddr>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let accept = |script: Vec<&[u8]>| {
                let (mut stream, peer) = listener.accept().unwrap();
                for response in script {
                    stream.read_exact(&mut [0]).unwrap();
                    stream.write_all(response).unwrap();
                }
                peer.ip()
            };
            scripts.into_iter().map(accept).collect()
        });
        (address, served)
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn a_connection_is_kept_and_one_that_was_closed_is_made_anew() {
        let (address, served) = serve(vec![vec![OK, OK], vec![OK]]);
        let from = IpAddr::from([127, 0, 0, 3]);
        let bodies = block_on(async {
            let mut client = Client::new(address, Some(from));
            let mut bodies = Vec::new();
            for _ in 0..3 {
                bodies.push(client.ask(b"?").await.unwrap().body);
            }
            bodies
        });
        assert_eq!(bodies, [b"hi", b"hi", b"hi"]);
        assert_eq!(served.join().unwrap(), [from, from]);
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error_and_not_asked_again_on_a_new_connection() {
        let (address, served) = serve(vec![vec![b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi"]]);
        let error = block_on(async { Client::new(address, None).ask(b"?").await.unwrap_err() });
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(served.join().unwrap().len(), 1);
    }
}
