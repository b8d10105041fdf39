//! P8: statements of a year as tagged PDF, each of 40 gifts on two pages, against WeasyPrint setting the same facts, and
//! against the same words put on two bare pages by hand. All processors at work; then memory over many documents.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use almoner::documents::pdf::{self, PaperStanding, Stamp};
use almoner::domain::donor::{Address, DonorDetails};
use almoner::domain::receipt::{ReceiptEntity, ReceiptForm};
use almoner::domain::statement::{CurrencyBlock, Line, StatementContent};
use almoner::domain::states::DonorKind;
use krilla::Document;
use krilla::geom::Point;
use krilla::page::PageSettings;
use krilla::text::{Font, TextDirection};

use crate::report::{Goal, Report, Turn};
use crate::{Bench, rounds};

const GIFTS: usize = 40;
/// Documents of one turn: ours and the bare pages.
const A_TURN: usize = 200;
/// Documents of one turn of the slow yardstick.
const A_SLOW_TURN: usize = 24;
/// Documents over which memory is watched, and how many come before: what is built once is there by then.
const MANY: usize = 10_000;
const WARM: usize = 200;
/// The other typesetter, as a program of its own: reads the facts, tells seconds.
const WEASYPRINT: &str = include_str!("statements.py");

/// Runs it.
pub fn run(bench: &mut Bench) {
    bench.cores.release();
    let report = &mut bench.report;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let sample = ours(0);
    report
        .note(format!("P8: {threads} threads; a statement of {GIFTS} gifts has {} KB.", sample.len() / 1000));
    let (mut bare, mut other) = (Vec::<Turn>::new(), Vec::<Turn>::new());
    let font =
        Font::new(include_bytes!("../../assets/fonts/documents/NotoSans-Regular.ttf").to_vec().into(), 0);
    let font = font.expect("the typeface is sound");
    for _ in 0..rounds() {
        let own = rate(threads, A_TURN, |n| ours(n).len());
        bare.push((own, rate(threads, A_TURN, |n| by_hand(&font, n).len())));
        if let Some(seconds) = weasyprint(threads) {
            other.push((own, A_SLOW_TURN as f64 / seconds));
        }
    }
    let what = "P8: statements of 40 gifts, tagged";
    if other.is_empty() {
        report
            .note("P8: python3 with weasyprint is not here (ALMONER_BENCH_PYTHON): NO YARDSTICK.".to_owned());
    } else {
        report.ratio(what, "PDF/s", "PDF/s of WeasyPrint", &other, Goal::AtLeast(10.0));
    }
    report.ratio(what, "PDF/s", "PDF/s of bare pages by hand (krilla)", &bare, Goal::AtLeast(0.5));
    memory(report, threads);
}

/// Memory over many documents.
fn memory(report: &mut Report, threads: usize) {
    rate(threads, WARM, |n| ours(n).len());
    let before = resident();
    let began = Instant::now();
    rate(threads, MANY, |n| ours(n).len());
    let what = format!("P8: memory over {MANY} more documents ({before:.0} MiB before)");
    report.plain(&what, "MiB", &[resident() - before], Goal::AtMost(64.0));
    report.note(format!("P8: they took {:.0} s.", began.elapsed().as_secs_f64()));
}

/// Documents a second, on so many threads.
fn rate(threads: usize, count: usize, make: impl Fn(usize) -> usize + Sync) -> f64 {
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return;
                    }
                    assert!(make(n) > 1000, "a document");
                }
            });
        }
    });
    count as f64 / began.elapsed().as_secs_f64()
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

fn ours(n: usize) -> Vec<u8> {
    let standing = PaperStanding::Current;
    let (code, check_url) = ("3F9A-0C41-77B2-E5D0-9A16", "https://give.charity.example/check");
    pdf::statement(&content(n), &Stamp { code, check_url, standing: &standing, copy: false })
        .expect("a statement")
}

