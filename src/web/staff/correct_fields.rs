//! The forms of corrections: what is asked for each kind, and what was typed.

use super::correct::{Raw, Visit, links};
use super::effects::{self, amount, gift_href, reason};
use super::look::{column, standing_words};
use crate::domain::search::{self, Sought};
use crate::domain::states::CorrectionKind;
use crate::services::ServiceError;
use crate::services::corrections::Fix;
use crate::services::corrections::effects::{Known, named};
use crate::services::staff::record::masked;
use crate::services::staff::record_list;
use crate::store::corrections::Giver;
use crate::store::office_donors::{self, DonorRow};
use crate::store::{StoreError, donor_terms, office_find};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Cell, Choice, DataTable, Empty, FieldKind, FormField, Hidden, Link, Section, StaffForm, TableSection,
};

/// Donors offered to pick from.
const FOUND_AT_MOST: i64 = 10;

/// What a form holds before anything was typed: the gift as it is.
pub fn filled(known: &Known, mut raw: Raw) -> Raw {
    let gift = &known.gift;
    if raw.fund.is_empty() {
        (raw.fund, raw.campaign) = (gift.fund_id.clone(), gift.campaign_id.clone().unwrap_or_default());
    }
    if raw.day.is_empty() {
        raw.day = gift.received_on.0.to_string();
    }
    if raw.amount.is_empty() {
        raw.amount = gift.amount.to_plain();
    }
    raw
}

/// What was typed, understood.
///
/// # Errors
/// What to put right.
pub fn check(visit: &Visit<'_>) -> Result<(Fix, String), Mistakes> {
    let raw = visit.raw;
    let mut wrong = Mistakes::new();
    let fix = match raw.kind.parse::<CorrectionKind>() {
        Ok(CorrectionKind::Donor) => {
            let donor = raw.donor.parse().ok();
            if donor.is_none() {
                wrong.insert("q", "Choose a donor".to_owned());
            }
            donor.map(Fix::Donor)
        }
        Ok(CorrectionKind::Fund) => {
            let campaign = Some(raw.campaign.clone()).filter(|c| !c.is_empty());
            Some(Fix::Fund { fund: raw.fund.clone(), campaign })
        }
        Ok(CorrectionKind::Date) => {
            let day = raw.day.trim().parse().ok().filter(|_| raw.day.trim().len() == 10);
            if day.is_none() {
                wrong.insert("day", "Enter a day like 2026-11-22".to_owned());
            }
            day.map(Fix::Date)
        }
        Ok(CorrectionKind::Amount) => {
            amount(&mut wrong, &raw.amount, visit.known.gift.amount.currency()).map(Fix::Amount)
        }
        Err(_) => None,
    };
    let why = reason(&mut wrong, &raw.why);
    match fix {
        Some(fix) if wrong.is_empty() => Ok((fix, why)),
        _ => Err(wrong),
    }
}

/// What can be corrected.
pub fn choice(visit: &Visit<'_>) -> Section {
    let href = |kind: CorrectionKind| format!("{}?kind={}", visit.path(), kind.as_str());
    let mut all = vec![
        Link::new("The donor", href(CorrectionKind::Donor)),
        Link::new(
            "The donor’s name or address on the receipt",
            format!("{}&donor={}", href(CorrectionKind::Donor), visit.known.gift.donor_id),
        ),
        Link::new("The fund or campaign", href(CorrectionKind::Fund)),
        Link::new("The day", href(CorrectionKind::Date)),
    ];
    if visit.known.gift.is_offline() {
        all.push(Link::new("The sum", href(CorrectionKind::Amount)));
    }
    links("What is wrong?", all)
}

/// The form for a fund, a day or a sum.
pub fn form(visit: &Visit<'_>, kind: CorrectionKind, wrong: &Mistakes) -> Section {
    let (raw, gift) = (visit.raw, &visit.known.gift);
    let fields = match kind {
        CorrectionKind::Fund => funds(visit, wrong),
        CorrectionKind::Date => vec![
            FormField::new(
                "day",
                "The day the money was received",
                FieldKind::Day,
                field(wrong, "day", &raw.day),
            )
            .hinted("It decides the tax year"),
        ],
        CorrectionKind::Amount => vec![FormField::new(
            "amount",
            "The sum that was given",
            FieldKind::Money(gift.amount.currency().symbol()),
            field(wrong, "amount", &raw.amount),
        )],
        CorrectionKind::Donor => Vec::new(),
    };
    asking(visit, kind, "", fields, Vec::new(), wrong)
}

fn funds(visit: &Visit<'_>, wrong: &Mistakes) -> Vec<FormField> {
    let (raw, gift) = (visit.raw, &visit.known.gift);
    let charity = &visit.state.deps.config.charity;
    let choice = |value: &str, label: String, chosen: &str| Choice {
        value: value.to_owned(),
        label,
        selected: value == chosen,
    };
    let mut funds: Vec<Choice> =
        charity.funds_of(&gift.entity_id).map(|f| choice(&f.id, f.name.clone(), &raw.fund)).collect();
    if !funds.iter().any(|f| f.value == gift.fund_id) {
        funds.push(choice(&gift.fund_id, gift.fund_id.clone(), &raw.fund));
    }
    let mut campaigns = vec![choice("", "None".to_owned(), &raw.campaign)];
    let run = charity.campaigns.iter().filter(|c| c.is_offered_by(&gift.entity_id));
    campaigns.extend(run.map(|c| choice(&c.id, c.name.clone(), &raw.campaign)));
    vec![
        FormField::new("fund", "Goes to", FieldKind::Select(funds), field(wrong, "fund", &raw.fund)),
        FormField::new(
            "campaign",
            "Campaign",
            FieldKind::Select(campaigns),
            field(wrong, "campaign", &raw.campaign),
        ),
    ]
}

