//! CAMT.053, the bank statement of ISO 20022: booked credits, batches taken apart, control totals held to.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::camt_reader::{Seen, walk};
use super::{Credit, LINES_AT_MOST, Refusal, quoted, text, tidy};
use crate::domain::money::{Currency, Money};
use crate::domain::offline::AMOUNT_AT_MOST;

/// What a file holds of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The account's IBAN, or its number at the bank.
    pub(super) account: String,
    /// What came in.
    pub(super) credits: Vec<Credit>,
}

/// Whether a file is XML rather than a table.
pub(super) fn is_xml(bytes: &[u8]) -> bool {
    text::decode(bytes).is_ok_and(|t| t.trim_start().starts_with('<'))
}

/// Reads what came in. Sums are in `currency`; a moment of booking is a day in `zone`; `today`: no later day is one.
///
/// # Errors
/// When the message is damaged, is about several accounts or another currency, or its control totals do not add up.
pub(super) fn read(
    bytes: &[u8],
    currency: Currency,
    zone: TimeZone,
    today: Date,
) -> Result<Statement, Refusal> {
    let text = text::decode(bytes)?;
    let mut file = File {
        currency,
        zone,
        today,
        account: None,
        credits: Vec::new(),
        wrong: Refusal::default(),
        entries: 0,
        statement: Totals::default(),
        balance: Balance::default(),
        entry: Entry::default(),
        part: Part::default(),
    };
    walk(&text, |seen| file.on(seen))?;
    let Some(account) = file.account.filter(|a| !a.is_empty()) else {
        return Err(Refusal::of("The file does not say which account it is about"));
    };
    file.wrong.or(Statement { account, credits: file.credits })
}

/// A sum with its currency, as written.
#[derive(Clone, Debug, Default)]
struct Amount(String, String);

#[derive(Debug, Default)]
struct Part {
    amount: Option<Amount>,
    is_debit: bool,
    payer: String,
    for_whom: String,
    message: String,
    structured: String,
    end_to_end: String,
    bank_id: String,
}

#[derive(Debug, Default)]
struct Entry {
    amount: Amount,
    is_debit: bool,
    is_reversal: bool,
    status: String,
    booked: String,
    information: String,
    bank_id: String,
    parts: Vec<Part>,
}

#[derive(Debug, Default)]
struct Balance {
    code: String,
    amount: Amount,
    is_debit: bool,
}

/// What a statement says it holds, and what it was found to hold, in minor units.
#[derive(Debug, Default)]
struct Totals {
    said_credits: Option<(Option<String>, Option<String>)>,
    said_entries: Option<String>,
    opening: Option<i64>,
    closing: Option<i64>,
    credits: i64,
    credit_sum: i64,
    entries: i64,
    booked_sum: i64,
}

struct File {
    currency: Currency,
    zone: TimeZone,
    today: Date,
    account: Option<String>,
    credits: Vec<Credit>,
    wrong: Refusal,
    entries: u64,
    statement: Totals,
    balance: Balance,
    entry: Entry,
    part: Part,
}

impl File {
    fn on(&mut self, seen: Seen<'_>) -> Result<(), Refusal> {
        let (path, said) = match &seen {
            Seen::Text(path, text, currency) => (*path, Some((*text, currency.unwrap_or_default()))),
            Seen::End(path) => (*path, None),
        };
        let below: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["Document", "BkToCstmrStmt", "Stmt", below @ ..] = below.as_slice() else { return Ok(()) };
        match said {
            Some((text, currency)) => self.text(below, text, currency),
            None => self.end(below),
        }
    }

    fn text(&mut self, below: &[&str], text: &str, currency: &str) -> Result<(), Refusal> {
        let amount = || Amount(text.to_owned(), currency.to_owned());
        let debit = text == "DBIT";
        match below {
            ["Acct", "Id", "IBAN"] | ["Acct", "Id", "Othr", "Id"] => return self.account(text),
            ["Bal", "Tp", "CdOrPrtry", "Cd"] => self.balance.code = text.to_owned(),
            ["Bal", "Amt"] => self.balance.amount = amount(),
            ["Bal", "CdtDbtInd"] => self.balance.is_debit = debit,
            ["TxsSummry", "TtlCdtNtries", "NbOfNtries"] => {
                self.statement.said_credits.get_or_insert_default().0 = Some(text.to_owned());
            }
            ["TxsSummry", "TtlCdtNtries", "Sum"] => {
                self.statement.said_credits.get_or_insert_default().1 = Some(text.to_owned());
            }
            ["TxsSummry", "TtlNtries", "NbOfNtries"] => self.statement.said_entries = Some(text.to_owned()),
            ["Ntry", "NtryDtls", "TxDtls", part @ ..] => self.part_text(part, text, currency),
            ["Ntry", "Amt"] => self.entry.amount = amount(),
            ["Ntry", "CdtDbtInd"] => self.entry.is_debit = debit,
            ["Ntry", "RvslInd"] => self.entry.is_reversal = matches!(text, "true" | "1"),
            ["Ntry", "Sts"] | ["Ntry", "Sts", "Cd"] => self.entry.status = text.to_owned(),
            ["Ntry", "BookgDt", "Dt" | "DtTm"] => self.entry.booked = text.to_owned(),
            ["Ntry", "AcctSvcrRef"] => self.entry.bank_id = named(text),
            ["Ntry", "AddtlNtryInf"] => self.entry.information = text.to_owned(),
            _ => {}
        }
        Ok(())
    }

