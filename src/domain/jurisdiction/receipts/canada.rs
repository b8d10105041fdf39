//! Canada: official donation receipts (CA-1 to CA-11), in English and French.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::super::{OfficialDocuments, of};
use super::{AnnualFacts, Blocked, Facts, Terms, described, home_currency, line, thanks};
use crate::domain::dates;
use crate::domain::money::Money;
use crate::domain::receipt::{LawLine, ReceiptForm};

/// The words of one language. Phrases that the law fixes are as it fixes them (CA-1, CA-2, CA-4).
pub(super) struct Words {
    pub(super) official: &'static str,
    pub(super) agency: &'static str,
    pub(super) agency_pages: &'static str,
    pub(super) replaces: &'static str,
    pub(super) registration: &'static str,
    pub(super) place: &'static str,
    pub(super) issued: &'static str,
    pub(super) received: &'static str,
    pub(super) year: &'static str,
    pub(super) amount: &'static str,
    pub(super) advantage: &'static str,
    pub(super) eligible: &'static str,
    none: &'static str,
    ignored: &'static str,
    left_out: &'static str,
    not_official: &'static str,
    too_large: &'static str,
    need_donor: &'static str,
    later: &'static str,
    overview: &'static str,
    nothing: &'static str,
}

/// English, then French.
pub(super) const LANGUAGES: [Words; 2] = [
    Words {
        official: "This is an official receipt for income tax purposes.",
        agency: "Canada Revenue Agency",
        agency_pages: "canada.ca/charities-giving",
        replaces: "It cancels and replaces receipt no.",
        registration: "Charity registration no.",
        place: "Place of issue",
        issued: "Date issued",
        received: "Date received",
        year: "Year received",
        amount: "Amount received",
        advantage: "Advantage",
        eligible: "Eligible amount",
        none: "None",
        ignored: "so small that it is not taken off",
        left_out: "Advantages, and gifts without this receipt",
        not_official: "This is not an official receipt for income tax purposes.",
        too_large: "What you received is worth too large a part of your gift for an official receipt.",
        need_donor: "An official receipt needs your name and postal address. Please tell us.",
        later: "One receipt for the whole year follows.",
        overview: "It is an overview. The receipts that count are those of each gift.",
        nothing: "Nothing of this year is left for an official receipt.",
    },
    Words {
        official: "Ceci est un reçu officiel aux fins de l'impôt sur le revenu.",
        agency: "Agence du revenu du Canada",
        agency_pages: "canada.ca/organismes-bienfaisance-dons",
        replaces: "Il annule et remplace le reçu no",
        registration: "Numéro d'enregistrement de l'organisme",
        place: "Lieu de délivrance",
        issued: "Date de délivrance",
        received: "Date de réception",
        year: "Année de réception",
        amount: "Montant reçu",
        advantage: "Avantage",
        eligible: "Montant admissible",
        none: "Aucun",
        ignored: "si petit qu'il n'est pas déduit",
        left_out: "Avantages, et dons sans ce reçu",
        not_official: "Ceci n'est pas un reçu officiel aux fins de l'impôt sur le revenu.",
        too_large: "Ce que vous avez reçu vaut une trop grande part de votre don pour un reçu officiel.",
        need_donor: "Un reçu officiel doit porter votre nom et votre adresse postale. Veuillez nous les donner.",
        later: "Un seul reçu pour toute l'année suivra.",
        overview: "C'est un aperçu. Les reçus qui comptent sont ceux de chaque don.",
        nothing: "Il ne reste rien de cette année pour un reçu officiel.",
    },
];

fn words(locale: &str) -> &'static Words {
    let [english, french] = &LANGUAGES;
    if locale.starts_with("fr") { french } else { english }
}

/// What of an advantage counts: one that is little in itself and little beside the gift is none (CA-9, cases 79, 80).
fn counted(amount: Money, advantage: Money, on: Date) -> Money {
    let law = of("CA");
    let most = law.and_then(|l| l.ignored_advantage(on)).unwrap_or(0);
    let percent = law.and_then(|l| l.ignored_advantage_percent(on)).unwrap_or(0);
    let part = amount.percent_floor(Decimal::from(percent)).map_or(0, Money::minor);
    if advantage.minor() <= most.min(part) { Money::zero(amount.currency()) } else { advantage }
}

/// Above this part of the gift, in percent, there is no receipt.
fn most_percent(on: Date) -> i64 {
    of("CA").and_then(|l| l.advantage_limit_percent(on)).unwrap_or(0)
}

/// The eligible amount of a gift; `None` when the advantage rules a receipt out (CA-9, case 78) or nothing remains given.
pub(super) fn eligible(amount: Money, advantage: Money, on: Date) -> Option<Money> {
    let most = amount.percent_floor(Decimal::from(most_percent(on))).ok()?;
    let fits = amount.minor() > 0 && advantage.minor() <= most.minor();
    amount.checked_sub(counted(amount, advantage, on)).ok().filter(|_| fits)
}

