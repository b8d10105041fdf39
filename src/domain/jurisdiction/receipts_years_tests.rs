//! The worked cases of annual statements.

use super::tests::{entity, money, registrations, says, value};
use super::*;
use crate::domain::jurisdiction::OfficialDocuments;
use crate::domain::statement::StatementContent;
use jiff::civil::date;

/// The terms of the year 2026 in which `sum` remained given, and `open` of it has no other confirmation.
fn year(country: &str, sum: &str, open: &str, documents: OfficialDocuments, locale: &str) -> Terms {
    let tax = TaxEntity { documents, ..entity() };
    told(country, sum, open, &tax, locale)
}

fn told(country: &str, sum: &str, open: &str, tax: &TaxEntity, locale: &str) -> Terms {
    let facts = Facts {
        country,
        legal_name: "Lantern Freedom",
        registrations: &registrations(),
        tax,
        donor_name: "Ada Marsh",
        donor_has_address: true,
        amount: money(sum),
        advantage: None,
        received_on: date(2025, 12, 31),
        issued_on: date(2026, 2, 1),
        replaces: None,
        locale,
    };
    annual_terms(&AnnualFacts { facts, unconfirmed: money(open), from: date(2025, 1, 1) })
}

fn gift_of(sum: &str, advantage_minor: i64, confirmed: bool) -> YearGift {
    YearGift { amount: money(sum), advantage_minor, received_on: date(2025, 6, 1), confirmed }
}

#[test]
fn case_72_the_american_summary_says_whether_anything_was_given_in_return() {
    let summary = year("US", "USD 1200.00", "USD 1200.00", OfficialDocuments::Each, "en-US");
    assert_eq!(summary.form, ReceiptForm::Plain);
    assert!(says(&summary, "No goods or services were provided in exchange for these contributions"));
}

#[test]
fn case_81_one_cumulative_receipt_for_the_year() {
    let receipt = year("CA", "CAD 1200.00", "CAD 1200.00", OfficialDocuments::Annual, "en-CA");
    assert_eq!(receipt.form, ReceiptForm::OfficialDonationReceipt);
    assert_eq!(receipt.eligible, Some(money("CAD 1200.00")));
    assert!(says(&receipt, "This is an official receipt for income tax purposes."));
    assert_eq!((value(&receipt, "Year received"), value(&receipt, "Advantage")), ("2025", "None"));
    let less = year("CA", "CAD 1200.00", "CAD 1100.00", OfficialDocuments::Annual, "en-CA");
    assert_eq!(value(&less, "Eligible amount"), "CA$1,100.00");
    assert_eq!(value(&less, "Advantages, and gifts without this receipt"), "CA$100.00");
    let none = year("CA", "CAD 50.00", "CAD 0", OfficialDocuments::Annual, "en-CA");
    assert_eq!((none.form, none.blocked), (ReceiptForm::Plain, None));
}

#[test]
fn case_83_an_official_receipt_of_a_year_is_looked_at_too() {
    let terms = year("CA", "CAD 1200.00", "CAD 1200.00", OfficialDocuments::Annual, "en-CA");
    let single = super::tests::content(terms);
    let whole = StatementContent {
        template_version: 1,
        number: "LFCA-S-2025-000042".into(),
        version: 1,
        replaces: None,
        issued_on: single.issued_on,
        entity: single.entity,
        donor: single.donor,
        tax_year: "2025".into(),
        from: "2025-01-01".into(),
        to: "2025-12-31".into(),
        form: single.form,
        blocks: Vec::new(),
        basic_rate: None,
        statements: single.statements,
        law: single.law,
        signatory: single.signatory,
        wording_version: "1".into(),
        wording: Vec::new(),
    };
    assert!(missing_in_statement(&whole).is_empty());
    let silent = StatementContent { statements: Vec::new(), ..whole.clone() };
    assert_eq!(
        missing_in_statement(&silent),
        ["the sentence that it is official", "the agency's name and website"]
    );
    let overview = StatementContent { form: ReceiptForm::Plain, ..silent };
    assert!(missing_in_statement(&overview).is_empty());
}

