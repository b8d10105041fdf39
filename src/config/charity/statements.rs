//! How annual statements reach donors.

use super::reader::{Problems, Reader};

/// How annual statements reach donors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatementRules {
    /// The PDF goes with the mail. Otherwise the mail has a link, and the statement never leaves the house unasked.
    pub attach: bool,
}

/// Reads `[statements]`; what is not there is as by default.
pub(super) fn read(table: Option<toml::Table>, problems: &Problems) -> StatementRules {
    let Some(table) = table else { return StatementRules::default() };
    let mut r = Reader::new(table, "statements", problems);
    let rules = StatementRules { attach: r.flag("attach") };
    r.finish();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_default_and_mistakes_are_named() {
        let problems = Problems::default();
        assert!(!read(None, &problems).attach);
        assert!(read(Some("attach = true".parse().expect("toml")), &problems).attach);
        assert!(problems.borrow().is_empty());
        read(Some("attach = \"yes\"\nlink = true".parse().expect("toml")), &problems);
        assert_eq!(problems.borrow().len(), 2, "{problems:?}");
    }
}
