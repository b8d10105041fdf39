//! What a plan is agreed to be, and the wishes a donor can have about it. A wish turns terms into other terms; what Stripe
//! is asked for is the difference between the two, and a wish is done when a re-read plan shows that difference
//! (docs/decisions/0015).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::frequency::Frequency;
use super::money::{Currency, Money};
use super::schedule::{Pause, Schedule};
use super::states::{ChangeKind, PauseKind};
use crate::clock::Ts;

/// What a plan is agreed to be. Amounts in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// In which currency.
    pub currency: Currency,
    /// The gift of each charge.
    pub amount_minor: i64,
    /// Added to each charge to cover the fee.
    pub fee_cover_minor: i64,
    /// How often.
    pub frequency: Frequency,
    /// For which fund.
    pub fund_id: String,
    /// What the months are counted from.
    pub anchor_at: Ts,
    /// The next instant of the rhythm, whether or not it is paused.
    pub next_at: Ts,
    /// What keeps charges from happening.
    pub pause: PauseKind,
    /// When collection begins again, for a pause with an end.
    pub resumes_at: Option<Ts>,
    /// No charge happens from this instant on.
    pub ends_at: Option<Ts>,
    /// Over.
    pub ended: bool,
    /// Stripe's payment method, when one is named.
    pub method: Option<String>,
}

/// What differs between two terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// What each charge takes.
    Total,
    /// How that is split between gift and fee; Stripe does not know.
    Split,
    /// How often.
    Frequency,
    /// The fund; Stripe does not know.
    Fund,
    /// The day.
    Day,
    /// The pause.
    Pause,
    /// The last day.
    End,
    /// It is over.
    Ended,
    /// What it is paid with.
    Method,
}

impl Terms {
    /// When it charges.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            anchor: self.anchor_at,
            months: self.frequency.months().unwrap_or(1),
            next: self.next_at,
            pause: match (self.pause, self.resumes_at) {
                (PauseKind::No, _) => Pause::No,
                (PauseKind::Until, Some(back)) => Pause::Until(back),
                (PauseKind::Until, None) | (PauseKind::Open, _) => Pause::Open,
            },
            ends_at: self.ends_at,
        }
    }

    /// The gift of each charge.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Added to each charge to cover the fee.
    pub fn fee_cover(&self) -> Money {
        Money::new(self.fee_cover_minor, self.currency)
    }

    /// What each charge takes.
    pub fn total(&self) -> Money {
        Money::new(self.amount_minor.saturating_add(self.fee_cover_minor), self.currency)
    }

    /// What differs, in a fixed order.
    pub fn differences(&self, other: &Terms) -> Vec<Difference> {
        let split = self.total() == other.total()
            && (self.amount_minor, self.fee_cover_minor) != (other.amount_minor, other.fee_cover_minor);
        [
            (Difference::Total, self.total() != other.total()),
            (Difference::Split, split),
            (Difference::Frequency, self.frequency != other.frequency),
            (Difference::Fund, self.fund_id != other.fund_id),
            (Difference::Day, self.next_at != other.next_at),
            (Difference::Pause, (self.pause, self.resumes_at) != (other.pause, other.resumes_at)),
            (Difference::End, self.ends_at != other.ends_at),
            (Difference::Ended, self.ended != other.ended),
            (Difference::Method, self.method != other.method),
        ]
        .into_iter()
        .filter_map(|(what, differs)| differs.then_some(what))
        .collect()
    }

    /// Whether `seen` shows the wish that turned `was` into these terms. What the wish was not about does not matter.
    pub fn shown_by(&self, was: &Terms, seen: &Terms) -> bool {
        let missing = self.differences(seen);
        let about = was.differences(self);
        // An ended plan has no other terms any more.
        if self.ended {
            return seen.ended;
        }
        !about.iter().any(|what| match what {
            Difference::Split | Difference::Fund => false,
            other => missing.contains(other),
        })
    }

    /// These terms with a wish's differences taken back, where that is still possible: a charge that came meanwhile
    /// cannot be moved back.
    pub fn without(&self, was: &Terms, wanted: &Terms, now: Ts) -> Option<Terms> {
        let mut back = self.clone();
        // Stripe would count from the coming charge: on a short month's last day the old one would be lost.
        let keeps_its_day = was.schedule().keeps_its_day();
        for what in was.differences(wanted) {
            match what {
                Difference::Total | Difference::Split => {
                    back.amount_minor = was.amount_minor;
                    back.fee_cover_minor = was.fee_cover_minor;
                }
                Difference::Frequency if keeps_its_day => back.frequency = was.frequency,
                Difference::Fund => back.fund_id.clone_from(&was.fund_id),
                Difference::Day if was.next_at > now && keeps_its_day => {
                    (back.next_at, back.anchor_at) = (was.next_at, was.next_at);
                }
                Difference::Pause if was.resumes_at.is_none_or(|at| at > now) => {
                    (back.pause, back.resumes_at) = (was.pause, was.resumes_at);
                }
                Difference::End if was.ends_at.is_none_or(|at| at > now) => back.ends_at = was.ends_at,
                Difference::Day
                | Difference::Frequency
                | Difference::Pause
                | Difference::End
                | Difference::Ended
                | Difference::Method => return None,
            }
        }
        (back != *self && wanted.shown_by(was, self)).then_some(back)
    }
}

