//! The worked cases of receipts abroad, one gift at a time.

use super::*;
use crate::domain::donor::{Address, DonorDetails};
use crate::domain::jurisdiction::{OfficialDocuments, Permit, PermitKind};
use crate::domain::receipt::{ReceiptContent, ReceiptEntity, TEMPLATE_VERSION};
use crate::domain::states::DonorKind;
use jiff::civil::date;
use proptest::prelude::*;

pub(super) fn money(text: &str) -> Money {
    let (code, sum) = text.split_once(' ').expect("code and sum");
    let currency = code.parse().expect("a currency");
    Money::parse_typed(sum, currency).unwrap_or(Money::zero(currency))
}

pub(super) fn entity() -> TaxEntity {
    TaxEntity {
        place_of_issue: Some("Exampleville, Ontario".into()),
        signatory: Some(Signatory { name: "Noor Haddad".into(), title: "Treasurer".into() }),
        permit: Some(Permit {
            kind: PermitKind::ExemptionNotice,
            dated: date(2021, 11, 21),
            tax_office: "Musterstadt".into(),
            tax_number: "00/000/00000".into(),
        }),
        machine_issue_notified: true,
        purposes: Some("der Rettung aus Lebensgefahr".into()),
        ..TaxEntity::default()
    }
}

pub(super) fn registrations() -> Vec<(String, String)> {
    [
        ("Registration no.", "000000000RR0000"),
        ("ABN", "00 000 000 000"),
        ("RSIN", "000000000"),
        ("ANBI", "ja"),
    ]
    .map(|(label, number)| (label.to_owned(), number.to_owned()))
    .to_vec()
}

/// A gift of 1 June 2026, told as `change` says.
fn gift(
    country: &str,
    sum: &str,
    got: Option<&str>,
    tax: &TaxEntity,
    change: impl FnOnce(&mut Facts<'_>),
) -> Terms {
    let registrations = registrations();
    let got = got.map(|value| Advantage { description: "Dinner".into(), value: money(value) });
    let mut facts = Facts {
        country,
        legal_name: "Lantern Freedom",
        registrations: &registrations,
        tax,
        donor_name: "Ada Marsh",
        donor_has_address: true,
        amount: money(sum),
        advantage: got.as_ref(),
        received_on: date(2026, 6, 1),
        issued_on: date(2026, 6, 2),
        replaces: None,
        locale: "en-GB",
    };
    change(&mut facts);
    terms(&facts)
}

fn of_gift(country: &str, sum: &str, got: Option<&str>) -> Terms {
    gift(country, sum, got, &entity(), |_| {})
}

pub(super) fn says(terms: &Terms, words: &str) -> bool {
    terms.statements.iter().any(|s| s.contains(words))
}

pub(super) fn value<'t>(terms: &'t Terms, label: &str) -> &'t str {
    terms.law.iter().find(|l| l.label == label).map_or("", |l| l.value.as_str())
}

#[test]
fn case_32_a_gift_to_an_entity_abroad_gets_its_countrys_receipt() {
    let abroad = of_gift("US", "USD 100.00", None);
    assert_eq!((abroad.form, abroad.eligible), (ReceiptForm::Acknowledgment, None));
    assert_eq!(of_gift("GB", "GBP 100.00", None), Terms::default());
}

#[test]
fn case_70_and_71_every_american_receipt_has_the_goods_or_services_sentence() {
    for (sum, kept) in [("USD 249.99", false), ("USD 250.00", true)] {
        let terms = of_gift("US", sum, None);
        assert_eq!(terms.form, ReceiptForm::Acknowledgment);
        assert!(says(&terms, "No goods or services were provided"));
        assert_eq!(says(&terms, "Keep this acknowledgment"), kept, "{sum}");
        assert!(!says(&terms, "fully deductible") && says(&terms, "tax adviser"));
    }
}

#[test]
fn case_72_twelve_gifts_of_a_hundred_dollars_are_not_added_up() {
    for _ in 0..12 {
        assert!(!says(&of_gift("US", "USD 100.00", None), "Keep this acknowledgment"));
    }
}

