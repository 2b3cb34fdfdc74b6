//! A stream whose client is in the test, by a clock that moves when everybody waits.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::sleep;

use super::*;
use crate::connection::{Patience, Watch};

const PATIENCE: Patience =
    Patience { head: Duration::from_secs(5), idle: Duration::from_secs(15), reply: Duration::from_secs(60) };
const BARE: &str =
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

struct Stage {
    stream: Stream<DuplexStream>,
    client: DuplexStream,
    lapses: Rc<RefCell<Vec<Lapse>>>,
    start: Instant,
}

/// A connection whose system buffers hold so many bytes each way.
fn stage(bytes: usize) -> Stage {
    let (socket, client) = duplex(bytes);
    let watch = Rc::new(RefCell::new(Watch::new(PATIENCE, Instant::now())));
    let (refuse, lapses) = (Box::new(|code: Code| format!("<{}>", code.as_str()).into_bytes()), Rc::default());
    let noted: Rc<RefCell<Vec<Lapse>>> = Rc::clone(&lapses);
    let note = Box::new(move |lapse| noted.borrow_mut().push(lapse));
    Stage { stream: Stream::new(socket, watch, None, refuse, note), client, lapses, start: Instant::now() }
}

impl Stage {
    /// A request came and was answered.
    fn exchange(&self) {
        let shared = self.stream.shared();
        assert!(shared.borrow_mut().begin(false));
        shared.borrow_mut().end(Instant::now());
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.stream.read(&mut [0; 64]).await
    }

    fn elapsed(&self) -> u64 {
        self.start.elapsed().as_secs()
    }
}

fn run<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn a_head_that_comes_in_pieces_is_given_up_after_its_time_and_told_so() {
    run(async {
        for is_first in [true, false] {
            let mut stage = stage(64);
            if !is_first {
                stage.exchange();
                stage.client.write_all(b"G").await.unwrap();
                assert_eq!(stage.read().await.unwrap(), 1);
            }
            for second in 1..=4 {
                sleep(Duration::from_secs(1)).await;
                stage.client.write_all(b"E").await.unwrap();
                assert_eq!(stage.read().await.unwrap(), 1, "after {second} s");
            }
            assert_eq!(stage.read().await.unwrap(), 0, "no more is read");
            assert_eq!((stage.elapsed(), &*stage.lapses.borrow()), (5, &vec![Lapse::Head]));
            stage.client.write_all(b"T / HTTP/1.1\r\n\r\n").await.unwrap();
            assert_eq!(stage.read().await.unwrap(), 0, "nor is what comes too late");
            stage.stream.shutdown().await.unwrap();
            drop(stage.stream);
            let mut told = String::new();
            stage.client.read_to_string(&mut told).await.unwrap();
            assert_eq!(told, "<request_timeout>");
        }
    });
}

