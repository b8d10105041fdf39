//! P7: a million gifts as CSV, against the database's own tool writing the same facts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::cores::Cores;
use crate::office::{self, Office};
use crate::pg::{Postgres, block_on};
use crate::report::{Goal, Report, Turn};
use crate::rounds;

/// The slow reader takes so much of it...
const SLOW: usize = 64 * 1024;
/// ...for so long.
const SLOW_FOR: Duration = Duration::from_secs(20);

/// The facts of the export, as each database finds them fastest by itself.
const FACTS: &str = "SELECT g.id, g.received_on, g.received_at, g.tax_year, g.currency, g.amount_minor, \
    g.fee_cover_minor, l.back, s.held, l.fee, g.entity_id, g.fund_id, g.campaign_id, p.frequency, g.instalment, \
    g.method_kind, g.method_label, g.method_last4, g.declaration_id, r.number, d.owner_id, g.donor_id, \
    g.donor_details, g.tribute_kind, g.tribute_name, g.note, o.kind, o.reference, o.batch_id, g.corrections, \
    g.payment_id, g.pledge_id, g.stripe_payment_intent, g.stripe_charge, g.stripe_invoice, l.txn, g.created_at \
    FROM gift g JOIN donor d ON d.id = g.donor_id LEFT JOIN pledge p ON p.id = g.pledge_id \
    LEFT JOIN offline_gift o ON o.gift_id = g.id \
    LEFT JOIN (SELECT gift_id, SUM(CASE WHEN kind IN ('refund', 'refund_failed') THEN amount_minor ELSE 0 END) AS back, \
    SUM(CASE WHEN kind IN ('fee', 'dispute_fee') THEN amount_minor ELSE 0 END) AS fee, MIN(balance_transaction) AS txn \
    FROM ledger_entry GROUP BY gift_id) l ON l.gift_id = g.id \
    LEFT JOIN (SELECT gift_id, SUM(amount_minor) AS held FROM dispute WHERE state <> 'won' GROUP BY gift_id) s \
    ON s.gift_id = g.id \
    LEFT JOIN (SELECT gift_id, MAX(number) AS number FROM receipt GROUP BY gift_id) r ON r.gift_id = g.id ORDER BY g.id";

/// Runs it.
pub fn run(
    cores: &Cores,
    report: &mut Report,
    label: &str,
    small: &mut Office,
    large: &mut Office,
    postgres: Option<&Postgres>,
) {
    small.restart(cores);
    large.restart(cores);
    let few = download(small);
    let (peak_few, mut turns, mut bare, mut first) =
        (small.server.peak_rss(), Vec::<Turn>::new(), Vec::new(), Vec::new());
    let mut bytes = few.bytes;
    for _ in 0..rounds() {
        let own = download(large);
        assert_eq!(own.rows, large.size.gifts, "every gift is in the file");
        bytes = own.bytes;
        first.push(own.first_byte.as_secs_f64() * 1000.0);
        let Some(yard) = tool(cores, large, postgres, FACTS) else { continue };
        turns.push((own.rate(), large.size.gifts as f64 / yard));
        if let Some(alone) = tool(cores, large, postgres, "SELECT * FROM gift") {
            bare.push((own.rate(), large.size.gifts as f64 / alone));
        }
    }
    let (yard, alone) = match postgres {
        Some(_) => ("rows/s of COPY (the same facts)", "rows/s of COPY (the table of gifts alone)"),
        None => {
            ("rows/s of sqlite3 -csv (the same facts)", "rows/s of sqlite3 -csv (the table of gifts alone)")
        }
    };
    if turns.is_empty() {
        report.note(format!("P7 {label}: the database's own tool is not here: NO YARDSTICK."));
    } else {
        report.ratio(&format!("P7 {label}: gifts as CSV"), "rows/s", yard, &turns, Goal::AtLeast(0.25));
        report.ratio(&format!("P7 {label}: the same"), "rows/s", alone, &bare, Goal::None);
    }
    report.plain(&format!("P7 {label}: first byte of the file"), "ms", &first, Goal::AtMost(500.0));
    let grown = large.server.peak_rss() - peak_few;
    let what = format!("P7 {label}: peak memory over that at 10,000 gifts ({peak_few:.1} MiB)");
    report.plain(&what, "MiB", &[grown], Goal::AtMost(32.0));
    report.note(format!(
        "P7 {label}: the file of {} gifts has {:.0} MB.",
        large.size.gifts,
        bytes as f64 / 1e6
    ));
    slowly(report, label, large, postgres);
}

/// What a download came to.
struct Download {
    rows: u64,
    bytes: u64,
    first_byte: Duration,
    whole: Duration,
}

impl Download {
    fn rate(&self) -> f64 {
        self.rows as f64 / self.whole.as_secs_f64()
    }
}

/// Asks for an export of all gifts by the form; gives the address of its file.
fn export(office: &Office) -> String {
    office.prove();
    let page = ask(office.address(), "GET", "/staff/exports", &office.cookie, None);
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let field = html.split('<').find(|tag| tag.starts_with("input") && tag.contains("name=\"token\""));
    let token = field.and_then(|tag| tag.split("value=\"").nth(1)?.split('"').next());
    let token = token.unwrap_or_else(|| panic!("no form came, but {}: {html}", page.status));
    let form = format!("kind=gifts&format=csv&why=Benchmark&token={token}");
    let sent = ask(office.address(), "POST", "/staff/exports", &office.cookie, Some(&form));
    assert_eq!(sent.status, 303, "{}", String::from_utf8_lossy(&sent.body));
    format!("{}/file", sent.location.expect("the page of the export"))
}

