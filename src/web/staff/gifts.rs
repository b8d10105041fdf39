//! `/staff/gifts`: every gift, filtered, by keyset.

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::donors::{choice, day, select};
use super::door::problems;
use super::find::search_box;
use super::guard::Staff;
use super::look::{Look, state_chip};
use super::paging::{self, PAGE, Wanted, counted};
use super::{another_look, blank, show};
use crate::domain::ids::DonorId;
use crate::domain::money::{AmountError, Currency, Money};
use crate::domain::role::Right;
use crate::domain::states::GiftState;
use crate::services::ServiceError;
use crate::services::staff::record::record_listed;
use crate::services::staff::record_read;
use crate::store::StoreError;
use crate::store::office_gifts::{self, GiftFilter, GiftRow};
use crate::store::paging::{Listed, Place};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{Choice, Empty, FilterBar, FilterInput, Hidden, Link, Section, TableSection};
use crate::web::router::{Policy, Route};

/// The routes of the list.
pub const ROUTES: &[Route] =
    &[Route { path: "/staff/gifts", policy: Policy::Staff(Right::FindDonors), methods: || get(list) }];

const PATH: &str = "/staff/gifts";

/// How a gift can have come: Stripe's kinds, then those without Stripe.
pub const METHODS: [(&str, &str); 10] = [
    ("card", "Card"),
    ("bacs_debit", "Bacs Direct Debit"),
    ("sepa_debit", "SEPA Direct Debit"),
    ("us_bank_account", "US bank account"),
    ("link", "Link"),
    ("paypal", "PayPal"),
    ("cheque", "Cheque"),
    ("cash", "Cash"),
    ("bank_transfer", "Bank transfer"),
    ("standing_order", "Standing order"),
];

/// What becomes of gifts.
const STATES: [GiftState; 6] = [
    GiftState::Received,
    GiftState::Refunded,
    GiftState::PartRefunded,
    GiftState::Disputed,
    GiftState::TakenBack,
    GiftState::Returned,
];

/// What is filtered, as an address or a form says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    donor: String,
    entity: String,
    fund: String,
    campaign: String,
    currency: String,
    method: String,
    state: String,
    from: String,
    to: String,
    least: String,
    most: String,
}

impl Asked {
    /// The gifts it asks for; what is wrong with it stands in `wrong`, by field. A sum without a currency is one of `main`.
    pub fn filter(&self, main: Currency, wrong: &mut Mistakes) -> GiftFilter {
        // PostgreSQL takes no NUL in a text, and no id of the charity file has a control character.
        let text = |s: &str| (!s.is_empty() && !s.contains(char::is_control)).then(|| s.to_owned());
        let currency: Option<Currency> = self.currency.parse().ok();
        let (from, to) = (day(wrong, "from", &self.from), day(wrong, "to", &self.to));
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            wrong.insert("to", "Enter a day that is not before the first".to_owned());
        }
        let at_least = sum(wrong, "least", &self.least, currency.unwrap_or(main));
        let at_most = sum(wrong, "most", &self.most, currency.unwrap_or(main));
        if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            wrong.insert("most", "Enter a sum that is not below the first".to_owned());
        }
        GiftFilter {
            owner: self.donor.parse().ok(),
            entity: text(&self.entity),
            fund: text(&self.fund),
            campaign: text(&self.campaign),
            currencies: currency.into_iter().collect(),
            method: text(&self.method),
            state: self.state.parse().ok(),
            from,
            to,
            at_least,
            at_most,
        }
    }

    fn kept(&self) -> [(&'static str, &str); 11] {
        [
            ("donor", &self.donor),
            ("entity", &self.entity),
            ("fund", &self.fund),
            ("campaign", &self.campaign),
            ("currency", &self.currency),
            ("method", &self.method),
            ("state", &self.state),
            ("from", &self.from),
            ("to", &self.to),
            ("least", &self.least),
            ("most", &self.most),
        ]
    }
}

fn sum(wrong: &mut Mistakes, name: &'static str, typed: &str, currency: Currency) -> Option<i64> {
    match Money::parse_typed(typed, currency) {
        Ok(money) => Some(money.minor()),
        Err(AmountError::Empty) => None,
        Err(_) => {
            wrong.insert(name, "Enter a sum in figures, like 25 or 25.50".to_owned());
            None
        }
    }
}

