//! `/staff/find`: one box for everything that names a donor or a gift.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::guard::Staff;
use super::look::Look;
use super::paging::{self, PAGE};
use super::{blank, show};
use crate::domain::ids::DonorId;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::domain::search::{self, Sought};
use crate::services::ServiceError;
use crate::services::staff::record::record_listed;
use crate::store::office_donors::{self, DonorRow, GivenSum};
use crate::store::office_find::{self, Hit};
use crate::store::office_gifts::{self, GiftFilter, GiftRow};
use crate::store::paging::From;
use crate::store::{Conn, StoreError, donor_terms};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Empty, Link, SearchBox, Section, TableSection};
use crate::web::router::{Policy, Route};

/// The routes of the search.
pub const ROUTES: &[Route] =
    &[Route { path: "/staff/find", policy: Policy::Staff(Right::FindDonors), methods: || get(find) }];

const HINT: &str =
    "A name, e-mail, receipt number, reference, Stripe id, sum such as £25, or day such as 22 November 2026";

/// The box, with what was typed.
pub fn search_box(q: &str) -> SearchBox {
    SearchBox { q: q.to_owned(), hint: HINT.to_owned() }
}

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

/// What a text leads to.
#[derive(Debug, Default)]
struct Found {
    /// One thing: go there.
    straight: Option<String>,
    donors: Vec<DonorRow>,
    sums: Vec<GivenSum>,
    gifts: Vec<GiftRow>,
    /// The list that holds all of them.
    all_gifts: Option<String>,
}

/// Leads to the one thing that was meant, or shows what may have been.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    State(state): State<AppState>,
    staff: Staff,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let look = Look { state: &state, staff: &staff };
    let sought = search::read(&asked.q, &look.currencies());
    let found = look_for(&state, &sought).await.map_err(ServiceError::from)?;
    if let Some(to) = &found.straight {
        return Ok(Redirect::to(to).into_response());
    }
    let shown = found.donors.len() + found.gifts.len();
    if shown > 0 {
        let donors = found.donors.iter().map(|d| &d.id);
        let mut ids: Vec<DonorId> = donors.chain(found.gifts.iter().map(|g| &g.donor_id)).cloned().collect();
        ids.sort_unstable();
        ids.dedup();
        record_listed(&state.deps, &staff.actor, "search", shown, &ids).await?;
    }
    let mut page = blank(&state, &staff, "Find", "");
    page.search = Some(search_box(&asked.q));
    page.lead = in_words(look, &sought);
    page.sections = sections(look, &sought, &found);
    show(&page)
}

async fn look_for(state: &AppState, sought: &Sought) -> Result<Found, StoreError> {
    let mut read = state.deps.store.read().await?;
    let conn = &mut read;
    Ok(match sought {
        Sought::Nothing => Found::default(),
        Sought::Mailbox(text) => {
            let whole = office_find::by_mailbox(conn, text).await?;
            match whole.as_slice() {
                [one] => straight(format!("/staff/donors/{one}")),
                [] => by_words(conn, std::slice::from_ref(text)).await?,
                _ => donors(conn, whole).await?,
            }
        }
        Sought::Receipt(number) => hit(office_find::by_receipt(conn, number).await?, ""),
        Sought::Stripe(kind, id) => hit(office_find::by_stripe(conn, *kind, id).await?, ""),
        Sought::Gift(id) => hit(office_find::by_gift(conn, id).await?, ""),
        Sought::Plan(id) => hit(office_find::by_plan(conn, id).await?, "/monthly"),
        Sought::Payment(id) => hit(office_find::by_payment(conn, id).await?, ""),
        Sought::Reference(text) => hit(office_find::by_reference(conn, text).await?, ""),
        Sought::Donor(id) => match donors(conn, vec![id.clone()]).await? {
            found if found.donors.is_empty() => found,
            _ => straight(format!("/staff/donors/{id}")),
        },
        Sought::Day(day) => {
            let filter = GiftFilter { from: Some(*day), to: Some(*day), ..GiftFilter::default() };
            let day = day.to_string();
            let all = paging::href("/staff/gifts", &[("from", day.as_str()), ("to", day.as_str())]);
            Found {
                gifts: office_gifts::page(conn, &filter, &From::Newest, PAGE).await?.rows,
                all_gifts: Some(all),
                ..Found::default()
            }
        }
        Sought::Sum(sums) => of_sum(conn, sums).await?,
        Sought::Words(words) => by_words(conn, words).await?,
    })
}

fn straight(to: String) -> Found {
    Found { straight: Some(to), ..Found::default() }
}

/// `tab`: which part of the donor's record, when there is no gift.
fn hit(hit: Option<Hit>, tab: &str) -> Found {
    match hit {
        None => Found::default(),
        Some(Hit { gift_id: Some(gift), .. }) => straight(format!("/staff/gifts/{gift}")),
        Some(Hit { donor_id, .. }) => straight(format!("/staff/donors/{donor_id}{tab}")),
    }
}

