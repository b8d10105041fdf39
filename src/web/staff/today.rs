//! `/staff`: what needs a person. Each line leads to the page where it is solved.

use std::time::Duration;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::find::search_box;
use super::guard::Staff;
use super::view::{day, moment, zone};
use super::{blank, show};
use crate::clock::Ts;
use crate::domain::closing::Month;
use crate::domain::dates;
use crate::domain::ids::JobId;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::domain::states::FailureReason;
use crate::services::{ServiceError, replay};
use crate::store::audit_search::{self, Reader};
use crate::store::today::{self, SHOWN, Waiting};
use crate::web::AppState;
use crate::web::donor::view::relative;
use crate::web::errors::AppError;
use crate::web::pages::{Act, Link, Notice, Section, Todo, Todos, Tone, Words};
use crate::web::router::{Policy, Route};

/// Who looks at more donors than this in a day is named to those who read the audit (S16).
const MANY_DONORS: i64 = 200;
/// Or at more pages of lists of donors or of their gifts.
const MANY_LISTS: i64 = 40;
/// Refunds that did not go through are told of for this long, unless somebody tries again.
const TRIED_WITHIN: Duration = Duration::from_secs(30 * 86_400);
/// A month of 31 days, and ten days to put it in order.
const MONTH_DUE: Duration = Duration::from_secs(41 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// The routes of the first page.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff", policy: Policy::Staff(Right::BeInside), methods: || get(show_today) },
    Route { path: "/staff/jobs/again", policy: Policy::Staff(Right::ReplayJobs), methods: || post(again) },
];

/// A kind of thing that needs a person.
struct Kind {
    what: &'static str,
    heading: &'static str,
    none: &'static str,
    right: Right,
}

/// In the order in which they are shown: what has a deadline comes first.
const KINDS: &[Kind] = &[
    Kind { what: "dispute", heading: "Disputes", none: "No dispute is open.", right: Right::SeeMoney },
    Kind {
        what: "refund",
        heading: "Refunds that wait for a second person",
        none: "No refund waits.",
        right: Right::RefundGifts,
    },
    Kind {
        what: "refund_failed",
        heading: "Refunds that did not go through",
        none: "Every refund went through.",
        right: Right::RefundGifts,
    },
    Kind {
        what: "payout",
        heading: "Payouts that the bank refused",
        none: "No payout was refused.",
        right: Right::SeeMoney,
    },
    Kind {
        what: "month",
        heading: "Months to close",
        none: "No month waits to be closed.",
        right: Right::CloseMonths,
    },
    Kind {
        what: "batch",
        heading: "Batches not posted",
        none: "No batch is open.",
        right: Right::EnterGifts,
    },
    Kind {
        what: "bank",
        heading: "Bank lines",
        none: "Every line of the bank is placed.",
        right: Right::EnterGifts,
    },
    Kind {
        what: "claim",
        heading: "Gift Aid claims",
        none: "No Gift Aid claim waits.",
        right: Right::ManageTax,
    },
    Kind {
        what: "official",
        heading: "Official receipts held back",
        none: "Every official receipt is issued.",
        right: Right::ManageTax,
    },
    Kind {
        what: "statement",
        heading: "Statements that could not be issued",
        none: "No statement is held back.",
        right: Right::ManageTax,
    },
    Kind {
        what: "recovery",
        heading: "Failed cards",
        none: "No charge has failed.",
        right: Right::FindDonors,
    },
    Kind {
        what: "mail",
        heading: "Mail that came back",
        none: "No mail came back.",
        right: Right::FindDonors,
    },
    Kind { what: "export", heading: "Exports", none: "No export has failed.", right: Right::ExportData },
    Kind { what: "job", heading: "Work given up", none: "Nothing was given up.", right: Right::ReplayJobs },
];

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// Shows what needs a person.
///
/// # Errors
/// When the database refuses.
pub async fn show_today(
    State(state): State<AppState>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let now = state.deps.clock.now();
    let facts = async {
        let mut read = state.deps.store.read().await?;
        let waiting = today::waiting(&mut read, now.minus(TRIED_WITHIN), now.minus(MONTH_DUE)).await?;
        let heard = today::last_callback(&mut read).await?;
        let readers = match staff.may(Right::SeeAudit) {
            true => audit_search::busy_readers(&mut read, now.minus(DAY), MANY_DONORS, MANY_LISTS).await?,
            false => Vec::new(),
        };
        Ok::<_, crate::store::StoreError>((waiting, heard, readers))
    };
    let (waiting, heard, readers) = facts.await.map_err(ServiceError::from)?;
    let mut shown = blank(&state, &staff, "Today", "/staff");
    shown.lead = heard.map_or_else(
        || "Stripe has not called yet.".to_owned(),
        |at| format!("Stripe last called on {}.", moment(&state, at)),
    );
    shown.notice = match done.done.as_str() {
        "again" => Some(told(Tone::Success, "It is tried once more, now.")),
        "gone" => Some(told(Tone::Info, "It was not given up any more: nothing was done.")),
        _ => None,
    };
    shown.search = Some(search_box(""));
    let own = |k: &&Kind| staff.may(k.right);
    let mut sections: Vec<Todos> =
        KINDS.iter().filter(own).map(|k| section(&state, &staff, k, &waiting)).collect();
    if !readers.is_empty() {
        sections.push(reading(&readers));
    }
    let (open, clear): (Vec<Todos>, Vec<Todos>) = sections.into_iter().partition(|s| !s.items.is_empty());
    shown.sections = open.into_iter().map(Section::Todos).collect();
    if !clear.is_empty() {
        let heading = if shown.sections.is_empty() { "Nothing needs you" } else { "All clear" };
        let all: Vec<String> = clear.into_iter().map(|s| s.none).collect();
        shown.sections.push(Section::Words(Words {
            heading: heading.to_owned(),
            paragraphs: vec![all.join(" ")],
            ..Words::default()
        }));
    }
    show(&shown)
}

