//! When monthly givers are written to of our own accord.

use toml::Value;

use super::reader::{Problems, Reader};

/// Days after a failed charge on which its giver is written to, unless the charity file says otherwise.
const RECOVERY_DAYS: [u32; 4] = [0, 3, 7, 14];
/// Days before a card's end on which its holder is warned.
const CARD_WARNING_DAYS: u32 = 30;

/// When monthly givers are written to of our own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upkeep {
    /// Days after a failed charge, ascending; the first mail goes on the first of them.
    pub recovery_days: Vec<u32>,
    /// Days before a card's end; 0: never.
    pub card_warning_days: u32,
    /// Months after a plan began, and every twelve after that, at which those who agreed to hear of ways to help are asked
    /// whether they can give more; 0: never.
    pub raise_after_months: u32,
}

impl Default for Upkeep {
    fn default() -> Upkeep {
        Upkeep {
            recovery_days: RECOVERY_DAYS.to_vec(),
            card_warning_days: CARD_WARNING_DAYS,
            raise_after_months: 0,
        }
    }
}

/// Reads `[upkeep]`; what is not there is as by default.
pub(super) fn read(table: Option<toml::Table>, problems: &Problems) -> Upkeep {
    let mut upkeep = Upkeep::default();
    let Some(table) = table else { return upkeep };
    let mut r = Reader::new(table, "upkeep", problems);
    if let Some(value) = r.take("recovery_days") {
        match days(&value) {
            Some(days) => upkeep.recovery_days = days,
            None => r.note(
                "recovery_days",
                "must be a list of days from 0 to 60, ascending, such as [0, 3, 7, 14]",
            ),
        }
    }
    for (field, most) in [("card_warning_days", 90), ("raise_after_months", 120)] {
        let Some(value) = r.take(field) else { continue };
        let number = value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= most);
        match (number, field) {
            (None, _) => r.note(field, format!("must be a whole number from 0 to {most}")),
            (Some(n), "card_warning_days") => upkeep.card_warning_days = n,
            (Some(n), _) => upkeep.raise_after_months = n,
        }
    }
    r.finish();
    upkeep
}

fn days(value: &Value) -> Option<Vec<u32>> {
    let list = value.as_array()?;
    let days: Option<Vec<u32>> = list
        .iter()
        .map(|v| v.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 60))
        .collect();
    days.filter(|days| days.windows(2).all(|pair| pair[0] < pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(toml: &str) -> (Upkeep, Vec<String>) {
        let problems = Problems::default();
        let upkeep = read(Some(toml.parse().expect("toml")), &problems);
        (upkeep, problems.into_inner())
    }

    #[test]
    fn the_script_can_be_another_and_mistakes_are_named() {
        let (upkeep, problems) = read_text("recovery_days = [1, 5]\nraise_after_months = 12");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((upkeep.recovery_days, upkeep.raise_after_months), (vec![1, 5], 12));
        let (_, problems) = read_text("recovery_days = [3, 3]\ncard_warning_days = -1\ndays = 4");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert_eq!(read(None, &Problems::default()).recovery_days, [0, 3, 7, 14]);
    }
}
