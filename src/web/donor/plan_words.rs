//! Plans in words: sums, days, what changes, what is coming. For the donor's pages and for those a mail leads to.

use jiff::civil::Date;

use crate::clock::Ts;
use crate::config::{Entity, Fund};
use crate::domain::dates;
use crate::domain::frequency::Frequency;
use crate::domain::states::{OfferKind, PauseKind, PledgeState};
use crate::domain::terms::{Difference, Terms};
use crate::services::compose;
use crate::services::compose::plan_letters::{month_words, often};
use crate::store::offers::Offers;
use crate::store::pledges::Pledge;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Charge, ChargeState, Chip, ChipTone, Row};

/// A plan's words for one reader.
#[derive(Clone, Copy, Debug)]
pub struct PlanWords<'a> {
    /// The application.
    pub state: &'a AppState,
    /// How dates and sums are written.
    pub locale: &'a str,
    /// To whom the plan gives; days are counted in its zone.
    pub entity: &'a Entity,
    /// What the office has opened and closed, on the pages that offer funds.
    pub offers: Option<&'a Offers>,
}

impl<'a> PlanWords<'a> {
    /// For a plan.
    ///
    /// # Errors
    /// When the charity file no longer has its entity.
    pub fn of(state: &'a AppState, locale: &'a str, pledge: &Pledge) -> Result<PlanWords<'a>, AppError> {
        Ok(PlanWords {
            state,
            locale,
            entity: compose::entity(&state.deps, &pledge.entity_id)?,
            offers: None,
        })
    }

    /// The funds that the plan can be given to from now on, in the file's order.
    pub fn funds(self) -> impl Iterator<Item = &'a Fund> {
        let today = self.date(self.state.deps.clock.now());
        let open = move |f: &&Fund| self.offers.is_none_or(|o| o.is_open(OfferKind::Fund, &f.id, today));
        self.state.deps.config.charity.funds_of(&self.entity.id).filter(open)
    }

    /// The day of an instant.
    pub fn date(&self, at: Ts) -> Date {
        at.date_in(&self.entity.time_zone)
    }

    /// `5 April 2026`.
    pub fn day(&self, at: Ts) -> String {
        dates::long(self.date(at), self.locale)
    }

    /// `£25.00`.
    pub fn total(&self, terms: &Terms) -> String {
        terms.total().display(self.locale)
    }

    /// `£25.00 a month`.
    pub fn sum(&self, terms: &Terms) -> String {
        format!("{} {}", self.total(terms), terms.frequency.adverb())
    }

    /// The name of a fund.
    pub fn fund(&self, id: &str) -> String {
        compose::fund_name(&self.state.deps, id)
    }

    /// `Visa ending 4242`; may be empty.
    pub fn method(&self, pledge: &Pledge) -> String {
        let label = pledge.method_label.as_deref();
        label.map(|l| super::view::method(l, pledge.method_last4.as_deref())).unwrap_or_default()
    }

    /// `Expires May 2027`; empty for accounts.
    pub fn method_end(&self, pledge: &Pledge) -> String {
        let month = pledge.method_expires.as_deref();
        month.map(|m| format!("Expires {}", month_words(m, self.locale))).unwrap_or_default()
    }

    /// What differs between two terms, as lines that name both.
    pub fn changes(&self, was: &Terms, is: &Terms) -> Vec<Row> {
        let mut rows: Vec<Row> =
            was.differences(is).into_iter().flat_map(|w| self.change(w, was, is)).collect();
        if let Some(next) = is.schedule().first().filter(|_| !is.ended) {
            rows.push(Row::figure("Next gift", format!("{} on {}", self.total(is), self.day(next))));
        }
        rows
    }

    fn change(&self, what: Difference, was: &Terms, is: &Terms) -> Vec<Row> {
        let row = |label: &str, text: String| vec![Row::new(label, text)];
        match what {
            Difference::Total => {
                vec![Row::figure("Gift", format!("{} instead of {}", self.sum(is), self.total(was)))]
            }
            Difference::Split => {
                let plain = |t: &Terms| t.amount().display(self.locale);
                row("Without the fee", format!("{} instead of {}", plain(is), plain(was)))
            }
            Difference::Frequency => row("How often", capital(often(is.frequency))),
            Difference::Fund => row("Goes to", self.fund(&is.fund_id)),
            Difference::Day => row("Day", self.on_the(is)),
            Difference::Pause if is.pause == PauseKind::No => row("Left out", "Nothing any more".to_owned()),
            Difference::Pause => {
                let days: Vec<String> = is.schedule().skipped().into_iter().map(|at| self.day(at)).collect();
                row("Left out", days.join(", "))
            }
            Difference::End => match is.schedule().last() {
                Some(last) => row("Last gift", self.day(last)),
                None => row("Last gift", "None set: it goes on until you stop it".to_owned()),
            },
            Difference::Ended => row("From now on", "Nothing more is taken".to_owned()),
            Difference::Method => Vec::new(),
        }
    }

    /// `The 22nd of the month`.
    pub fn on_the(&self, terms: &Terms) -> String {
        let day = self.date(terms.anchor_at).day();
        match terms.frequency {
            Frequency::Yearly => {
                let next = dates::long(self.date(terms.next_at), self.locale);
                format!("Once a year; next {next}")
            }
            _ => format!("The {} of the month", dates::ordinal(day)),
        }
    }

    /// The coming charges until `count` have happened.
    pub fn coming(&self, terms: &Terms, count: usize) -> Vec<Charge> {
        if terms.ended {
            return Vec::new();
        }
        let mut first = true;
        let charge = |c: crate::domain::schedule::Coming| {
            let is_next = !c.skipped && std::mem::take(&mut first);
            let (state, word) = match (c.skipped, is_next) {
                (true, _) => (ChargeState::Skipped, "Left out"),
                (false, true) => (ChargeState::Next, "Next"),
                (false, false) => (ChargeState::Planned, ""),
            };
            Charge {
                date: self.day(c.at),
                datetime: self.date(c.at).to_string(),
                amount: self.total(terms),
                state,
                word: word.to_owned(),
                act: None,
            }
        };
        terms.schedule().coming(count).into_iter().map(charge).collect()
    }
}

/// `Every month`.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How a plan stands, in a word or two.
pub fn chip(pledge: &Pledge) -> Chip {
    let skipped = pledge.schedule().map(|s| s.skipped().len());
    match (pledge.state, pledge.pause) {
        (PledgeState::Pending, _) => Chip::new(ChipTone::Wait, "Being set up"),
        (PledgeState::Ended, _) => Chip::new(ChipTone::Info, "Ended"),
        (PledgeState::Retrying, _) => Chip::new(ChipTone::Attention, "Not collected"),
        (_, PauseKind::Until) if skipped == Some(1) => Chip::new(ChipTone::Wait, "Skipping one"),
        (_, PauseKind::Until | PauseKind::Open) => Chip::new(ChipTone::Wait, "Paused"),
        (PledgeState::Paused, PauseKind::No) => Chip::new(ChipTone::Wait, "Paused"),
        (PledgeState::Ending, PauseKind::No) => Chip::new(ChipTone::Info, "Ending"),
        (PledgeState::Active, PauseKind::No) => Chip::new(ChipTone::Success, "Active"),
    }
}
