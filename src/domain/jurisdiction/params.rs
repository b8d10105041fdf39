//! The figures of the law, read from `jurisdictions.toml`: a figure that changes is a line of data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::money::Currency;
use crate::domain::receipt::ReceiptForm;

const FILE: &str = include_str!("jurisdictions.toml");

/// A figure that holds from a day on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    from: Date,
    value: i64,
}

/// A country's law in figures. Amounts in minor units of its currency; `None` where its law has no such figure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// ISO 3166 alpha-2.
    #[serde(skip)]
    pub country: String,
    /// ISO 4217: the currency of its tax authority, and of an entity that names none.
    pub currency: Currency,
    /// The languages its documents come in; the first is the usual one.
    pub locales: Vec<String>,
    /// The zone of an entity that names none.
    pub zone: String,
    /// Month and day on which the tax year begins.
    pub year_start: (i8, i8),
    /// What a document for one gift is to the tax authority, where the law allows it.
    pub form: ReceiptForm,
    #[serde(default)]
    basic_rate: Vec<Dated>,
    #[serde(default)]
    claim_years: Vec<Dated>,
    #[serde(default)]
    lookback_years: Vec<Dated>,
    #[serde(default)]
    hold_days: Vec<Dated>,
    #[serde(default)]
    ods_max_rows: Vec<Dated>,
    #[serde(default)]
    aggregate_each_up_to: Vec<Dated>,
    #[serde(default)]
    aggregate_row_up_to: Vec<Dated>,
    #[serde(default)]
    declaration_years: Vec<Dated>,
    #[serde(default)]
    receipt_years: Vec<Dated>,
    #[serde(default)]
    ledger_years: Vec<Dated>,
    #[serde(default)]
    acknowledgment_from: Vec<Dated>,
    #[serde(default)]
    disclosure_above: Vec<Dated>,
    #[serde(default)]
    ignored_advantage: Vec<Dated>,
    #[serde(default)]
    ignored_advantage_percent: Vec<Dated>,
    #[serde(default)]
    advantage_limit_percent: Vec<Dated>,
    #[serde(default)]
    deductible_from: Vec<Dated>,
    #[serde(default)]
    simplified_up_to: Vec<Dated>,
    #[serde(default)]
    notice_years: Vec<Dated>,
    #[serde(default)]
    ruling_years: Vec<Dated>,
    #[serde(default)]
    periodic_years: Vec<Dated>,
}

fn on(figures: &[Dated], day: Date) -> Option<i64> {
    figures.iter().filter(|f| f.from <= day).max_by_key(|f| f.from).map(|f| f.value)
}

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl Jurisdiction {
            $($(#[$doc])* pub fn $name(&self, day: Date) -> Option<i64> { on(&self.$name, day) })*
        }

        /// Every list of figures with its name: the test of the file walks through them.
        #[cfg(test)]
        fn every_figure(law: &Jurisdiction) -> Vec<(&'static str, &[Dated])> {
            vec![$((stringify!($name), law.$name.as_slice())),*]
        }
    };
}

figures! {
    /// Basic rate of income tax in percent (UK-31).
    basic_rate;
    /// Years after the period of the gift in which Gift Aid can be claimed (UK-35).
    claim_years;
    /// Years a declaration can reach back (UK-15).
    lookback_years;
    /// Days a gift is held back from a claim, unless the entity says otherwise (UK-41).
    hold_days;
    /// Rows that one schedule holds (UK-39).
    ods_max_rows;
    /// The largest gift that may be put together with others in one row of a schedule (UK-30).
    aggregate_each_up_to;
    /// The largest sum of such a row (UK-30).
    aggregate_row_up_to;
    /// Years a declaration is kept after the accounting period of the last gift that relies on it (UK-23).
    declaration_years;
    /// Years a duplicate of a receipt is kept after the calendar year of the gift (CA-12).
    receipt_years;
    /// Years the books are kept (CA-12, PR-12).
    ledger_years;
    /// A single gift of this much or more needs a written acknowledgment (US-1).
    acknowledgment_from;
    /// A payment above this, with something in return, needs a disclosure (US-5).
    disclosure_above;
    /// An advantage up to this much, and up to the percentage below, counts as none (CA-9).
    ignored_advantage;
    /// In percent of the gift (CA-9).
    ignored_advantage_percent;
    /// Above this part of the gift, in percent, the advantage rules a receipt out (CA-9).
    advantage_limit_percent;
    /// The smallest deductible gift (AU-2).
    deductible_from;
    /// Up to this much the donor's bank record is proof enough (DE-3).
    simplified_up_to;
    /// Years an exemption notice gives the right to issue confirmations (DE-4).
    notice_years;
    /// Years a ruling under §60a AO does (DE-4).
    ruling_years;
    /// The fewest years of a periodic gift (NL-2).
    periodic_years;
}

