//! The Dutch periodic gift: a written agreement over years, the same sum in each, nothing in return (NL-2, NL-4).

use jiff::civil::Date;

use super::of;

/// What was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// What is given in each year, in minor units of euros.
    pub yearly_minor: i64,
    /// The first calendar year.
    pub start_year: i16,
    /// For how many years.
    pub years: i64,
    /// When it was signed.
    pub signed_on: Date,
}

/// What is wrong with an agreement or one of its years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Fewer years than the law wants.
    TooShort {
        /// The fewest.
        least: i64,
    },
    /// It was signed after its first year: what was given before is no periodic gift.
    SignedLate,
    /// No sum was agreed.
    NoSum,
    /// The sum of a year is not what was agreed, in minor units.
    OtherSum {
        /// What was given.
        given: i64,
        /// What was agreed.
        agreed: i64,
    },
    /// The donor got something for it, in minor units.
    InReturn {
        /// What it was worth.
        value: i64,
    },
    /// The year is none of the agreement's: a new agreement is needed.
    OutsideTerm,
}

impl Agreement {
    /// Whether the agreement can be a periodic gift (NL-2, case 89).
    ///
    /// # Errors
    /// [`Problem::TooShort`], [`Problem::SignedLate`], [`Problem::NoSum`].
    pub fn check(&self) -> Result<(), Problem> {
        let least = of("NL").and_then(|law| law.periodic_years(self.signed_on)).unwrap_or(i64::MAX);
        if self.years < least {
            return Err(Problem::TooShort { least });
        }
        if self.signed_on.year() > self.start_year {
            return Err(Problem::SignedLate);
        }
        if self.yearly_minor <= 0 { Err(Problem::NoSum) } else { Ok(()) }
    }

    /// The last calendar year it covers; after it a new agreement is needed (NL-2).
    pub fn last_year(&self) -> i64 {
        i64::from(self.start_year).saturating_add(self.years).saturating_sub(1)
    }

    /// Whether it is about gifts of a calendar year.
    pub fn covers(&self, year: i16) -> bool {
        (i64::from(self.start_year)..=self.last_year()).contains(&i64::from(year))
    }

    /// Whether what was given in a year that has ended is what was agreed; payments may be split (NL-4, case 88).
    ///
    /// # Errors
    /// [`Problem::OtherSum`], [`Problem::OutsideTerm`].
    pub fn check_year(&self, year: i16, given_minor: &[i64]) -> Result<(), Problem> {
        if !self.covers(year) {
            return Err(Problem::OutsideTerm);
        }
        let given = given_minor.iter().fold(0_i64, |sum, gift| sum.saturating_add(*gift));
        if given == self.yearly_minor {
            Ok(())
        } else {
            Err(Problem::OtherSum { given, agreed: self.yearly_minor })
        }
    }

    /// As [`Agreement::check_year`], for the year in which an end event of the agreement fell, at latest the donor's
    /// death (NL-2): less than agreed is no fault then, more is.
    ///
    /// # Errors
    /// [`Problem::OtherSum`], [`Problem::OutsideTerm`].
    pub fn check_final_year(&self, year: i16, given_minor: &[i64]) -> Result<(), Problem> {
        match self.check_year(year, given_minor) {
            Err(Problem::OtherSum { given, agreed }) if given < agreed => Ok(()),
            other => other,
        }
    }

    /// What is still to come in a year that runs, in minor units; none outside the term.
    pub fn still_to_come(&self, year: i16, given_minor: &[i64]) -> Option<i64> {
        let given = given_minor.iter().fold(0_i64, |sum, gift| sum.saturating_add(*gift));
        self.covers(year).then(|| self.yearly_minor.saturating_sub(given).max(0))
    }
}

/// Whether a gift may count as periodic although the donor got something of this value for it: never (NL-2).
///
/// # Errors
/// [`Problem::InReturn`].
pub fn check_return(value_minor: i64) -> Result<(), Problem> {
    if value_minor > 0 { Err(Problem::InReturn { value: value_minor }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agreement(years: i64) -> Agreement {
        Agreement { yearly_minor: 120_000, start_year: 2024, years, signed_on: jiff::civil::date(2024, 1, 2) }
    }

    #[test]
    fn case_88_a_year_that_lacks_a_payment_is_told() {
        let agreed = agreement(5);
        assert_eq!(agreed.check_year(2025, &[10_000; 12]), Ok(()));
        assert_eq!(
            agreed.check_year(2026, &[10_000; 11]),
            Err(Problem::OtherSum { given: 110_000, agreed: 120_000 })
        );
        assert_eq!(agreed.still_to_come(2026, &[10_000; 11]), Some(10_000));
        assert_eq!(agreed.check_year(2028, &[120_000]), Ok(()), "the fifth year");
        assert_eq!(agreed.check_year(2029, &[10_000; 12]), Err(Problem::OutsideTerm));
        assert_eq!(agreed.check_year(2023, &[10_000; 12]), Err(Problem::OutsideTerm));
    }

    #[test]
    fn case_89_four_years_are_too_few() {
        assert_eq!(agreement(4).check(), Err(Problem::TooShort { least: 5 }));
        assert_eq!(agreement(5).check(), Ok(()));
        assert_eq!(agreement(5).last_year(), 2028);
    }

    #[test]
    fn an_agreement_comes_before_its_gifts_and_names_a_sum() {
        let late = Agreement { signed_on: jiff::civil::date(2025, 1, 1), ..agreement(5) };
        assert_eq!(late.check(), Err(Problem::SignedLate));
        let nothing = Agreement { yearly_minor: 0, ..agreement(5) };
        assert_eq!(nothing.check(), Err(Problem::NoSum));
    }

    #[test]
    fn an_agreement_that_ends_early_may_stay_below_its_sum() {
        assert_eq!(agreement(5).check_final_year(2026, &[10_000; 3]), Ok(()));
        let more = agreement(5).check_final_year(2026, &[10_000; 13]);
        assert_eq!(more, Err(Problem::OtherSum { given: 130_000, agreed: 120_000 }));
    }

    #[test]
    fn a_periodic_gift_has_nothing_in_return() {
        assert_eq!(check_return(0), Ok(()));
        assert_eq!(check_return(1), Err(Problem::InReturn { value: 1 }));
    }

    proptest! {
        #[test]
        fn however_a_year_is_split_its_sum_decides(parts in proptest::collection::vec(1_i64..50_000, 0..40)) {
            let whole = Agreement { yearly_minor: parts.iter().sum(), ..agreement(5) };
            prop_assert_eq!(whole.check_year(2024, &parts), Ok(()));
            prop_assert_eq!(whole.still_to_come(2024, &parts), Some(0));
        }
    }
}
