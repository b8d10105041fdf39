//! Receipts and statements as PDF: whole, the same each time, and nothing a donor typed is more than text.
//! What is on a page is read with poppler's `pdftotext`; where it is not installed those looks are skipped and say so.

mod samples;

use std::io::Write;
use std::process::{Command, Stdio};

use almoner::documents::pdf::{self, PaperStanding, PdfError, Stamp};
use almoner::domain::jurisdiction::OfficialDocuments::{Annual, Each};
use almoner::domain::receipt::{ReceiptContent, ReceiptForm};
use almoner::domain::statement::StatementContent;
use samples::PLACES;

const CURRENT: PaperStanding = PaperStanding::Current;
const STAMP: Stamp<'_> = Stamp {
    code: "3F9A-0C41-77B2-E5D0-9A16",
    check_url: "https://give.charity.example/check",
    standing: &CURRENT,
    copy: false,
};

fn receipt(content: &ReceiptContent) -> Vec<u8> {
    pdf::receipt(content, &STAMP).expect("a receipt")
}

fn statement(content: &StatementContent) -> Vec<u8> {
    pdf::statement(content, &STAMP).expect("a statement")
}

/// The words of a PDF in reading order, each apart by one space; `None` where there is nothing to read them with.
fn words(file: &[u8]) -> Option<String> {
    let mut command = Command::new("pdftotext");
    let child = command
        .args(["-enc", "UTF-8", "-raw", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("pdftotext is not installed: the words on the page were not looked at.");
        return None;
    };
    let mut pipe = child.stdin.take().expect("a pipe");
    let bytes = file.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&bytes));
    let out = child.wait_with_output().expect("pdftotext ends");
    writer.join().expect("no panic").expect("it reads all");
    let text = String::from_utf8(out.stdout).expect("UTF-8").replace('\u{200b}', "");
    // Marks that tell a right-to-left run are the reader's own.
    let text = text.replace(['\u{202a}', '\u{202b}', '\u{202c}', '\u{200e}', '\u{200f}'], "");
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Each of `parts` is on the page, one after another.
fn reads(file: &[u8], parts: &[&str]) {
    let Some(text) = words(file) else { return };
    let mut from = 0;
    for part in parts {
        let at = text.get(from..).and_then(|rest| rest.find(part));
        let at = at.unwrap_or_else(|| panic!("{part:?} is not there, or not in its place, in: {text}"));
        from += at + part.len();
    }
}

fn lacks(file: &[u8], part: &str) {
    if let Some(text) = words(file) {
        assert!(!text.contains(part), "{part:?} is there: {text}");
    }
}

fn pages(file: &[u8]) -> usize {
    words(file).map_or(0, |text| text.matches("3F9A-0C41-77B2-E5D0-9A16").count().saturating_sub(1))
}

#[test]
fn every_country_has_a_receipt_and_a_statement_that_keep_to_the_standards() {
    // The typesetter itself refuses what breaks PDF/UA-1 or PDF/A-2a: that there is a file at all says that it holds.
    for place in &PLACES {
        let sum = format!("{} 400.00", place.currency);
        for file in [
            receipt(&samples::receipt(place.country, &sum, None)),
            statement(&samples::statement(place.country, 3, Each)),
            statement(&samples::statement(place.country, 3, Annual)),
        ] {
            assert!(file.starts_with(b"%PDF-1.7"), "{}", place.country);
            let metadata = String::from_utf8_lossy(&file).into_owned();
            assert!(metadata.contains("<pdfuaid:part>1</pdfuaid:part>"), "{}", place.country);
            assert!(metadata.contains("<pdfaid:part>2</pdfaid:part>"), "{}", place.country);
            assert!(metadata.contains("<pdfaid:conformance>A</pdfaid:conformance>"), "{}", place.country);
            reads(&file, &["Ada Marsh", "7 Mill Lane"]);
        }
    }
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let content = samples::full_receipt();
    let first = receipt(&content);
    assert_eq!(first, receipt(&content));
    let beside: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| receipt(&content))).collect();
        threads.into_iter().map(|t| t.join().expect("no panic")).collect()
    });
    assert!(beside.iter().all(|file| *file == first), "whoever prints beside it");
    let copy = pdf::receipt(&content, &Stamp { copy: true, ..STAMP }).expect("a copy");
    assert_ne!(copy, first);
    let year = samples::statement("GB", 5, Each);
    assert_eq!(statement(&year), statement(&year));
}

