//! The load generator: requests over plain keep-alive connections, light enough to leave its processor room.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use almoner::clock::Clock;
use almoner::sandbox::Sandbox;
use futures::future::join_all;
use tokio::net::TcpStream;

use crate::server::WEBHOOK_SECRET;

/// Connections at once, as in goal P1.
pub const CONNECTIONS: usize = 64;

const MARK: &str = "{{N}}";
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Makes events that were never seen before.
pub struct Events {
    shapes: [Vec<&'static str>; 2],
    next: AtomicU64,
    clock: Clock,
}

impl Events {
    /// Bodies as Stripe posts them, of about 3 KB, with a place for the number.
    pub fn new() -> Events {
        let session = include_str!("session.json").trim_end().split(MARK).collect();
        let intent = include_str!("intent.json").trim_end().split(MARK).collect();
        Events { shapes: [session, intent], next: AtomicU64::new(1), clock: Clock::System }
    }

    /// The next event, signed now, as a whole HTTP request.
    fn request(&self, address: SocketAddr) -> Vec<u8> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // As Stripe's: ordered by time at the front, random at the end.
        let id = format!("{number:08x}{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let shape = if number.is_multiple_of(2) { &self.shapes[0] } else { &self.shapes[1] };
        let body = shape.join(&id);
        let signature = Sandbox::sign(WEBHOOK_SECRET, &body, self.clock.now().as_unix());
        format!(
            "POST /webhooks/stripe HTTP/1.1\r\nhost: {address}\r\n\
             user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n\
             content-type: application/json; charset=utf-8\r\nstripe-signature: {signature}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// What is sent, and how.
pub struct Traffic<'a> {
    /// Connections at once.
    pub connections: usize,
    /// The status that counts.
    pub wanted: u16,
    /// The next request, whole.
    pub next: &'a dyn Fn() -> Vec<u8>,
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After a time.
    Time(Duration),
    /// After so many requests.
    Count(u64),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Answered as wanted.
    pub acked: u64,
    /// Answered otherwise.
    pub refused: u64,
    /// How often each status came.
    pub statuses: BTreeMap<u16, u64>,
    /// From the first byte to the last answer.
    pub seconds: f64,
    /// Milliseconds to each answer, counted from when the request was due.
    pub waits: Vec<f64>,
}

impl Outcome {
    /// Answers as wanted, a second.
    pub fn rate(&self) -> f64 {
        self.acked as f64 / self.seconds
    }

    /// The wait that `share` of the answers did not exceed, in ms.
    pub fn wait_at(&self, share: f64) -> f64 {
        let mut sorted = self.waits.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

/// Events as fast as the answers come.
pub fn closed_loop(address: SocketAddr, events: &Events, until: Until) -> Outcome {
    let next = || events.request(address);
    closed(address, &Traffic { connections: CONNECTIONS, wanted: 200, next: &next }, until)
}

/// `per_second` events, each at its time.
pub fn open_loop(address: SocketAddr, events: &Events, per_second: u32, length: Duration) -> Outcome {
    let next = || events.request(address);
    open(address, &Traffic { connections: CONNECTIONS, wanted: 200, next: &next }, per_second, length)
}

/// As fast as the answers come: every connection sends its next request when the last was answered.
pub fn closed(address: SocketAddr, traffic: &Traffic<'_>, until: Until) -> Outcome {
    drive(address, traffic, &Pace::Free(until))
}

/// `per_second` requests, each at its time whether the server keeps up or not; a late one counts from when it was due.
pub fn open(address: SocketAddr, traffic: &Traffic<'_>, per_second: u32, length: Duration) -> Outcome {
    drive(address, traffic, &Pace::Offered { per_second, length })
}

/// One request; its answer with the head, when it came with this status.
pub fn once(address: SocketAddr, request: &[u8], wanted: u16) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut wire = Wire::open(address).await.expect("the server takes connections");
        let status = wire.ask(request).await.expect("an answer");
        let text = String::from_utf8_lossy(&wire.answer[..wire.got]).into_owned();
        assert_eq!(status, wanted, "{text}");
        text
    })
}

enum Pace {
    Free(Until),
    Offered { per_second: u32, length: Duration },
}

impl Pace {
    /// When request `index` is due; `None` when there is none any more.
    fn due(&self, began: Instant, index: u64) -> Option<Instant> {
        let now = Instant::now();
        match self {
            Pace::Free(Until::Time(length)) => (now < began + *length).then_some(now),
            Pace::Free(Until::Count(count)) => (index < *count).then_some(now),
            Pace::Offered { per_second, length } => {
                let after = Duration::from_secs_f64(index as f64 / f64::from(*per_second));
                (after < *length).then_some(began + after)
            }
        }
    }
}

fn drive(address: SocketAddr, traffic: &Traffic<'_>, pace: &Pace) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let wires = join_all((0..traffic.connections).map(|_| Wire::open(address))).await;
        let outcome = RefCell::new(Outcome::default());
        let index = Cell::new(0_u64);
        let began = Instant::now();
        let senders = wires.into_iter().map(|wire| {
            let mut wire = wire.expect("the server takes connections");
            let (outcome, index) = (&outcome, &index);
            async move {
                while let Some(due) = pace.due(began, index.replace(index.get() + 1)) {
                    if due > Instant::now() {
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let answer = tokio::time::timeout(ANSWER_WITHIN, wire.ask(&(traffic.next)())).await;
                    let status = answer.expect("an answer in time").expect("an answer");
                    let mut outcome = outcome.borrow_mut();
                    *outcome.statuses.entry(status).or_default() += 1;
                    if status == traffic.wanted {
                        outcome.acked += 1;
                    } else {
                        outcome.refused += 1;
                    }
                    outcome.waits.push(due.elapsed().as_secs_f64() * 1000.0);
                }
            }
        });
        join_all(senders).await;
        let mut outcome = outcome.into_inner();
        outcome.seconds = began.elapsed().as_secs_f64();
        outcome
    })
}

/// One keep-alive connection, one request at a time.
struct Wire {
    stream: TcpStream,
    answer: Vec<u8>,
    got: usize,
}

impl Wire {
    async fn open(address: SocketAddr) -> Result<Wire> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Wire { stream, answer: vec![0; 4096], got: 0 })
    }

    async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        let mut sent = 0;
        while sent < request.len() {
            self.stream.writable().await?;
            match self.stream.try_write(&request[sent..]) {
                Ok(count) => sent += count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        self.got = 0;
        loop {
            self.stream.readable().await?;
            if self.got == self.answer.len() {
                self.answer.resize(self.got * 2, 0);
            }
            match self.stream.try_read(&mut self.answer[self.got..]) {
                Ok(0) => return Err(Error::from(ErrorKind::UnexpectedEof)),
                Ok(count) => self.got += count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => continue,
                Err(e) => return Err(e),
            }
            if let Some(status) = complete(&self.answer[..self.got]) {
                return Ok(status);
            }
        }
    }
}

/// The status, once the whole answer is there.
fn complete(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if answer.len() < end + 4 + length.unwrap_or(0) {
        return None;
    }
    head.get(9..12)?.parse().ok()
}