fn told(tone: Tone, title: &str) -> Notice {
    Notice { tone, title: title.to_owned(), text: String::new() }
}

fn section(state: &AppState, staff: &Staff, kind: &Kind, waiting: &[Waiting]) -> Todos {
    let of_kind: Vec<&Waiting> = waiting.iter().filter(|w| w.what == kind.what).collect();
    let count = of_kind.first().map_or(0, |w| w.of_kind);
    let heading = match usize::try_from(count).unwrap_or(0) {
        0 => kind.heading.to_owned(),
        n if n >= 100 => format!("{} (100 or more)", kind.heading),
        n if n > SHOWN => format!("{} ({n}, the first {SHOWN} shown)", kind.heading),
        n => format!("{} ({n})", kind.heading),
    };
    let items = of_kind.into_iter().map(|w| item(state, staff, w)).collect();
    Todos { heading, items, none: kind.none.to_owned() }
}

fn sum(state: &AppState, w: &Waiting) -> String {
    let money = w.currency.zip(w.amount_minor).map(|(currency, minor)| Money::new(minor, currency));
    money.map(|m| m.display(&state.deps.config.charity.brand.locale)).unwrap_or_default()
}

/// `29 November 2026 (in 3 days)`.
fn due(state: &AppState, at: Ts) -> String {
    let zone = zone(state);
    let (today, then) = (state.deps.clock.now().date_in(&zone), at.date_in(&zone));
    let near = match relative(today, then).as_str() {
        "" if then < today => "overdue".to_owned(),
        words => words.to_owned(),
    };
    if near.is_empty() { day(state, at) } else { format!("{} ({near})", day(state, at)) }
}

fn gift_link(w: &Waiting) -> Option<Link> {
    w.gift_id.as_ref().map(|g| Link::new("See the gift", format!("/staff/gifts/{g}")))
}

fn donor_link(w: &Waiting, part: &str) -> Option<Link> {
    w.donor_id.as_ref().map(|d| Link::new("See the donor", format!("/staff/donors/{d}/{part}")))
}

fn mail(state: &AppState, w: &Waiting, words: &str) -> (Tone, String, String, Option<Link>) {
    let title = format!("A mail ({words}) could not be delivered");
    let queued = format!("Queued on {}", moment(state, w.at));
    match donor_link(w, "mail") {
        Some(link) => (Tone::Problem, title, queued, Some(link)),
        None => {
            let text = format!("{queued}. It was to nobody’s record, so it cannot be sent again from one.");
            (Tone::Problem, title, text, gift_link(w))
        }
    }
}

fn claim(state: &AppState, w: &Waiting) -> (Tone, String, String, Option<Link>) {
    let (number, stands) = w.words.split_once(' ').unwrap_or((w.words.as_str(), ""));
    let link = Link::new("See the claim", format!("/staff/gift-aid/{}", w.id));
    let (tone, title, text) = match stands {
        "draft" => {
            let text =
                format!("Made on {}. Upload its files and mark it as sent, or drop it.", day(state, w.at));
            (Tone::Attention, format!("{number} is a draft: {} of tax", sum(state, w)), text)
        }
        _ => {
            let text = format!("Sent on {}. Write down what HMRC paid, or ask.", day(state, w.at));
            (Tone::Info, format!("{number}: HMRC has not paid {} yet", sum(state, w)), text)
        }
    };
    (tone, title, text, Some(link))
}