    fn account(&mut self, text: &str) -> Result<(), Refusal> {
        let account = tidy(&text.replace(' ', ""));
        match &self.account {
            Some(known) if *known != account => {
                Err(Refusal::of("The file is about several accounts. Take one file for each"))
            }
            _ => {
                self.account = Some(account);
                Ok(())
            }
        }
    }

    fn part_text(&mut self, below: &[&str], text: &str, currency: &str) {
        let part = &mut self.part;
        match below {
            ["Amt"] => part.amount = Some(Amount(text.to_owned(), currency.to_owned())),
            ["AmtDtls", "TxAmt", "Amt"] if part.amount.is_none() => {
                part.amount = Some(Amount(text.to_owned(), currency.to_owned()));
            }
            ["CdtDbtInd"] => part.is_debit = text == "DBIT",
            ["RltdPties", "Dbtr", "Nm"] | ["RltdPties", "Dbtr", "Pty", "Nm"] => part.payer = text.to_owned(),
            ["RltdPties", "UltmtDbtr", "Nm"] | ["RltdPties", "UltmtDbtr", "Pty", "Nm"] => {
                part.for_whom = text.to_owned();
            }
            ["RmtInf", "Ustrd"] => {
                part.message.push(' ');
                part.message.push_str(text);
            }
            ["RmtInf", "Strd", "CdtrRefInf", "Ref"] => part.structured = text.to_owned(),
            ["Refs", "AcctSvcrRef"] => part.bank_id = named(text),
            ["Refs", "EndToEndId"] if text != "NOTPROVIDED" => part.end_to_end = text.to_owned(),
            _ => {}
        }
    }

    fn end(&mut self, below: &[&str]) -> Result<(), Refusal> {
        match below {
            ["Bal"] => self.balance_ends(),
            ["Ntry", "NtryDtls", "TxDtls"] => {
                let part = std::mem::take(&mut self.part);
                if self.entry.parts.len() >= LINES_AT_MOST {
                    return Err(too_many());
                }
                self.entry.parts.push(part);
            }
            ["Ntry"] => return self.entry_ends(),
            [] => self.statement_ends(),
            _ => {}
        }
        Ok(())
    }

    fn balance_ends(&mut self) {
        let balance = std::mem::take(&mut self.balance);
        let place = match balance.code.as_str() {
            "OPBD" | "PRCD" => &mut self.statement.opening,
            "CLBD" => &mut self.statement.closing,
            _ => return,
        };
        match minor(&balance.amount, self.currency) {
            Ok(sum) => *place = Some(if balance.is_debit { -sum } else { sum }),
            Err(words) => self.wrong.add(format!("A balance: {words}")),
        }
    }

    fn entry_ends(&mut self) -> Result<(), Refusal> {
        self.entries += 1;
        let entry = std::mem::take(&mut self.entry);
        let booked = matches!(entry.status.as_str(), "BOOK" | "");
        let number = self.entries;
        let sum = match minor(&entry.amount, self.currency) {
            Ok(sum) => sum,
            Err(words) => {
                self.wrong.add(format!("Entry {number}: {words}"));
                return Ok(());
            }
        };
        let totals = &mut self.statement;
        totals.entries += 1;
        if !entry.is_debit {
            totals.credits += 1;
            totals.credit_sum = totals.credit_sum.saturating_add(sum);
        }
        if booked {
            totals.booked_sum = totals.booked_sum.saturating_add(if entry.is_debit { -sum } else { sum });
        }
        if !booked || entry.is_debit || entry.is_reversal || sum == 0 {
            return Ok(());
        }
        match credits(&entry, sum, self.currency, &self.zone, self.today) {
            Ok(found) => {
                for mut credit in found {
                    credit.position = self.credits.len() as u64 + 1;
                    self.credits.push(credit);
                }
            }
            Err(words) => self.wrong.add(format!("Entry {number}: {words}")),
        }
        if self.credits.len() > LINES_AT_MOST {
            return Err(too_many());
        }
        Ok(())
    }

