//! Germany: confirmations after the binding official pattern (DE-1 to DE-6). Here is what varies: the notice, the purposes,
//! sums and days, always written the German way, whatever the entity's locale. The pattern's title, its sentence on the
//! use of the money and its notes are the same for every gift and stand in the printed form.

use jiff::civil::Date;

use super::super::{OfficialDocuments, Permit, PermitKind, of, words};
use super::{AnnualFacts, Blocked, Facts, Terms, described, home_currency, line, thanks};
use crate::domain::dates;
use crate::domain::money::Money;
use crate::domain::receipt::{LawLine, ReceiptForm};

const LOCALE: &str = "de-DE";

// Fixed passages.
const ONCE: &str = "Es wird bestätigt, dass über die in der Gesamtsumme enthaltenen Zuwendungen keine weiteren \
                    Bestätigungen, weder formelle Zuwendungsbestätigungen noch Beitragsquittungen oder Ähnliches \
                    ausgestellt wurden und werden.";
const WAIVERS: &str = "Ob es sich um den Verzicht auf Erstattung von Aufwendungen handelt, ist der Anlage zur Sammelbestätigung zu entnehmen.";

// Our own words.
const NOTIFIED: &str = "Das Verfahren der maschinellen Erstellung ist dem Finanzamt angezeigt.";
const GIFT: &str = "Es handelt sich um eine Spende, nicht um einen Mitgliedsbeitrag.";
const NOT_OFFICIAL: [&str; 2] = [
    "Dies ist keine Zuwendungsbestätigung für das Finanzamt.",
    "This is not an official confirmation for income tax purposes.",
];
const LATER: [&str; 2] = [
    "Dies ist keine Zuwendungsbestätigung für das Finanzamt. Eine Sammelbestätigung für das ganze Jahr folgt.",
    "This is not an official confirmation for income tax purposes. One confirmation for the whole year follows.",
];
const OVERVIEW: [&str; 2] = [
    "Diese Übersicht ist keine Zuwendungsbestätigung für das Finanzamt. Es zählen die Bestätigungen der einzelnen Zuwendungen.",
    "This overview is not an official confirmation for income tax purposes. The confirmations of each gift count.",
];
const NOTHING: [&str; 2] = [
    "Für dieses Jahr bleibt nichts zu bestätigen. Dies ist keine Zuwendungsbestätigung für das Finanzamt.",
    "Nothing of this year is left to confirm. This is not an official confirmation for income tax purposes.",
];

