use super::*;

const SPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001";

fn file(version: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{SPACE}.{version}\"><BkToCstmrStmt>\
         <Stmt><Acct><Id><IBAN>GB00 LANT 0000 0000 0000 01</IBAN></Id></Acct>{inside}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn entry(amount: &str, side: &str, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"GBP\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-11-02</Dt></BookgDt>{more}</Ntry>"
    )
}

fn part(amount: &str, payer: &str, words: &str) -> String {
    format!(
        "<TxDtls><AmtDtls><TxAmt><Amt Ccy=\"GBP\">{amount}</Amt></TxAmt></AmtDtls><RltdPties><Dbtr><Nm>{payer}</Nm>\
         </Dbtr></RltdPties><RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls>"
    )
}

fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap()
}

fn of(text: &str) -> Result<Statement, Refusal> {
    read(text.as_bytes(), Currency::GBP, london(), jiff::civil::date(2026, 11, 22))
}

fn sums(text: &str) -> Vec<(String, i64)> {
    of(text).unwrap().credits.into_iter().map(|c| (c.payer, c.amount.minor())).collect()
}

#[test]
fn booked_credits_alone_are_taken_and_batches_taken_apart() {
    let one = part("25.00", "A &amp; B MARSH", "LFT-2026-00000001");
    let two = format!("{}{}", part("10.00", "C", "x"), part("5.5", "D", "y"));
    let inside = [
        entry("25.00", "CRDT", &format!("<NtryDtls>{one}</NtryDtls>")),
        entry("9.99", "DBIT", ""),
        entry("7.00", "CRDT", "<RvslInd>true</RvslInd>"),
        entry("3.00", "CRDT", "").replace("BOOK", "PDNG"),
        entry("15.50", "CRDT", &format!("<NtryDtls>{two}</NtryDtls>")),
        entry("4.00", "CRDT", "<AddtlNtryInf>Paid in at the counter</AddtlNtryInf>"),
    ];
    let text = file("02", &inside.concat());
    let expected = [("A & B MARSH", 2500), ("C", 1000), ("D", 550), ("", 400)];
    assert_eq!(sums(&text), expected.map(|(p, m)| (p.to_owned(), m)).to_vec());
    let statement = of(&text).unwrap();
    assert_eq!(statement.account, "GB00LANT00000000000001");
    assert_eq!(statement.credits[3].reference, "Paid in at the counter");
}

#[test]
fn later_versions_are_read_too_and_others_refused() {
    let later = entry("25.00", "CRDT", &format!("<NtryDtls>{}</NtryDtls>", part("25.00", "A", "x")))
        .replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>")
        .replace("<Dbtr><Nm>A</Nm></Dbtr>", "<Dbtr><Pty><Nm>A</Nm></Pty></Dbtr>");
    for version in ["04", "06", "08"] {
        assert_eq!(sums(&file(version, &later)), vec![("A".to_owned(), 2500)]);
    }
    let prefixed =
        file("08", "").replace("<Document xmlns=", "<n:Document xmlns:n=").replace("</Doc", "</n:Doc");
    assert!(of(&prefixed).is_ok(), "a prefix is a prefix");
    assert!(of(&file("09", &later)).unwrap_err().0[0].contains("CAMT.053"));
    assert!(of("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.02\"/>").is_err());
    assert!(of("<html></html>").is_err());
}

#[test]
fn control_totals_are_held_to() {
    let summary = |n: u32, sum: &str| {
        format!(
            "<TxsSummry><TtlCdtNtries><NbOfNtries>{n}</NbOfNtries><Sum>{sum}</Sum></TtlCdtNtries></TxsSummry>"
        )
    };
    let balance = |code: &str, sum: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"GBP\">{sum}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd></Bal>"
        )
    };
    let entries = format!("{}{}", entry("25.00", "CRDT", ""), entry("5.00", "DBIT", ""));
    let whole = |head: String| of(&file("02", &format!("{head}{entries}")));
    assert!(whole(summary(1, "25.00")).is_ok());
    assert!(whole(summary(2, "25.00")).unwrap_err().0[0].contains("counts other credits"));
    assert!(whole(summary(1, "26.00")).unwrap_err().0[0].contains("sums its credits"));
    assert!(whole(balance("OPBD", "100.00") + &balance("CLBD", "120.00")).is_ok());
    assert!(
        whole(balance("OPBD", "100.00") + &balance("CLBD", "121.00")).unwrap_err().0[0].contains("add up")
    );
    let parts = format!("<NtryDtls>{}{}</NtryDtls>", part("10.00", "C", ""), part("5.00", "D", ""));
    let refused = of(&file("02", &entry("16.00", "CRDT", &parts))).unwrap_err().0;
    assert!(refused[0].contains("come to 15.00, but the entry is 16.00"), "{refused:?}");
}

