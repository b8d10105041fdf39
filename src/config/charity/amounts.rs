//! Limits, suggested amounts and the fee a donor may cover.

use rust_decimal::Decimal;
use toml::Value;

use super::entity::{Ask, AskSet, CoverFee};
use super::reader::{Problems, Reader};
use crate::domain::frequency::Frequency;
use crate::domain::money::{Currency, Money};

/// Stripe's largest charge: eight digits, in minor units (999,999.99 of a currency with two decimals).
const STRIPE_MAXIMUM: i64 = 99_999_999;
/// Most amounts in one row of suggestions.
const ASKS_MAX: usize = 8;
/// Largest fee a donor may be asked to cover, in per cent.
const FEE_PERCENT_MAX: i64 = 20;

/// Stripe's smallest charge in minor units, for each currency an entity may take.
const STRIPE_MINIMUM: [(&str, i64); 21] = [
    ("GBP", 30),
    ("USD", 50),
    ("EUR", 50),
    ("CAD", 50),
    ("AUD", 50),
    ("JPY", 50),
    ("AED", 200),
    ("BRL", 50),
    ("CHF", 50),
    ("CZK", 1500),
    ("DKK", 250),
    ("HKD", 400),
    ("HUF", 17_500),
    ("INR", 50),
    ("MXN", 1000),
    ("NOK", 300),
    ("NZD", 50),
    ("PLN", 200),
    ("RON", 200),
    ("SEK", 300),
    ("SGD", 50),
];

fn stripe_minimum(currency: Currency) -> Option<Money> {
    let known = STRIPE_MINIMUM.iter().find(|(code, _)| *code == currency.code())?;
    Some(Money::new(known.1, currency))
}

/// The limits of one entity, one amount for each currency.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    /// Smallest gifts.
    pub(super) minimum: &'a [Money],
    /// Largest gifts.
    pub(super) maximum: &'a [Money],
}

/// Reads `minimum` and `maximum`, each a table with an amount for every currency.
pub(super) fn read_limits(r: &mut Reader<'_>, currencies: &[Currency]) -> (Vec<Money>, Vec<Money>) {
    let unknown: Vec<&str> =
        currencies.iter().filter(|c| stripe_minimum(**c).is_none()).map(|c| c.code()).collect();
    for code in unknown {
        r.note("currencies", format!("{code} is not supported yet: its smallest charge is not known here"));
    }
    let minimum = per_currency(r, "minimum", currencies, true);
    let maximum = per_currency(r, "maximum", currencies, true);
    for least in &minimum {
        if let Some(stripe) = stripe_minimum(least.currency()).filter(|s| s.minor() > least.minor()) {
            let problem = format!("must be at least {}, Stripe's smallest charge", stripe.display("en-GB"));
            r.note("minimum", problem);
        }
    }
    for most in &maximum {
        let currency = most.currency();
        if most.minor() > STRIPE_MAXIMUM {
            let stripe = Money::new(STRIPE_MAXIMUM, currency);
            r.note(
                "maximum",
                format!("must be at most {}, Stripe's largest charge", stripe.display("en-GB")),
            );
        }
        if minimum.iter().any(|m| m.currency() == currency && m.minor() > most.minor()) {
            r.note("maximum", format!("must not be less than the minimum ({currency})"));
        }
    }
    (minimum, maximum)
}

/// An amount for each of `currencies`, from a table `{ GBP = 2 }`; zero may be left out unless `required`.
fn per_currency(
    r: &mut Reader<'_>,
    field: &'static str,
    currencies: &[Currency],
    required: bool,
) -> Vec<Money> {
    let Some(mut table) = r.table(field) else {
        if required {
            let all: Vec<&str> = currencies.iter().map(|c| c.code()).collect();
            r.note(field, format!("must name an amount for {}", all.join(", ")));
        }
        return Vec::new();
    };
    let mut out = Vec::new();
    for currency in currencies {
        match table.remove(currency.code()) {
            Some(value) => out.extend(r.money(field, &value, *currency)),
            None if required => r.note(field, format!("must name an amount for {currency}")),
            None => out.push(Money::zero(*currency)),
        }
    }
    for code in table.keys() {
        r.note(field, format!("{code} is not one of the entity's currencies"));
    }
    out
}

/// Reads `cover_fee = { percent = "1.5", fixed = { GBP = "0.20" } }`.
pub(super) fn read_cover_fee(
    r: &mut Reader<'_>,
    currencies: &[Currency],
    problems: &Problems,
) -> Option<CoverFee> {
    let table = r.table("cover_fee")?;
    let mut fee = Reader::new(table, format!("{}.cover_fee", r.place()), problems);
    let percent = read_percent(&mut fee);
    let mut fixed = per_currency(&mut fee, "fixed", currencies, false);
    if fixed.is_empty() {
        fixed = currencies.iter().map(|c| Money::zero(*c)).collect();
    }
    fee.finish();
    Some(CoverFee { percent: percent?, fixed })
}

