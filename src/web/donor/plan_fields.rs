//! The fields of each small act about a plan, and the wish that was typed into them.

use jiff::civil::Date;
use serde::Deserialize;

use super::plan_words::{PlanWords, capital};
use crate::clock::Ts;
use crate::domain::dates;
use crate::domain::frequency::Frequency;
use crate::domain::money::Money;
use crate::domain::schedule::LAST_DAY;
use crate::domain::terms::{Act, Terms};
use crate::services::compose::plan_letters::often;
use crate::web::amounts;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{Check, Choice, Hidden, PlanField};

/// What is typed into the form of an act; each uses its own part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    /// Set once somebody wants to see what will happen.
    pub look: String,
    /// An own amount.
    pub amount: String,
    /// A suggested amount.
    pub amount_pick: String,
    /// The fee is covered.
    pub cover_fee: String,
    /// How often.
    pub frequency: String,
    /// Day of the month.
    pub day: String,
    /// Fund.
    pub fund: String,
    /// Months of a pause.
    pub months: String,
    /// A day, as `2027-05-31`.
    pub date: String,
    /// The charge that a skip is about, in unix seconds.
    pub charge: String,
    /// The form's mark.
    pub token: String,
    /// What the plan was when the page was made.
    pub basis: String,
}

/// The acts that have a page here.
pub const ACTS: [&str; 9] = ["amount", "fee", "frequency", "day", "fund", "skip", "resume", "pause", "until"];

/// Fills in what the plan is, for a page that opens.
pub fn opened(words: &PlanWords<'_>, act: &str, terms: &Terms) -> Raw {
    let mut raw = Raw::default();
    match act {
        "amount" | "fee" if terms.fee_cover_minor > 0 => raw.cover_fee = "yes".to_owned(),
        "frequency" => raw.frequency = terms.frequency.as_str().to_owned(),
        "day" => raw.day = words.date(terms.anchor_at).day().to_string(),
        "fund" => raw.fund.clone_from(&terms.fund_id),
        "until" => {
            if let Some(last) = terms.schedule().last() {
                raw.date = words.date(last).to_string();
            }
        }
        _ => {}
    }
    raw
}

/// The wish that was typed; `None` with what is to be put right.
pub fn wish(words: &PlanWords<'_>, act: &str, raw: &Raw, terms: &Terms, wrong: &mut Mistakes) -> Option<Act> {
    match act {
        "amount" => amount(words, raw, terms, wrong),
        "fee" => {
            let amount = terms.amount();
            Some(Act::Amount { amount, fee_cover: fee_cover(words, raw, amount) })
        }
        "frequency" => {
            let frequency = raw.frequency.parse().ok().filter(|f| frequencies(words).contains(f));
            missing(wrong, "frequency", "Choose how often", frequency).map(Act::Frequency)
        }
        "day" => {
            let day = raw.day.parse::<i8>().ok().filter(|d| (1..=LAST_DAY).contains(d));
            missing(wrong, "day", "Choose a day from the 1st to the 28th", day).map(Act::Day)
        }
        "fund" => {
            let fund = words.funds().find(|f| f.id == raw.fund).map(|f| f.id.clone());
            missing(wrong, "fund", "Choose where your gift should go", fund).map(Act::Fund)
        }
        "skip" => {
            let charge = raw.charge.parse().ok().map(Ts::from_unix).or_else(|| terms.schedule().first());
            charge.map(Act::Skip)
        }
        "resume" => Some(Act::Resume),
        "pause" => pause(raw, wrong),
        "until" if raw.date.trim().is_empty() => Some(Act::NoEnd),
        "until" => date(raw, wrong).map(Act::EndAfter),
        _ => None,
    }
}

fn missing<T>(wrong: &mut Mistakes, name: &'static str, words: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        wrong.insert(name, words.to_owned());
    }
    value
}

fn amount(words: &PlanWords<'_>, raw: &Raw, terms: &Terms, wrong: &mut Mistakes) -> Option<Act> {
    let typed = if raw.amount.trim().is_empty() { &raw.amount_pick } else { &raw.amount };
    let contact = &words.state.deps.config.charity.brand.contact_email;
    match amounts::check(words.entity, contact, terms.currency, typed) {
        Ok(amount) => Some(Act::Amount { amount, fee_cover: fee_cover(words, raw, amount) }),
        Err(problem) => {
            wrong.insert("amount", problem);
            None
        }
    }
}

fn fee_cover(words: &PlanWords<'_>, raw: &Raw, amount: Money) -> Money {
    if raw.cover_fee.is_empty() {
        Money::zero(amount.currency())
    } else {
        amounts::cover(words.entity, amount)
    }
}

fn pause(raw: &Raw, wrong: &mut Mistakes) -> Option<Act> {
    if !raw.date.trim().is_empty() {
        return date(raw, wrong).map(Act::PauseUntil);
    }
    let months = raw.months.parse::<u32>().ok().filter(|m| (1..=12).contains(m));
    missing(wrong, "months", "Choose how long, from one to twelve months", months).map(Act::PauseMonths)
}

fn date(raw: &Raw, wrong: &mut Mistakes) -> Option<Date> {
    let date = raw.date.trim().parse::<Date>().ok().filter(|d| (2000..3000).contains(&d.year()));
    missing(wrong, "date", "Enter a day like 2027-05-31", date)
}

fn frequencies(words: &PlanWords<'_>) -> Vec<Frequency> {
    words.entity.frequencies.iter().copied().filter(|f| *f != Frequency::Once).collect()
}

fn choice(value: impl Into<String>, label: impl Into<String>, chosen: &str) -> Choice {
    let value = value.into();
    Choice { selected: value == chosen, label: label.into(), value }
}

