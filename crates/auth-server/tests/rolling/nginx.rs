//! nginx with the file that is shipped, `docs/deploy/nginx.conf`: its addresses are this test's, and TLS is left out.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    pub(crate) fn start(program: &str, instances: [SocketAddr; 2]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = TempDir::new().unwrap();
        let here = folder.path().display();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy/nginx.conf");
        let mut site = std::fs::read_to_string(shipped).unwrap();
        for (name, place) in [
            ("auth-1:8080", instances[0].to_string()),
            ("auth-2:8080", instances[1].to_string()),
            ("443 ssl", address.to_string()),
        ] {
            assert!(site.contains(name), "{name}");
            site = site.replace(name, &place);
        }
        let site: Vec<_> = site.lines().filter(|line| !line.trim().starts_with("ssl_")).collect();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths: String = paths.iter().map(|name| format!("{name}_temp_path {here}/{name};\n")).collect();
        let text = format!(
            "daemon off; pid {here}/pid; error_log {here}/errors warn;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{}\n}}\n",
            site.join("\n")
        );
        std::fs::write(folder.path().join("nginx.conf"), text).unwrap();
        let config = folder.path().join("nginx.conf");
        let child =
            Command::new(program).arg("-p").arg(folder.path()).arg("-c").arg(config).stderr(Stdio::null()).spawn();
        let mut nginx = Self { child: child.unwrap(), address, _folder: folder };
        while TcpStream::connect(address).is_err() {
            assert!(nginx.child.try_wait().unwrap().is_none(), "nginx does not start");
            std::thread::yield_now();
        }
        nginx
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        crate::process::signal(&self.child, "TERM");
        let _ = self.child.wait();
    }
}
