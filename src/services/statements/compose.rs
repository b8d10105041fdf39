//! What a statement says, from the books (UK-36, UK-37): every kind of gift, less what went back, in the entity's own year.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{bounds, gift_aid_percent, too_large};
use crate::clock::Ts;
use crate::config::{Country, Entity, WordingKey};
use crate::domain::frequency::Frequency;
use crate::domain::gift_aid::amounts::benefit_limit;
use crate::domain::gift_aid::declaration::{CoveredGift, Declaration, covering};
use crate::domain::ids::{DonorId, GiftId};
use crate::domain::jurisdiction;
use crate::domain::jurisdiction::receipts::{self as law, AnnualFacts, Blocked, Facts};
use crate::domain::money::{Currency, Money};
use crate::domain::receipt::ReceiptForm;
use crate::domain::statement::{CurrencyBlock, Line, StatementContent, TEMPLATE_VERSION};
use crate::domain::states::DonorKind;
use crate::services::receipts::{entity_of, method_text, registrations};
use crate::services::{Deps, Result, ServiceError, compose};
use crate::store::statement_lines::{self, YearGift};
use crate::store::{Conn, declarations, statements};

/// The statement of a donor's year as it would be issued now, without a number yet.
///
/// # Errors
/// When the database refuses, the year is none of the entity's, or the donor is not there.
pub async fn compose(
    deps: &Deps,
    conn: &mut Conn,
    owner: &DonorId,
    entity: &Entity,
    year: &str,
    now: Ts,
) -> Result<StatementContent> {
    let (from, to) = year_of(entity, year, now)?;
    let mut content = figures(deps, conn, owner, entity, year, now).await?;
    if matches!(entity.country, Country::CA | Country::DE) {
        let confirmed = statement_lines::confirmed(conn, owner, &entity.id, year).await?;
        for line in content.blocks.iter_mut().flat_map(|b| &mut b.lines) {
            line.confirmed = line.gift.parse().is_ok_and(|id: GiftId| confirmed.contains(&id));
        }
    }
    apply_terms(entity, &mut content, (from, to), now.date_in(&entity.time_zone));
    Ok(content)
}

fn year_of(entity: &Entity, year: &str, now: Ts) -> Result<(Date, Date)> {
    let unfit = || ServiceError::Unexpected(format!("{year:?} is no tax year of {}", entity.id));
    bounds(entity, year, now).map(|(from, to, _)| (from, to)).ok_or_else(unfit)
}

/// What the books say of a donor's year, without the sentences that only an issued document needs. Three queries, however
/// much was given.
///
/// # Errors
/// When the database refuses, the year is none of the entity's, or the donor is not there.
pub async fn figures(
    deps: &Deps,
    conn: &mut Conn,
    owner: &DonorId,
    entity: &Entity,
    year: &str,
    now: Ts,
) -> Result<StatementContent> {
    let (from, to) = year_of(entity, year, now)?;
    let gifts = statement_lines::of_year(conn, owner, &entity.id, year).await?;
    let declared = if entity.gift_aid { declarations::of_owner(conn, owner).await? } else { Vec::new() };
    let donor = statements::donor_today(conn, owner).await?;
    let donor = donor.ok_or_else(|| ServiceError::Unexpected(format!("no donor {owner}")))?;
    let today = now.date_in(&entity.time_zone);
    let wording = deps.config.charity.wording.current(WordingKey::Statement, entity, today);
    let rate =
        jurisdiction::of(entity.country.as_str()).filter(|_| entity.gift_aid).and_then(|l| l.basic_rate(to));
    Ok(StatementContent {
        template_version: TEMPLATE_VERSION,
        number: String::new(),
        version: 0,
        replaces: None,
        issued_on: today.to_string(),
        entity: entity_of(entity),
        donor,
        tax_year: year.to_owned(),
        from: from.to_string(),
        to: to.to_string(),
        form: ReceiptForm::Plain,
        blocks: blocks(deps, entity, &gifts, &declared, to)?,
        basic_rate: rate.map(|r| r.to_string()),
        statements: Vec::new(),
        law: Vec::new(),
        signatory: None,
        wording_version: wording.as_ref().map(|w| w.version.clone()).unwrap_or_default(),
        wording: wording.map(|w| w.paragraphs).unwrap_or_default(),
    })
}

