//! The worked cases of §8 that one person's gifts decide.

use jiff::civil::date;

use super::*;
use crate::clock::Ts;
use crate::config::Charity;
use crate::domain::donor::DonorDetails;
use crate::domain::gift_aid::declaration::{Channel, Ended, Scope};
use crate::domain::ids::{DonorId, PaymentId};
use crate::random::Random;

const TODAY: Date = date(2026, 11, 22);

fn entity() -> Entity {
    Charity::example().entities.into_iter().find(|e| e.id == "uk").expect("the example takes Gift Aid")
}

fn random() -> Random {
    Random::seeded(3)
}

fn gift(day: Date, minor: i64) -> Candidate {
    let at = Ts::start_of(day, &jiff::tz::TimeZone::UTC);
    Candidate {
        id: GiftId::new(at, &random()),
        payment_id: None,
        instalment: None,
        received_on: Day(day),
        tax_year: tax_year::of(day, "GB"),
        amount: Money::new(minor, Currency::GBP),
        donor: DonorDetails {
            kind: DonorKind::Individual,
            given_name: "Ada".to_owned(),
            family_name: "Marsh".to_owned(),
            organisation: None,
            email: String::new(),
            address: None,
            locale: "en-GB".to_owned(),
        },
        refunded_minor: 0,
        returned_minor: 0,
        lost_minor: 0,
        disputed: false,
        benefit_minor: 0,
        sterling_minor: None,
        claimed_minor: 0,
        adjusted_minor: 0,
    }
}

fn home_in(line1: &str, postcode: &str) -> Address {
    Address {
        line1: line1.to_owned(),
        postcode: postcode.to_owned(),
        country: "GB".to_owned(),
        ..Address::default()
    }
}

fn declared(covers_from: Date) -> Declaration {
    let made_at = Ts::start_of(covers_from, &jiff::tz::TimeZone::UTC);
    Declaration {
        id: DeclarationId::new(made_at, &random()),
        entity_id: "uk".to_owned(),
        scope: Scope::Future,
        covers_from,
        payment_id: None,
        gift_id: None,
        full_name: "Ada Marsh".to_owned(),
        home_address: home_in("7 Mill Lane", "SW1A 1AA"),
        non_uk_resident: false,
        wording_version: "1".to_owned(),
        channel: Channel::Web,
        evidence_ref: None,
        made_at,
        record_sent_on: None,
        ended: None,
    }
}

fn ada(declarations: Vec<Declaration>, gifts: Vec<Candidate>) -> Person {
    Person {
        owner: DonorId::new(Ts::from_unix(0), &random()),
        given_name: "Ada".to_owned(),
        family_name: "Marsh".to_owned(),
        address: None,
        declarations,
        gifts,
    }
}

/// What becomes of each gift, in a word and a sum.
fn weighed(known: &Person, today: Date) -> Vec<String> {
    let entity = entity();
    let ground = Ground { entity: &entity, today, up_to: today };
    let word = |w: Weighed| match w.outcome {
        Outcome::Claim(ready) => format!("claim {}", ready.amount_minor),
        Outcome::Claimed => "claimed".to_owned(),
        Outcome::GiveBack(back) => format!("back {} {} {}", back.why, back.amount_minor, back.tax_minor),
        Outcome::Held(day) => format!("held {day}"),
        Outcome::Undeclared => "undeclared".to_owned(),
        Outcome::Disputed => "disputed".to_owned(),
        Outcome::TooLate(day) => format!("late {day}"),
        Outcome::Blocked(_) => "blocked".to_owned(),
        Outcome::Never(_) => "never".to_owned(),
    };
    person(&ground, known).into_iter().map(word).collect()
}

fn one(gift: Candidate) -> String {
    weighed(&ada(vec![declared(date(2020, 1, 1))], vec![gift]), TODAY).join(", ")
}

const OCTOBER: Date = date(2026, 10, 1);

#[test]
fn case_14_15_25_and_26_who_gives_under_a_declaration() {
    assert_eq!(one(gift(OCTOBER, 10_000)), "claim 10000");
    let mut body = gift(OCTOBER, 10_000);
    body.donor.kind = DonorKind::Organisation;
    assert_eq!(one(body), "never");
    let ended = Declaration {
        ended: Some(Ended { from: date(2026, 5, 10), void: false }),
        ..declared(date(2026, 5, 1))
    };
    let days = [date(2026, 4, 30), date(2026, 5, 9), date(2026, 5, 10)].map(|day| gift(day, 10_000));
    assert_eq!(weighed(&ada(vec![ended], days.to_vec()), TODAY), ["undeclared", "claim 10000", "undeclared"]);
}

#[test]
fn case_24_one_instalment_is_covered_by_a_single_declaration() {
    let payment = PaymentId::new(Ts::from_unix(0), &random());
    let single = Declaration { scope: Scope::Single, payment_id: Some(payment.clone()), ..declared(OCTOBER) };
    let instalment =
        |n| Candidate { payment_id: Some(payment.clone()), instalment: Some(n), ..gift(OCTOBER, 2_000) };
    assert_eq!(
        weighed(&ada(vec![single], vec![instalment(1), instalment(2)]), TODAY),
        ["claim 2000", "undeclared"]
    );
}

