//! Gifts, plans and states in words.

use jiff::civil::Date;

use super::plan_words::chip;
use crate::domain::dates;
use crate::domain::frequency::Frequency;
use crate::domain::states::{DisputeState, PledgeState, TributeKind};
use crate::services::compose;
use crate::services::compose::plan_letters::often;
use crate::store::pledges::Pledge;
use crate::store::portal::{GiftLine, OnTheWay};
use crate::web::AppState;
use crate::web::pages::{Chip, ChipTone, GiftRow, Link, PlanCard};

/// Words shared by the pages of one donor.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The application.
    pub state: &'a AppState,
    /// How dates and sums are written.
    pub locale: &'a str,
}

/// "Monthly gift", "One-off gift".
pub fn kind(frequency: Option<Frequency>) -> &'static str {
    match frequency {
        None | Some(Frequency::Once) => "One-off gift",
        Some(Frequency::Monthly) => "Monthly gift",
        Some(Frequency::Quarterly) => "Quarterly gift",
        Some(Frequency::Yearly) => "Yearly gift",
    }
}

/// "in one gift", "in 12 gifts".
pub fn in_gifts(count: i64) -> String {
    match count {
        1 => "in one gift".to_owned(),
        n => format!("in {} gifts", grouped(n)),
    }
}

/// `10,000`.
pub fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "in 3 days", "tomorrow", "today"; empty for the past and for more than two months.
pub fn relative(today: Date, then: Date) -> String {
    match (then - today).get_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        n @ 2..=62 => format!("in {n} days"),
        _ => String::new(),
    }
}

/// `Visa ending 4242`.
pub fn method(label: &str, last4: Option<&str>) -> String {
    match last4 {
        Some(digits) => format!("{label} ending {digits}"),
        None => label.to_owned(),
    }
}

/// How a gift stands.
pub fn gift_chip(gift: &GiftLine) -> Chip {
    match gift.dispute_state {
        Some(DisputeState::Open) => return Chip::new(ChipTone::Attention, "Disputed"),
        Some(DisputeState::Lost) => return Chip::new(ChipTone::Problem, "Taken back"),
        Some(DisputeState::Won) | None => {}
    }
    if gift.returned_minor != 0 {
        return Chip::new(ChipTone::Problem, "Returned");
    }
    if gift.refunded_minor == 0 {
        Chip::new(ChipTone::Success, "Received")
    } else if -gift.refunded_minor >= gift.amount_minor {
        Chip::new(ChipTone::Info, "Refunded")
    } else {
        Chip::new(ChipTone::Info, "Part refunded")
    }
}