/// What the law wants on it, from what it says so far; why it cannot be the official document it would be.
pub(super) fn apply_terms(
    entity: &Entity,
    content: &mut StatementContent,
    (from, to): (Date, Date),
    today: Date,
) -> Option<Blocked> {
    let currency = entity.default_currency();
    let counts = content.blocks.iter().find(|b| b.currency == currency).map_or(0, |b| b.totals.counts);
    let amount = Money::new(counts, currency);
    let name = content.donor.receipt_name();
    let registrations = registrations(entity);
    let replaces = content.replaces.as_ref().map(|r| r.number.clone());
    let facts = Facts {
        country: entity.country.as_str(),
        legal_name: &entity.legal_name,
        registrations: &registrations,
        tax: &entity.tax,
        donor_name: &name,
        donor_has_address: content.donor.address.as_ref().is_some_and(|a| !a.is_blank()),
        amount,
        advantage: None,
        received_on: to,
        issued_on: today,
        replaces: replaces.as_deref(),
        locale: &entity.locale,
    };
    let gifts: Vec<law::YearGift> = content
        .blocks
        .iter()
        .filter(|b| b.currency == currency)
        .flat_map(|b| &b.lines)
        .map(|l| law::YearGift {
            amount: Money::new(l.counts(), currency),
            advantage_minor: l.benefit,
            received_on: l.received_on.parse().unwrap_or(to),
            confirmed: l.confirmed,
        })
        .collect();
    let country = entity.country.as_str();
    let unconfirmed = law::confirmable(country, &gifts).unwrap_or(Money::zero(currency));
    let terms = law::annual_terms(&AnnualFacts { facts, unconfirmed, from });
    content.form = terms.form;
    content.statements = terms.statements;
    content.law = terms.law;
    content.signatory = terms.signatory;
    terms.blocked
}

/// Gift Aid in percent for gifts in a currency: only sterling is grossed up on a statement (UK-8).
pub(super) fn percent(entity: &Entity, currency: Currency, on: Date) -> Decimal {
    if currency == Currency::GBP { gift_aid_percent(entity, on) } else { Decimal::ZERO }
}

fn blocks(
    deps: &Deps,
    entity: &Entity,
    gifts: &[YearGift],
    declared: &[Declaration],
    to: Date,
) -> Result<Vec<CurrencyBlock>> {
    let mut currencies = entity.currencies.clone();
    for gift in gifts {
        if !currencies.contains(&gift.currency) {
            currencies.push(gift.currency);
        }
    }
    let mut out = Vec::new();
    for currency in currencies {
        let lines: Vec<Line> = gifts
            .iter()
            .filter(|g| g.currency == currency)
            .map(|g| line(deps, g, declared, entity.gift_aid))
            .collect();
        if !lines.is_empty() {
            out.push(CurrencyBlock::new(currency, lines, percent(entity, currency, to)).map_err(too_large)?);
        }
    }
    Ok(out)
}

/// The line of a gift. `aid`: its entity takes Gift Aid.
pub(super) fn line(deps: &Deps, gift: &YearGift, declared: &[Declaration], aid: bool) -> Line {
    let remains = gift.amount_minor.saturating_sub(gift.returned_minor);
    let facts = CoveredGift {
        entity_id: &gift.entity_id,
        id: &gift.id,
        payment_id: gift.payment_id.as_ref(),
        first: gift.instalment.is_none_or(|n| n == 1),
        received_on: gift.received_on.0,
    };
    let within = gift.benefit_minor <= benefit_limit(remains);
    let person = gift.donor_kind == DonorKind::Individual;
    let frequency = gift.instalment.map(|_| gift.frequency.unwrap_or(Frequency::Monthly));
    let mut kind = compose::gift_noun(frequency.unwrap_or(Frequency::Once)).to_owned();
    if frequency.is_none() {
        kind = "one-off gift".to_owned();
    }
    if let Some(first) = kind.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Line {
        gift: gift.id.to_string(),
        received_on: gift.received_on.0.to_string(),
        receipt: gift.receipt_number.clone().unwrap_or_default(),
        kind,
        method: method_text(&gift.method_label, gift.method_last4.as_deref()),
        fund: compose::fund_name(deps, &gift.fund_id),
        given: gift.amount_minor,
        returned: gift.returned_minor.min(gift.amount_minor),
        benefit: gift.benefit_minor,
        gift_aided: aid && person && within && covering(declared, &facts).is_some(),
        confirmed: false,
        disputed: gift.disputed,
    }
}
