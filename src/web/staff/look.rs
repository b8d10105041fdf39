//! Donors and gifts in words, for one member of staff: who may not see a mailbox whole reads it masked.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::guard::Staff;
use super::paging;
use crate::clock::Ts;
use crate::domain::dates;
use crate::domain::money::{Currency, Money};
use crate::domain::role::Right;
use crate::domain::states::{GiftState, Standing};
use crate::services::compose;
use crate::services::staff::record::masked;
use crate::store::office_donors::{DonorRow, GivenSum};
use crate::store::office_gifts::GiftRow;
use crate::web::AppState;
use crate::web::donor::view::{in_gifts, kind, method};
use crate::web::pages::{Cell, Chip, ChipTone, Column, DataTable, Hidden};

/// The words of the office for one reader.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The application.
    pub state: &'a AppState,
    /// Who reads.
    pub staff: &'a Staff,
}

/// "Refunded", as a chip.
pub fn state_chip(state: GiftState) -> Chip {
    let (tone, word) = match state {
        GiftState::Received => (ChipTone::Success, "Received"),
        GiftState::Refunded => (ChipTone::Info, "Refunded"),
        GiftState::PartRefunded => (ChipTone::Info, "Part refunded"),
        GiftState::Disputed => (ChipTone::Attention, "Disputed"),
        GiftState::TakenBack => (ChipTone::Problem, "Taken back"),
        GiftState::Returned => (ChipTone::Problem, "Returned"),
    };
    Chip::new(tone, word)
}

/// On what terms a donor stands.
pub fn standing_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Guest => "Gave without an account",
        Standing::Account => "Has an account",
        Standing::Offline => "Gave by cheque, cash or bank",
    }
}

/// A column of words.
pub fn column(label: &str) -> Column {
    Column { label: label.to_owned(), ..Column::default() }
}

/// A column of figures.
pub fn figures(label: &str) -> Column {
    Column { label: label.to_owned(), figure: true, ..Column::default() }
}