#[test]
fn beside_single_receipts_a_canadian_or_german_year_is_an_overview() {
    for (country, sum, words) in
        [("CA", "CAD 10.00", "not an official receipt"), ("DE", "EUR 10.00", "not an official")]
    {
        let overview = year(country, sum, sum, OfficialDocuments::Each, "en-GB");
        assert_eq!((overview.form, overview.blocked.clone()), (ReceiptForm::Plain, None));
        assert!(says(&overview, words) && overview.law.is_empty());
    }
}

#[test]
fn the_collective_confirmation_has_its_sum_in_words_and_its_period() {
    let form = year("DE", "EUR 1200.50", "EUR 1200.50", OfficialDocuments::Annual, "en-GB");
    assert_eq!(form.form, ReceiptForm::Zuwendungsbestaetigung);
    assert!(
        says(&form, "keine weiteren Bestätigungen")
            && says(&form, "der Anlage zur Sammelbestätigung zu entnehmen")
    );
    assert!(!says(&form, "nicht Teil des Gesamtbetrags") && form.signatory.is_none());
    assert_eq!(
        value(&form, "Gesamtbetrag der Zuwendungen in Buchstaben"),
        "eintausendzweihundert Euro und 50 Cent"
    );
    assert_eq!(value(&form, "Zeitraum der Sammelbestätigung"), "1. Januar 2025 bis 31. Dezember 2025");
    let unnotified =
        TaxEntity { documents: OfficialDocuments::Annual, machine_issue_notified: false, ..entity() };
    let blocked = told("DE", "EUR 10.00", "EUR 10.00", &unnotified, "de-DE");
    assert_eq!((blocked.form, blocked.blocked), (ReceiptForm::NotOfficial, Some(Blocked::MachineIssue)));
}

#[test]
fn case_87_a_gift_that_another_confirmation_names_is_left_out() {
    let gifts =
        [gift_of("EUR 400.00", 0, true), gift_of("EUR 50.00", 0, false), gift_of("EUR 30.00", 500, false)];
    let open = confirmable("DE", &gifts);
    assert_eq!(open, Some(money("EUR 50.00")), "nor one with something in return");
    let form = year("DE", "EUR 480.00", "EUR 50.00", OfficialDocuments::Annual, "de-DE");
    assert_eq!(value(&form, "Gesamtbetrag der Zuwendungen in Ziffern"), "50,00\u{a0}€");
    assert!(says(&form, "430,00\u{a0}€ sind nicht Teil des Gesamtbetrags"));
}

#[test]
fn case_78_to_80_the_year_takes_off_each_advantage_by_itself() {
    let gifts = [
        gift_of("CAD 100.00", 8000, false),
        gift_of("CAD 100.00", 8100, false),
        gift_of("CAD 500.00", 5000, false),
        gift_of("CAD 5000.00", 25_000, false),
        gift_of("USD 5000.00", 0, false),
    ];
    assert_eq!(confirmable("CA", &gifts), Some(money("CAD 5270.00")));
    assert_eq!(confirmable("FR", &gifts), None);
    assert_eq!(confirmable("CA", &[]), Some(money("CAD 0")));
}

#[test]
fn australia_and_the_netherlands_sum_up_with_their_numbers() {
    let summary = year("AU", "AUD 10.00", "AUD 10.00", OfficialDocuments::Each, "en-AU");
    assert!(says(&summary, "for gifts to Lantern Freedom") && says(&summary, "below A$2.00"));
    assert_eq!(value(&summary, "ABN"), "00 000 000 000");
    let dutch = year("NL", "EUR 10.00", "EUR 10.00", OfficialDocuments::Each, "nl-NL");
    assert_eq!((value(&dutch, "RSIN"), value(&dutch, "ANBI")), ("000000000", "ja"));
    assert_eq!(year("GB", "GBP 10.00", "GBP 10.00", OfficialDocuments::Each, "en-GB"), Terms::default());
}