#[test]
fn nothing_is_read_between_the_lines() {
    let bomb = format!("<!DOCTYPE d [<!ENTITY a \"aaaa\">]>{}", file("02", ""));
    assert!(of(&bomb).unwrap_err().0[0].contains("document type"));
    let entity = file("02", &entry("25.00", "CRDT", "<AddtlNtryInf>&secret;</AddtlNtryInf>"));
    assert!(of(&entity).unwrap_err().0[0].contains("entity"));
    let whole = file("02", &entry("25.00", "CRDT", ""));
    let half: String = whole.chars().take(whole.chars().count() - 40).collect();
    assert!(of(&half).is_err(), "cut off");
    assert!(of(&file("02", &"<a>".repeat(50))).is_err());
    for (amount, why) in
        [("25.005", "decimals"), ("-5", "not a sum"), ("1,000.00", "not a sum"), ("", "not a sum")]
    {
        let refused = of(&file("02", &entry(amount, "CRDT", ""))).unwrap_err().0;
        assert!(refused[0].starts_with("Entry 1:") && refused[0].contains(why), "{refused:?}");
    }
    let euros = file("02", &entry("25.00", "CRDT", "").replace("GBP", "EUR"));
    assert!(of(&euros).unwrap_err().0[0].contains("\"EUR\", not in GBP"));
    let later = file("02", &entry("25.00", "CRDT", "").replace("2026-11-02", "2026-11-23"));
    assert!(of(&later).unwrap_err().0[0].contains("still to come"));
    let yen = file("02", &entry("1000.00", "CRDT", "").replace("GBP", "JPY"));
    let today = jiff::civil::date(2026, 11, 22);
    let read = read(yen.as_bytes(), "JPY".parse().unwrap(), london(), today).unwrap();
    assert_eq!(read.credits[0].amount.minor(), 1000, "zeros are no decimals");
}

#[test]
fn a_moment_of_booking_is_a_day_of_the_entity() {
    for (written, day) in [
        ("2026-11-02T23:30:00-05:00", "2026-11-03"),
        ("2026-11-02T23:30:00Z", "2026-11-02"),
        ("2026-07-02T23:30:00Z", "2026-07-03"),
        ("2026-11-02T00:30:00+01:00", "2026-11-01"),
        ("2026-11-02T23:30:00", "2026-11-02"),
    ] {
        let booked = format!("<BookgDt><DtTm>{written}</DtTm></BookgDt>");
        let entry = entry("25.00", "CRDT", "").replace("<BookgDt><Dt>2026-11-02</Dt></BookgDt>", &booked);
        assert_eq!(of(&file("04", &entry)).unwrap().credits[0].booked_on.to_string(), day, "{written}");
    }
}

#[test]
fn what_the_bank_calls_a_sum_is_kept() {
    let id = |more: &str| of(&file("02", &entry("25.00", "CRDT", more))).unwrap().credits[0].bank_id.clone();
    assert_eq!(id("<NtryRef>7</NtryRef><AcctSvcrRef>B-118</AcctSvcrRef>"), "B-118");
    assert_eq!(id("<NtryRef>7</NtryRef><AcctSvcrRef>NONREF</AcctSvcrRef>"), "");
    let part = "<NtryDtls><TxDtls><Refs><AcctSvcrRef>P-1</AcctSvcrRef></Refs></TxDtls></NtryDtls>";
    assert_eq!(id(&format!("<AcctSvcrRef>B-118</AcctSvcrRef>{part}")), "P-1");
    assert_eq!(id(""), "");
}
