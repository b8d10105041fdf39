//! The accounts of the charity's books, for journals.

use super::reader::{Problems, Reader};

/// Longest name or code of an account.
const LONGEST: usize = 100;

/// The accounts that journals name: codes in Xero, names in QuickBooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// What donors give, unless a fund has an account of its own.
    pub income: String,
    /// What is at Stripe: gifts go in, fees and payouts go out.
    pub stripe: String,
    /// What came by cheque, in cash or to the bank account, until the bank has it.
    pub by_hand: String,
    /// What Stripe keeps.
    pub fees: String,
    /// What goes back to donors; left out: the account that the gift was booked to.
    pub back: Option<String>,
    /// What Xero's tax rate is called.
    pub tax_rate: String,
    /// Sage 50's code of what is outside VAT.
    pub sage_tax_code: String,
}

/// Reads `[accounts]`; `None` when it is not there.
pub(super) fn read(table: Option<toml::Table>, problems: &Problems) -> Option<Accounts> {
    let mut r = Reader::new(table?, "accounts", problems);
    let accounts = Accounts {
        income: r.text("income"),
        stripe: r.text("stripe"),
        by_hand: r.text("by_hand"),
        fees: r.text("fees"),
        back: r.text_opt("back"),
        tax_rate: r.text_opt("tax_rate").unwrap_or_else(|| "No VAT".to_owned()),
        sage_tax_code: r.text_opt("sage_tax_code").unwrap_or_else(|| "T9".to_owned()),
    };
    let named = [
        ("income", Some(&accounts.income)),
        ("stripe", Some(&accounts.stripe)),
        ("by_hand", Some(&accounts.by_hand)),
        ("fees", Some(&accounts.fees)),
        ("back", accounts.back.as_ref()),
    ];
    for (field, name) in named {
        if let Some(problem) = name.and_then(|n| unfit(n)) {
            r.note(field, problem);
        }
    }
    let clearing = [&accounts.stripe, &accounts.by_hand];
    if clearing.iter().any(|c| **c == accounts.income || **c == accounts.fees) {
        r.note("stripe", "and by_hand must be other accounts than income and fees");
    }
    r.finish();
    Some(accounts)
}

/// What is wrong with the name or code of an account.
pub(super) fn unfit(name: &str) -> Option<String> {
    let fits = name.chars().count() <= LONGEST && !name.chars().any(char::is_control);
    let formula = name.starts_with(['=', '+', '-', '@']);
    (!fits || formula)
        .then(|| format!("must be a code or name of at most {LONGEST} letters that is no formula"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(toml: &str) -> (Option<Accounts>, Vec<String>) {
        let problems = Problems::default();
        let accounts = read(Some(toml.parse().expect("toml")), &problems);
        (accounts, problems.into_inner())
    }

    #[test]
    fn accounts_are_named_and_mistakes_are_told() {
        let whole = "income = \"200\"\nstripe = \"610\"\nby_hand = \"611\"\nfees = \"404\"";
        let (accounts, problems) = read_text(whole);
        assert!(problems.is_empty(), "{problems:?}");
        let accounts = accounts.expect("accounts");
        assert_eq!((accounts.back, accounts.tax_rate.as_str()), (None, "No VAT"));
        let (_, problems) =
            read_text("income = \"200\"\nstripe = \"200\"\nby_hand = \"=1\"\nfees = \"404\"\nbank = \"1\"");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(read(None, &Problems::default()).is_none());
    }
}