#[test]
fn case_19_to_22_benefits_have_a_limit() {
    let with = |minor, benefit_minor| Candidate { benefit_minor, ..gift(OCTOBER, minor) };
    assert_eq!(
        (one(with(10_000, 2_500)).as_str(), one(with(10_000, 2_501)).as_str()),
        ("claim 10000", "never")
    );
    assert_eq!(
        (one(with(100_000, 7_000)).as_str(), one(with(100_000, 7_001)).as_str()),
        ("claim 100000", "never")
    );
    let two = vec![with(4_000_000, 150_000), with(4_000_000, 120_000)];
    assert_eq!(weighed(&ada(vec![declared(date(2020, 1, 1))], two), TODAY), ["claim 4000000", "blocked"]);
}

#[test]
fn case_31_foreign_money_counts_at_its_rate() {
    let dollars = Candidate { amount: Money::new(13_000, "USD".parse().expect("known")), ..gift(OCTOBER, 0) };
    assert_eq!(one(dollars.clone()), "blocked");
    let rated = Candidate { sterling_minor: Some(10_000), ..dollars };
    assert_eq!(one(rated.clone()), "claim 10000");
    assert_eq!(one(Candidate { refunded_minor: 6_500, ..rated }), "claim 5000");
}

#[test]
fn case_34_and_35_the_time_to_claim_ends() {
    let old = || ada(vec![declared(date(2020, 1, 1))], vec![gift(date(2022, 6, 15), 10_000)]);
    assert_eq!(weighed(&old(), date(2026, 12, 31)), ["claim 10000"]);
    assert_eq!(weighed(&old(), date(2027, 1, 1)), ["late 2026-12-31"]);
    let mut trust = entity();
    trust.tax.form = CharitableForm::Trust;
    assert_eq!(deadline(&trust, date(2022, 6, 15)), date(2027, 4, 5));
    trust.tax.form = CharitableForm::Company;
    trust.tax.year_end = (3, 31);
    assert_eq!(deadline(&trust, date(2022, 4, 1)), date(2027, 3, 31));
}

#[test]
fn case_41_a_gift_is_held_until_it_can_no_longer_be_taken_back() {
    let new = || ada(vec![declared(date(2020, 1, 1))], vec![gift(date(2026, 11, 8), 10_000)]);
    assert_eq!(weighed(&new(), date(2026, 11, 21)), ["held 2026-11-22"]);
    assert_eq!(weighed(&new(), date(2026, 11, 22)), ["claim 10000"]);
}

#[test]
fn case_62_to_64_and_67_what_went_back_goes_back_and_can_come_again() {
    let claimed = |gift: Candidate| Candidate { claimed_minor: 10_000, ..gift };
    let hundred = || gift(OCTOBER, 10_000);
    assert_eq!(one(Candidate { refunded_minor: 10_000, ..hundred() }), "never");
    assert_eq!(one(claimed(hundred())), "claimed");
    assert_eq!(one(claimed(Candidate { refunded_minor: 10_000, ..hundred() })), "back refund 10000 2500");
    assert_eq!(one(claimed(Candidate { refunded_minor: 4_000, ..hundred() })), "back refund 4000 1000");
    assert_eq!(one(claimed(Candidate { returned_minor: 10_000, ..hundred() })), "back returned 10000 2500");
    assert_eq!(one(claimed(Candidate { disputed: true, refunded_minor: 1, ..hundred() })), "disputed");
    let lost = claimed(Candidate { lost_minor: 10_000, ..hundred() });
    assert_eq!(one(lost.clone()), "back dispute 10000 2500");
    let adjusted = Candidate { adjusted_minor: 10_000, ..lost };
    assert_eq!(one(adjusted.clone()), "never", "given back once");
    assert_eq!(one(Candidate { lost_minor: 0, ..adjusted.clone() }), "claim 10000");
    let again = Candidate { lost_minor: 0, claimed_minor: 20_000, ..adjusted };
    assert_eq!(one(again), "claimed", "claimed again once");
    assert_eq!(one(claimed(Candidate { benefit_minor: 9_000, ..hundred() })), "back benefit 10000 2500");
    let never_declared = weighed(&ada(Vec::new(), vec![claimed(hundred())]), TODAY);
    assert_eq!(never_declared, ["back declaration 10000 2500"]);
    assert_eq!(one(claimed(gift(OCTOBER, 9_999))), "back correction 1 1", "rounded up");
}

#[test]
fn case_29_who_moved_is_claimed_for_where_they_live_now() {
    let mut known = ada(vec![declared(date(2020, 1, 1))], vec![gift(OCTOBER, 10_000)]);
    let house = |known: &Person| {
        let entity = entity();
        let ground = Ground { entity: &entity, today: TODAY, up_to: TODAY };
        match person(&ground, known).remove(0).outcome {
            Outcome::Claim(ready) => ready.cells.house,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(house(&known), "7 Mill Lane");
    known.address = Some((Ts::from_unix(1_700_000_000), home_in("5 New Row", "BT1 1AA")));
    assert_eq!(house(&known), "5 New Row");
    known
        .declarations
        .push(Declaration { home_address: home_in("9 Newest Row", "BT1 1AA"), ..declared(OCTOBER) });
    assert_eq!(house(&known), "9 Newest Row");
}