#[test]
fn a_british_receipt_says_everything_in_reading_order() {
    let file = receipt(&samples::full_receipt());
    reads(
        &file,
        &[
            "Lantern Freedom UK",
            "Registered charity",
            "Ada Marsh",
            "Number LFTGB-2026-00000042",
            "Issued on 2 June 2026",
            "Receipt for your gift",
            "Remains given £60.00",
            "Dinner at the summer gala",
            "Received on 1 June 2026",
            "First given £100.00",
            "Given back since £40.00",
            "For Where it is needed most",
            "Appeal Summer lights",
            "Monthly gift, number 14",
            "Visa ending 4242",
            "to cover the fee £1.70",
            "Gift Aid Yes",
            "In memory of Beatrice Okafor",
            "For the shelter in the north, as we said.",
            "Cancels and replaces Receipt LFTGB-2026-00000041",
            "Questions?",
            "Check code 3F9A-0C41-77B2-E5D0-9A16",
            "https://give.charity.example/check",
        ],
    );
}

#[test]
fn an_american_acknowledgment_tells_what_was_given_in_return() {
    let file = receipt(&samples::receipt("US", "USD 100.00", Some("USD 40.00")));
    reads(
        &file,
        &["June 2, 2026", "Acknowledgment of your gift", "$100.00", "$60.00", "$40.00", "June 1, 2026"],
    );
}

#[test]
fn case_83_a_canadian_receipt_has_every_element_or_is_not_printed() {
    let whole = samples::receipt("CA", "CAD 500.00", Some("CAD 51.00"));
    assert_eq!(whole.form, ReceiptForm::OfficialDonationReceipt);
    reads(
        &receipt(&whole),
        &[
            "LFTCA-2026-00000042",
            "Official donation receipt",
            "CA$500.00",
            "official receipt for income tax purposes",
            "Canada Revenue Agency",
            "canada.ca/charities-giving",
            "000000000RR0000",
            "Exampleville, Ontario",
            "2 June 2026",
            "1 June 2026",
            "CA$51.00",
            "CA$449.00",
            "Noor Haddad",
            "Treasurer",
        ],
    );
    let unsigned = ReceiptContent { signatory: None, ..whole.clone() };
    assert!(
        matches!(pdf::receipt(&unsigned, &STAMP), Err(PdfError::Missing(what)) if what.contains("who signs"))
    );
    let mut nobody = whole;
    nobody.donor.address = None;
    assert!(matches!(pdf::receipt(&nobody, &STAMP), Err(PdfError::Missing(_))));
    let mut year = samples::statement("CA", 3, Annual);
    assert_eq!(year.form, ReceiptForm::OfficialDonationReceipt);
    reads(
        &statement(&year),
        &["Official donation receipt for 2025", "Year received", "Eligible amount", "Noor Haddad"],
    );
    year.law.clear();
    assert!(matches!(pdf::statement(&year, &STAMP), Err(PdfError::Missing(_))));
}

#[test]
fn a_german_confirmation_follows_the_pattern_on_one_page_without_thanks() {
    let content = samples::receipt("DE", "EUR 1234.50", None);
    assert!(samples::is_pattern(&content));
    let file = receipt(&content);
    reads(
        &file,
        &[
            "Aussteller",
            "Lantern Freedom Deutschland e. V.",
            "Bestätigung über Geldzuwendungen/Mitgliedsbeitrag",
            "im Sinne des § 10b",
            "Name und Anschrift des Zuwendenden",
            "Ada Marsh",
            "1.234,50 €",
            "eintausendzweihundertvierunddreißig Euro",
            "1. Juni 2026",
            "Freistellungsbescheid",
            "nur zur Förderung dieser Zwecke",
            "Hinweis",
            "haftet für die entgangene Steuer",
        ],
    );
    lacks(&file, "Dank");
    lacks(&file, "Questions?");
    assert!(pages(&file) <= 1);
}

