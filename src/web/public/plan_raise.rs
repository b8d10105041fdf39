//! The form that raises a repeating gift. It can only raise.

use super::plan_link::{Opened, Raw, act};
use crate::domain::money::{Currency, Money};
use crate::domain::terms::{Act, Terms};
use crate::web::AppState;
use crate::web::amounts;
use crate::web::donor::plan_acts::basis;
use crate::web::donor::plan_words::PlanWords;
use crate::web::errors::AppError;
use crate::web::pages::{Field, Link, PlanLinkPage, Problem, RaiseChoice, RaiseForm, Row};

/// Amounts to add, in major units.
const STEPS: [i64; 3] = [5, 10, 20];

/// A step in a currency; those without decimals count in hundreds.
fn step(major: i64, currency: Currency) -> Money {
    let minor = match currency.exponent() {
        0 => 100,
        exponent => 10_i64.saturating_pow(exponent),
    };
    Money::new(major.saturating_mul(minor), currency)
}

fn raised(words: &PlanWords<'_>, terms: &Terms, amount: Money) -> Terms {
    let cover = if terms.fee_cover_minor > 0 {
        amounts::cover(words.entity, amount)
    } else {
        Money::zero(terms.currency)
    };
    Terms { amount_minor: amount.minor(), fee_cover_minor: cover.minor(), ..terms.clone() }
}

/// "You give £25. Add £5, £10, £20, or your own."
pub(super) fn form(state: &AppState, token: &str, words: &PlanWords<'_>, opened: &Opened) -> PlanLinkPage {
    let Some(terms) = opened.pledge.terms().filter(|t| !t.ended) else {
        return PlanLinkPage {
            title: "This gift is over".to_owned(),
            lead: "Thank you for every one of them.".to_owned(),
            links: vec![Link::new("Give again", "/give?frequency=monthly")],
            ..PlanLinkPage::default()
        };
    };
    let mut rows =
        vec![Row::figure("You give", words.sum(&terms)), Row::new("To", words.fund(&terms.fund_id))];
    rows.extend(terms.schedule().first().map(|at| Row::figure("Next gift", words.day(at))));
    PlanLinkPage {
        title: "Give a little more".to_owned(),
        lead: "From the next gift on. Nothing is charged today, and no card is asked for.".to_owned(),
        rows,
        raise: Some(raise_form(state, token, words, &terms, "", Field::default())),
        ..PlanLinkPage::default()
    }
}

fn raise_form(
    state: &AppState,
    token: &str,
    words: &PlanWords<'_>,
    terms: &Terms,
    chosen: &str,
    own: Field,
) -> RaiseForm {
    let button = act(state, token, "Give more", "raise").with("basis", basis(terms));
    let choice = |major: i64| {
        let add = step(major, terms.currency);
        let amount = terms.amount().checked_add(add).unwrap_or(terms.amount());
        RaiseChoice {
            value: major.to_string(),
            label: format!("Add {}", add.display_short(words.locale)),
            total: words.sum(&raised(words, terms, amount)),
            checked: chosen == major.to_string(),
        }
    };
    RaiseForm {
        action: button.action,
        hidden: button.hidden,
        symbol: terms.currency.symbol(),
        often: terms.frequency.adverb().to_owned(),
        problems: own.error.iter().map(|text| Problem { id: "own".to_owned(), text: text.clone() }).collect(),
        choices: STEPS.into_iter().map(choice).collect(),
        own,
        button: "Give more".to_owned(),
        no: Link::new("No, keep it as it is", "/"),
    }
}

/// The raise that was typed, or the form with what is to be put right; without a problem when the gift has changed since
/// the page was made.
pub(super) fn wish(
    state: &AppState,
    opened: &Opened,
    raw: &Raw,
) -> Result<Result<Act, Box<RaiseForm>>, AppError> {
    let words = PlanWords::of(state, &opened.locale, &opened.pledge)?;
    let Some(terms) = opened.pledge.terms().filter(|t| !t.ended) else { return Err(AppError::not_found()) };
    if raw.basis != basis(&terms) {
        return Ok(Err(Box::new(raise_form(state, &opened.token, &words, &terms, "", Field::default()))));
    }
    let contact = &state.deps.config.charity.brand.contact_email;
    let typed = match raw.add.parse::<i64>() {
        Ok(major) if STEPS.contains(&major) => {
            let sum = terms.amount().checked_add(step(major, terms.currency));
            sum.map(Money::to_plain).unwrap_or_default()
        }
        _ => raw.own.trim().to_owned(),
    };
    let checked = amounts::check(words.entity, contact, terms.currency, &typed).and_then(|amount| {
        if amount.minor() > terms.amount_minor {
            return Ok(amount);
        }
        let now = terms.amount().display_short(words.locale);
        Err(format!("Enter more than the {now} you give now. To give less, sign in"))
    });
    Ok(match checked {
        Ok(amount) => {
            let new = raised(&words, &terms, amount);
            Ok(Act::Raise { amount, fee_cover: new.fee_cover() })
        }
        Err(problem) => Err(Box::new(raise_form(
            state,
            &opened.token,
            &words,
            &terms,
            &raw.add,
            Field::wrong(typed, problem),
        ))),
    })
}