impl View<'_> {
    /// "5 April 2026".
    pub fn day(&self, date: Date) -> String {
        dates::long(date, self.locale)
    }

    /// The name of a fund.
    pub fn fund(&self, id: &str) -> String {
        compose::fund_name(&self.state.deps, id)
    }

    /// The name of a legal entity, when the charity has more than one.
    pub fn entity(&self, id: &str) -> String {
        let charity = &self.state.deps.config.charity;
        if charity.entities.len() < 2 {
            return String::new();
        }
        charity.entity(id).map_or_else(|| id.to_owned(), |e| e.legal_name.clone())
    }

    /// "In memory of Joan".
    pub fn tribute(&self, kind: Option<TributeKind>, name: Option<&str>) -> String {
        match (kind, name) {
            (Some(TributeKind::Memory), Some(name)) => format!("In memory of {name}"),
            (Some(TributeKind::Honour), Some(name)) => format!("In honour of {name}"),
            _ => String::new(),
        }
    }

    /// A gift in a list. `entities`: the donor gave to more than one.
    pub fn gift_row(&self, gift: &GiftLine, entities: bool) -> GiftRow {
        let net = gift.net();
        let partly = net != gift.amount() && !net.is_zero();
        GiftRow {
            href: format!("/portal/gifts/{}", gift.id),
            what: kind(gift.frequency).to_owned(),
            fund: self.fund(&gift.fund_id),
            date: self.day(gift.received_on.0),
            datetime: gift.received_on.0.to_string(),
            amount: gift.amount().display(self.locale),
            amount_note: if partly { format!("{} remains", net.display(self.locale)) } else { String::new() },
            chip: gift_chip(gift),
            method: method(&gift.method_label, gift.method_last4.as_deref()),
            entity: if entities { self.entity(&gift.entity_id) } else { String::new() },
            tribute: self.tribute(gift.tribute_kind, gift.tribute_name.as_deref()),
            note: String::new(),
            receipt: None,
        }
    }

    /// Money on its way, in a list.
    pub fn way_row(&self, way: &OnTheWay) -> GiftRow {
        let entity = self.state.deps.config.charity.entity(&way.entity_id);
        let zone = entity.map_or(jiff::tz::TimeZone::UTC, |e| e.time_zone.clone());
        let sent = way.created_at.date_in(&zone);
        let by = dates::add_working_days(sent, 7);
        GiftRow {
            href: format!("/give/thanks/{}", way.reference),
            what: match way.frequency {
                Frequency::Once => "One-off gift".to_owned(),
                _ => format!("First {}", kind(Some(way.frequency)).to_lowercase()),
            },
            fund: self.fund(&way.fund_id),
            date: self.day(sent),
            datetime: sent.to_string(),
            amount: way.total().display(self.locale),
            chip: Chip::new(ChipTone::Wait, "On its way"),
            note: format!("Your bank confirms it by {}.", self.day(by)),
            ..GiftRow::default()
        }
    }

    /// A plan.
    pub fn plan_card(&self, plan: &Pledge, entities: bool) -> PlanCard {
        let entity = self.state.deps.config.charity.entity(&plan.entity_id);
        let zone = entity.map_or(jiff::tz::TimeZone::UTC, |e| e.time_zone.clone());
        let today = self.state.deps.clock.now().date_in(&zone);
        let goes_on = !matches!(plan.state, PledgeState::Ended | PledgeState::Pending);
        let schedule = plan.schedule().filter(|_| goes_on);
        let next = schedule.and_then(|s| s.first()).or(plan.next_charge_at.filter(|_| goes_on));
        let next = next.map(|at| at.date_in(&zone));
        let often = match (plan.frequency, plan.anchor_at) {
            (Frequency::Monthly | Frequency::Quarterly, Some(anchor)) => {
                let day = dates::ordinal(anchor.date_in(&zone).day());
                format!("{}, on the {day}", often(plan.frequency))
            }
            _ => often(plan.frequency).to_owned(),
        };
        PlanCard {
            heading: format!("Your {}", kind(Some(plan.frequency)).to_lowercase()),
            amount: plan.total().display(self.locale),
            often,
            fund: self.fund(&plan.fund_id),
            chip: chip(plan),
            next_label: "Next gift".to_owned(),
            next_date: next.map(|d| self.day(d)).unwrap_or_default(),
            next_words: next.map(|d| relative(today, d)).unwrap_or_default(),
            method: plan
                .method_label
                .as_deref()
                .map_or_else(String::new, |l| method(l, plan.method_last4.as_deref())),
            entity: if entities { self.entity(&plan.entity_id) } else { String::new() },
            note: self.plan_note(plan, &zone),
            action: Some(Link::new(
                if goes_on { "Change, skip or stop" } else { "See it" },
                format!("/portal/monthly#{}", plan.id),
            )),
        }
    }

    fn plan_note(&self, plan: &Pledge, zone: &jiff::tz::TimeZone) -> String {
        let day = |at: crate::clock::Ts| self.day(at.date_in(zone));
        let skipped = plan.schedule().map(|s| s.skipped()).unwrap_or_default();
        match (plan.state, skipped.as_slice()) {
            (PledgeState::Retrying, _) => "The last one did not come through. Nothing was taken.".to_owned(),
            (PledgeState::Ended, _) => match plan.ended_at {
                Some(at) => format!("It ended on {}. Thank you for every one of them.", day(at)),
                None => String::new(),
            },
            (PledgeState::Pending, _) => "Your bank is confirming the first one.".to_owned(),
            (_, [one]) => format!("Nothing is taken on {}.", day(*one)),
            (_, [first, .., last]) => format!("Nothing is taken from {} to {}.", day(*first), day(*last)),
            (PledgeState::Ending, []) => match plan.schedule().and_then(|s| s.last()) {
                Some(last) => format!("The last one is on {}.", day(last)),
                None => "Nothing more is taken.".to_owned(),
            },
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_days_read_as_people_say_them() {
        assert_eq!(
            (in_gifts(1).as_str(), in_gifts(1_234_567).as_str()),
            ("in one gift", "in 1,234,567 gifts")
        );
        let day = |text: &str| text.parse::<Date>().expect("a day");
        assert_eq!(relative(day("2026-11-22"), day("2026-11-23")), "tomorrow");
        assert_eq!(relative(day("2026-11-22"), day("2026-12-22")), "in 30 days");
        assert_eq!(relative(day("2026-11-22"), day("2026-11-01")), "");
    }
}
