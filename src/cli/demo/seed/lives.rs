//! What an invented donor does over the years.

use jiff::Span;

use super::calendar::DAY;
use super::names::MESSAGES;
use super::people::{self, Home};
use super::plan::{Asks, Deed, Giving, Life};
use crate::clock::Ts;
use crate::domain::donor::Tribute;
use crate::domain::frequency::Frequency;
use crate::domain::money::Currency;
use crate::domain::states::{DonorKind, TributeKind};
use crate::sandbox::TestMethod;

/// Of so many donors one disputes a payment and loses, one wins, one still waits.
const DISPUTES_IN: usize = 130;

/// Whole pounds or dollars; what is common stands there more than once.
const MONTHLY: [i64; 20] = [5, 5, 8, 10, 10, 10, 10, 15, 15, 20, 20, 20, 20, 25, 25, 30, 35, 40, 60, 100];
const QUARTERLY: [i64; 5] = [30, 30, 60, 60, 120];
const YEARLY: [i64; 7] = [60, 100, 120, 120, 180, 240, 500];
const ONCE: [i64; 24] =
    [5, 10, 10, 15, 20, 20, 25, 25, 25, 30, 33, 40, 50, 50, 50, 50, 75, 75, 100, 100, 120, 150, 250, 500];
const BODIES: [i64; 8] = [150, 250, 300, 500, 500, 750, 1000, 2500];

/// Writes a life.
pub fn write(mut life: Life<'_>) {
    let body = life.details().kind == DonorKind::Organisation;
    match life.donor % DISPUTES_IN {
        5 => return disputed(&mut life, Some(false)),
        9 => return disputed(&mut life, Some(true)),
        77 => return disputed(&mut life, None),
        _ => {}
    }
    let regular = !body && life.dice.percent(48);
    if regular {
        pledge(&mut life);
    }
    let gifts = match life.dice.below(100) {
        _ if regular && life.dice.percent(65) => 0,
        0..62 => 1,
        62..80 => 2,
        80..94 => life.dice.between(3, 5),
        _ => life.dice.between(6, 11),
    };
    for _ in 0..gifts {
        single(&mut life);
    }
}

/// A form with what does not depend on the rhythm.
fn form(life: &mut Life<'_>, frequency: Frequency, whole: i64) -> Giving {
    let person = life.details().kind == DonorKind::Individual;
    let has_address = life.details().address.is_some();
    let euros = life.home == Home::Uk && frequency != Frequency::Quarterly && life.donor.is_multiple_of(23);
    let currency = match life.home {
        Home::Uk if euros => "EUR",
        Home::Uk => "GBP",
        Home::Us => "USD",
        Home::Ca => "CAD",
    };
    let uk = life.home == Home::Uk;
    let consents = [("stories", 45), ("events", 16), ("help", 9)];
    Giving {
        donor: life.donor,
        home: life.home,
        currency: currency.parse().unwrap_or(Currency::GBP),
        frequency,
        minor: whole * 100,
        cover: false,
        // Who ticks it once ticks it always.
        aid: uk && person && has_address && life.donor % 10 < 7,
        method: method(life, uk && !euros),
        stumbles: false,
        left: false,
        fund: [0, 0, 0, 1, 1, 2, 3][life.dice.below(7)],
        tribute: None,
        note: None,
        consents: consents.into_iter().filter(|(_, p)| life.dice.percent(*p)).map(|(name, _)| name).collect(),
    }
    .covered(life)
}

impl Giving {
    /// A third adds the card fee, where that is offered.
    fn covered(mut self, life: &mut Life<'_>) -> Giving {
        let card = !is_debit(self.method);
        self.cover = card && self.home != Home::Ca && life.dice.percent(35);
        self
    }
}

fn is_debit(method: TestMethod) -> bool {
    matches!(method, TestMethod::BacsSuccess | TestMethod::BacsFailure)
}

fn method(life: &mut Life<'_>, pounds: bool) -> TestMethod {
    match life.dice.below(100) {
        0..26 if pounds => TestMethod::BacsSuccess,
        26..38 if life.home == Home::Uk => TestMethod::Card3ds,
        _ => TestMethod::CardSuccess,
    }
}

fn single(life: &mut Life<'_>) {
    let body = life.details().kind == DonorKind::Organisation;
    let mut whole = *life.dice.pick(if body { &BODIES[..] } else { &ONCE[..] });
    if life.dice.permille(8) {
        whole *= 10;
    }
    let days = life.plan.season.days();
    let at = life.plan.season.moment(&mut life.dice, life.home, 0, days);
    let mut giving = form(life, Frequency::Once, whole);
    if life.dice.percent(7) {
        giving.tribute = Some(tribute(life));
    }
    if life.dice.percent(10) {
        giving.note = Some((*life.dice.pick(&MESSAGES)).to_owned());
    }
    if giving.method == TestMethod::BacsSuccess && life.dice.percent(11) {
        giving.method = TestMethod::BacsFailure;
    }
    giving.stumbles = life.dice.percent(4);
    giving.left = life.dice.percent(3);
    let (minor, sound) = (giving.minor, !giving.left && !is_debit(giving.method));
    let number = life.gives(at, giving);
    let later = at + life.dice.between(1, 9) * DAY + 3 * 3600;
    match life.dice.below(1000) {
        0..14 if sound => life.then(later, number, Deed::Refund(None)),
        14..24 if sound => life.then(later, number, Deed::Refund(Some(minor / 2))),
        _ => {}
    }
}

