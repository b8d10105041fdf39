//! Receipts and statements of six countries, as the law rules make them.

use almoner::domain::donor::{Address, DonorDetails, Tribute};
use almoner::domain::jurisdiction::receipts::{AnnualFacts, Facts, Terms, annual_terms, terms};
use almoner::domain::jurisdiction::{OfficialDocuments, Permit, PermitKind, TaxEntity, of};
use almoner::domain::money::Money;
use almoner::domain::receipt::{
    Advantage, Instalment, ReceiptContent, ReceiptEntity, ReceiptForm, Signatory,
};
use almoner::domain::statement::{CurrencyBlock, Line, Replaced, StatementContent};
use almoner::domain::states::{DonorKind, TributeKind};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// `GBP 25.00`.
pub fn money(text: &str) -> Money {
    let (code, sum) = text.split_once(' ').expect("code and sum");
    Money::parse_typed(sum, code.parse().expect("a currency")).expect("an amount")
}

/// An entity of a country with its locale and currency.
pub struct Place {
    pub country: &'static str,
    pub locale: &'static str,
    pub currency: &'static str,
    legal_name: &'static str,
    address: &'static [&'static str],
    registration: (&'static str, &'static str),
    donor_town: (&'static str, &'static str, &'static str),
}

/// One for each country whose law we know.
pub const PLACES: [Place; 6] = [
    Place {
        country: "GB",
        locale: "en-GB",
        currency: "GBP",
        legal_name: "Lantern Freedom UK",
        address: &["1 Harbour Row", "Exampleton EX4 1MP"],
        registration: ("Registered charity in England and Wales no.", "0000000"),
        donor_town: ("Exampleton", "", "EX1 2AB"),
    },
    Place {
        country: "US",
        locale: "en-US",
        currency: "USD",
        legal_name: "Lantern Freedom Inc.",
        address: &["100 Sample Street", "Exampleville, NY 00000"],
        registration: ("A 501(c)(3) organization, EIN", "00-0000000"),
        donor_town: ("Exampleville", "NY", "00000"),
    },
    Place {
        country: "CA",
        locale: "en-CA",
        currency: "CAD",
        legal_name: "Lantern Freedom Canada",
        address: &["12 Maple Walk", "Exampleville, ON  K0A 0A0"],
        registration: ("Registered charity", "000000000RR0000"),
        donor_town: ("Exampleville", "ON", "K0A 0A0"),
    },
    Place {
        country: "AU",
        locale: "en-AU",
        currency: "AUD",
        legal_name: "Lantern Freedom Australia Ltd",
        address: &["8 Wattle Lane", "Exampleton NSW 0000"],
        registration: ("ABN", "00 000 000 000"),
        donor_town: ("Exampleton", "NSW", "0000"),
    },
    Place {
        country: "DE",
        locale: "de-DE",
        currency: "EUR",
        legal_name: "Lantern Freedom Deutschland e. V.",
        address: &["Musterstraße 1", "00000 Musterstadt"],
        registration: ("Vereinsregister Musterstadt, VR", "00000"),
        donor_town: ("Musterstadt", "", "00000"),
    },
    Place {
        country: "NL",
        locale: "nl-NL",
        currency: "EUR",
        legal_name: "Stichting Lantern Freedom",
        address: &["Voorbeeldkade 3", "0000 AA Voorbeeldstad"],
        registration: ("ANBI, RSIN", "000000000"),
        donor_town: ("Voorbeeldstad", "", "0000 AA"),
    },
];

/// The place of a country.
pub fn place(country: &str) -> &'static Place {
    PLACES.iter().find(|p| p.country == country).expect("a known country")
}

/// What the tax office of an entity knows.
pub fn tax(documents: OfficialDocuments) -> TaxEntity {
    TaxEntity {
        documents,
        place_of_issue: Some("Exampleville, Ontario".into()),
        signatory: Some(Signatory { name: "Noor Haddad".into(), title: "Treasurer".into() }),
        permit: Some(Permit {
            kind: PermitKind::ExemptionNotice,
            dated: date(2024, 3, 1),
            tax_office: "Musterstadt".into(),
            tax_number: "00/000/00000".into(),
        }),
        machine_issue_notified: true,
        purposes: Some("der Hilfe für Opfer von Straftaten".into()),
        ..TaxEntity::default()
    }
}