    fn statement_ends(&mut self) {
        let t = std::mem::take(&mut self.statement);
        if let Some((count, sum)) = t.said_credits {
            if count.is_some_and(|n| n.parse() != Ok(t.credits)) {
                self.wrong.add(format!("The statement counts other credits than the {} it holds", t.credits));
            }
            let code = self.currency.code().to_owned();
            if sum.is_some_and(|s| minor(&Amount(s, code), self.currency) != Ok(t.credit_sum)) {
                let held = Money::new(t.credit_sum, self.currency).to_plain();
                self.wrong.add(format!(
                    "The statement sums its credits to something else than the {held} it holds"
                ));
            }
        }
        if t.said_entries.is_some_and(|n| n.parse() != Ok(t.entries)) {
            self.wrong.add(format!("The statement counts other entries than the {} it holds", t.entries));
        }
        if let (Some(opening), Some(closing)) = (t.opening, t.closing)
            && opening.saturating_add(t.booked_sum) != closing
        {
            self.wrong.add(
                "The balances do not add up: opening balance and entries do not give the closing one"
                    .to_owned(),
            );
        }
    }
}

fn too_many() -> Refusal {
    Refusal::of(format!("The file has more than {LINES_AT_MOST} sums. Take a shorter time"))
}

/// A reference that the bank gave, unless it says that it gave none.
fn named(text: &str) -> String {
    if matches!(text, "NOTPROVIDED" | "NONREF" | "NOREF") { String::new() } else { tidy(text) }
}

/// The day of `BookgDt`: a moment with its offset is a day in `zone`; without one, the day is as written.
fn day_of(booked: &str, zone: &TimeZone) -> Option<Date> {
    match booked.parse::<jiff::Timestamp>() {
        Ok(at) => Some(at.to_zoned(zone.clone()).date()),
        Err(_) => booked.get(..10)?.parse().ok(),
    }
}

/// The sums of an entry: its parts when it is a batch, else itself.
fn credits(
    entry: &Entry,
    sum: i64,
    currency: Currency,
    zone: &TimeZone,
    today: Date,
) -> Result<Vec<Credit>, String> {
    let booked_on = day_of(&entry.booked, zone).ok_or("there is no day of booking")?;
    if booked_on > today {
        return Err(format!("{booked_on} is still to come"));
    }
    let credit = |minor: i64, part: &Part| {
        if minor > AMOUNT_AT_MOST {
            return Err("larger than any gift".to_owned());
        }
        let payer = if part.payer.is_empty() { &part.for_whom } else { &part.payer };
        let words = [&part.message, &part.structured, &part.end_to_end, &entry.information];
        // Not NtryRef: some banks number it anew in each statement, and files that overlap would bring their lines twice.
        let ids = [&part.bank_id, &entry.bank_id];
        let bank_id = ids.into_iter().find(|id| !id.is_empty()).cloned().unwrap_or_default();
        let reference = words.into_iter().find(|w| !w.trim().is_empty()).map(|w| tidy(w)).unwrap_or_default();
        Ok(Credit {
            position: 0,
            booked_on,
            amount: Money::new(minor, currency),
            payer: tidy(payer),
            reference,
            bank_id,
        })
    };
    match entry.parts.as_slice() {
        [] => Ok(vec![credit(sum, &Part::default())?]),
        [one] => {
            let said = one.amount.as_ref().filter(|a| a.1 == currency.code());
            match said.map(|a| minor(a, currency)).transpose()? {
                Some(other) if other != sum => {
                    Err("its one part is of another sum than the entry".to_owned())
                }
                _ => Ok(vec![credit(sum, one)?]),
            }
        }
        parts => {
            let (mut found, mut total) = (Vec::new(), 0_i64);
            for part in parts {
                let amount = part.amount.as_ref().ok_or("a part of it has no sum")?;
                let minor = minor(amount, currency)?;
                total = total.saturating_add(if part.is_debit { -minor } else { minor });
                if !part.is_debit && minor > 0 {
                    found.push(credit(minor, part)?);
                }
            }
            if total != sum {
                let total = Money::new(total, currency).to_plain();
                let sum = Money::new(sum, currency).to_plain();
                return Err(format!("its parts come to {total}, but the entry is {sum}"));
            }
            Ok(found)
        }
    }
}

/// Minor units of a sum, exactly; zeros beyond the currency's decimals are allowed.
fn minor(amount: &Amount, currency: Currency) -> Result<i64, String> {
    let Amount(text, code) = amount;
    if code != currency.code() {
        return Err(format!("it is in {}, not in {currency}", quoted(code)));
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = decimals.trim_end_matches('0');
    let places = currency.exponent() as usize;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) {
        return Err(format!("{} is not a sum", quoted(text)));
    }
    if decimals.len() > places {
        return Err(format!("{} has more than the {places} decimals of {currency}", quoted(text)));
    }
    format!("{whole}{decimals:0<places$}").parse().map_err(|_| format!("{} is too large", quoted(text)))
}

#[cfg(test)]
mod tests;
