//! The United States: written acknowledgments (US-1 to US-9).

use super::super::of;
use super::{Facts, Terms, advantage, less};
use crate::domain::money::Money;
use crate::domain::receipt::{Advantage, ReceiptForm};

/// US-4: every receipt says whether anything was given in return.
const NOTHING: &str = "No goods or services were provided in exchange for this contribution.";
/// US-9: what a donor can deduct is not ours to say.
const ADVISER: &str = "Please ask your tax adviser how much of it you can deduct.";

pub(super) fn gift(f: &Facts<'_>) -> Terms {
    let mut terms = Terms { form: ReceiptForm::Acknowledgment, ..Terms::default() };
    match advantage(f) {
        None => terms.statements.push(NOTHING.to_owned()),
        Some(advantage) => {
            terms.eligible = less(f.amount, advantage.value);
            terms.statements.extend(quid_pro_quo(f, advantage, terms.eligible));
        }
    }
    terms.statements.extend(keep(f));
    terms.statements.push(ADVISER.to_owned());
    // US-8: within the year a corrected acknowledgment takes the place of the first.
    terms.statements.extend(f.replaces.map(|old| {
        format!("This is a corrected acknowledgment. It takes the place of no. {old}, which you should no longer use.")
    }));
    terms
}

/// US-1 wants the description and a good-faith estimate; US-5 above the threshold, which is about what was paid and not
/// about what remains of it, that the deduction is limited to the rest.
fn quid_pro_quo(f: &Facts<'_>, advantage: &Advantage, deductible: Option<Money>) -> Vec<String> {
    let what = match advantage.description.trim() {
        "" => "goods or services",
        words => words,
    };
    let value = advantage.value.display(f.locale);
    let mut said = vec![format!(
        "In exchange for this contribution we provided: {what}. Our good-faith estimate of the value is {value}."
    )];
    let threshold = of("US").and_then(|law| law.disclosure_above(f.received_on)).unwrap_or(0);
    let above = !super::home_currency(f) || f.amount.minor() > threshold;
    let rest = deductible.map(|d| d.display(f.locale));
    said.push(match (above, rest) {
        (true, rest) => {
            let limit = "The amount of your contribution that is deductible for federal income tax purposes is limited to \
                         the excess of what you gave over the value of what we provided";
            rest.map_or_else(|| format!("{limit}."), |rest| format!("{limit}: {rest}."))
        }
        (false, Some(rest)) => format!("Without that value, your contribution is {rest}."),
        (false, None) => return said,
    });
    said
}

/// US-1, US-3: for a single gift of this much or more the bank's record alone will not do; small gifts are never added up.
fn keep(f: &Facts<'_>) -> Option<String> {
    let least = of("US").and_then(|law| law.acknowledgment_from(f.received_on))?;
    let needed = super::home_currency(f) && f.amount.minor() >= least;
    needed.then(|| {
        let least = Money::new(least, f.amount.currency()).display(f.locale);
        format!("Keep this acknowledgment: the IRS asks for one for a single gift of {least} or more.")
    })
}

/// The summary of a year lists each gift with its day (US-1, case 72); what was given in return is told by gift.
pub(super) fn year() -> Terms {
    let except = "No goods or services were provided in exchange for these contributions, except where the acknowledgment \
                  of a gift describes them and states their value.";
    Terms { statements: vec![except.to_owned(), ADVISER.to_owned()], ..Terms::default() }
}
