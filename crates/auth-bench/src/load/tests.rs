use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::*;

/// Answers every request of four bytes on every connection with what `answer` makes of it.
fn serve(answer: fn([u8; 4]) -> &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let each = move |mut stream: TcpStream| {
        let mut request = [0; 4];
        while stream.read_exact(&mut request).is_ok() && stream.write_all(answer(request)).is_ok() {}
    };
    std::thread::spawn(move || {
        listener.incoming().for_each(|stream| drop(std::thread::spawn(move || each(stream.unwrap()))));
    });
    address
}

const OK: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
const BUSY: &[u8] = b"HTTP/1.1 503 Busy\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n";
const UNTOLD: &[u8] = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";
const WRONG: &[u8] = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";

fn plan(address: SocketAddr, requests: &[&[u8]]) -> Plan {
    let requests = requests.iter().map(|request| request.to_vec()).collect();
    Plan {
        address,
        clients: 3,
        from: vec![IpAddr::from([127, 0, 0, 2]), IpAddr::from([127, 0, 0, 3])],
        work: Work { requests: Arc::new(requests), repeats: false },
        warm_up: Duration::ZERO,
        // Never reached: the work runs out before.
        length: Duration::from_secs(3_600),
        pause: Some(Duration::ZERO),
    }
}

#[test]
fn each_request_is_sent_once_and_its_answer_counted_where_it_belongs() {
    let address = serve(|request| match &request {
        b"fine" => OK,
        b"busy" => BUSY,
        b"mute" => UNTOLD,
        _ => WRONG,
    });
    let requests: [&[u8]; 7] = [b"fine", b"busy", b"fine", b"mute", b"what", b"fine", b"busy"];
    let tally = run(plan(address, &requests)).unwrap();
    assert_eq!((tally.accepted.len(), tally.refused.len(), tally.failed, tally.answers), (3, 3, 1, 7));
    assert_eq!((tally.told.as_slice(), tally.untold), ([3600, 3600].as_slice(), 1));
}

#[test]
fn what_is_answered_before_the_warm_up_is_over_is_not_counted() {
    let mut plan = plan(serve(|_| OK), &[b"fine".as_slice(); 5]);
    plan.warm_up = Duration::from_secs(3_600);
    plan.clients = 1;
    let tally = run(plan).unwrap();
    assert_eq!((tally.accepted.len(), tally.answers, tally.counted), (0, 5, Duration::ZERO));
}

#[test]
fn rates_are_of_the_time_that_counts() {
    let tally = Tally {
        accepted: vec![Duration::ZERO; 10],
        refused: vec![Duration::ZERO; 6],
        failed: 4,
        counted: Duration::from_secs(5),
        ..Tally::default()
    };
    assert!((tally.rate() - 2.0).abs() < 1e-9);
    assert!((tally.offered() - 4.0).abs() < 1e-9);
}