fn tribute(life: &mut Life<'_>) -> Tribute {
    let ((given, _), (family, _)) = people::name(&mut life.dice, life.home);
    let kind = if life.dice.percent(65) { TributeKind::Memory } else { TributeKind::Honour };
    Tribute { kind, name: format!("{given} {family}") }
}

/// A single card gift that the bank takes back, and what it decides if it does.
fn disputed(life: &mut Life<'_>, won: Option<bool>) {
    let days = life.plan.season.days();
    let (from, to) = if won.is_some() { (days / 3, days * 3 / 4) } else { (days - 25, days - 12) };
    let at = life.plan.season.moment(&mut life.dice, life.home, from, to);
    let giving = Giving { method: TestMethod::CardSuccess, ..form(life, Frequency::Once, 150) };
    let number = life.gives(at, giving);
    life.then(at + 8 * DAY, number, Deed::Dispute);
    if let Some(won) = won {
        life.then(at + 33 * DAY, number, Deed::Decide(won));
    }
}

fn pledge(life: &mut Life<'_>) {
    let days = life.plan.season.days();
    let (frequency, amounts) = match (life.dice.below(100), life.home) {
        (0..6, Home::Uk) => (Frequency::Quarterly, &QUARTERLY[..]),
        (6..13, Home::Uk | Home::Us) => (Frequency::Yearly, &YEARLY[..]),
        _ => (Frequency::Monthly, &MONTHLY[..]),
    };
    let whole = *life.dice.pick(amounts);
    // The charity had its regular givers before: a third is there from the beginning.
    let until = if life.dice.percent(34) { days.min(75) } else { days - 3 };
    let at = life.plan.season.moment(&mut life.dice, life.home, 0, until);
    let mut giving = form(life, frequency, whole);
    if life.dice.percent(5) {
        giving.note = Some((*life.dice.pick(&MESSAGES)).to_owned());
    }
    let method = giving.method;
    let fate = life.dice.below(100);
    if fate < 4 && !is_debit(method) {
        giving.method = TestMethod::CardFailsOnRenewal;
    }
    let number = life.gives(at, giving);
    let left = days - life.plan.season.day_of(at);
    let end = match fate {
        4..24 if left > 60 => Some((Deed::Asks(Asks::Stop), life.dice.between(40, left - 1))),
        24..30 if left > 90 && !is_debit(method) => {
            let broken = *life.dice.pick(&[TestMethod::CardExpired, TestMethod::CardInsufficientFunds]);
            Some((Deed::Becomes(broken), life.dice.between(60, left - 1)))
        }
        _ => None,
    };
    // Near the end of the story some take a break, so that there is one to be seen.
    if let (30..38, true) = (fate, left > 60) {
        let asks = *life.dice.pick(&[Asks::Skip, Asks::Skip, Asks::Pause(2), Asks::Pause(3), Asks::End(120)]);
        let day = left - life.dice.between(3, 25);
        life.then(at + day * DAY, number, Deed::Asks(asks));
    }
    let last = end.map_or(left, |(_, day)| day);
    if let Some((deed, day)) = end {
        life.then(at + day * DAY, number, deed);
    }
    if fate >= 4 {
        raise(life, at, number, whole, last);
        stumble(life, at, number, method, frequency, last);
    }
}

/// A fifth gives more after some time.
fn raise(life: &mut Life<'_>, at: i64, number: usize, whole: i64, last: i64) {
    if last > 260 && life.dice.percent(24) {
        let day = life.dice.between(200, last - 5);
        let more = whole + (whole * life.dice.between(15, 60) / 100).max(2);
        let rounded = if more > 20 { (more + 2) / 5 * 5 } else { more };
        life.then(at + day * DAY + 1800, number, Deed::Asks(Asks::Amount(rounded * 100)));
    }
}

/// Some charges fail at first and are paid at a later try.
fn stumble(life: &mut Life<'_>, at: i64, number: usize, method: TestMethod, every: Frequency, last: i64) {
    let months = every.months().unwrap_or(1);
    let renewals = last / (31 * i64::from(months));
    if renewals < 2 || !life.dice.percent(17) {
        return;
    }
    let which = life.dice.between(1, renewals - 1);
    let months = i32::try_from(which * i64::from(months)).unwrap_or(1);
    let due = renewal(at, months);
    let (fails, back_after) = match is_debit(method) {
        true => (TestMethod::BacsFailure, 5 * DAY),
        false => (TestMethod::CardInsufficientFunds, DAY),
    };
    if due + back_after < at + last * DAY {
        life.then(due - DAY, number, Deed::Becomes(fails));
        life.then(due + back_after, number, Deed::Becomes(method));
    }
}

/// The same moment so many months later.
pub fn renewal(at: i64, months: i32) -> i64 {
    let first = Ts::from_unix(at).date_in(&jiff::tz::TimeZone::UTC);
    let then = first.saturating_add(Span::new().months(months));
    at + i64::from((then - first).get_days()) * DAY
}