impl Jurisdiction {
    /// Gift Aid in percent of a gift on a day: rate ÷ (100 − rate), 25 at a basic rate of 20 (UK-31); 0 where there is none.
    pub fn gift_aid_percent(&self, day: Date) -> Decimal {
        let Some(rate) = self.basic_rate(day) else { return Decimal::ZERO };
        let (rate, hundred) = (Decimal::from(rate), Decimal::ONE_HUNDRED);
        (rate * hundred).checked_div(hundred - rate).unwrap_or(Decimal::ZERO)
    }
}

/// A file that cannot be read leaves no law, and no law means no official document; a test holds the file to being sound.
static ALL: LazyLock<BTreeMap<String, Jurisdiction>> = LazyLock::new(|| read(FILE).unwrap_or_default());

fn read(text: &str) -> Result<BTreeMap<String, Jurisdiction>, toml::de::Error> {
    let mut all: BTreeMap<String, Jurisdiction> = toml::from_str(text)?;
    for (country, law) in &mut all {
        law.country.clone_from(country);
    }
    Ok(all)
}

/// The law of a country (ISO 3166 alpha-2); `None` for one that no entity can be in.
pub fn of(country: &str) -> Option<&'static Jurisdiction> {
    ALL.get(country)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tax_year;
    use jiff::civil::date;

    #[test]
    fn the_file_is_sound_and_knows_every_country() {
        let all = read(FILE).expect("sound");
        assert_eq!(all.keys().map(String::as_str).collect::<Vec<_>>(), ["AU", "CA", "DE", "GB", "NL", "US"]);
        for (country, law) in &all {
            assert_eq!(&law.country, country);
            assert_eq!(tax_year::starts_on(country), law.year_start, "{country}");
            assert!(jiff::tz::TimeZone::get(&law.zone).is_ok(), "{country}");
            assert!(
                law.locales.iter().all(|l| l.ends_with(country.as_str())) && !law.locales.is_empty(),
                "{country}"
            );
            for (name, figures) in every_figure(law) {
                assert!(figures.iter().all(|f| f.value > 0), "{country} {name}");
                assert!(
                    figures.windows(2).all(|w| w[0].from < w[1].from),
                    "{country} {name}: not in order of days"
                );
            }
        }
        assert!(of("FR").is_none());
        assert_eq!(of("CA").map(|law| law.form), Some(ReceiptForm::OfficialDonationReceipt));
    }

    #[test]
    fn a_file_with_a_slip_is_refused_whole() {
        for wrong in [
            "[GB]",
            "GB = 1",
            &FILE.replace("basic_rate", "basic_rates"),
            &FILE.replace("2008-04-06", "2008-13-06"),
        ] {
            assert!(read(wrong).is_err());
        }
    }

    #[test]
    fn figures_change_on_their_day() {
        let gb = of("GB").expect("known");
        assert_eq!(gb.basic_rate(date(2008, 4, 5)), Some(22));
        assert_eq!(gb.basic_rate(date(2008, 4, 6)), Some(20));
        assert_eq!(gb.basic_rate(date(1999, 1, 1)), None);
        assert_eq!(gb.gift_aid_percent(date(2026, 4, 6)), Decimal::from(25));
        let today = date(2026, 4, 6);
        let claims =
            [gb.claim_years(today), gb.lookback_years(today), gb.hold_days(today), gb.ods_max_rows(today)];
        assert_eq!(claims, [Some(4), Some(4), Some(14), Some(1000)]);
        assert_eq!(
            (gb.aggregate_each_up_to(today), gb.aggregate_row_up_to(today)),
            (Some(2000), Some(100_000))
        );
        let de = of("DE").expect("known");
        assert_eq!(de.simplified_up_to(date(2019, 12, 31)), Some(20_000));
        assert_eq!(de.simplified_up_to(date(2020, 1, 1)), Some(30_000));
    }

    #[test]
    fn case_32_an_entity_abroad_has_no_gift_aid() {
        for country in ["US", "CA", "AU", "DE", "NL"] {
            assert_eq!(
                of(country).expect("known").gift_aid_percent(date(2026, 4, 6)),
                Decimal::ZERO,
                "{country}"
            );
        }
    }
}
