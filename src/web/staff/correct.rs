//! `/staff/gifts/{gift}/correct`: a gift was another's, for something else, on another day or of another sum.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::effects::{self, back_to, gift_href, sum};
use super::guard::Staff;
use super::{another_look, blank, correct_fields as fields, show};
use crate::domain::role::Right;
use crate::domain::states::CorrectionKind;
use crate::services::ServiceError;
use crate::services::corrections::effects::{Effects, Known};
use crate::services::corrections::{self, Corrected, Fix, Refusal, Wish};
use crate::services::staff::record_read;
use crate::store::corrections::{Giver, giver};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{Act, Confirm, Link, Notice, Section, StaffPage, Words};
use crate::web::router::{Policy, Route};

/// The routes of corrections.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/gifts/{gift}/correct",
    policy: Policy::Staff(Right::CorrectGifts),
    methods: || get(ask).post(submit),
}];

/// The form as sent. `step`: `do` presses the button of the preview; `q`: the donor looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    pub(super) kind: String,
    pub(super) step: String,
    pub(super) token: String,
    pub(super) seen: String,
    pub(super) q: String,
    pub(super) donor: String,
    pub(super) fund: String,
    pub(super) campaign: String,
    pub(super) day: String,
    pub(super) amount: String,
    pub(super) why: String,
}

/// One visit of the page.
pub(super) struct Visit<'a> {
    pub(super) state: &'a AppState,
    pub(super) staff: &'a Staff,
    pub(super) known: &'a Known,
    pub(super) raw: &'a Raw,
}

impl Visit<'_> {
    /// The page's own address.
    pub(super) fn path(&self) -> String {
        format!("{}/correct", gift_href(&self.known.gift.id))
    }

    fn kind(&self) -> Option<CorrectionKind> {
        self.raw.kind.parse().ok()
    }

    fn blank(&self) -> StaffPage {
        let mut shown = blank(self.state, self.staff, "Correct a gift", "");
        shown.back = Some(Link::new("The gift", gift_href(&self.known.gift.id)));
        shown.sections = vec![effects::facts(self.state, self.known)];
        shown
    }

    /// The donor picked, when one is; written down as read.
    async fn picked(&self) -> Result<Option<Giver>, AppError> {
        let Ok(id) = self.raw.donor.parse() else { return Ok(None) };
        let found = {
            let mut read = self.state.deps.store.read().await.map_err(ServiceError::from)?;
            giver(&mut read, &id).await.map_err(ServiceError::from)?
        };
        if found.is_some() {
            record_read(&self.state.deps, &self.staff.actor, &id, "correct: picked").await?;
        }
        Ok(found)
    }

    /// The form for what is to be corrected, with what was typed.
    async fn form_page(&self, wrong: &Mistakes) -> Result<StaffPage, AppError> {
        let mut shown = self.blank();
        shown.problems = super::door::problems(wrong);
        let sections = match self.kind() {
            None => vec![fields::choice(self)],
            Some(CorrectionKind::Donor) => match self.picked().await? {
                Some(picked) => vec![fields::donor(self, &picked, wrong)],
                None => fields::search(self, wrong).await?,
            },
            Some(kind) => vec![fields::form(self, kind, wrong)],
        };
        shown.sections.extend(sections);
        Ok(shown)
    }

    fn refused(&self, refusal: Refusal) -> StaffPage {
        let links = vec![Link::new("See the gift", gift_href(&self.known.gift.id))];
        effects::refused_page(self.blank(), &refusal_words(self.state, refusal), links)
    }
}

fn refusal_words(state: &AppState, refusal: Refusal) -> String {
    match refusal {
        Refusal::Same => "It is so already: choose something else".to_owned(),
        Refusal::NothingRemains => {
            "Nothing of this gift remains given: there is nothing to correct.".to_owned()
        }
        Refusal::RefundUnderWay => {
            "A refund of this gift is under way. Correct it once that is done.".to_owned()
        }
        Refusal::Disputed => {
            "The donor’s bank has opened a dispute about this gift. Correct it once the bank has decided."
                .to_owned()
        }
        Refusal::NotByHand => {
            "This gift came through Stripe: its sum is what Stripe took. Give back what was too much."
                .to_owned()
        }
        Refusal::BelowWhatWentBack(gone) if gone.is_zero() => {
            "Enter an amount of more than nothing".to_owned()
        }
        Refusal::BelowWhatWentBack(gone) => {
            format!("Enter more than {}: so much went back to the donor already", sum(state, gone))
        }
        Refusal::InFuture => "Enter a day that is not in the future".to_owned(),
        Refusal::TooLongAgo => "Enter a day since the year 2000".to_owned(),
        Refusal::NotOffered => "Choose a fund and a campaign that this legal entity offers".to_owned(),
        Refusal::NoSuchDonor => "Choose a donor".to_owned(),
        Refusal::EnteredByYou => {
            "You entered this gift. By this charity’s rule somebody else corrects it: ask a colleague."
                .to_owned()
        }
    }
}

/// At which field a refusal is said; none: it stands alone.
fn field_of(refusal: Refusal, kind: CorrectionKind) -> Option<&'static str> {
    match refusal {
        Refusal::NothingRemains
        | Refusal::RefundUnderWay
        | Refusal::Disputed
        | Refusal::NotByHand
        | Refusal::EnteredByYou => None,
        Refusal::Same
        | Refusal::BelowWhatWentBack(_)
        | Refusal::InFuture
        | Refusal::TooLongAgo
        | Refusal::NotOffered
        | Refusal::NoSuchDonor => Some(match kind {
            CorrectionKind::Donor => "q",
            CorrectionKind::Fund => "fund",
            CorrectionKind::Date => "day",
            CorrectionKind::Amount => "amount",
        }),
    }
}