#[test]
fn a_connection_that_says_nothing_ends_and_is_told_nothing() {
    run(async {
        let mut stage = stage(64);
        sleep(Duration::from_secs(1)).await;
        stage.exchange();
        stage.stream.flush().await.unwrap();
        assert_eq!(stage.read().await.unwrap(), 0);
        assert_eq!((stage.elapsed(), &*stage.lapses.borrow()), (16, &vec![Lapse::Idle]));
        stage.stream.shutdown().await.unwrap();
        drop(stage.stream);
        assert_eq!(stage.client.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn a_request_that_is_answered_has_no_deadline_here() {
    run(async {
        let mut stage = stage(64);
        assert!(stage.stream.shared().borrow_mut().begin(false));
        let (client, mut buffer) = (&mut stage.client, [0; 64]);
        let ((), read) = tokio::join!(
            async {
                sleep(Duration::from_secs(3_600)).await;
                client.write_all(b"body").await.unwrap();
            },
            stage.stream.read(&mut buffer)
        );
        assert_eq!(read.unwrap(), 4);
        assert!(stage.lapses.borrow().is_empty());
    });
}

#[test]
fn a_client_that_takes_no_reply_is_not_read_and_then_given_up() {
    run(async {
        let mut stage = stage(64);
        assert!(stage.stream.shared().borrow_mut().begin(false));
        stage.client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        // A trickle puts nothing off.
        let client = &mut stage.client;
        let ((), written) = tokio::join!(
            async {
                for _ in 0..100 {
                    sleep(Duration::from_secs(1)).await;
                    client.read_exact(&mut [0]).await.unwrap();
                }
            },
            async {
                let writing = stage.stream.write_all(&[b'x'; 1_000]);
                let error = tokio::time::timeout(Duration::from_secs(600), writing).await.unwrap().unwrap_err();
                (error.kind(), stage.start.elapsed().as_secs())
            }
        );
        assert_eq!(written, (io::ErrorKind::TimedOut, 60));
        assert_eq!(stage.lapses.take(), [Lapse::Reply]);
    });
}

#[test]
fn what_a_client_sends_while_it_takes_no_reply_is_left_where_it_is() {
    run(async {
        let mut stage = stage(64);
        stage.exchange();
        stage.client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let first = tokio::time::timeout(Duration::from_secs(1), stage.stream.write_all(&[b'x'; 65])).await;
        assert!(first.is_err(), "one byte too many");
        let unread = tokio::time::timeout(Duration::from_secs(1), stage.read()).await;
        assert!(unread.is_err(), "nothing is read");
        stage.client.read_exact(&mut [0; 64]).await.unwrap();
        stage.stream.write_all(b"x").await.unwrap();
        stage.stream.flush().await.unwrap();
        assert_eq!(stage.read().await.unwrap(), 18);
    });
}

#[test]
fn bare_refusals_become_whole_ones_alone_and_behind_a_reply() {
    run(async {
        // With little room, so that nothing goes in one piece.
        for room in [3, 1_000] {
            for before in ["", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"] {
                let mut stage = stage(room);
                stage.exchange();
                let mut seen = vec![0; before.len() + "<bad_request>".len()];
                let (client, stream) = (&mut stage.client, &mut stage.stream);
                let (read, ()) = tokio::join!(client.read_exact(&mut seen), async {
                    stream.write_all(format!("{before}{BARE}").as_bytes()).await.unwrap();
                    stream.flush().await.unwrap();
                });
                read.unwrap();
                let seen = String::from_utf8(seen).unwrap();
                assert_eq!(seen, format!("{before}<bad_request>"));
            }
        }
    });
}

#[test]
fn behind_the_last_request_the_connection_is_at_its_end() {
    run(async {
        let mut stage = stage(64);
        let shared = stage.stream.shared();
        assert!(shared.borrow_mut().begin(true));
        stage.client.write_all(b"GET").await.unwrap();
        assert_eq!(stage.read().await.unwrap(), 3, "a client that hangs up is heard");
        assert!(!shared.borrow_mut().begin(false));
        stage.client.write_all(b"GET").await.unwrap();
        assert_eq!(stage.read().await.unwrap(), 0);
    });
}

#[test]
fn a_head_that_is_too_long_or_ends_its_lines_otherwise_is_refused_unseen_and_the_client_hears_it() {
    let long = [b"GET / HTTP/1.1\r\nX: ", &vec![b'x'; 50_000][..]].concat();
    run(async {
        for (bytes, told) in [(&long[..], "<headers_too_large>"), (b"GET / HTTP/1.1\nX: y\r\n\r\n", "<bad_request>")] {
            for is_first in [true, false] {
                let mut stage = stage(100_000);
                if !is_first {
                    stage.exchange();
                }
                stage.client.write_all(bytes).await.unwrap();
                let (mut seen, mut buffer) = (0, vec![0; 8_192]);
                // The words go with the flush, as the framework flushes after each reading.
                let reading = async {
                    loop {
                        match tokio::time::timeout(Duration::from_millis(100), stage.stream.read(&mut buffer)).await {
                            Ok(Ok(0)) => break,
                            Ok(read) => seen += read.unwrap(),
                            Err(_) => stage.stream.flush().await.unwrap(),
                        }
                    }
                };
                reading.await;
                assert!(seen <= 40 * 1_024 && (told != "<bad_request>" || seen == 0), "{seen}");
                assert_eq!(stage.elapsed(), 1, "what is sent on is thrown away meanwhile");
                stage.stream.shutdown().await.unwrap();
                drop(stage.stream);
                let mut heard = String::new();
                stage.client.read_to_string(&mut heard).await.unwrap();
                assert_eq!(heard, told);
            }
        }
    });
}