#[test]
fn case_73_and_74_what_was_given_in_return_is_taken_off_and_told() {
    let gala = of_gift("US", "USD 100.00", Some("USD 40.00"));
    assert_eq!(gala.eligible, Some(money("USD 60.00")));
    assert!(says(&gala, "we provided: Dinner") && says(&gala, "$40.00") && says(&gala, "limited to"));
    assert!(says(&gala, "$60.00") && !says(&gala, "No goods or services"));
    let disclosed = |sum| says(&of_gift("US", sum, Some("USD 10.00")), "limited to");
    assert!(!disclosed("USD 75.00") && disclosed("USD 75.01"));
    assert_eq!(of_gift("US", "USD 75.00", Some("USD 10.00")).eligible, Some(money("USD 65.00")));
    assert_eq!(of_gift("US", "USD 20.00", Some("USD 30.00")).eligible, Some(money("USD 0")));
}

#[test]
fn a_corrected_acknowledgment_names_the_one_before() {
    let corrected = gift("US", "USD 10.00", None, &entity(), |f| f.replaces = Some("LFUS-2026-00000001"));
    assert!(says(&corrected, "takes the place of no. LFUS-2026-00000001"));
}

#[test]
fn case_77_a_canadian_replacement_cancels_the_old_receipt_by_number() {
    let again = gift("CA", "CAD 100.00", None, &entity(), |f| f.replaces = Some("LFCA-2026-00000001"));
    assert!(says(&again, "cancels and replaces receipt no. LFCA-2026-00000001."));
}

#[test]
fn case_78_79_80_advantages_in_canada() {
    let eligible = |sum, got| of_gift("CA", sum, Some(got)).eligible;
    assert_eq!(eligible("CAD 100.00", "CAD 80.00"), Some(money("CAD 20.00")));
    for got in ["CAD 80.01", "CAD 81.00"] {
        let much = of_gift("CA", "CAD 100.00", Some(got));
        assert_eq!(much.form, ReceiptForm::NotOfficial);
        assert_eq!(much.blocked, Some(Blocked::AdvantageTooLarge { most_percent: 80 }));
        assert!(says(&much, "not an official receipt"));
    }
    assert_eq!(eligible("CAD 500.00", "CAD 50.00"), Some(money("CAD 500.00")));
    assert_eq!(eligible("CAD 500.00", "CAD 51.00"), Some(money("CAD 449.00")));
    assert_eq!(eligible("CAD 5000.00", "CAD 250.00"), Some(money("CAD 4750.00")));
    assert_eq!(eligible("CAD 5000.00", "CAD 75.00"), Some(money("CAD 5000.00")));
    assert_eq!(eligible("CAD 5000.00", "CAD 75.01"), Some(money("CAD 4924.99")));
    let told = of_gift("CA", "CAD 500.00", Some("CAD 51.00"));
    assert_eq!(value(&told, "Advantage"), "Dinner (CA$51.00)");
}

#[test]
fn a_canadian_receipt_says_all_that_it_must() {
    let whole = of_gift("CA", "CAD 100.00", None);
    assert_eq!(whole.form, ReceiptForm::OfficialDonationReceipt);
    assert!(says(&whole, "official receipt for income tax purposes") && !says(&whole, "not an official"));
    assert!(says(&whole, "Canada Revenue Agency — canada.ca/charities-giving"));
    for (label, expected) in [
        ("Charity registration no.", "000000000RR0000"),
        ("Place of issue", "Exampleville, Ontario"),
        ("Date issued", "2 June 2026"),
        ("Date received", "1 June 2026"),
        ("Amount received", "CA$100.00"),
        ("Advantage", "None"),
        ("Eligible amount", "CA$100.00"),
    ] {
        assert_eq!(value(&whole, label), expected, "{label}");
    }
    assert_eq!(whole.signatory, entity().signatory);
    let french = gift("CA", "CAD 100.00", None, &entity(), |f| f.locale = "fr-CA");
    assert!(
        says(&french, "reçu officiel aux fins de l'impôt") && says(&french, "organismes-bienfaisance-dons")
    );
}

#[test]
fn case_81_in_annual_mode_single_mails_are_not_official() {
    let annual = TaxEntity { documents: OfficialDocuments::Annual, ..entity() };
    let single = gift("CA", "CAD 100.00", None, &annual, |_| {});
    assert_eq!((single.form, single.blocked.clone()), (ReceiptForm::NotOfficial, None));
    assert!(says(
        &single,
        "This is not an official receipt for income tax purposes. One receipt for the whole year follows."
    ));
    assert!(single.law.is_empty() && single.eligible.is_none() && single.signatory.is_none());
    let german = gift("DE", "EUR 500.00", None, &annual, |_| {});
    assert_eq!((german.form, german.blocked.clone()), (ReceiptForm::NotOfficial, None));
    assert!(says(&german, "Sammelbestätigung") && says(&german, "One confirmation for the whole year"));
}