fn download(office: &Office) -> Download {
    let path = export(office);
    let began = Instant::now();
    let mut stream = send(office.address(), "GET", &path, &office.cookie, None);
    let mut piece = vec![0; 256 * 1024];
    let (mut head, mut first_byte, mut rows, mut bytes) = (Vec::new(), None, 0_u64, 0_u64);
    loop {
        let count = stream.read(&mut piece).expect("the file goes on");
        if count == 0 {
            break;
        }
        let mut body = &piece[..count];
        if first_byte.is_none() {
            head.extend_from_slice(body);
            let Some(end) = head.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            assert!(head.starts_with(b"HTTP/1.0 200") || head.starts_with(b"HTTP/1.1 200"));
            let read_before = head.len() - body.len();
            body = &body[(end + 4).saturating_sub(read_before)..];
            if body.is_empty() {
                continue;
            }
            first_byte = Some(began.elapsed());
        }
        bytes += body.len() as u64;
        rows += body.iter().filter(|b| **b == b'\n').count() as u64;
    }
    let whole = began.elapsed();
    Download { rows: rows.saturating_sub(1), bytes, first_byte: first_byte.expect("a first byte"), whole }
}

/// Seconds of the database's own tool; `None` when it is not here.
pub fn tool(cores: &Cores, office: &Office, postgres: Option<&Postgres>, facts: &str) -> Option<f64> {
    let (program, arguments) = match postgres {
        Some(_) => (
            "psql",
            vec![
                office.database.clone(),
                "-qc".to_owned(),
                format!("COPY ({facts}) TO STDOUT (FORMAT csv, HEADER)"),
            ],
        ),
        None => {
            let file = office.database.trim_start_matches("sqlite://").to_owned();
            (
                "sqlite3",
                vec!["-readonly".to_owned(), "-csv".to_owned(), "-header".to_owned(), file, facts.to_owned()],
            )
        }
    };
    // SQLite works in the tool's own process: it gets the processor that our server has.
    let mut command = if postgres.is_some() { cores.on_load(program) } else { cores.on_server(program) };
    let began = Instant::now();
    let status =
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.ok()?.success().then(|| began.elapsed().as_secs_f64())
}

/// A reader who takes a little at a time: may others write meanwhile, and is a connection held?
fn slowly(report: &mut Report, label: &str, office: &Office, postgres: Option<&Postgres>) {
    let path = export(office);
    let mut stream = send(office.address(), "GET", &path, &office.cookie, None);
    let began = Instant::now();
    let mut piece = vec![0; SLOW];
    let (mut waits, mut most, mut taken) = (Vec::new(), 0.0_f64, 0_usize);
    while began.elapsed() < SLOW_FOR {
        stream.read_exact(&mut piece).expect("the file goes on");
        taken += SLOW;
        let before = Instant::now();
        office::execute(&office.database, "UPDATE audit_head SET seq = seq WHERE only_row = 1");
        waits.push(before.elapsed().as_secs_f64() * 1000.0);
        if postgres.is_some() {
            most = most.max(busy(&office.database));
        }
        let due = Duration::from_secs_f64(taken as f64 / SLOW as f64);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
    let what = format!("P7 {label}: another's write while somebody reads at 64 KiB/s");
    report.plain(&what, "ms", &waits, Goal::AtMost(1000.0));
    if postgres.is_some() {
        let what = format!("P7 {label}: connections at work for that reader, at most");
        report.plain(&what, "", &[most], Goal::AtMost(1.0));
    }
}

/// How many of the server's connections are at work, or hold a transaction.
fn busy(database: &str) -> f64 {
    block_on(async {
        let pool = sqlx::PgPool::connect(database).await.expect("PostgreSQL answers");
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                   AND backend_type = 'client backend' AND state <> 'idle'";
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.expect("a count");
        pool.close().await;
        count as f64
    })
}

/// An answer with where it leads.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where it leads.
    pub location: Option<String>,
    /// What came after the headers.
    pub body: Vec<u8>,
}

/// One blocking request; HTTP/1.0, so that the body ends with the connection.
pub fn ask(address: SocketAddr, method: &str, path: &str, cookie: &str, form: Option<&str>) -> Answer {
    let mut stream = send(address, method, path, cookie, form);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.get(9..12).and_then(|s| s.parse().ok()).expect("a status");
    let location = head.lines().find_map(|line| line.strip_prefix("location: ").map(str::to_owned));
    Answer { status, location, body: answer.split_off(end + 4) }
}

fn send(address: SocketAddr, method: &str, path: &str, cookie: &str, form: Option<&str>) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a limit");
    let body = form.unwrap_or_default();
    let typed = match form {
        Some(_) => format!(
            "origin: http://{address}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            body.len()
        ),
        None => String::new(),
    };
    let request =
        format!("{method} {path} HTTP/1.0\r\nhost: {address}\r\ncookie: {cookie}\r\n{typed}\r\n{body}");
    stream.write_all(request.as_bytes()).expect("it is sent");
    stream
}