/// The form for a donor who was picked.
pub fn donor(visit: &Visit<'_>, picked: &Giver, wrong: &Mistakes) -> Section {
    let lead = if picked.id == visit.known.gift.donor_id {
        format!(
            "The receipt is issued anew with the name and address as they are now: {}. Put them right on the donor’s \
             page first.",
            named(&picked.details)
        )
    } else {
        format!("It was from {}, {}.", picked.details.receipt_name(), mailbox(&picked.details.email))
    };
    let hidden = vec![Hidden::new("donor", picked.id.as_str())];
    asking(visit, CorrectionKind::Donor, &lead, Vec::new(), hidden, wrong)
}

fn mailbox(email: &str) -> String {
    match masked(email) {
        none if none.is_empty() => "no mailbox known".to_owned(),
        some => some,
    }
}

fn asking(
    visit: &Visit<'_>,
    kind: CorrectionKind,
    lead: &str,
    mut fields: Vec<FormField>,
    mut hidden: Vec<Hidden>,
    wrong: &Mistakes,
) -> Section {
    let why = field(wrong, "why", &visit.raw.why);
    fields.push(
        FormField::new("why", "How you know", FieldKind::Area(effects::REASON_AT_MOST), why)
            .hinted("Kept with the correction; the donor does not see it"),
    );
    hidden.extend([Hidden::new("kind", kind.as_str()), Hidden::new("step", "look")]);
    Section::Form(Box::new(StaffForm {
        lead: lead.to_owned(),
        action: visit.path(),
        fields,
        hidden,
        button: "See what will happen".to_owned(),
        look: "quiet",
        cancel: Some(Link::new("Leave it", gift_href(&visit.known.gift.id))),
        ..StaffForm::default()
    }))
}

/// The search for the donor it was from, with what was found.
///
/// # Errors
/// When the database refuses.
pub async fn search(visit: &Visit<'_>, wrong: &Mistakes) -> Result<Vec<Section>, AppError> {
    let typed = visit.raw.q.trim();
    let form = StaffForm {
        heading: "Who gave it?".to_owned(),
        action: visit.path(),
        asks: true,
        fields: vec![
            FormField::new("q", "Find a donor", FieldKind::Text, field(wrong, "q", typed))
                .hinted("Whole e-mail address, beginning of the names, or the donor’s id"),
        ],
        hidden: vec![Hidden::new("kind", CorrectionKind::Donor.as_str())],
        button: "Find".to_owned(),
        look: "quiet",
        cancel: Some(Link::new("Leave it", gift_href(&visit.known.gift.id))),
        ..StaffForm::default()
    };
    let mut sections = vec![Section::Form(Box::new(form))];
    if !typed.is_empty() {
        let found = find(visit.state, typed).await.map_err(ServiceError::from)?;
        record_list(&visit.state.deps, &visit.staff.actor, "correct", found.len()).await?;
        sections.push(results(visit, &found));
    }
    Ok(sections)
}

/// Donors to pick from: by id, by mailbox, by how their names begin.
async fn find(state: &AppState, typed: &str) -> Result<Vec<DonorRow>, StoreError> {
    let mut read = state.deps.store.read().await?;
    let ids = match search::read(typed, &[]) {
        Sought::Donor(id) => vec![id],
        Sought::Mailbox(text) => match office_find::by_mailbox(&mut read, &text).await? {
            none if none.is_empty() => {
                donor_terms::find(&mut read, std::slice::from_ref(&text), FOUND_AT_MOST).await?
            }
            some => some,
        },
        Sought::Words(words) => donor_terms::find(&mut read, &words, FOUND_AT_MOST).await?,
        Sought::Nothing
        | Sought::Receipt(_)
        | Sought::Stripe(..)
        | Sought::Gift(_)
        | Sought::Plan(_)
        | Sought::Payment(_)
        | Sought::Reference(_)
        | Sought::Sum(_)
        | Sought::Day(_) => Vec::new(),
    };
    office_donors::by_ids(&mut read, &ids).await
}

fn results(visit: &Visit<'_>, found: &[DonorRow]) -> Section {
    let row = |d: &DonorRow| {
        let name = match d.name() {
            none if none.is_empty() => "Donor without a name".to_owned(),
            some => some,
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("kind", CorrectionKind::Donor.as_str()).append_pair("donor", d.id.as_str());
        vec![
            Cell::link(name, format!("{}?{}", visit.path(), query.finish())),
            Cell::new(mailbox(&d.email)),
            Cell::new(standing_words(d.standing)),
        ]
    };
    Section::Table(TableSection {
        heading: "Found".to_owned(),
        table: DataTable {
            caption: "Donors to pick from".to_owned(),
            quiet_caption: true,
            columns: vec![column("Donor"), column("E-mail"), column("Standing")],
            rows: found.iter().map(row).collect(),
            totals: Vec::new(),
        },
        empty: Some(Empty {
            title: "Nobody was found.".to_owned(),
            text: "Try the whole e-mail address.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    })
}