#[test]
fn what_is_missing_makes_a_canadian_receipt_unofficial() {
    let bare = TaxEntity { signatory: None, place_of_issue: Some(" ".into()), ..entity() };
    let none = gift("CA", "CAD 10.00", None, &bare, |f| f.registrations = &[]);
    let Some(Blocked::Missing(what)) = &none.blocked else { panic!("{:?}", none.blocked) };
    assert_eq!(what.len(), 3);
    assert_eq!(
        none.blocked.as_ref().map(Blocked::in_words).as_deref(),
        Some(
            "The document would lack the charity's registration number (nine digits, RR, four digits), the place of \
             issue, who signs."
        )
    );
    let homeless = gift("CA", "CAD 10.00", None, &entity(), |f| f.donor_has_address = false);
    assert_eq!(homeless.blocked, Some(Blocked::Missing(vec!["the donor's address"])));
    assert!(says(&homeless, "postal address"));
    let foreign = of_gift("CA", "USD 10.00", None);
    assert_eq!((foreign.form, foreign.blocked), (ReceiptForm::NotOfficial, Some(Blocked::OtherCurrency)));
    for wrong in ["000000000RR000", "000000000rr0000", "00000000ARR0000", "000000000RR00000", ""] {
        assert!(!canada::is_registration(wrong), "{wrong}");
    }
}

/// A receipt that was issued on what the law made of it.
pub(super) fn content(terms: Terms) -> ReceiptContent {
    let address = Address {
        line1: "1 Sample Street".into(),
        city: "Exampleville".into(),
        postcode: "Z0Z 0Z0".into(),
        country: "CA".into(),
        ..Address::default()
    };
    ReceiptContent {
        template_version: TEMPLATE_VERSION,
        number: "LFCA-2026-00000042".into(),
        replaces: None,
        issued_on: "2026-06-02".into(),
        entity: ReceiptEntity {
            id: "ca".into(),
            legal_name: "Lantern Freedom".into(),
            address: vec!["10 Sample Street".into()],
            registrations: vec!["Registration no. 000000000RR0000".into()],
            locale: "en-CA".into(),
            country: "CA".into(),
        },
        donor: DonorDetails {
            kind: DonorKind::Individual,
            given_name: "Ada".into(),
            family_name: "Marsh".into(),
            organisation: None,
            email: "ada@example.org".into(),
            address: Some(address),
            locale: "en-CA".into(),
        },
        amount: money("CAD 100.00"),
        fee_cover: money("CAD 0"),
        received_on: "2026-06-01".into(),
        tax_year: "2026".into(),
        method: "Visa ending 4242".into(),
        fund: "Where it is needed most".into(),
        campaign: None,
        instalment: None,
        gift_aid: false,
        tribute: None,
        note: None,
        wording_version: "1".into(),
        wording: Vec::new(),
        form: terms.form,
        given: None,
        advantage: None,
        eligible: terms.eligible,
        statements: terms.statements,
        law: terms.law,
        signatory: terms.signatory,
    }
}

#[test]
fn case_83_an_official_receipt_that_lacks_an_element_is_found_out() {
    for locale in ["en-CA", "fr-CA"] {
        let whole = content(gift("CA", "CAD 100.00", None, &entity(), |f| f.locale = locale));
        assert_eq!(missing_elements(&whole), Vec::<&str>::new(), "{locale}");
        for n in 0..whole.statements.len() {
            let mut less = whole.clone();
            less.statements.remove(n);
            assert_eq!(missing_elements(&less).len(), 1, "without {:?}", whole.statements.get(n));
        }
    }
    let whole = content(of_gift("CA", "CAD 100.00", None));
    type Break = fn(&mut ReceiptContent);
    let broken: [(&str, Break); 10] = [
        ("the charity's registration number", |c| c.law.retain(|l| l.label != "Charity registration no.")),
        ("the place of issue", |c| c.law.retain(|l| l.label != "Place of issue")),
        ("the day of issue", |c| c.law.retain(|l| l.label != "Date issued")),
        ("the day or year it was received", |c| c.law.retain(|l| l.label != "Date received")),
        ("the eligible amount as a figure", |c| c.eligible = None),
        ("who signs", |c| c.signatory = None),
        ("the donor's address", |c| c.donor.address = None),
        ("the charity's address", |c| c.entity.address.clear()),
        ("the serial number", |c| c.number.clear()),
        ("the number of the receipt that it cancels", |c| c.replaces = Some("LFCA-2026-00000001".into())),
    ];
    for (what, breaks) in broken {
        let mut less = whole.clone();
        breaks(&mut less);
        assert_eq!(missing_elements(&less), [what]);
    }
    let plain = ReceiptContent { form: ReceiptForm::Plain, statements: Vec::new(), ..whole };
    assert!(missing_elements(&plain).is_empty());
}

