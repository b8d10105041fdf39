//! `[entity.tax]`: what the tax office of an entity knows of it (UK-35, CA-1, DE-4).

use jiff::civil::Date;
use toml::Table;

use super::country::Country;
use super::reader::{Problems, Reader};
use crate::domain::jurisdiction::{CharitableForm, OfficialDocuments, Permit, PermitKind, TaxEntity};
use crate::domain::receipt::Signatory;

/// Longer than a year is a slip of the pen.
const LONGEST_HOLD_DAYS: i64 = 365;

/// Reads the table; what is not there is as by default. `place`: the entity's name in problems.
pub(super) fn read(
    table: Option<Table>,
    place: &str,
    country: Option<Country>,
    gift_aid: bool,
    problems: &Problems,
) -> TaxEntity {
    let mut tax = TaxEntity::default();
    let Some(table) = table else { return tax };
    let mut r = Reader::new(table, format!("{place}.tax"), problems);
    if let Some(form) =
        choice(&mut r, "form", &[("company", CharitableForm::Company), ("trust", CharitableForm::Trust)])
    {
        tax.form = form;
    }
    if let Some(end) = year_end(&mut r) {
        tax.year_end = end;
    }
    tax.hmrc_reference = hmrc_reference(&mut r);
    if let Some(days) = hold_days(&mut r) {
        tax.claim_hold_days = days;
    }
    let documents = [("each", OfficialDocuments::Each), ("annual", OfficialDocuments::Annual)];
    if let Some(documents) = choice(&mut r, "documents", &documents) {
        tax.documents = documents;
    }
    tax.place_of_issue = r.text_opt("place_of_issue");
    tax.signatory = signatory(&mut r, problems);
    tax.permit = permit(&mut r, problems);
    tax.machine_issue_notified = r.flag("machine_issue_notified");
    tax.purposes = r.text_opt("purposes");
    if tax.hmrc_reference.is_some() && !gift_aid {
        r.note("hmrc_reference", "is there, but gift_aid is not true");
    }
    if tax.permit.is_some() && country != Some(Country::DE) {
        r.note("permit", "is for country \"DE\" (DE-4)");
    }
    r.finish();
    tax
}

fn choice<T: Copy>(r: &mut Reader<'_>, field: &'static str, known: &[(&str, T)]) -> Option<T> {
    let word = r.text_opt(field)?;
    let found = known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        r.note(field, format!("must be {}, not {word:?}", names.join(" or ")));
    }
    found
}

/// `12-31`: month and day.
fn year_end(r: &mut Reader<'_>) -> Option<(i8, i8)> {
    let text = r.text_opt("accounting_year_end")?;
    // 2001 is no leap year: an accounting year that ends with February ends on its 28th in the file.
    let day: Option<Date> = format!("2001-{text}").parse().ok().filter(|_| text.len() == 5);
    if day.is_none() {
        r.note("accounting_year_end", "must be month and day, such as \"03-31\"");
    }
    day.map(|d| (d.month(), d.day()))
}

/// One or two capitals and one to five digits, as in HMRC's schema (§1.7).
fn hmrc_reference(r: &mut Reader<'_>) -> Option<String> {
    let text = r.text_opt("hmrc_reference")?;
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = text.bytes().skip(letters).filter(u8::is_ascii_digit).count();
    if !(1..=2).contains(&letters) || !(1..=5).contains(&digits) || letters + digits != text.len() {
        r.note("hmrc_reference", "must have one or two capitals and up to five digits, such as \"AB12345\"");
    }
    Some(text)
}

fn hold_days(r: &mut Reader<'_>) -> Option<u16> {
    let value = r.take("claim_hold_days")?;
    let days = value
        .as_integer()
        .filter(|n| (0..=LONGEST_HOLD_DAYS).contains(n))
        .and_then(|n| u16::try_from(n).ok());
    if days.is_none() {
        r.note("claim_hold_days", format!("must be a number of days from 0 to {LONGEST_HOLD_DAYS}"));
    }
    days
}

fn signatory(r: &mut Reader<'_>, problems: &Problems) -> Option<Signatory> {
    let table = r.table("signatory")?;
    let mut one = Reader::new(table, format!("{}.signatory", r.place()), problems);
    let signatory = Signatory { name: one.text("name"), title: one.text("title") };
    one.finish();
    Some(signatory)
}

fn permit(r: &mut Reader<'_>, problems: &Problems) -> Option<Permit> {
    let table = r.table("permit")?;
    let mut one = Reader::new(table, format!("{}.permit", r.place()), problems);
    let kinds = [("exemption_notice", PermitKind::ExemptionNotice), ("ruling_60a", PermitKind::Ruling60a)];
    let kind = choice(&mut one, "kind", &kinds).unwrap_or(PermitKind::ExemptionNotice);
    let dated = one.date_opt("dated");
    if dated.is_none() {
        one.note("dated", "is missing: the day the permit bears");
    }
    let (tax_office, tax_number) = (one.text("tax_office"), one.text("tax_number"));
    one.finish();
    Some(Permit { kind, dated: dated?, tax_office, tax_number })
}
