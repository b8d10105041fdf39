//! When the office asks for more than a right: a fresh proof, a second person.

use super::reader::{Problems, Reader};
use crate::domain::money::Money;

/// Refunds above this many units of their currency ask for a fresh proof, unless the charity file says otherwise.
const PROVE_REFUNDS_ABOVE: u32 = 100;
/// Whole units; beyond it a limit is a slip of the pen.
const LIMIT_AT_MOST: u32 = 10_000_000;

/// When the office asks for more than a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRules {
    /// Refunds above this sum, in whole units of any currency, ask for a fresh proof; 0: all do.
    pub prove_refunds_above: u32,
    /// Refunds above this sum wait for a second person; `None`: none does (RC-11).
    pub two_people_for_refunds_above: Option<u32>,
    /// Whoever entered a gift by hand does not correct it.
    pub two_people_for_corrections: bool,
}

impl Default for StaffRules {
    fn default() -> StaffRules {
        StaffRules {
            prove_refunds_above: PROVE_REFUNDS_ABOVE,
            two_people_for_refunds_above: None,
            two_people_for_corrections: false,
        }
    }
}

impl StaffRules {
    /// Whether a refund of this sum asks for a fresh proof.
    pub fn needs_proof(&self, refund: Money) -> bool {
        is_above(refund, self.prove_refunds_above)
    }

    /// Whether a refund of this sum waits for a second person.
    pub fn needs_second_person(&self, refund: Money) -> bool {
        self.two_people_for_refunds_above.is_some_and(|limit| is_above(refund, limit))
    }
}

fn is_above(sum: Money, units: u32) -> bool {
    i128::from(sum.minor()) > i128::from(units) * 10_i128.pow(sum.currency().exponent())
}

/// Reads `[staff]`; what is not there is as by default.
pub(super) fn read(table: Option<toml::Table>, problems: &Problems) -> StaffRules {
    let mut rules = StaffRules::default();
    let Some(table) = table else { return rules };
    let mut r = Reader::new(table, "staff", problems);
    if let Some(limit) = limit(&mut r, "prove_refunds_above") {
        rules.prove_refunds_above = limit;
    }
    rules.two_people_for_refunds_above = limit(&mut r, "two_people_for_refunds_above");
    rules.two_people_for_corrections = r.flag("two_people_for_corrections");
    r.finish();
    rules
}

fn limit(r: &mut Reader<'_>, field: &'static str) -> Option<u32> {
    let value = r.take(field)?;
    let number = value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= LIMIT_AT_MOST);
    if number.is_none() {
        r.note(field, format!("must be a whole number from 0 to {LIMIT_AT_MOST}, such as 100"));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(toml: &str) -> (StaffRules, Vec<String>) {
        let problems = Problems::default();
        let rules = read(Some(toml.parse().expect("toml")), &problems);
        (rules, problems.into_inner())
    }

    #[test]
    fn limits_can_be_others_and_mistakes_are_named() {
        let (rules, problems) = read_text(
            "prove_refunds_above = 0\ntwo_people_for_refunds_above = 500\ntwo_people_for_corrections = true",
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((rules.prove_refunds_above, rules.two_people_for_refunds_above), (0, Some(500)));
        assert!(rules.two_people_for_corrections);
        let (_, problems) = read_text(
            "prove_refunds_above = -1\ntwo_people_for_refunds_above = \"500\"\ntwo_people_for_corrections = 1\nprove = 2",
        );
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert_eq!(read(None, &Problems::default()), StaffRules::default());
    }

    #[test]
    fn a_limit_counts_in_whole_units_of_any_currency_and_is_itself_below() {
        let money = |minor, code: &str| Money::new(minor, code.parse().expect("a currency"));
        let rules = StaffRules { two_people_for_refunds_above: Some(500), ..StaffRules::default() };
        assert!(!rules.needs_proof(money(10_000, "GBP")) && rules.needs_proof(money(10_001, "GBP")));
        assert!(!rules.needs_proof(money(100, "JPY")) && rules.needs_proof(money(101, "JPY")));
        assert!(
            !rules.needs_second_person(money(50_000, "USD"))
                && rules.needs_second_person(money(50_001, "USD"))
        );
        assert!(!StaffRules::default().needs_second_person(money(i64::MAX, "GBP")));
        let always = StaffRules { prove_refunds_above: 0, ..StaffRules::default() };
        assert!(always.needs_proof(money(1, "GBP")));
    }
}