#[test]
fn a_german_collective_confirmation_has_its_annex_with_the_same_sum() {
    let mut content = samples::statement("DE", 14, Annual);
    assert_eq!(content.form, ReceiptForm::Zuwendungsbestaetigung);
    content.entity.locale = "en-GB".into();
    reads(
        &statement(&content),
        &[
            "Sammelbestätigung über Geldzuwendungen/Mitgliedsbeiträge",
            "359,10 €",
            "dreihundertneunundfünfzig Euro",
            "1. Januar 2025 bis 31. Dezember 2025",
            "keine weiteren Bestätigungen",
            "Hinweis",
            "Anlage zur Sammelbestätigung vom 20. Juli 2026",
            "Verzicht auf die Erstattung von Aufwendungen",
            "1. Januar 2025 Geldzuwendung Nein 25,00 €",
            "Gesamtsumme 359,10 €",
        ],
    );
}

#[test]
fn what_another_confirmation_names_is_below_the_annex() {
    let mut content = samples::statement("DE", 3, Annual);
    content.blocks[0].lines[1].confirmed = true;
    reads(
        &statement(&content),
        &[
            "Anlage zur Sammelbestätigung",
            "Gesamtsumme 50,20 €",
            "Nicht Teil des Gesamtbetrags",
            "Gesamtsumme 25,10 €",
        ],
    );
}

#[test]
fn case_39_a_statement_tells_gift_aid_from_the_rest_and_shows_the_grossed_up_value() {
    let mut content = samples::statement("GB", 2, Each);
    let block = &mut content.blocks[0];
    block.lines[0].given = 10_000;
    block.lines[1].gift_aided = false;
    let percent = rust_decimal::Decimal::from(25);
    let fresh = almoner::domain::statement::CurrencyBlock::new(block.currency, block.lines.clone(), percent);
    *block = fresh.expect("small sums");
    reads(
        &statement(&content),
        &[
            "Your giving in the tax year 2025-26",
            "6 April 2025 to 5 April 2026",
            "You gave £125.10",
            "Under Gift Aid £100.00",
            "basic-rate tax (20 %) £125.00",
            "Without Gift Aid £25.10",
            "Gifts under Gift Aid",
            "Total £100.00",
            "Gifts without Gift Aid",
            "Total £25.10",
        ],
    );
}

#[test]
fn a_second_version_says_what_changed_and_every_currency_stands_alone() {
    let content = samples::mixed_statement();
    let by = PaperStanding::Superseded { by: "LFTGB-S-2025-26-000042 v3".into() };
    let file = pdf::statement(&content, &Stamp { standing: &by, ..STAMP }).expect("a statement");
    reads(
        &file,
        &[
            "Superseded. LFTGB-S-2025-26-000042 v3 counts instead of this document.",
            "Lantern Freedom UK",
            "In GBP You gave £323.90",
            "Went back to you £35.20",
            "In EUR You gave €20,039.99",
            "What has changed",
            "takes the place of LFTGB-S-2025-26-000042 of 20 April 2026",
            "£10.00 of your gift of 3 May 2025 was refunded.",
            "Gifts under Gift Aid (GBP)",
            "none counts",
            "Your bank has not decided",
            "Gifts without Gift Aid (GBP)",
            "worth £12.00 in return",
            "Gifts under Gift Aid (EUR)",
        ],
    );
}

#[test]
fn a_year_without_gifts_says_so() {
    reads(
        &statement(&samples::statement("GB", 0, Each)),
        &["Your giving", "We received nothing from you in this year."],
    );
}

