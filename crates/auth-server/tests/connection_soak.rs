//! Ten thousand connections that say nothing, and a thousand each whose heads and bodies come by the byte or not at all: others are answered
//! meanwhile, memory has a bound, and every one is closed by its deadline.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[allow(dead_code, reason = "shared with the tests of the command line, which use the rest")]
mod process;

use std::fs;
use std::io::{Read as _, Write as _};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use process::{Desk, Serving};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const ASKS: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
const SLOW_BODY: &[u8] =
    b"POST /v1/users/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
/// As long as a head may be, nearly, so that each is held in memory.
const SLOW_HEAD: usize = 30_000;
/// For a machine that does much else.
const SLACK: Duration = Duration::from_secs(10);
/// A client's clock begins when it has sent what it begins with, and the server's when it has read it.
const EARLY: Duration = Duration::from_secs(1);
/// The longest that somebody else waits for an answer meanwhile, on a machine that does much else.
const SLOWEST: Duration = Duration::from_secs(2);
/// More than twelve thousand connections take, each with its buffers of both directions (8 and 32 KiB) and what is around them.
const MOST_MEMORY: u64 = 1 << 20;

/// What a group of connections does, how many there are, when the server has had enough of each, and what it says to it.
#[derive(Clone, Copy)]
struct Group {
    name: &'static str,
    begins: &'static [u8],
    /// Whether another byte is sent every second.
    drips: bool,
    count: usize,
    deadline: Duration,
    hears: &'static [u16],
}

/// A connection that has said what it begins with.
async fn begin(address: &str, group: Group) -> (TcpStream, Instant) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(group.begins).await.unwrap();
    (stream, Instant::now())
}

/// How long a connection was held, and the statuses of what it heard.
type End = (Duration, Vec<u16>);

/// One connection, to its end.
async fn hold(mut stream: TcpStream, since: Instant, group: Group) -> End {
    let (mut buffer, mut heard) = ([0; 2_048], Vec::new());
    loop {
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return (since.elapsed(), statuses(&heard)),
            Err(_) if group.drips => drop(stream.write_all(b"x").await),
            Ok(Ok(count)) => heard.extend_from_slice(&buffer[..count]),
            Err(_) => {}
        }
        assert!(since.elapsed() < Duration::from_secs(120), "a connection of {} is held", group.name);
    }
}

fn statuses(heard: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(heard);
    text.split("HTTP/1.1 ").skip(1).map(|reply| reply[..3].parse().unwrap()).collect()
}

/// Asks whether the server is well, on a thread of its own; how long the slowest of so many answers took.
fn ask(address: String, times: usize) -> JoinHandle<Duration> {
    std::thread::spawn(move || {
        let asked = (0..times).map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            let since = Instant::now();
            let mut stream = std::net::TcpStream::connect(&address).unwrap();
            stream.write_all(ASKS).unwrap();
            let mut buffer = [0; 12];
            stream.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"HTTP/1.1 200");
            since.elapsed()
        });
        asked.max().unwrap()
    })
}

/// A number in KiB of `/proc/PID/status`.
fn status(server: &Serving, key: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Waits until the server has accepted so many beyond what it had; how many it has.
fn open(server: &Serving, before: usize, wanted: usize) -> usize {
    let since = Instant::now();
    loop {
        let count = descriptors(server) - before;
        if count >= wanted || since.elapsed() > EARLY {
            return count;
        }
        std::thread::yield_now();
    }
}

fn descriptors(server: &Serving) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap().count()
}

#[test]
#[ignore = "takes half a minute and 13,000 descriptors: ulimit -n 20000; cargo test --test connection_soak -- --ignored --nocapture"]
fn thousands_of_slow_connections_are_closed_in_time_and_hinder_nobody() {
    let desk = Desk::new();
    let limits = [("AUTH_SERVER_MAX_CONNECTIONS", "20000"), ("AUTH_SERVER_CONNECTIONS_PER_ADDRESS", "20000")];
    let server = Serving::start(&desk, &limits);
    let (memory, files) = (status(&server, "VmRSS"), descriptors(&server));
    let group = |name, begins, drips, count, seconds, hears| Group {
        name,
        begins,
        drips,
        count,
        deadline: Duration::from_secs(seconds),
        hears,
    };
    let slow_head = format!("GET /livez HTTP/1.1\r\nX: {}", "x".repeat(SLOW_HEAD)).leak().as_bytes();
    let groups = [
        group("idle after an answer", ASKS, false, 10_000, 15, &[200]),
        group("slow bodies", SLOW_BODY, true, 1_000, 10, &[408]),
        group("slow heads", slow_head, true, 1_000, 5, &[408]),
        group("silent from the start", b"", false, 1_000, 5, &[408]),
    ];
    let all_of_them = groups.iter().map(|group| group.count).sum();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut held: Vec<(Group, JoinSet<End>)> = Vec::new();
        // One after the other: what the system's queue of new connections does not take is nobody's.
        for group in groups {
            let mut all = JoinSet::new();
            for _ in 0..group.count {
                let (stream, since) = begin(&server.address, group).await;
                all.spawn(hold(stream, since, group));
            }
            held.push((group, all));
        }
        let open = open(&server, files, all_of_them);
        println!("connections of the server when all are open: {open}");
        assert!(open >= all_of_them, "{open} of {all_of_them} are open at once");
        let asked = ask(server.address.clone(), 100);
        for (group, all) in held {
            let ends = all.join_all().await;
            let times = || ends.iter().map(|(time, _)| *time);
            let (first, last) = (times().min().unwrap(), times().max().unwrap());
            let deaf = ends.iter().filter(|(_, heard)| heard != group.hears).count();
            println!(
                "{}: {} closed after {first:?} to {last:?}, deadline {:?}; {deaf} heard another thing than {:?}",
                group.name,
                ends.len(),
                group.deadline,
                group.hears
            );
            assert_eq!(ends.len(), group.count);
            assert!(first + EARLY >= group.deadline, "{}: {first:?}", group.name);
            assert!(last < group.deadline + SLACK, "{}: {last:?}", group.name);
            assert_eq!(deaf, 0, "{}", group.name);
        }
        let slowest = asked.join().unwrap();
        println!("slowest of 100 answers meanwhile: {slowest:?}");
        assert!(slowest < SLOWEST, "{slowest:?}");
    });
    ask(server.address.clone(), 1).join().unwrap();
    let peak = status(&server, "VmHWM");
    println!(
        "memory: {memory} KiB before, {peak} KiB at the most; descriptors: {files} before, {} after",
        descriptors(&server)
    );
    assert!(peak < MOST_MEMORY, "{peak} KiB");
    assert!(descriptors(&server) < files + 50, "what was closed is free");
    assert_eq!(server.stop(), Some(0));
}