impl Look<'_> {
    fn locale(&self) -> &str {
        &self.state.deps.config.charity.brand.locale
    }

    /// The zone of the charity's first entity: the office's clock.
    fn zone(&self) -> TimeZone {
        self.state.deps.config.charity.entities.first().map_or(TimeZone::UTC, |e| e.time_zone.clone())
    }

    /// `£25.00`.
    pub fn money(&self, money: Money) -> String {
        money.display(self.locale())
    }

    /// `5 April 2026`.
    pub fn day(&self, date: Date) -> String {
        dates::long(date, self.locale())
    }

    /// The civil day of an instant in the office.
    pub fn date_of(&self, at: Ts) -> Date {
        at.date_in(&self.zone())
    }

    /// `5 April 2026`.
    pub fn day_of(&self, at: Ts) -> String {
        self.day(self.date_of(at))
    }

    /// `5 April 2026, 10:05`.
    pub fn moment(&self, at: Ts) -> String {
        format!("{}, {}", self.day_of(at), at.clock_time_in(&self.zone()))
    }

    /// The name of a fund.
    pub fn fund(&self, id: &str) -> String {
        compose::fund_name(&self.state.deps, id)
    }

    /// The name of a legal entity.
    pub fn entity(&self, id: &str) -> String {
        let entity = self.state.deps.config.charity.entity(id);
        entity.map_or_else(|| id.to_owned(), |e| e.legal_name.clone())
    }

    /// The currencies that the charity takes, each once.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut all = Vec::new();
        for currency in self.state.deps.config.charity.entities.iter().flat_map(|e| &e.currencies) {
            if !all.contains(currency) {
                all.push(*currency);
            }
        }
        all
    }

    /// Whether mailboxes, addresses and telephone numbers are shown whole.
    pub fn sees_contact(&self) -> bool {
        self.staff.may(Right::SeeContact)
    }

    /// A mailbox as this reader may see it.
    pub fn email(&self, email: &str) -> String {
        if self.sees_contact() { email.to_owned() } else { masked(email) }
    }

    /// What a donor is called here.
    pub fn called(&self, name: &str, email: &str) -> String {
        match (name, email) {
            ("", "") => "Donor without a name".to_owned(),
            ("", email) => self.email(email),
            (name, _) => name.to_owned(),
        }
    }

    /// A one-button form's or form's mark, as a hidden field.
    pub fn token(&self) -> Hidden {
        let deps = &self.state.deps;
        Hidden::new("token", self.state.form_key.issue(deps.clock.now(), &deps.random))
    }

    /// `Visa ending 4242`; what came without Stripe with its reference.
    fn method(&self, gift: &GiftRow) -> String {
        method(&gift.method_label, gift.method_last4.as_deref())
    }

    /// A table of gifts. `whose`: with a column for the donor.
    pub fn gifts(&self, caption: &str, gifts: &[GiftRow], whose: bool) -> DataTable {
        let mut columns = vec![column("Received"), figures("Sum")];
        if whose {
            columns.push(column("Donor"));
        }
        columns.extend([column("For"), column("By"), column("State")]);
        let rows = gifts.iter().map(|g| {
            let href = format!("/staff/gifts/{}", g.id);
            let mut sum = Cell::link(self.money(g.amount()), href.as_str());
            if g.net() != g.amount() {
                sum.note = format!("{} remains", self.money(g.net()));
            }
            let received =
                Cell { note: kind(g.frequency).to_owned(), ..Cell::link(self.day(g.received_on.0), href) };
            let mut row = vec![received, sum];
            if whose {
                let name = crate::store::office_donors::name(
                    &g.given_name,
                    &g.family_name,
                    g.organisation.as_deref(),
                );
                row.push(Cell {
                    note: if name.is_empty() { String::new() } else { self.email(&g.email) },
                    ..Cell::link(self.called(&name, &g.email), format!("/staff/donors/{}", g.donor_id))
                });
            }
            row.push(Cell::new(self.fund(&g.fund_id)));
            row.push(Cell {
                note: g.offline_reference.clone().unwrap_or_default(),
                ..Cell::new(self.method(g))
            });
            row.push(Cell::chip(state_chip(g.state())));
            row
        });
        DataTable {
            caption: caption.to_owned(),
            quiet_caption: true,
            rows: rows.collect(),
            columns,
            ..DataTable::default()
        }
    }

    /// A table of donors, with what each has given.
    pub fn donors(&self, caption: &str, donors: &[DonorRow], sums: &[GivenSum]) -> DataTable {
        let rows = donors.iter().map(|d| {
            let href = format!("/staff/donors/{}", d.id);
            let name = d.name();
            let theirs: Vec<&GivenSum> = sums.iter().filter(|s| s.owner_id == d.id).collect();
            let gifts: i64 = theirs.iter().map(|s| s.gifts).sum();
            let given = self.by_currency(&theirs);
            let all = paging::href("/staff/gifts", &[("donor", d.id.as_str())]);
            vec![
                Cell {
                    note: if name.is_empty() { String::new() } else { self.email(&d.email) },
                    ..Cell::link(self.called(&name, &d.email), href.as_str())
                },
                if given.is_empty() {
                    Cell::new("Nothing yet")
                } else {
                    Cell { note: in_gifts(gifts), ..Cell::link(given, all) }
                },
                Cell::new(d.last_gift_on.map(|day| self.day(day.0)).unwrap_or_default()),
                match d.plans {
                    0 => Cell::new("None"),
                    1 => Cell::link("One", format!("{href}/monthly")),
                    n => Cell::link(n.to_string(), format!("{href}/monthly")),
                },
                Cell {
                    note: format!("Since {}", self.day_of(d.created_at)),
                    ..Cell::new(standing_words(d.standing))
                },
            ]
        });
        DataTable {
            caption: caption.to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Donor"),
                figures("Remains given"),
                column("Last gift"),
                column("Monthly gifts"),
                column("Standing"),
            ],
            rows: rows.collect(),
            ..DataTable::default()
        }
    }

    /// `£1,250.00, €40.00`: never added up over currencies.
    fn by_currency(&self, sums: &[&GivenSum]) -> String {
        let mut totals: Vec<Money> = Vec::new();
        for sum in sums {
            match totals.iter_mut().find(|t| t.currency() == sum.currency) {
                Some(total) => *total = total.checked_add(sum.net()).unwrap_or(*total),
                None => totals.push(sum.net()),
            }
        }
        totals.iter().map(|t| self.money(*t)).collect::<Vec<_>>().join(", ")
    }
}