#[test]
fn case_84_small_australian_gifts_are_not_called_deductible() {
    let small = of_gift("AU", "AUD 1.99", None);
    assert_eq!((small.form, small.statements.len()), (ReceiptForm::Plain, 0));
    let gift_of_two = of_gift("AU", "AUD 2.00", None);
    assert_eq!(gift_of_two.form, ReceiptForm::DgrReceipt);
    assert!(says(&gift_of_two, "for a gift to Lantern Freedom"));
    assert_eq!(value(&gift_of_two, "ABN"), "00 000 000 000");
    let dinner = of_gift("AU", "AUD 50.00", Some("AUD 20.00"));
    assert!(dinner.form == ReceiptForm::Plain && !says(&dinner, "for a gift to") && says(&dinner, "Dinner"));
    let nameless = gift("AU", "AUD 50.00", None, &entity(), |f| f.registrations = &[]);
    assert_eq!(nameless.blocked, Some(Blocked::Missing(vec!["the ABN"])));
}

#[test]
fn case_85_up_to_300_euros_the_bank_record_is_enough() {
    let slip = of_gift("DE", "EUR 300.00", None);
    assert_eq!((slip.form, slip.law.len(), slip.blocked.clone()), (ReceiptForm::Plain, 0, None));
    assert!(says(&slip, "Zahlungsbeleg") && says(&slip, "Freistellungsbescheid") && says(&slip, "Spende"));
    assert!(says(&slip, "Rettung aus Lebensgefahr"));
    let form = of_gift("DE", "EUR 300.01", None);
    assert_eq!(form.form, ReceiptForm::Zuwendungsbestaetigung);
    assert!(says(
        &form,
        "nach dem Freistellungsbescheid des Finanzamtes Musterstadt, StNr. 00/000/00000, vom 21. November 2021"
    ));
    assert!(says(&form, "Wir sind wegen Förderung der Rettung aus Lebensgefahr") && says(&form, "angezeigt"));
    assert_eq!(
        (form.eligible, &form.signatory, value(&form, "Zeichnungsberechtigt")),
        (None, &None, "Noor Haddad, Treasurer")
    );
    assert_eq!(value(&form, "Betrag der Zuwendung in Ziffern"), "300,01\u{a0}€");
    assert_eq!(value(&form, "Betrag der Zuwendung in Buchstaben"), "dreihundert Euro und 1 Cent");
    assert_eq!(value(&form, "Tag der Zuwendung"), "1. Juni 2026");
    let before_2020 = gift("DE", "EUR 250.00", None, &entity(), |f| f.received_on = date(2019, 12, 31));
    assert_eq!(before_2020.form, ReceiptForm::Zuwendungsbestaetigung, "200 euros before 2020");
}

#[test]
fn case_86_a_permit_holds_five_years_or_three_to_the_day() {
    let ruling = |mut permit: Permit| {
        permit.kind = PermitKind::Ruling60a;
        permit
    };
    let three = TaxEntity { permit: entity().permit.map(ruling), ..entity() };
    for sum in ["EUR 10.00", "EUR 500.00"] {
        for (tax, last) in [(entity(), date(2026, 11, 21)), (three.clone(), date(2024, 11, 21))] {
            let on = |day| gift("DE", sum, None, &tax, |f| f.issued_on = day);
            let dated = date(2021, 11, 21);
            assert_eq!(on(last).blocked, None);
            for day in [last.tomorrow().expect("a day"), date(2021, 11, 20)] {
                let blocked = on(day);
                assert_eq!(blocked.form, ReceiptForm::NotOfficial);
                assert_eq!(blocked.blocked, Some(Blocked::PermitOutOfDate { dated, until: last }), "{day}");
                assert!(says(&blocked, "keine Zuwendungsbestätigung") && says(&blocked, "not an official"));
            }
        }
    }
    let without = TaxEntity { permit: None, ..entity() };
    assert_eq!(gift("DE", "EUR 500.00", None, &without, |_| {}).blocked, Some(Blocked::NoPermit));
}