/// One wish of a donor about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Another gift each time; what covers the fee goes with it.
    Amount {
        /// The gift.
        amount: Money,
        /// What covers the fee.
        fee_cover: Money,
    },
    /// A larger gift each time.
    Raise {
        /// The gift.
        amount: Money,
        /// What covers the fee.
        fee_cover: Money,
    },
    /// Another rhythm, from the next charge on.
    Frequency(Frequency),
    /// Another day of the month, 1 to 28.
    Day(i8),
    /// For another fund.
    Fund(String),
    /// Leave out the coming one, which is this.
    Skip(Ts),
    /// Nothing for so many months from the coming charge on.
    PauseMonths(u32),
    /// Nothing before this day.
    PauseUntil(Date),
    /// Lift whatever is skipped or paused.
    Resume,
    /// A last day.
    EndAfter(Date),
    /// No last day.
    NoEnd,
    /// Paid with another of Stripe's payment methods.
    Method(String),
    /// Over, now.
    Stop,
    /// An earlier change is taken back.
    Undo {
        /// What the plan was before it.
        was: Box<Terms>,
        /// What it made of it.
        wanted: Box<Terms>,
    },
}

/// Why a wish cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is like that already.
    #[error("nothing would change")]
    Nothing,
    /// The coming charge is another than the one the donor saw.
    #[error("the next charge is another one by now")]
    Moved,
    /// No charge is coming that this could be about.
    #[error("nothing is coming")]
    NothingComing,
    /// The day is before the coming charge, or not a day.
    #[error("the day does not fit")]
    WrongDay,
    /// It can no longer be taken back.
    #[error("the change can no longer be taken back")]
    TooLate,
    /// A raise that would not be one.
    #[error("the gift would not be larger")]
    NotMore,
    /// The plan is over.
    #[error("the plan is over")]
    Over,
}

/// The end of a plan whose rhythm changes: as many days on as before, at a charge of the new rhythm.
fn moved_end(terms: &Terms, new: &Terms, zone: &TimeZone) -> Result<Option<Ts>, Refusal> {
    let Some(last) = terms.schedule().last() else {
        // An end without a charge before it leaves nothing to move.
        return if terms.ends_at.is_some() { Err(Refusal::NothingComing) } else { Ok(None) };
    };
    let open = Schedule { ends_at: None, ..new.schedule() };
    // A day that moves back within its month must not lose the last gift.
    let last = last.date_in(zone).max(open.next.date_in(zone));
    open.end_after(last, zone).map(Some).ok_or(Refusal::WrongDay)
}