/// A person who lives where the entity is.
pub fn donor(place: &Place) -> DonorDetails {
    let (city, region, postcode) = place.donor_town;
    DonorDetails {
        kind: DonorKind::Individual,
        given_name: "Ada".into(),
        family_name: "Marsh".into(),
        organisation: None,
        email: "ada.marsh@donors.example".into(),
        address: Some(Address {
            line1: "7 Mill Lane".into(),
            line2: String::new(),
            city: city.into(),
            region: region.into(),
            postcode: postcode.into(),
            country: place.country.into(),
        }),
        locale: place.locale.into(),
    }
}

fn entity(place: &Place) -> ReceiptEntity {
    let (label, number) = place.registration;
    ReceiptEntity {
        id: place.country.to_lowercase(),
        legal_name: place.legal_name.into(),
        address: place.address.iter().map(|&line| line.into()).collect(),
        registrations: vec![format!("{label} {number}")],
        locale: place.locale.into(),
        country: place.country.into(),
    }
}

/// A single gift in a country on 1 June 2026.
pub fn receipt(country: &str, sum: &str, advantage: Option<&str>) -> ReceiptContent {
    let place = place(country);
    let (label, number) = place.registration;
    let registrations = [(label.to_owned(), number.to_owned())];
    let tax = tax(OfficialDocuments::Each);
    let advantage =
        advantage.map(|v| Advantage { description: "Dinner at the summer gala".into(), value: money(v) });
    let (amount, donor) = (money(sum), donor(place));
    let Terms { form, eligible, statements, law, signatory, .. } = terms(&Facts {
        country,
        legal_name: place.legal_name,
        registrations: &registrations,
        tax: &tax,
        donor_name: &donor.receipt_name(),
        donor_has_address: true,
        amount,
        advantage: advantage.as_ref(),
        received_on: date(2026, 6, 1),
        issued_on: date(2026, 6, 2),
        replaces: None,
        locale: place.locale,
    });
    ReceiptContent {
        template_version: 2,
        number: format!("LFT{country}-2026-00000042"),
        replaces: None,
        issued_on: "2026-06-02".into(),
        entity: entity(place),
        donor,
        amount,
        fee_cover: Money::zero(amount.currency()),
        received_on: "2026-06-01".into(),
        tax_year: "2026".into(),
        method: "Visa ending 4242".into(),
        fund: "Where it is needed most".into(),
        campaign: None,
        instalment: None,
        gift_aid: false,
        tribute: None,
        note: None,
        wording_version: "2020-01".into(),
        wording: vec!["Questions? Write to care@charity.example and name the number above.".into()],
        form,
        given: None,
        advantage,
        eligible,
        statements,
        law,
        signatory,
    }
}

/// A British receipt with everything that can be on one.
pub fn full_receipt() -> ReceiptContent {
    let plain = receipt("GB", "GBP 60.00", Some("GBP 12.00"));
    ReceiptContent {
        replaces: Some("LFTGB-2026-00000041".into()),
        given: Some(money("GBP 100.00")),
        fee_cover: money("GBP 1.70"),
        campaign: Some("Summer lights".into()),
        instalment: Some(Instalment { frequency: "monthly".into(), number: 14 }),
        gift_aid: true,
        tribute: Some(Tribute { kind: TributeKind::Memory, name: "Beatrice Okafor".into() }),
        note: Some("For the shelter in the north,\nas we said.".into()),
        ..plain
    }
}