/// The statement of the `n`th donor: no two have a figure in common.
fn content(n: usize) -> StatementContent {
    let lines = (0..GIFTS).map(|gift| line(n, gift)).collect();
    let currency = "GBP".parse().expect("a currency");
    let block = CurrencyBlock::new(currency, lines, rust_decimal::Decimal::from(25)).expect("small sums");
    let text = |words: &str| words.to_owned();
    StatementContent {
        template_version: 1,
        number: format!("LFT-S-2025-26-{n:06}"),
        version: 1,
        replaces: None,
        issued_on: text("2026-04-20"),
        entity: ReceiptEntity {
            id: text("uk"),
            legal_name: text("Lantern Freedom UK"),
            address: vec![text("1 Harbour Row"), text("Exampleton EX4 1MP")],
            registrations: vec![text("Registered charity in England and Wales no. 0000000")],
            locale: text("en-GB"),
            country: text("GB"),
        },
        donor: DonorDetails {
            kind: DonorKind::Individual,
            given_name: text("Zoë"),
            family_name: format!("Łukasz{n}"),
            organisation: None,
            email: format!("donor{n}@donors.example"),
            address: Some(Address {
                line1: format!("{n} Mill Lane"),
                city: text("Exampleton"),
                postcode: text("EX1 2AB"),
                country: text("GB"),
                ..Address::default()
            }),
            locale: text("en-GB"),
        },
        tax_year: text("2025-26"),
        from: text("2025-04-06"),
        to: text("2026-04-05"),
        form: ReceiptForm::Plain,
        blocks: vec![block],
        basic_rate: Some(text("20")),
        statements: Vec::new(),
        law: Vec::new(),
        signatory: None,
        wording_version: text("2020-01"),
        wording: vec![text(
            "This statement lists what Lantern Freedom UK received from you in the tax year. If you pay Income Tax at the \
             higher or additional rate, you can claim the difference to the basic rate on the gifts made under Gift Aid.",
        )],
    }
}

fn line(n: usize, gift: usize) -> Line {
    let minor = 1000 + (n * 7919 + gift * 104_729) % 90_000;
    Line {
        gift: format!("gift_{n}_{gift}"),
        received_on: format!("2025-{:02}-{:02}", 5 + gift / 6, 1 + (n + gift * 5) % 28),
        receipt: format!("LFT-2025-{:08}", n * GIFTS + gift),
        kind: if gift.is_multiple_of(5) { "One-off gift".to_owned() } else { "Monthly gift".to_owned() },
        method: format!("Visa ending {:04}", (n + gift) % 10_000),
        fund: if gift.is_multiple_of(3) {
            "Rescue & Aftercare".to_owned()
        } else {
            "Where needed most".to_owned()
        },
        given: i64::try_from(minor).expect("a small sum"),
        returned: 0,
        benefit: 0,
        gift_aided: !gift.is_multiple_of(5),
        confirmed: false,
        disputed: false,
    }
}

/// The same words on two pages, each at a place that is reckoned by hand: no tags, no line breaking, no table.
fn by_hand(font: &Font, n: usize) -> Vec<u8> {
    let content = content(n);
    let mut document = Document::new();
    let block = content.blocks.first().expect("one currency");
    for (page_number, lines) in block.lines.chunks(GIFTS.div_ceil(2)).enumerate() {
        let mut page = document.start_page_with(PageSettings::from_wh(595.0, 842.0).expect("a page"));
        let mut surface = page.surface();
        let mut put = |x: f32, y: f32, size: f32, words: &str| {
            surface.draw_text(
                Point::from_xy(x, y),
                font.clone(),
                size,
                words,
                false,
                TextDirection::LeftToRight,
            );
        };
        put(60.0, 60.0, 14.0, &content.entity.legal_name);
        put(60.0, 100.0, 10.0, &content.donor.person_name());
        put(400.0, 100.0, 9.0, &content.number);
        put(60.0, 150.0, 20.0, "Your giving in the tax year 2025-26");
        put(60.0, 190.0, 17.0, &format!("£{}.{:02}", block.totals.counts / 100, block.totals.counts % 100));
        let mut y = 230.0;
        for line in lines {
            put(60.0, y, 8.5, &line.received_on);
            put(140.0, y, 8.5, &line.fund);
            put(250.0, y, 8.5, &format!("{}, {}", line.kind, line.method));
            put(390.0, y, 8.5, &line.receipt);
            put(500.0, y, 8.5, &format!("£{}.{:02}", line.given / 100, line.given % 100));
            y += 15.0;
        }
        put(60.0, 600.0, 9.0, content.wording.first().map_or("", String::as_str));
        put(60.0, 800.0, 8.0, &format!("Check code 3F9A-0C41-77B2-E5D0-9A16, page {} of 2", page_number + 1));
        surface.finish();
        page.finish();
    }
    document.finish().expect("a document")
}

/// Seconds that WeasyPrint takes for a turn on so many processes; `None` when it is not here.
fn weasyprint(threads: usize) -> Option<f64> {
    let python = std::env::var("ALMONER_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let facts: Vec<StatementContent> = (0..A_SLOW_TURN).map(content).collect();
    let facts = serde_json::to_vec(&facts).expect("facts");
    let mut command = Command::new(python);
    command.args(["-c", WEASYPRINT, &threads.to_string()]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.ok()?;
    // It may be gone already, when it has no WeasyPrint.
    let _ = child.stdin.take()?.write_all(&facts);
    let out = child.wait_with_output().ok()?;
    String::from_utf8(out.stdout).ok()?.trim().parse().ok()
}