/// Shows what can be corrected, or the form for it.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn ask(
    State(state): State<AppState>,
    staff: Staff,
    Path(gift): Path<String>,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &gift, "correct").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    let raw = fields::filled(&known, raw);
    let visit = Visit { state: &state, staff: &staff, known: &known, raw: &raw };
    match corrections::check(&state.deps, &staff.actor, &known).await? {
        Err(refusal) => show(&visit.refused(refusal)),
        Ok(()) => show(&visit.form_page(&Mistakes::new()).await?),
    }
}

/// Shows what will happen; pressed there, corrects the gift.
///
/// # Errors
/// 404 when there is no such gift.
pub async fn submit(
    State(state): State<AppState>,
    staff: Staff,
    Path(gift): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let known = match effects::open(&state, &staff, &gift, "correct").await? {
        Ok(known) => known,
        Err(said) => return Ok(said),
    };
    let visit = Visit { state: &state, staff: &staff, known: &known, raw: &raw };
    let (fix, why) = match fields::check(&visit) {
        Ok(checked) => checked,
        Err(wrong) => return another_look(&visit.form_page(&wrong).await?),
    };
    let nonce = match raw.step.as_str() {
        "do" => state.form_key.nonce_of(&raw.token, state.deps.clock.now()).ok(),
        _ => None,
    };
    let Some(nonce) = nonce else {
        let notice = (raw.step == "do").then(effects::too_old);
        return preview(&visit, (&fix, &why), notice, StatusCode::OK).await;
    };
    let wish = Wish { gift: &known.gift.id, fix: &fix, why: &why, nonce: &nonce, seen: &raw.seen };
    match corrections::correct(&state.deps, &staff.actor, wish).await? {
        Corrected::Done => Ok(back_to(&known.gift.id, "corrected")),
        Corrected::Unknown => Err(AppError::not_found()),
        // The form is of before: what is shown now is the gift as it has become.
        Corrected::ChangedMeanwhile | Corrected::Refused(Refusal::Same) => {
            let notice = Some(effects::changed_meanwhile());
            preview(&visit, (&fix, &why), notice, StatusCode::CONFLICT).await
        }
        Corrected::Refused(refusal) => refuse(&visit, &fix, refusal).await,
    }
}

async fn refuse(visit: &Visit<'_>, fix: &Fix, refusal: Refusal) -> Result<Response, AppError> {
    match field_of(refusal, fix.kind()) {
        None => page(StatusCode::CONFLICT, &visit.refused(refusal)),
        Some(field) => {
            let wrong = Mistakes::from([(field, refusal_words(visit.state, refusal))]);
            another_look(&visit.form_page(&wrong).await?)
        }
    }
}

async fn preview(
    visit: &Visit<'_>,
    (fix, why): (&Fix, &str),
    notice: Option<Notice>,
    status: StatusCode,
) -> Result<Response, AppError> {
    let deps = &visit.state.deps;
    let what = match corrections::preview(deps, &visit.staff.actor, visit.known, fix).await? {
        Ok(what) => what,
        Err(refusal) => return refuse(visit, fix, refusal).await,
    };
    let new_name = match fix {
        Fix::Donor(_) => visit.picked().await?.map(|g| g.details.receipt_name()),
        Fix::Fund { .. } | Fix::Date(_) | Fix::Amount(_) => None,
    };
    let mut shown = visit.form_page(&Mistakes::new()).await?;
    shown.notice = notice;
    shown.sections.insert(1, Section::Confirm(confirm(visit, (fix, why), &what, new_name)?));
    page(status, &shown)
}

fn confirm(
    visit: &Visit<'_>,
    (fix, why): (&Fix, &str),
    what: &Effects,
    new_name: Option<String>,
) -> Result<Confirm, AppError> {
    let (state, gift) = (visit.state, &visit.known.gift);
    let name = gift.donor.receipt_name();
    let new_name = new_name.unwrap_or_else(|| name.clone());
    let act = Act::new("Correct the gift", visit.path())
        .with("kind", fix.kind().as_str())
        .with("step", "do")
        .with("token", state.form_key.issue(state.deps.clock.now(), &state.deps.random))
        .with("seen", what.fingerprint()?)
        .with("why", why);
    let act = match fix {
        Fix::Donor(id) => act.with("donor", id.as_str()),
        Fix::Fund { fund, campaign } => {
            act.with("fund", fund.as_str()).with("campaign", campaign.as_deref().unwrap_or_default())
        }
        Fix::Date(day) => act.with("day", day.to_string()),
        Fix::Amount(sum) => act.with("amount", sum.to_plain()),
    };
    Ok(Confirm {
        heading: format!("Correct this gift of {}?", sum(state, gift.amount)),
        text: "No money moves.".to_owned(),
        changes: effects::changes(state, what, (&name, &new_name)),
        stays: effects::stays(state, what, false),
        undo: "To undo it, correct it back: the receipt is then replaced once more.".to_owned(),
        act,
        grave: true,
        cancel: Link::new("Leave it", gift_href(&gift.id)),
    })
}

/// Ways to go on, as links.
pub(super) fn links(heading: &str, links: Vec<Link>) -> Section {
    Section::Words(Words { heading: heading.to_owned(), links, ..Words::default() })
}