/// A year's gifts in a country: `gifts` of them from the year's first day on, in its currency.
pub fn statement(country: &str, gifts: u16, documents: OfficialDocuments) -> StatementContent {
    let place = place(country);
    let (label, number) = place.registration;
    let registrations = [(label.to_owned(), number.to_owned())];
    let (month, day) = of(country).expect("known").year_start;
    let (from, currency) = (date(2025, month, day), place.currency.parse().expect("a currency"));
    let to = from.checked_add(1.year()).and_then(Date::yesterday).expect("a day");
    let aided = country == "GB";
    let percent = of(country).expect("known").gift_aid_percent(to);
    let lines: Vec<Line> = (0..gifts).map(|n| line(country, from, n, aided)).collect();
    let block = CurrencyBlock::new(currency, lines, percent).expect("small sums");
    let total = Money::new(block.totals.counts, currency);
    let (tax, donor) = (tax(documents), donor(place));
    let facts = Facts {
        country,
        legal_name: place.legal_name,
        registrations: &registrations,
        tax: &tax,
        donor_name: &donor.receipt_name(),
        donor_has_address: true,
        amount: total,
        advantage: None,
        received_on: to,
        issued_on: date(2026, 7, 20),
        replaces: None,
        locale: place.locale,
    };
    let Terms { form, statements, law, signatory, .. } =
        annual_terms(&AnnualFacts { facts, unconfirmed: total, from });
    let calendar = (month, day) == (1, 1);
    let tax_year = if calendar { "2025".to_owned() } else { "2025-26".to_owned() };
    StatementContent {
        template_version: 1,
        number: format!("LFT{country}-S-{tax_year}-000042"),
        version: 1,
        replaces: None,
        issued_on: "2026-07-20".into(),
        entity: entity(place),
        donor,
        tax_year,
        from: from.to_string(),
        to: to.to_string(),
        form,
        blocks: vec![block],
        basic_rate: aided.then(|| "20".to_owned()),
        statements,
        law,
        signatory,
        wording_version: "2020-01".into(),
        wording: vec![
            "This lists what we received from you in the year. Please keep it with your tax papers.".into(),
        ],
    }
}

fn line(country: &str, from: Date, n: u16, aided: bool) -> Line {
    let day = from.checked_add((i64::from(n) * 9 % 364).days()).expect("a day");
    Line {
        gift: format!("gift_{n}"),
        received_on: day.to_string(),
        receipt: format!("LFT{country}-2025-{:08}", 100 + n),
        kind: if n.is_multiple_of(4) { "One-off gift".into() } else { "Monthly gift".into() },
        method: if n % 7 == 3 { "Bacs Direct Debit ending 2345".into() } else { "Visa ending 4242".into() },
        fund: if n % 3 == 1 { "Rescue & Aftercare".into() } else { "Where it is needed most".into() },
        given: 2500 + i64::from(n) * 10,
        returned: 0,
        benefit: 0,
        gift_aided: aided && n % 5 != 4,
        confirmed: false,
        disputed: false,
    }
}

/// The second version of a British statement: two currencies, something back, something in return, something disputed.
pub fn mixed_statement() -> StatementContent {
    let first = statement("GB", 14, OfficialDocuments::Each);
    let percent = of("GB").expect("known").gift_aid_percent(date(2026, 4, 5));
    let mut lines: Vec<Line> = first.blocks.iter().flat_map(|b| b.lines.clone()).collect();
    lines[2].returned = lines[2].given;
    lines[2].receipt = String::new();
    lines[3].returned = 1000;
    lines[5].disputed = true;
    lines[9].benefit = 1200;
    let euros = vec![
        Line { given: 4000, gift_aided: false, ..lines[0].clone() },
        Line { given: 1_999_999, ..lines[1].clone() },
    ];
    let block = |code: &str, lines| {
        CurrencyBlock::new(code.parse().expect("a currency"), lines, percent).expect("sums")
    };
    StatementContent {
        number: format!("{} v2", first.number),
        version: 2,
        replaces: Some(Replaced {
            number: first.number.clone(),
            version: 1,
            issued_on: "2026-04-20".into(),
            changes: vec![
                "£10.00 of your gift of 3 May 2025 was refunded.".into(),
                "Your gift of 24 April 2025 was returned by your bank.".into(),
            ],
        }),
        blocks: vec![block("GBP", lines), block("EUR", euros)],
        ..first
    }
}

/// Whether a form is the German one.
pub fn is_pattern(content: &ReceiptContent) -> bool {
    content.form == ReceiptForm::Zuwendungsbestaetigung
}