#[test]
fn copies_and_cancelled_documents_are_marked_first_of_all() {
    let content = samples::receipt("GB", "GBP 25.00", None);
    let cancelled = Stamp { standing: &PaperStanding::Cancelled, copy: true, ..STAMP };
    let file = pdf::receipt(&content, &cancelled).expect("a receipt");
    reads(
        &file,
        &[
            "Cancelled. This document no longer counts.",
            "Copy of a document issued before",
            "Lantern Freedom UK",
        ],
    );
}

#[test]
fn four_hundred_gifts_run_over_many_pages_with_the_head_on_each() {
    let file = statement(&samples::statement("GB", 400, Each));
    reads(
        &file,
        &["LFTGB-2025-00000100", "Page 1 of 1", "LFTGB-2025-00000498", "Total £14,368.00", "Total £3,612.00"],
    );
    if let Some(text) = words(&file) {
        let heads = text.matches("Date For Gift Receipt Given").count();
        assert!((9..=16).contains(&heads), "{heads}");
        assert_eq!(text.matches("LFTGB-2025-").count(), 400);
    }
}

#[test]
fn whatever_somebody_typed_is_text_and_never_keeps_a_receipt_from_being_printed() {
    let names = [
        "#read(\"/etc/passwd\") *bold* \\input{x} _it_ $1$ <b> @x = y",
        "#import \"data.json\": * // [[ ]] \u{5c}u{41} `raw`",
        "שלום עולם محمد علي",
        "李明 Łukasz O’Brien Ελλάδα",
        "👩\u{200d}👧 a\u{5b8}\u{301} x\u{301}\u{489} \u{e000}\u{ffff}",
        "\u{202e}drowssap\u{0}\n\r\ttab \u{feff}",
        "ﷺ ﻻ क्षत्रिय ไทย ᚛ᚑ᚛ \u{fdfd}",
        &"W".repeat(120),
        &"é\u{323}\u{30c}".repeat(60),
        "",
    ];
    for name in names {
        let mut content = samples::receipt("GB", "GBP 25.00", None);
        content.donor.given_name = name.into();
        content.note = Some(name.into());
        content.fund = name.into();
        let file = receipt(&content);
        reads(&file, &["Marsh", "7 Mill Lane", "£25.00", "Check code"]);
        let mut year = samples::statement("GB", 2, Each);
        year.donor.family_name = name.into();
        year.blocks[0].lines[0].fund = name.into();
        statement(&year);
    }
    let mut content = samples::receipt("GB", "GBP 25.00", None);
    content.donor.given_name = names[0].into();
    reads(&receipt(&content), &["#read(\"/etc/passwd\") *bold* \\input{x} _it_ $1$ <b> @x = y Marsh"]);
    lacks(&receipt(&content), "root:");
}

#[test]
fn letters_that_are_not_in_the_typeface_are_marked_and_told() {
    let mut content = samples::receipt("GB", "GBP 25.00", None);
    content.donor.given_name = "李明".into();
    reads(&receipt(&content), &["\u{fffd}\u{fffd} Marsh", "Some letters are not in our typeface"]);
    content.donor.given_name = "Łukasz Ελλάδα שלום".into();
    lacks(&receipt(&content), "Some letters");
}

#[test]
fn paper_is_what_the_country_prints_on() {
    for (country, sum, width) in
        [("GB", "GBP 25.00", "595.2"), ("US", "USD 25.00", "612"), ("CA", "CAD 25.00", "612")]
    {
        let file = receipt(&samples::receipt(country, sum, None));
        let text = String::from_utf8_lossy(&file).into_owned();
        assert!(
            text.contains(&format!("/MediaBox [0 0 {width}"))
                || text.contains(&format!("/MediaBox[0 0 {width}")),
            "{country}"
        );
    }
}

#[test]
fn a_day_that_is_none_is_refused() {
    let content = ReceiptContent { issued_on: "31 June".into(), ..samples::receipt("GB", "GBP 25.00", None) };
    assert!(matches!(pdf::receipt(&content, &STAMP), Err(PdfError::Day(_))));
}