#[test]
fn a_german_confirmation_needs_more_than_a_permit() {
    let blocked = |tax: &TaxEntity, got| gift("DE", "EUR 500.00", got, tax, |_| {}).blocked;
    let unnotified = TaxEntity { machine_issue_notified: false, ..entity() };
    assert_eq!(blocked(&unnotified, None), Some(Blocked::MachineIssue));
    assert_eq!(
        gift("DE", "EUR 300.00", None, &unnotified, |_| {}).blocked,
        None,
        "a slip is no confirmation"
    );
    let homeless = gift("DE", "EUR 500.00", None, &entity(), |f| f.donor_has_address = false);
    assert_eq!(homeless.blocked, Some(Blocked::Missing(vec!["the donor's address"])));
    let purposeless = TaxEntity { purposes: None, ..entity() };
    assert_eq!(
        blocked(&purposeless, None),
        Some(Blocked::Missing(vec!["the purposes that the permit names"]))
    );
    assert_eq!(blocked(&entity(), Some("EUR 20.00")), Some(Blocked::InReturn));
    assert_eq!(of_gift("DE", "USD 500.00", None).blocked, Some(Blocked::OtherCurrency));
}

#[test]
fn a_dutch_receipt_tells_rsin_and_anbi_and_how_to_prove_the_gift() {
    let english = of_gift("NL", "EUR 50.00", None);
    assert_eq!((english.form, value(&english, "RSIN")), (ReceiptForm::Plain, "000000000"));
    assert!(says(&english, "ANBI") && says(&english, "bank statement"));
    let dutch = gift("NL", "EUR 50.00", Some("EUR 5.00"), &entity(), |f| f.locale = "nl-NL");
    assert!(says(&dutch, "Belastingdienst") && says(&dutch, "ontving u: Dinner"));
}

#[test]
fn in_britain_what_was_given_in_return_is_told_and_nothing_else() {
    assert_eq!(
        of_gift("GB", "GBP 50.00", Some("GBP 10.00")).statements,
        ["In return for your gift you received: Dinner (£10.00)."]
    );
}

proptest! {
    #[test]
    fn what_counts_is_never_below_nothing_nor_above_the_gift(
        country in "GB|US|CA|AU|DE|NL",
        amount in 1_i64..2_000_000,
        got in proptest::option::of(0_i64..2_000_000),
        year in 1994_i16..2060,
        annual in any::<bool>(),
    ) {
        let currency = of(&country).expect("known").currency;
        let documents = if annual { OfficialDocuments::Annual } else { OfficialDocuments::Each };
        let tax = TaxEntity { documents, ..entity() };
        let got = got.map(|minor| Advantage { description: String::new(), value: Money::new(minor, currency) });
        let amount = Money::new(amount, currency);
        let facts = Facts {
            country: &country,
            legal_name: "Lantern Freedom",
            registrations: &registrations(),
            tax: &tax,
            donor_name: "Ada Marsh",
            donor_has_address: true,
            amount,
            advantage: got.as_ref(),
            received_on: date(year, 3, 1),
            issued_on: date(year, 3, 2),
            replaces: None,
            locale: "en-GB",
        };
        let terms = super::terms(&facts);
        prop_assert!(terms.eligible.is_none_or(|e| e.minor() >= 0 && e.minor() <= amount.minor()));
        // An official form has no reason against it, and thanks have no facts of law.
        if terms.blocked.is_some() {
            prop_assert!(terms.form == ReceiptForm::NotOfficial && terms.law.is_empty() && terms.signatory.is_none());
        }
        if terms.form == ReceiptForm::OfficialDonationReceipt {
            prop_assert!(terms.eligible.is_some() && terms.signatory.is_some());
        }
    }
}
