//! What has changed between two versions of a statement, a sentence each (RC-12).

use std::collections::HashMap;

use jiff::civil::Date;

use crate::domain::dates;
use crate::domain::money::{Currency, Money};
use crate::domain::statement::{Line, StatementContent};

fn lines(content: &StatementContent) -> HashMap<&str, (Currency, &Line)> {
    content
        .blocks
        .iter()
        .flat_map(|b| b.lines.iter().map(move |l| (l.gift.as_str(), (b.currency, l))))
        .collect()
}

/// The sentences, in the order of receipt.
pub(super) fn between(old: &StatementContent, new: &StatementContent) -> Vec<String> {
    let locale = new.entity.locale.as_str();
    let (before, after) = (lines(old), lines(new));
    let mut told: Vec<(&str, String)> = Vec::new();
    for (gift, (currency, line)) in &after {
        match before.get(gift) {
            None => {
                told.push((&line.received_on, format!("{} is now included.", named(*currency, line, locale))))
            }
            Some((_, was)) => {
                told.extend(
                    of_line(*currency, was, line, locale).into_iter().map(|s| (line.received_on.as_str(), s)),
                );
            }
        }
    }
    for (gift, (currency, line)) in &before {
        if !after.contains_key(gift) {
            let gone = format!(
                "{} is no longer included: it was found to belong elsewhere.",
                named(*currency, line, locale)
            );
            told.push((&line.received_on, gone));
        }
    }
    told.sort();
    told.into_iter().map(|(_, sentence)| sentence).collect()
}

fn named(currency: Currency, line: &Line, locale: &str) -> String {
    let day: Option<Date> = line.received_on.parse().ok();
    let day = day.map_or_else(|| line.received_on.clone(), |d| dates::long(d, locale));
    format!("Your gift of {} on {day}", Money::new(line.given, currency).display(locale))
}

fn of_line(currency: Currency, was: &Line, is: &Line, locale: &str) -> Vec<String> {
    let money = |minor| Money::new(minor, currency).display(locale);
    let name = named(currency, is, locale);
    let mut told = Vec::new();
    if was.given != is.given {
        told.push(format!("{name} had been entered as {}.", money(was.given)));
    }
    match is.returned - was.returned {
        0 => {}
        more if more > 0 && is.counts() == 0 => {
            told.push(format!("{name} went back to you and no longer counts."))
        }
        more if more > 0 => told.push(format!(
            "{} of it went back to you. {name} counts with {}.",
            money(more),
            money(is.counts())
        )),
        less => told.push(format!("{name} counts with {} more: a return was undone.", money(-less))),
    }
    if was.received_on != is.received_on {
        told.push(format!("{name} had another day before."));
    }
    match (was.gift_aided, is.gift_aided) {
        (false, true) => told.push(format!("{name} is now under Gift Aid.")),
        (true, false) => told.push(format!("{name} is no longer under Gift Aid.")),
        (true, true) | (false, false) => {}
    }
    if was.disputed != is.disputed {
        let words = if is.disputed {
            "is being looked at by your bank"
        } else {
            "is no longer being looked at by your bank"
        };
        told.push(format!("{name} {words}."));
    }
    if told.is_empty() && was != is {
        told.push(format!("Details of it were corrected. {name} has receipt {}.", is.receipt));
    }
    told
}