fn both(words: [&str; 2]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn unofficial(blocked: Blocked) -> Terms {
    thanks(both(NOT_OFFICIAL), Some(blocked))
}

pub(super) fn gift(f: &Facts<'_>) -> Terms {
    if f.tax.documents == OfficialDocuments::Annual {
        return thanks(both(LATER), None);
    }
    if !home_currency(f) {
        return unofficial(Blocked::OtherCurrency);
    }
    // A payment with something in return is no gift, not even in part.
    if let Some(a) = super::advantage(f) {
        let mut terms = unofficial(Blocked::InReturn);
        terms.statements.push(format!("Für Ihre Zahlung erhielten Sie: {}.", described(a, LOCALE)));
        return terms;
    }
    let leave = match leave(f) {
        Ok(leave) => leave,
        Err(blocked) => return unofficial(blocked),
    };
    let most = of("DE").and_then(|law| law.simplified_up_to(f.received_on)).unwrap_or(0);
    if f.amount.minor() <= most {
        return simplified(f, leave, most);
    }
    if let Some(blocked) = unfit(f) {
        return unofficial(blocked);
    }
    let mut law = sum_lines("Betrag der Zuwendung", f.amount);
    law.push(line("Tag der Zuwendung", dates::long(f.received_on, LOCALE)));
    law.push(line("Es handelt sich um den Verzicht auf Erstattung von Aufwendungen", "Nein"));
    law.extend(issue_lines(f));
    let statements = vec![leave.exempt, NOTIFIED.to_owned()];
    Terms { form: ReceiptForm::Zuwendungsbestaetigung, statements, law, ..Terms::default() }
}

/// DE-3: a slip that goes with the donor's bank record; purpose, exemption, and that it is no membership fee.
fn simplified(f: &Facts<'_>, leave: Leave, most: i64) -> Terms {
    let most = Money::new(most, f.amount.currency()).display(LOCALE);
    let proof =
        format!("Bis {most} je Zuwendung genügen dem Finanzamt dieses Schreiben und Ihr Zahlungsbeleg.");
    let statements = vec![leave.exempt, leave.used, GIFT.to_owned(), proof];
    Terms { statements, ..Terms::default() }
}

/// The collective confirmation of a year (DE-2): only gifts that no other confirmation names (DE-6, case 87).
pub(super) fn year(annual: &AnnualFacts<'_>) -> Terms {
    let f = &annual.facts;
    let overview = |words| Terms { statements: both(words), ..Terms::default() };
    if f.tax.documents == OfficialDocuments::Each {
        return overview(OVERVIEW);
    }
    if !home_currency(f) || annual.unconfirmed.currency() != f.amount.currency() {
        return unofficial(Blocked::OtherCurrency);
    }
    if annual.unconfirmed.minor() <= 0 {
        return overview(NOTHING);
    }
    let leave = match leave(f) {
        Ok(leave) => leave,
        Err(blocked) => return unofficial(blocked),
    };
    if let Some(blocked) = unfit(f) {
        return unofficial(blocked);
    }
    let mut statements = vec![leave.exempt, ONCE.to_owned(), WAIVERS.to_owned()];
    statements.extend(left_out(annual));
    statements.push(NOTIFIED.to_owned());
    let mut law = sum_lines("Gesamtbetrag der Zuwendungen", annual.unconfirmed);
    let period = format!("{} bis {}", dates::long(annual.from, LOCALE), dates::long(f.received_on, LOCALE));
    law.push(line("Zeitraum der Sammelbestätigung", period));
    law.extend(issue_lines(f));
    let eligible = Some(annual.unconfirmed);
    Terms { form: ReceiptForm::Zuwendungsbestaetigung, eligible, statements, law, ..Terms::default() }
}

/// What of the list is not confirmed here, so that the two sums agree in words (DE-2, DE-6).
fn left_out(annual: &AnnualFacts<'_>) -> Option<String> {
    let rest = super::less(annual.facts.amount, annual.unconfirmed).filter(|rest| !rest.is_zero())?;
    Some(format!(
        "Zuwendungen der Anlage über {} sind nicht Teil des Gesamtbetrags: für sie gibt es eine andere Bestätigung oder eine \
         Gegenleistung.",
        rest.display(LOCALE)
    ))
}

fn sum_lines(label: &str, sum: Money) -> Vec<LawLine> {
    vec![
        line(&format!("{label} in Ziffern"), sum.display(LOCALE)),
        line(&format!("{label} in Buchstaben"), words::german(sum)),
    ]
}

/// Where and when it is issued, and in whose name: no hand signs what is made by machine (DE-5), so the terms of a
/// confirmation have no signatory.
fn issue_lines(f: &Facts<'_>) -> Vec<LawLine> {
    let day = dates::long(f.issued_on, LOCALE);
    let place = f.tax.place_of_issue.as_deref().map(str::trim).filter(|place| !place.is_empty());
    let mut lines = vec![match place {
        Some(place) => line("Ort und Datum", format!("{place}, {day}")),
        None => line("Datum", day),
    }];
    let signatory = f.tax.signatory.as_ref();
    lines.extend(signatory.map(|s| line("Zeichnungsberechtigt", format!("{}, {}", s.name, s.title))));
    lines
}

/// What keeps a confirmation after the pattern from being issued, though there is leave to (DE-1, DE-5).
fn unfit(f: &Facts<'_>) -> Option<Blocked> {
    if !f.tax.machine_issue_notified {
        return Some(Blocked::MachineIssue);
    }
    let rules =
        [(f.donor_name.trim().is_empty(), "the donor's name"), (!f.donor_has_address, "the donor's address")];
    let gaps: Vec<&'static str> = rules.into_iter().filter(|(gap, _)| *gap).map(|(_, what)| what).collect();
    (!gaps.is_empty()).then_some(Blocked::Missing(gaps))
}

/// What the entity's leave lets it say.
struct Leave {
    /// On which notice the exemption rests.
    exempt: String,
    /// That the money goes to the purposes only.
    used: String,
}

/// The entity's leave to issue, while it holds (DE-4).
fn leave(f: &Facts<'_>) -> Result<Leave, Blocked> {
    let permit = f.tax.permit.as_ref().ok_or(Blocked::NoPermit)?;
    let until = holds_until(permit, f.issued_on).ok_or(Blocked::NoPermit)?;
    if f.issued_on < permit.dated || f.issued_on > until {
        return Err(Blocked::PermitOutOfDate { dated: permit.dated, until });
    }
    let purposes = f.tax.purposes.as_deref().map(str::trim).filter(|p| !p.is_empty());
    let purposes = purposes.ok_or_else(|| Blocked::Missing(vec!["the purposes that the permit names"]))?;
    let (office, number) = (permit.tax_office.trim(), permit.tax_number.trim());
    let dated = dates::long(permit.dated, LOCALE);
    let exempt = match permit.kind {
        PermitKind::ExemptionNotice => format!(
            "Wir sind wegen Förderung {purposes} nach dem Freistellungsbescheid des Finanzamtes {office}, StNr. {number}, vom \
             {dated} nach § 5 Abs. 1 Nr. 9 des Körperschaftsteuergesetzes von der Körperschaftsteuer und nach § 3 Nr. 6 des \
             Gewerbesteuergesetzes von der Gewerbesteuer befreit."
        ),
        PermitKind::Ruling60a => format!(
            "Die Einhaltung der satzungsmäßigen Voraussetzungen nach den §§ 51, 59, 60 und 61 AO wurde vom Finanzamt \
             {office}, StNr. {number}, mit Bescheid vom {dated} nach § 60a AO gesondert festgestellt. Wir fördern nach unserer \
             Satzung: {purposes}."
        ),
    };
    let used = format!("Es wird bestätigt, dass die Zuwendung nur zur Förderung {purposes} verwendet wird.");
    Ok(Leave { exempt, used })
}

/// The last day of a permit: five or three years after the day it bears, to the day (DE-4, case 86).
fn holds_until(permit: &Permit, on: Date) -> Option<Date> {
    let law = of("DE")?;
    let years = match permit.kind {
        PermitKind::ExemptionNotice => law.notice_years(on)?,
        PermitKind::Ruling60a => law.ruling_years(on)?,
    };
    permit.dated.checked_add(jiff::Span::new().try_years(years).ok()?).ok()
}