fn item(state: &AppState, staff: &Staff, w: &Waiting) -> Todo {
    let words = w.words.replace('_', " ");
    let (tone, title, text, link) = match w.what.as_str() {
        "dispute" => {
            let title = match w.deadline() {
                Some(at) => format!("{} is disputed: answer by {}", sum(state, w), due(state, at)),
                None => format!("{} is disputed: no deadline given", sum(state, w)),
            };
            (Tone::Problem, title, format!("The bank’s reason: {words}"), gift_link(w))
        }
        "refund" => {
            let title = format!("{} to give back, asked for on {}", sum(state, w), day(state, w.at));
            let link = Link::new("See the refund", format!("/staff/refunds/{}", w.id));
            (Tone::Attention, title, "A second person must agree.".to_owned(), Some(link))
        }
        "payout" => {
            let title = format!("The bank refused {}, on {}", sum(state, w), day(state, w.at));
            let text =
                "The money is back in Stripe’s balance: see the bank account that Stripe pays to.".to_owned();
            (
                Tone::Problem,
                title,
                text,
                Some(Link::new("See the payout", format!("/staff/payouts/{}", w.id))),
            )
        }
        "month" => {
            let month: Option<Month> = w.words.parse().ok();
            let name = month.map_or_else(
                || w.words.clone(),
                |m| dates::month(m.first_day(), &state.deps.config.charity.brand.locale),
            );
            let entity = w.id.split('/').next().and_then(|id| state.deps.config.charity.entity(id));
            let text = entity.map(|e| e.legal_name.clone()).unwrap_or_default();
            let link = Link::new("See what is missing", format!("/staff/months/{}", w.id));
            (Tone::Info, format!("{name} is over and not closed"), text, Some(link))
        }
        "refund_failed" => {
            let title = format!("{} was not given back, on {}", sum(state, w), day(state, w.at));
            (Tone::Problem, title, w.words.clone(), gift_link(w))
        }
        "batch" => {
            let title = format!("“{}”, {} by the control total", w.words, sum(state, w));
            let link = Link::new("Go on with it", format!("/staff/offline/batches/{}", w.id));
            (Tone::Info, title, format!("Open since {}", day(state, w.at)), Some(link))
        }
        "bank" => {
            let lines = w.amount_minor.unwrap_or(0);
            let title =
                if lines == 1 { "One line to place".to_owned() } else { format!("{lines} lines to place") };
            let link = Link::new("Place them", format!("/staff/offline/imports/{}", w.id));
            (Tone::Info, title, format!("{}, read on {}", w.words, day(state, w.at)), Some(link))
        }
        "claim" => claim(state, w),
        "official" => {
            let title = format!("{} of {} has no official receipt", sum(state, w), day(state, w.at));
            let text =
                format!("{} A plain one was sent. Put it right, then correct the gift’s receipt.", w.words);
            (Tone::Attention, title, text, gift_link(w))
        }
        "statement" => {
            let (year, why) = w.words.split_once(": ").unwrap_or(("", &w.words));
            let link = Link::new("See the run", format!("/staff/statements/{}", w.id));
            (Tone::Attention, format!("A statement for {year} is held back"), why.to_owned(), Some(link))
        }
        "recovery" => {
            let title = format!("{} due on {} failed", sum(state, w), day(state, w.at));
            let why = w.words.parse::<FailureReason>().map_or("", FailureReason::in_words);
            (Tone::Attention, title, why.to_owned(), donor_link(w, "monthly"))
        }
        "mail" => mail(state, w, &words),
        "export" => {
            let link = Link::new("See the export", format!("/staff/exports/{}", w.id));
            (Tone::Problem, "An export could not be written".to_owned(), w.words.clone(), Some(link))
        }
        _ => (Tone::Problem, "The system gave up on a piece of work".to_owned(), w.words.clone(), None),
    };
    let again = w.what == "job" && staff.may(Right::ReplayJobs);
    let act = again.then(|| Act::new("Try again", "/staff/jobs/again").with("job", w.id.clone()));
    Todo { tone, title, text, link, act }
}

fn reading(readers: &[Reader]) -> Todos {
    let what = |r: &Reader| if r.donors >= MANY_DONORS { "donor.read" } else { "donors.listed" };
    let item = |r: &Reader| Todo {
        tone: Tone::Attention,
        title: format!(
            "{} has looked at {} donors one by one, and at {} pages of lists, since yesterday",
            r.name.as_deref().unwrap_or("Somebody"),
            r.donors,
            r.lists
        ),
        text: "That is more than usual. Ask whether there is a reason.".to_owned(),
        link: Some(Link::new("See what they did", format!("/staff/audit?who={}&what={}", r.actor, what(r)))),
        act: None,
    };
    Todos {
        heading: "Unusual reading".to_owned(),
        items: readers.iter().map(item).collect(),
        none: String::new(),
    }
}

/// Which job is to be tried again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    job: String,
}

/// Lets a job that was given up try once more.
///
/// # Errors
/// When the database refuses.
pub async fn again(
    State(state): State<AppState>,
    staff: Staff,
    Form(which): Form<Which>,
) -> Result<Response, AppError> {
    let id: JobId = which.job.parse().map_err(|_| AppError::not_found())?;
    let done = replay::job(&state.deps, &staff.actor, &id).await?;
    Ok(Redirect::to(if done { "/staff?done=again" } else { "/staff?done=gone" }).into_response())
}
