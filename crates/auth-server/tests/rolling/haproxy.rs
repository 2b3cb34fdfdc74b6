//! `HAProxy` with the file that is shipped, `docs/deploy/haproxy.cfg`: its addresses are this test's, and TLS is left out.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct HaProxy {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl HaProxy {
    pub(crate) fn start(program: &str, instances: [SocketAddr; 2]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy/haproxy.cfg");
        let mut text = std::fs::read_to_string(shipped).unwrap();
        for (name, place) in [
            ("auth-1:8080", instances[0].to_string()),
            ("auth-2:8080", instances[1].to_string()),
            (":443 ssl crt /run/secrets/tls.pem", address.to_string()),
        ] {
            assert!(text.contains(name), "{name}");
            text = text.replace(name, &place);
        }
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("haproxy.cfg");
        std::fs::write(&config, text).unwrap();
        let quiet =
            Command::new(program).arg("-db").arg("-f").arg(config).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut haproxy = Self { child: quiet.unwrap(), address, _folder: folder };
        while TcpStream::connect(address).is_err() {
            assert!(haproxy.child.try_wait().unwrap().is_none(), "HAProxy does not start");
            std::thread::yield_now();
        }
        haproxy
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