fn read_percent(r: &mut Reader<'_>) -> Option<Decimal> {
    let percent = match r.take("percent") {
        Some(Value::Integer(n)) => Some(Decimal::from(n)),
        Some(Value::String(s)) => s.parse().ok(),
        _ => None,
    };
    let good = percent.filter(|p| *p >= Decimal::ZERO && *p <= Decimal::from(FEE_PERCENT_MAX));
    if good.is_none() {
        r.note("percent", format!("must be a number in quotes from 0 to {FEE_PERCENT_MAX}, such as \"1.5\""));
    }
    good
}

/// Reads every `[[entity.asks]]`.
pub(super) fn read_asks(
    r: &mut Reader<'_>,
    frequencies: &[Frequency],
    currencies: &[Currency],
    limits: Limits<'_>,
    problems: &Problems,
) -> Vec<AskSet> {
    let mut out: Vec<AskSet> = Vec::new();
    for (i, table) in r.tables("asks").into_iter().enumerate() {
        let one = Reader::new(table, format!("{}.asks {}", r.place(), i + 1), problems);
        let Some(set) = read_ask_set(one, frequencies, currencies, limits, problems) else { continue };
        if out.iter().any(|a| a.frequency == set.frequency && a.currency == set.currency) {
            r.note("asks", format!("{} in {} is there twice", set.frequency, set.currency));
        }
        out.push(set);
    }
    out
}

fn read_ask_set(
    mut r: Reader<'_>,
    frequencies: &[Frequency],
    currencies: &[Currency],
    limits: Limits<'_>,
    problems: &Problems,
) -> Option<AskSet> {
    let frequency: Option<Frequency> = r.parsed("frequency");
    let currency: Option<Currency> = r.parsed("currency");
    if let (Some(f), Some(c)) = (frequency, currency) {
        r.rename(format!("{} {f} {c}", r.place().rsplit_once(' ').map_or(r.place(), |(p, _)| p)));
    }
    if frequency.is_some_and(|f| !frequencies.contains(&f)) {
        r.note("frequency", "is not one of the entity's frequencies");
    }
    if currency.is_some_and(|c| !currencies.contains(&c)) {
        r.note("currency", "is not one of the entity's currencies");
    }
    let amounts = r.take("amounts");
    let preselected = r.take("preselected");
    let read = currency.map(|c| {
        let amounts = read_amounts(&r, amounts, c, limits, problems);
        let chosen = read_preselected(&r, preselected, &amounts, c);
        (amounts, chosen)
    });
    r.finish();
    let (amounts, preselected) = read?;
    Some(AskSet { frequency: frequency?, currency: currency?, amounts, preselected })
}

fn read_amounts(
    r: &Reader<'_>,
    value: Option<Value>,
    currency: Currency,
    limits: Limits<'_>,
    problems: &Problems,
) -> Vec<Ask> {
    let items = match value {
        Some(Value::Array(items)) if (1..=ASKS_MAX).contains(&items.len()) => items,
        _ => {
            r.note("amounts", format!("must be a list of 1 to {ASKS_MAX} amounts, such as [10, 25]"));
            return Vec::new();
        }
    };
    let asks: Vec<Ask> = items.into_iter().filter_map(|v| read_ask(r, v, currency, problems)).collect();
    if asks.windows(2).any(|pair| pair[0].amount.minor() >= pair[1].amount.minor()) {
        r.note("amounts", "must grow from the first to the last");
    }
    for ask in &asks {
        let of = |all: &[Money]| all.iter().copied().find(|m| m.currency() == currency).map(Money::minor);
        let low = of(limits.minimum).is_some_and(|least| ask.amount.minor() < least);
        let high = of(limits.maximum).is_some_and(|most| ask.amount.minor() > most);
        if low || high {
            let shown = ask.amount.display("en-GB");
            let side = if low { "less than the minimum" } else { "more than the maximum" };
            r.note("amounts", format!("{shown} is {side}"));
        }
    }
    asks
}

fn read_ask(r: &Reader<'_>, value: Value, currency: Currency, problems: &Problems) -> Option<Ask> {
    let Value::Table(table) = value else {
        return r.money("amounts", &value, currency).map(|amount| Ask { amount, impact: None });
    };
    let mut one = Reader::new(table, r.place(), problems);
    let amount = match one.take("amount") {
        Some(v) => one.money("amount", &v, currency),
        None => {
            one.note("amount", "is missing");
            None
        }
    };
    let impact = one.text_opt("impact");
    one.finish();
    Some(Ask { amount: amount?, impact })
}

/// The index of the amount that `preselected` names; the middle one when it is left out.
fn read_preselected(r: &Reader<'_>, value: Option<Value>, asks: &[Ask], currency: Currency) -> usize {
    let Some(value) = value else { return asks.len().saturating_sub(1) / 2 };
    let Some(amount) = r.money("preselected", &value, currency) else { return 0 };
    asks.iter().position(|a| a.amount == amount).unwrap_or_else(|| {
        r.note("preselected", "must be one of the amounts");
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_with_a_known_minimum_exists() {
        for (code, minor) in STRIPE_MINIMUM {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(stripe_minimum(currency), Some(Money::new(minor, currency)));
        }
    }
}
