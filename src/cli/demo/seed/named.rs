//! The donors whom a visitor may become: Ada Marsh, who has given much, Jonah Reed, who gave once, and Mina Okoro, whose
//! monthly gifts stand in every state there is.

use super::calendar::DAY;
use super::dice::Dice;
use super::lives::renewal;
use super::people::Home;
use super::plan::{Asks, Deed, Giving, Life, Plan};
use crate::cli::demo::sign_ins::{SIGN_INS, SignIn};
use crate::domain::donor::{Address, DonorDetails, Tribute};
use crate::domain::frequency::Frequency;
use crate::domain::money::Currency;
use crate::domain::states::{DonorKind, TributeKind};
use crate::sandbox::TestMethod;

/// Writes their lives; they are the first donors.
pub fn write(plan: &mut Plan, seed: u64) {
    for sign_in in SIGN_INS {
        let life = |plan| Life { dice: Dice::new(seed, 0), home: Home::Uk, donor: 0, plan };
        match sign_in.who {
            "much" => much(enter(life(plan), sign_in)),
            "little" => little(enter(life(plan), sign_in)),
            "every" => every(enter(life(plan), sign_in)),
            _ => {}
        }
    }
}

fn enter<'a>(mut life: Life<'a>, who: &SignIn) -> Life<'a> {
    life.donor = life.plan.donors.len();
    life.plan.donors.push(DonorDetails {
        kind: DonorKind::Individual,
        given_name: who.given_name.to_owned(),
        family_name: who.family_name.to_owned(),
        organisation: None,
        email: who.email.to_owned(),
        address: Some(Address {
            line1: format!("{} Lantern Lane", 12 + life.donor * 7),
            city: "Exampleton".to_owned(),
            postcode: "EX1 1AA".to_owned(),
            country: "GB".to_owned(),
            ..Address::default()
        }),
        locale: "en-GB".to_owned(),
    });
    life
}

fn form(life: &Life<'_>, frequency: Frequency, whole: i64) -> Giving {
    Giving {
        donor: life.donor,
        home: Home::Uk,
        currency: Currency::GBP,
        frequency,
        minor: whole * 100,
        cover: false,
        aid: true,
        method: TestMethod::CardSuccess,
        stumbles: false,
        left: false,
        fund: 0,
        tribute: None,
        note: None,
        consents: Vec::new(),
    }
}

/// A moment so many hundredths of the way.
fn at(life: &mut Life<'_>, hundredths: i64) -> i64 {
    let day = (life.plan.season.days() * hundredths / 100).max(1);
    life.plan.season.on(&mut life.dice, Home::Uk, day)
}

fn much(mut life: Life<'_>) {
    let life = &mut life;
    let start = at(life, 2);
    let first = Giving { consents: vec!["stories", "events"], ..form(life, Frequency::Monthly, 15) };
    let first = life.gives(start, first);
    let stop = at(life, 41);
    life.then(stop, first, Deed::Asks(Asks::Stop));

    let start = at(life, 45);
    let second = Giving { cover: true, fund: 1, ..form(life, Frequency::Monthly, 25) };
    let second = life.gives(start, second);
    let fails = renewal(start, 3);
    life.then(fails - DAY, second, Deed::Becomes(TestMethod::CardInsufficientFunds));
    life.then(fails + DAY, second, Deed::Becomes(TestMethod::CardSuccess));
    let raise = at(life, 78);
    life.then(raise, second, Deed::Asks(Asks::Amount(3200)));

    let early = at(life, 11);
    let note = Some("For everyone who opens a door.".to_owned());
    let gift = Giving { note, ..form(life, Frequency::Once, 50) };
    life.gives(early, gift);
    let memory = at(life, 33);
    let tribute = Some(Tribute { kind: TributeKind::Memory, name: "Grace Marsh".to_owned() });
    let gift = Giving { tribute, ..form(life, Frequency::Once, 100) };
    life.gives(memory, gift);
    let debit = at(life, 52);
    let gift = Giving { method: TestMethod::BacsSuccess, fund: 2, ..form(life, Frequency::Once, 60) };
    life.gives(debit, gift);
    // Given twice by mistake.
    let twice = at(life, 66);
    for minutes in [0, 4] {
        let gift = form(life, Frequency::Once, 75);
        let gift = life.gives(twice + minutes * 60, gift);
        if minutes > 0 {
            life.then(twice + 2 * DAY, gift, Deed::Refund(None));
        }
    }
    let late = at(life, 93);
    let gift = Giving { cover: true, ..form(life, Frequency::Once, 40) };
    life.gives(late, gift);
}

fn little(mut life: Life<'_>) {
    let day = (life.plan.season.days() - 36).max(1);
    let at = life.plan.season.on(&mut life.dice, Home::Uk, day);
    let note = Some("A friend told me about you.".to_owned());
    let gift = Giving { note, aid: false, ..form(&life, Frequency::Once, 30) };
    life.gives(at, gift);
}

/// A gift that is skipped once, one that is paused, one that will end, one that failed a day ago, one that was stopped.
fn every(mut life: Life<'_>) {
    let life = &mut life;
    let days = life.plan.season.days();
    let begins = |life: &mut Life<'_>, day: i64, whole: i64, fund: usize| {
        let start = life.plan.season.on(&mut life.dice, Home::Uk, day.max(1));
        let giving = Giving { fund, ..form(life, Frequency::Monthly, whole) };
        (life.gives(start, giving), start)
    };
    let soon = |life: &mut Life<'_>| life.plan.season.on(&mut life.dice, Home::Uk, days - 4);
    for (whole, fund, asks) in
        [(10, 0, Asks::Skip), (15, 1, Asks::Pause(3)), (20, 2, Asks::End(150)), (5, 3, Asks::Stop)]
    {
        let (number, _) = begins(life, days - 140 - whole, whole, fund);
        let when = soon(life);
        life.then(when, number, Deed::Asks(asks));
    }
    // The third charge after this one is due on the last day but one.
    let (number, start) = begins(life, days - 94, 12, 0);
    let due = renewal(start, 3);
    life.then(due - DAY, number, Deed::Becomes(TestMethod::CardInsufficientFunds));
}