impl Act {
    /// What it is about.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Act::Amount { .. } | Act::Raise { .. } => ChangeKind::Amount,
            Act::Frequency(_) => ChangeKind::Frequency,
            Act::Day(_) => ChangeKind::Day,
            Act::Fund(_) => ChangeKind::Fund,
            Act::Skip(_) => ChangeKind::Skip,
            Act::PauseMonths(_) | Act::PauseUntil(_) => ChangeKind::Pause,
            Act::Resume => ChangeKind::Resume,
            Act::EndAfter(_) => ChangeKind::Until,
            Act::NoEnd => ChangeKind::NoEnd,
            Act::Method(_) => ChangeKind::Method,
            Act::Stop => ChangeKind::Stop,
            Act::Undo { .. } => ChangeKind::Undo,
        }
    }

    /// The terms it makes of `terms`. Days are counted in `zone`, the entity's.
    ///
    /// # Errors
    /// [`Refusal`] says why it cannot be had.
    pub fn apply(&self, terms: &Terms, now: Ts, zone: &TimeZone) -> Result<Terms, Refusal> {
        if terms.ended {
            return Err(Refusal::Over);
        }
        let schedule = terms.schedule();
        let mut new = terms.clone();
        let until = |back: Option<Ts>, or: Refusal| back.map(|at| (PauseKind::Until, Some(at))).ok_or(or);
        match self {
            Act::Raise { amount, .. } if amount.minor() <= terms.amount_minor => {
                return Err(Refusal::NotMore);
            }
            Act::Amount { amount, fee_cover } | Act::Raise { amount, fee_cover } => {
                (new.amount_minor, new.fee_cover_minor) = (amount.minor(), fee_cover.minor());
            }
            Act::Frequency(frequency) => {
                new.frequency = *frequency;
                // Stripe begins a new rhythm at the coming charge.
                new.anchor_at = terms.next_at;
                new.ends_at = moved_end(terms, &new, zone)?;
            }
            Act::Day(day) => {
                let next = schedule.moved_to(*day, now.date_in(zone), zone).ok_or(Refusal::NothingComing)?;
                // The pause was for days that are no longer the plan's.
                (new.next_at, new.anchor_at) = (next, next);
                (new.pause, new.resumes_at) = (PauseKind::No, None);
                new.ends_at = moved_end(terms, &new, zone)?;
            }
            Act::Fund(fund) => new.fund_id.clone_from(fund),
            Act::Skip(charge) => {
                if schedule.first() != Some(*charge) {
                    return Err(Refusal::Moved);
                }
                (new.pause, new.resumes_at) = until(schedule.skip_one(), Refusal::NothingComing)?;
            }
            Act::PauseMonths(months) => {
                (new.pause, new.resumes_at) = until(schedule.pause_months(*months), Refusal::NothingComing)?;
            }
            Act::PauseUntil(date) => {
                (new.pause, new.resumes_at) = until(schedule.pause_until(*date, zone), Refusal::WrongDay)?;
            }
            Act::Resume => (new.pause, new.resumes_at) = (PauseKind::No, None),
            Act::EndAfter(date) => {
                let open = Schedule { ends_at: None, ..schedule };
                new.ends_at = Some(open.end_after(*date, zone).ok_or(Refusal::WrongDay)?);
            }
            Act::NoEnd => new.ends_at = None,
            Act::Method(method) => new.method = Some(method.clone()),
            Act::Stop => new.ended = true,
            Act::Undo { was, wanted } => new = terms.without(was, wanted, now).ok_or(Refusal::TooLate)?,
        }
        // A pause or an end that leaves nothing to come is a stop under another name.
        if !new.ended && new.pause == PauseKind::Until && new.schedule().first().is_none() {
            return Err(Refusal::WrongDay);
        }
        if new == *terms { Err(Refusal::Nothing) } else { Ok(new) }
    }
}