pub(super) fn gift(f: &Facts<'_>) -> Terms {
    let w = words(f.locale);
    if f.tax.documents == OfficialDocuments::Annual {
        return thanks(vec![format!("{} {}", w.not_official, w.later)], None);
    }
    let value = super::advantage(f).map_or(Money::zero(f.amount.currency()), |a| a.value);
    if !home_currency(f) || value.currency() != f.amount.currency() {
        return thanks(vec![w.not_official.to_owned()], Some(Blocked::OtherCurrency));
    }
    let Some(eligible) = eligible(f.amount, value, f.received_on) else {
        let blocked = Blocked::AdvantageTooLarge { most_percent: most_percent(f.received_on) };
        return thanks(vec![w.not_official.to_owned(), w.too_large.to_owned()], Some(blocked));
    };
    if let Some(unfit) = unfit(f, w) {
        return unfit;
    }
    let mut law = issuer(f, w);
    law.push(line(w.received, dates::long(f.received_on, f.locale)));
    law.push(line(w.amount, f.amount.display(f.locale)));
    let ignored = counted(f.amount, value, f.received_on).is_zero();
    law.push(line(
        w.advantage,
        match super::advantage(f) {
            None => w.none.to_owned(),
            Some(a) if ignored => format!("{}, {}", described(a, f.locale), w.ignored),
            Some(a) => described(a, f.locale),
        },
    ));
    law.push(line(w.eligible, eligible.display(f.locale)));
    official(f, w, eligible, law)
}

/// One official receipt for the money of a year (CA-7, case 81), or an overview beside those of each gift.
pub(super) fn year(annual: &AnnualFacts<'_>) -> Terms {
    let f = &annual.facts;
    let w = words(f.locale);
    let overview =
        |more: &str| Terms { statements: vec![format!("{} {more}", w.not_official)], ..Terms::default() };
    if f.tax.documents == OfficialDocuments::Each {
        return overview(w.overview);
    }
    if !home_currency(f) || annual.unconfirmed.currency() != f.amount.currency() {
        return thanks(vec![w.not_official.to_owned()], Some(Blocked::OtherCurrency));
    }
    if annual.unconfirmed.minor() <= 0 {
        return overview(w.nothing);
    }
    if let Some(unfit) = unfit(f, w) {
        return unfit;
    }
    let mut law = issuer(f, w);
    law.push(line(w.year, f.received_on.year().to_string()));
    law.push(line(w.amount, f.amount.display(f.locale)));
    let off = super::less(f.amount, annual.unconfirmed).filter(|off| !off.is_zero());
    law.push(match off {
        None => line(w.advantage, w.none),
        Some(off) => line(w.left_out, off.display(f.locale)),
    });
    law.push(line(w.eligible, annual.unconfirmed.display(f.locale)));
    official(f, w, annual.unconfirmed, law)
}

fn official(f: &Facts<'_>, w: &Words, eligible: Money, law: Vec<LawLine>) -> Terms {
    let mut statements = vec![w.official.to_owned()];
    statements.extend(f.replaces.map(|old| format!("{} {old}.", w.replaces)));
    statements.push(format!("{} — {}", w.agency, w.agency_pages));
    Terms {
        form: ReceiptForm::OfficialDonationReceipt,
        eligible: Some(eligible),
        statements,
        law,
        signatory: f.tax.signatory.clone(),
        blocked: None,
    }
}

fn issuer(f: &Facts<'_>, w: &Words) -> Vec<LawLine> {
    vec![
        line(w.registration, registration(f.registrations).unwrap_or_default()),
        line(w.place, f.tax.place_of_issue.clone().unwrap_or_default()),
        line(w.issued, dates::long(f.issued_on, f.locale)),
    ]
}

/// CA-3: nine digits, RR, four digits.
pub(super) fn is_registration(number: &str) -> bool {
    number.len() == 15
        && number
            .bytes()
            .enumerate()
            .all(|(i, c)| if i == 9 || i == 10 { c == b'R' } else { c.is_ascii_digit() })
}

fn registration(registrations: &[(String, String)]) -> Option<&str> {
    registrations.iter().map(|(_, number)| number.as_str()).find(|number| is_registration(number))
}

/// Thanks instead of a receipt that would lack what it must have (CA-1, CA-11).
fn unfit(f: &Facts<'_>, w: &Words) -> Option<Terms> {
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|t| t.trim().is_empty());
    let unsigned = f.tax.signatory.as_ref().is_none_or(|s| s.name.trim().is_empty());
    let (nameless, homeless) = (f.donor_name.trim().is_empty(), !f.donor_has_address);
    let rules = [
        (
            registration(f.registrations).is_none(),
            "the charity's registration number (nine digits, RR, four digits)",
        ),
        (blank(&f.tax.place_of_issue), "the place of issue"),
        (unsigned, "who signs"),
        (nameless, "the donor's name"),
        (homeless, "the donor's address"),
    ];
    let gaps: Vec<&'static str> = rules.into_iter().filter(|(gap, _)| *gap).map(|(_, what)| what).collect();
    if gaps.is_empty() {
        return None;
    }
    let mut statements = vec![w.not_official.to_owned()];
    if nameless || homeless {
        statements.push(w.need_donor.to_owned());
    }
    Some(thanks(statements, Some(Blocked::Missing(gaps))))
}