/// Shows a page of the list.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(asked): Query<Asked>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let look = Look { state: &state, staff: &staff };
    let main = look.currencies().first().copied().unwrap_or(Currency::GBP);
    let mut wrong = Mistakes::new();
    let filter = asked.filter(main, &mut wrong);
    let mut page = blank(&state, &staff, "Gifts", PATH);
    page.search = Some(search_box(""));
    page.filter = Some(filter_bar(look, &asked, &filter, &wrong));
    if !wrong.is_empty() {
        page.problems = problems(&wrong);
        return another_look(&page);
    }
    let (listed, count) = facts(&state, &filter, &wanted).await.map_err(ServiceError::from)?;
    match &filter.owner {
        Some(donor) if !listed.rows.is_empty() => {
            record_read(&state.deps, &staff.actor, donor, "all gifts").await?;
            page.back = Some(Link::new("The donor", format!("/staff/donors/{donor}")));
            page.title = format!("Gifts of {}", donor_of(look, &listed, donor));
        }
        _ => {
            let mut ids: Vec<DonorId> = listed.rows.iter().map(|g| g.donor_id.clone()).collect();
            ids.sort_unstable();
            ids.dedup();
            record_listed(&state.deps, &staff.actor, "gifts", listed.rows.len(), &ids).await?;
        }
    }
    page.lead = counted(count, "gift", "gifts");
    page.sections = vec![Section::Table(TableSection {
        table: look.gifts("Gifts", &listed.rows, filter.owner.is_none()),
        empty: Some(empty(filter == GiftFilter::default())),
        ..TableSection::default()
    })];
    let place = |g: &GiftRow| Place { at: g.received_at, id: g.id.to_string() };
    page.pager = paging::pager(&listed, count, PATH, &asked.kept(), place);
    show(&page)
}

async fn facts(
    state: &AppState,
    filter: &GiftFilter,
    wanted: &Wanted,
) -> Result<(Listed<GiftRow>, i64), StoreError> {
    let mut read = state.deps.store.read().await?;
    let listed = office_gifts::page(&mut read, filter, &wanted.from(), PAGE).await?;
    let count = office_gifts::count(&mut read, filter).await?;
    Ok((listed, count))
}

fn donor_of(look: Look<'_>, listed: &Listed<GiftRow>, donor: &DonorId) -> String {
    let Some(g) = listed.rows.iter().find(|g| g.donor_id == *donor) else { return donor.to_string() };
    let name = crate::store::office_donors::name(&g.given_name, &g.family_name, g.organisation.as_deref());
    look.called(&name, &g.email)
}

fn empty(unfiltered: bool) -> Empty {
    if unfiltered {
        return Empty {
            title: "No gifts yet".to_owned(),
            text: "Every gift stands here from the moment it is received.".to_owned(),
            action: None,
        };
    }
    Empty {
        title: "No gift is like that".to_owned(),
        text: "Ask for less.".to_owned(),
        action: Some(Link::new("Show all gifts", PATH)),
    }
}

fn filter_bar(look: Look<'_>, asked: &Asked, filter: &GiftFilter, wrong: &Mistakes) -> FilterBar {
    let charity = &look.state.deps.config.charity;
    let list = |name: &str, label: &str, all: &str, chosen: &str, rest: Vec<Choice>| {
        let mut choices = vec![choice("", all, chosen)];
        choices.extend(rest);
        select(name, label, choices)
    };
    let mut selects = Vec::new();
    if charity.entities.len() > 1 {
        let rest = charity.entities.iter().map(|e| choice(&e.id, e.legal_name.as_str(), &asked.entity));
        selects.push(list("entity", "Given to", "Everybody", &asked.entity, rest.collect()));
    }
    let rest = charity.funds.iter().map(|f| choice(&f.id, f.name.as_str(), &asked.fund));
    selects.push(list("fund", "For", "All funds", &asked.fund, rest.collect()));
    if !charity.campaigns.is_empty() {
        let rest = charity.campaigns.iter().map(|c| choice(&c.id, c.name.as_str(), &asked.campaign));
        selects.push(list("campaign", "Campaign", "With or without", &asked.campaign, rest.collect()));
    }
    let rest = look.currencies().into_iter().map(|c| choice(c.code(), c.code(), &asked.currency));
    selects.push(list("currency", "Currency", "All", &asked.currency, rest.collect()));
    let rest = METHODS.iter().map(|(kind, label)| choice(kind, *label, &asked.method));
    selects.push(list("method", "By", "All methods", &asked.method, rest.collect()));
    let rest = STATES.iter().map(|s| choice(s.as_str(), state_chip(*s).word, &asked.state));
    selects.push(list("state", "State", "All", &asked.state, rest.collect()));
    let input = |name: &'static str, label: &str, typed: &str, day: bool| FilterInput {
        name: name.to_owned(),
        label: label.to_owned(),
        field: field(wrong, name, typed),
        day,
    };
    let filtered = *filter != GiftFilter::default() || !wrong.is_empty();
    FilterBar {
        action: PATH.to_owned(),
        label: "Filter the gifts".to_owned(),
        selects,
        inputs: vec![
            input("from", "From", &asked.from, true),
            input("to", "To", &asked.to, true),
            input("least", "Sum from", &asked.least, false),
            input("most", "Sum to", &asked.most, false),
        ],
        hidden: filter.owner.iter().map(|o| Hidden::new("donor", o.as_str())).collect(),
        button: "Show".to_owned(),
        clear: filtered.then(|| Link::new("Show all gifts", PATH)),
        ..FilterBar::default()
    }
}