/// The fields of an act, filled in as typed.
pub fn fields(
    words: &PlanWords<'_>,
    act: &str,
    raw: &Raw,
    terms: &Terms,
    wrong: &Mistakes,
) -> Vec<PlanField> {
    let error = |name: &str| wrong.get(name).cloned();
    match act {
        "amount" => {
            let mut fields = vec![amount_field(words, raw, terms, wrong)];
            fields.extend(fee_field(words, raw));
            fields
        }
        "fee" => fee_field(words, raw).into_iter().collect(),
        "frequency" => vec![PlanField::Choices {
            name: "frequency".to_owned(),
            label: "How often?".to_owned(),
            hint: "The amount of each gift stays the same.".to_owned(),
            choices: frequencies(words)
                .into_iter()
                .map(|f| choice(f.as_str(), capital(often(f)), &raw.frequency))
                .collect(),
            error: error("frequency"),
        }],
        "day" => vec![PlanField::Select {
            name: "day".to_owned(),
            label: "On which day of the month?".to_owned(),
            hint: day_hint(words, terms),
            choices: (1..=LAST_DAY).map(|d| choice(d.to_string(), dates::ordinal(d), &raw.day)).collect(),
            error: error("day"),
        }],
        "fund" => vec![PlanField::Choices {
            name: "fund".to_owned(),
            label: "Where should it go?".to_owned(),
            hint: String::new(),
            choices: words.funds().map(|f| choice(f.id.as_str(), f.name.as_str(), &raw.fund)).collect(),
            error: error("fund"),
        }],
        "pause" => vec![
            months_field(raw, wrong),
            date_field("Or until a day", "A day here counts instead of the months.", raw, wrong),
        ],
        "until" => {
            vec![date_field(
                "Last gift on or before",
                "Leave it empty to go on until you stop it.",
                raw,
                wrong,
            )]
        }
        _ => Vec::new(),
    }
}

fn day_hint(words: &PlanWords<'_>, terms: &Terms) -> String {
    let now = words.date(terms.anchor_at).day();
    if now > LAST_DAY {
        format!("Now it is the {}. Every month has the days up to the 28th.", dates::ordinal(now))
    } else {
        "Every month has the days up to the 28th.".to_owned()
    }
}

fn amount_field(words: &PlanWords<'_>, raw: &Raw, terms: &Terms, wrong: &Mistakes) -> PlanField {
    let limits = words.entity.minimum_in(terms.currency).zip(words.entity.maximum_in(terms.currency));
    let hint = limits.map_or_else(String::new, |(least, most)| {
        format!("From {} to {}", least.display_short(words.locale), most.display_short(words.locale))
    });
    let asks = words.entity.ask_set(terms.frequency, terms.currency);
    let mut others: Vec<Money> = asks.iter().flat_map(|set| &set.amounts).map(|a| a.amount).collect();
    // Less must be as near as more.
    others.extend(limits.and_then(|(least, _)| half(terms.amount(), least)));
    others.retain(|amount| *amount != terms.amount());
    others.sort_by_key(|amount| amount.minor());
    others.dedup();
    PlanField::Amount {
        name: "amount".to_owned(),
        label: format!("New amount {}", terms.frequency.adverb()),
        hint,
        symbol: terms.currency.symbol(),
        field: field(wrong, "amount", &raw.amount),
        suggestions: others
            .into_iter()
            .map(|amount| choice(amount.to_plain(), amount.display_short(words.locale), &raw.amount_pick))
            .collect(),
    }
}

/// Half of a gift in whole units of the currency, if that may be given.
fn half(amount: Money, least: Money) -> Option<Money> {
    let unit = 10_i64.checked_pow(amount.currency().exponent())?;
    let minor = (amount.minor() / 2 + unit - 1) / unit * unit;
    (minor >= least.minor()).then(|| Money::new(minor, amount.currency()))
}

fn fee_field(words: &PlanWords<'_>, raw: &Raw) -> Option<PlanField> {
    words.entity.cover_fee.as_ref()?;
    Some(PlanField::Check(Check {
        name: "cover_fee".to_owned(),
        label: "Add what the card costs, so that the whole gift arrives".to_owned(),
        hint: String::new(),
        checked: !raw.cover_fee.is_empty(),
    }))
}

fn months_field(raw: &Raw, wrong: &Mistakes) -> PlanField {
    let label = |n: u32| if n == 1 { "1 month".to_owned() } else { format!("{n} months") };
    PlanField::Select {
        name: "months".to_owned(),
        label: "For how long?".to_owned(),
        hint: "It goes on by itself afterwards.".to_owned(),
        choices: (1..=12).map(|n| choice(n.to_string(), label(n), &raw.months)).collect(),
        error: wrong.get("months").cloned(),
    }
}

fn date_field(label: &str, hint: &str, raw: &Raw, wrong: &Mistakes) -> PlanField {
    PlanField::Date {
        name: "date".to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        field: field(wrong, "date", &raw.date),
    }
}

/// What was typed, carried on to the button that does it.
pub fn carried(act: &str, raw: &Raw) -> Vec<Hidden> {
    let all = [
        ("amount", &raw.amount, act == "amount"),
        ("amount_pick", &raw.amount_pick, act == "amount"),
        ("cover_fee", &raw.cover_fee, act == "amount" || act == "fee"),
        ("frequency", &raw.frequency, act == "frequency"),
        ("day", &raw.day, act == "day"),
        ("fund", &raw.fund, act == "fund"),
        ("months", &raw.months, act == "pause"),
        ("date", &raw.date, act == "pause" || act == "until"),
        ("charge", &raw.charge, act == "skip"),
    ];
    let used = all.into_iter().filter(|(_, value, belongs)| *belongs && !value.is_empty());
    used.map(|(name, value, _)| Hidden::new(name, value.as_str())).collect()
}
