//! The release binary as a process of its own, and what the kernel knows of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::cores::Cores;

/// Signs the callbacks.
pub const WEBHOOK_SECRET: &str = "whsec_bench_0123456789abcdef0123456789abcdef";
/// Accepted by the stand-in.
pub const STRIPE_KEY: &str = "sk_test_0123456789abcdef0123456789abcdef";
/// The sender of every mail.
pub const MAIL_FROM: &str = "Lantern Freedom Trust <giving@lantern.example>";
/// Signs forms.
pub const SESSION_SECRET: &str = "a-session-secret-for-benchmarks-0123456789";

const READY_WITHIN: Duration = Duration::from_secs(60);
/// The kernel's unit of processor time: 1/100 s on every Linux there is.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running `almoner serve`; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub ready_after: Duration,
}

impl Server {
    /// Starts one on the server's processor and waits until it is ready. Nothing listens where it is told Stripe is.
    pub fn start(cores: &Cores, folder: &Path, database: &str, with_worker: bool) -> Server {
        let address = free_port();
        let log = std::fs::File::create(folder.join("server.log")).expect("a log file");
        let mut command = cores.on_server(env!("CARGO_BIN_EXE_almoner"));
        command.arg("serve");
        if !with_worker {
            command.arg("--no-worker");
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("RUST_LOG", "warn")
            .env("DATABASE_URL", database)
            .env("BASE_URL", format!("http://{address}"))
            .env("LISTEN_ADDR", address.to_string())
            .env("STRIPE_SECRET_KEY", STRIPE_KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("STRIPE_API_BASE", "http://127.0.0.1:1")
            .env("SMTP_URL", format!("file://{}", folder.join("mail").display()))
            .env("MAIL_FROM", MAIL_FROM)
            .env("SESSION_SECRET", SESSION_SECRET)
            // The load generator is a proxy that tells of many clients.
            .env("TRUSTED_PROXIES", "127.0.0.0/8")
            .env("CHARITY_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/charity.example.toml"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let began = Instant::now();
        let child = command.spawn().expect("the release binary starts");
        let mut server = Server { child, address, ready_after: Duration::ZERO };
        while get(address, "/readyz", false).is_none_or(|page| page.status != 200) {
            let ended = server.child.try_wait().ok().flatten().is_some();
            if ended || began.elapsed() > READY_WITHIN {
                let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
                panic!("almoner serve is not ready after {:?}:\n{log}", began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        server.ready_after = began.elapsed();
        server
    }

    /// Resident memory now, in MiB.
    pub fn rss(&self) -> f64 {
        self.memory("VmRSS:")
    }

    /// The most that was ever resident, in MiB.
    pub fn peak_rss(&self) -> f64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix(field));
        let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    }

    /// Processor time used so far, in seconds: shows whether the server or the generator was the limit.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        // Fields 14 and 15 of proc(5); the state is field 3.
        let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok());
        ticks.sum::<f64>() / TICKS_PER_SECOND
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> SocketAddr {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("an address")
}

/// An answer.
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// What came after the headers, still compressed if it was.
    pub body: Vec<u8>,
}

/// One blocking GET; HTTP/1.0, so that the body is neither chunked nor followed by anything.
pub fn get(address: SocketAddr, path: &str, gzip: bool) -> Option<Page> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let accept = if gzip { "accept-encoding: gzip\r\n" } else { "" };
    let request = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n{accept}\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
    Some(Page { status, body: answer.split_off(end + 4) })
}
