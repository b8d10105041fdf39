//! What everybody will do: written down before anything happens, from the seed alone.

use jiff::civil::Date;

use super::calendar::Season;
use super::dice::Dice;
use super::people::{self, Home};
use super::{lives, named};
use crate::domain::donor::{DonorDetails, Tribute};
use crate::domain::frequency::Frequency;
use crate::domain::money::Currency;
use crate::sandbox::TestMethod;

/// One form filled in.
#[derive(Clone, Debug)]
pub struct Giving {
    /// Whose, as an index into [`Plan::donors`].
    pub donor: usize,
    /// To which entity.
    pub home: Home,
    /// In which currency.
    pub currency: Currency,
    /// Once, or how often.
    pub frequency: Frequency,
    /// How much, in minor units.
    pub minor: i64,
    /// The card fee is covered.
    pub cover: bool,
    /// The Gift Aid box is ticked.
    pub aid: bool,
    /// How it is paid.
    pub method: TestMethod,
    /// A declined card comes first.
    pub stumbles: bool,
    /// The payment page is left.
    pub left: bool,
    /// Which of the entity's funds, counted around.
    pub fund: usize,
    /// A dedication.
    pub tribute: Option<Tribute>,
    /// A message.
    pub note: Option<String>,
    /// E-mail choices.
    pub consents: Vec<&'static str>,
}

/// What happens to a giving.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// The form is sent and the payment page answered.
    Give,
    /// The donor asks for a change of the plan, as in their area.
    Asks(Asks),
    /// The card or account behind the plan behaves otherwise.
    Becomes(TestMethod),
    /// So much goes back; all of it when `None`.
    Refund(Option<i64>),
    /// The bank takes the money back.
    Dispute,
    /// The bank decides, for the charity or not.
    Decide(bool),
}

/// What a donor asks for.
#[derive(Clone, Copy, Debug)]
pub enum Asks {
    /// Another gift each time, in minor units.
    Amount(i64),
    /// Leave out the next one.
    Skip,
    /// Nothing for so many months.
    Pause(u32),
    /// A last day, so many days on.
    End(u64),
    /// Stop.
    Stop,
}

/// A deed and its moment.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Unix seconds.
    pub at: i64,
    /// To which giving, as an index into [`Plan::givings`].
    pub giving: usize,
    /// What.
    pub deed: Deed,
}

/// Everything that will be done.
pub struct Plan {
    /// Who gives.
    pub donors: Vec<DonorDetails>,
    /// Their forms.
    pub givings: Vec<Giving>,
    /// In the order of time.
    pub acts: Vec<Act>,
    /// The days it spans.
    pub season: Season,
}

/// One donor's part, before it is put with the others.
pub struct Life<'a> {
    /// Chance of this donor alone.
    pub dice: Dice,
    /// Where they give.
    pub home: Home,
    /// Their number.
    pub donor: usize,
    /// The plan being written.
    pub plan: &'a mut Plan,
}

impl Plan {
    /// `donors` people over the days from `first` to the day before `end`.
    pub fn new(seed: u64, donors: usize, first: Date, end: Date) -> Plan {
        let season = Season::new(first, end);
        let mut plan = Plan { donors: Vec::new(), givings: Vec::new(), acts: Vec::new(), season };
        named::write(&mut plan, seed);
        for number in plan.donors.len()..donors {
            let mut dice = Dice::new(seed, number as u64);
            let home = match dice.below(100) {
                0..60 => Home::Uk,
                60..87 => Home::Us,
                _ => Home::Ca,
            };
            let organisation = dice.percent(6);
            plan.donors.push(people::donor(&mut dice, home, number, organisation));
            lives::write(Life { dice, home, donor: number, plan: &mut plan });
        }
        plan.acts.sort_by_key(|act| (act.at, act.giving));
        plan
    }
}

impl Life<'_> {
    /// Notes a deed, unless the plan ends before it.
    pub fn then(&mut self, at: i64, giving: usize, deed: Deed) {
        if self.plan.season.day_of(at) < self.plan.season.days() {
            self.plan.acts.push(Act { at, giving, deed });
        }
    }

    /// Notes a giving and its form's moment.
    pub fn gives(&mut self, at: i64, giving: Giving) -> usize {
        let number = self.plan.givings.len();
        self.plan.givings.push(giving);
        self.then(at, number, Deed::Give);
        number
    }

    /// Who it is.
    pub fn details(&self) -> &DonorDetails {
        &self.plan.donors[self.donor]
    }
}