async fn by_words(conn: &mut Conn, words: &[String]) -> Result<Found, StoreError> {
    let ids = donor_terms::find(conn, words, PAGE).await?;
    donors(conn, ids).await
}

async fn donors(conn: &mut Conn, ids: Vec<DonorId>) -> Result<Found, StoreError> {
    let donors = office_donors::by_ids(conn, &ids).await?;
    let sums = office_donors::sums(conn, &ids).await?;
    Ok(Found { donors, sums, ..Found::default() })
}

/// A sum in several currencies is several sums; those of the same figure are found together.
async fn of_sum(conn: &mut Conn, sums: &[Money]) -> Result<Found, StoreError> {
    let mut minors: Vec<i64> = sums.iter().map(|m| m.minor()).collect();
    minors.sort_unstable();
    minors.dedup();
    let mut gifts = Vec::new();
    for minor in minors.iter().take(3) {
        let filter = GiftFilter {
            currencies: sums.iter().filter(|m| m.minor() == *minor).map(|m| m.currency()).collect(),
            at_least: Some(*minor),
            at_most: Some(*minor),
            ..GiftFilter::default()
        };
        gifts.extend(office_gifts::page(conn, &filter, &From::Newest, PAGE).await?.rows);
    }
    gifts.sort_by(|a, b| (b.received_at, &b.id).cmp(&(a.received_at, &a.id)));
    gifts.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let all = match sums {
        [one] => {
            let (sum, currency) = (one.to_plain(), one.currency());
            let kept = [("least", sum.as_str()), ("most", sum.as_str()), ("currency", currency.code())];
            Some(paging::href("/staff/gifts", &kept))
        }
        _ => None,
    };
    Ok(Found { gifts, all_gifts: all, ..Found::default() })
}

/// What was understood: who typed something else sees it at once.
fn in_words(look: Look<'_>, sought: &Sought) -> String {
    match sought {
        Sought::Nothing => "Type something above.".to_owned(),
        Sought::Mailbox(_) => "Read as an e-mail address.".to_owned(),
        Sought::Receipt(number) => format!("Read as receipt {number}."),
        Sought::Stripe(..) => "Read as an id of Stripe.".to_owned(),
        Sought::Donor(_) | Sought::Gift(_) | Sought::Plan(_) | Sought::Payment(_) => {
            "Read as an id of ours.".to_owned()
        }
        Sought::Reference(_) => "Read as the reference of a gift.".to_owned(),
        Sought::Sum(sums) => {
            let words: Vec<String> = sums.iter().map(|m| look.money(*m)).collect();
            format!("Gifts of {}, newest first.", words.join(" or "))
        }
        Sought::Day(day) => format!("Gifts received on {}, newest first.", look.day(*day)),
        Sought::Words(_) => "Donors whose names or mailbox begin so.".to_owned(),
    }
}

fn sections(look: Look<'_>, sought: &Sought, found: &Found) -> Vec<Section> {
    let mut sections = Vec::new();
    if !found.donors.is_empty() {
        sections.push(Section::Table(TableSection {
            heading: "Donors".to_owned(),
            lead: at_most(found.donors.len(), "donors", "Type more of the name to narrow it down."),
            table: look.donors("Donors", &found.donors, &found.sums),
            ..TableSection::default()
        }));
    }
    if !found.gifts.is_empty() {
        let links =
            found.all_gifts.iter().map(|href| Link::new("See them in the list of gifts", href)).collect();
        sections.push(Section::Table(TableSection {
            heading: "Gifts".to_owned(),
            lead: at_most(found.gifts.len(), "gifts", "The list of gifts has all of them."),
            table: look.gifts("Gifts", &found.gifts, true),
            links,
            ..TableSection::default()
        }));
    }
    if sections.is_empty() && *sought != Sought::Nothing {
        let empty = Some(nothing(look, sought));
        sections.push(Section::Table(TableSection { empty, ..TableSection::default() }));
    }
    sections
}

fn at_most(shown: usize, what: &str, then: &str) -> String {
    if i64::try_from(shown).is_ok_and(|n| n >= PAGE) {
        format!("The first {PAGE} {what}. {then}")
    } else {
        String::new()
    }
}

fn nothing(look: Look<'_>, sought: &Sought) -> Empty {
    if let (Sought::Stripe(search::StripeKind::Payout, id), true) = (sought, look.staff.may(Right::SeeMoney))
    {
        return Empty {
            title: "A payout holds many gifts".to_owned(),
            text: "Its page says which.".to_owned(),
            action: Some(Link::new("See the payout", format!("/staff/payouts/{id}"))),
        };
    }
    let text = match sought {
        Sought::Words(_) => "Try fewer letters, the family name alone, or the e-mail address.",
        Sought::Mailbox(_) => "Nobody gave from it or has an account with it. Try the name.",
        _ => "Check it against the letter or mail it came from, or try the donor's name.",
    };
    Empty {
        title: "Nothing found".to_owned(),
        text: text.to_owned(),
        action: Some(Link::new("See all donors", "/staff/donors")),
    }
}
