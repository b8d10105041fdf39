//! `/staff/offline/imports/{id}`: what a file of the bank held, with who may have paid it.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::offered::{Offered, offered};
use super::{
    HERE, LINE_AT_MOST, attention, charity, choice, column, counted, entity_name, id, locale, store, success,
};
use crate::domain::dates;
use crate::domain::ids::{BankImportId, DonorId};
use crate::domain::offline::{BANK_KINDS, method_label};
use crate::domain::states::{BankLineState, OfflineKind};
use crate::services::offline_gifts::bank::hints::{self, Suggestion};
use crate::services::offline_gifts::bank::import;
use crate::services::offline_gifts::bank::lines::{self, Choice, Said};
use crate::services::staff::record::record_listed;
use crate::store::bank::{self, BankLine, Import};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Cell, Chip, ChipTone, DataTable, Empty, Fact, Facts, Field, FieldKind, FormField, Hidden, Link, Notice,
    Pager, Section, StaffForm, StaffPage, TableSection,
};
use crate::web::staff::door::problems;
use crate::web::staff::guard::Staff;
use crate::web::staff::{another_look, blank, show};

/// Lines of a page.
const PAGE: i64 = 25;

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    show: String,
    after: i64,
    taken: String,
}

/// Why a file is taken back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Why {
    why: String,
}

fn path(import: &Import) -> String {
    format!("/staff/offline/imports/{}", import.id)
}

async fn load(
    state: &AppState,
    text: &str,
    open: bool,
    after: i64,
) -> Result<(Import, Vec<BankLine>, Vec<Option<Suggestion>>), AppError> {
    let id: BankImportId = id(text)?;
    let mut read = state.deps.store.read().await.map_err(store)?;
    let import = bank::import(&mut read, &id).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    let lines = bank::lines_of(&mut read, &id, open, after.max(0), PAGE).await.map_err(store)?;
    let suggestions = match open {
        true => hints::suggest(&state.deps, &mut read, &lines, &import.entity_id).await.map_err(store)?,
        false => Vec::new(),
    };
    Ok((import, lines, suggestions))
}

/// Shows the lines nobody has looked at, or the others.
///
/// # Errors
/// 404 when there is no such file.
pub async fn show_lines(
    State(state): State<AppState>,
    staff: Staff,
    Path(import): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    show(&lines_page(&state, &staff, &import, &asked, &Why::default(), &Mistakes::new()).await?)
}

async fn lines_page(
    state: &AppState,
    staff: &Staff,
    import: &str,
    asked: &Asked,
    why: &Why,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let open = asked.show != "done";
    let (import, lines, suggestions) = load(state, import, open, asked.after).await?;
    if !lines.is_empty() {
        let donors: Vec<DonorId> = suggestions.iter().flatten().map(|s| s.donor.id.clone()).collect();
        record_listed(&state.deps, &staff.actor, "lines of a bank file", lines.len(), &donors).await?;
    }
    let mut shown = blank(state, staff, &import.file_name, HERE);
    shown.back = Some(Link::new("Enter gifts", HERE));
    shown.notice = notice(asked, &import);
    shown.problems = problems(wrong);
    let tab = |label: &str, href: String, current: bool| Link { current, ..Link::new(label, href) };
    shown.tabs = vec![
        tab("To look at", path(&import), open),
        tab("Looked at", format!("{}?show=done", path(&import)), !open),
    ];
    shown.sections.push(Section::Facts(facts(state, &import)));
    if suggestions.iter().flatten().any(|s| s.why.is_exact()) {
        let form = exact_form(state, &offered(state).await?, &import, &lines, &suggestions, asked.after);
        shown.sections.push(Section::Form(Box::new(form)));
    }
    shown.sections.push(Section::Table(line_table(state, &lines, &suggestions, open)));
    if import.matched == 0 {
        shown.sections.push(Section::Form(Box::new(take_back_form(&import, why, wrong))));
    }
    shown.pager = pager(&import, &lines, asked, open);
    Ok(shown)
}

/// While none of its lines is a gift, a file that was read by mistake can go.
fn take_back_form(import: &Import, why: &Why, wrong: &Mistakes) -> StaffForm {
    StaffForm {
        heading: "Was it the wrong file?".to_owned(),
        lead: "All its lines go with it. Lines that another file holds too go as well: take that one back and read it \
               again, when some of its lines were already known."
            .to_owned(),
        action: format!("{}/take-back", path(import)),
        fields: vec![FormField::new("why", "Why", FieldKind::Text, field(wrong, "why", &why.why))],
        button: "Take this file back".to_owned(),
        look: "quiet",
        ..StaffForm::default()
    }
}

fn notice(asked: &Asked, import: &Import) -> Option<Notice> {
    match asked.done.as_str() {
        "read" => {
            let known = match import.known {
                0 => String::new(),
                1 => "1 already known from another file was left out.".to_owned(),
                n => format!("{n} already known from another file were left out."),
            };
            success(format!("The file is read: {}.", counted(import.lines, "line")), known)
        }
        "taken" => match asked.taken.parse::<u32>() {
            Ok(0) | Err(_) => attention(
                "No line became a gift.",
                "Others were first, a fund was closed, or a donor has no address where a receipt needs one.",
            ),
            Ok(1) => success("1 line is a gift now.", ""),
            Ok(n) => success(format!("{n} lines are gifts now."), ""),
        },
        "line" => success("The line is a gift now.", ""),
        "ignored" => success("The line is put aside.", ""),
        "payout" => success("The line is a payout from Stripe.", "It is tied to it."),
        "closed" => attention("Nothing was changed.", "Somebody has said before what this line is."),
        "kept" => attention("Nothing was changed.", "A line of this file is a gift by now."),
        _ => None,
    }
}

fn facts(state: &AppState, import: &Import) -> Facts {
    let locale = locale(state);
    Facts {
        rows: vec![
            Fact::new("Account", import.account.as_str()).noted(entity_name(state, &import.entity_id)),
            Fact::new(
                "Came in",
                format!("{} in {}", import.sum().display(locale), counted(import.lines, "line")),
            ),
            Fact::new("Already known", import.known.to_string()).noted("From another file; taken once"),
            Fact::new("To look at", import.open.to_string()),
        ],
        ..Facts::default()
    }
}

fn line_words(state: &AppState, line: &BankLine) -> String {
    let locale = locale(state);
    let day = dates::long(line.booked_on.0, locale);
    let payer = if line.payer.is_empty() { "an unnamed payer" } else { &line.payer };
    format!("{} on {day} from {payer}", line.amount().display(locale))
}

/// One press for every line of the page that surely is somebody's, each with its own fund.
fn exact_form(
    state: &AppState,
    offered: &Offered<'_>,
    import: &Import,
    lines: &[BankLine],
    suggestions: &[Option<Suggestion>],
    after: i64,
) -> StaffForm {
    let exact = lines.iter().zip(suggestions).filter_map(|(l, s)| Some((l, s.as_ref()?)));
    let exact: Vec<(&BankLine, &Suggestion)> = exact.filter(|(_, s)| s.why.is_exact()).collect();
    let entity = import.entity_id.as_str();
    let mut hidden = vec![Hidden::new("after", after.to_string())];
    let mut fields = Vec::new();
    for (line, suggestion) in &exact {
        let on = Some(line.booked_on.0);
        let fund = offered.fund_or_usual(entity, on, suggestion.fund_id.clone());
        let mut choices = vec![choice("", "Leave it for now", "none")];
        choices.extend(offered.fund_choices(Some(entity), on, &fund));
        let label = format!("{}: {}", line_words(state, line), suggestion.donor.name());
        let hint = format!(
            "Because {}. As {}",
            suggestion.why.in_words(),
            method_label(suggestion.kind).to_lowercase()
        );
        let name = format!("fund-{}", line.id);
        fields.push(FormField::new(&name, &label, FieldKind::Select(choices), Field::default()).hinted(hint));
        hidden.push(Hidden::new(format!("donor-{}", line.id), suggestion.donor.id.as_str()));
        hidden.push(Hidden::new(format!("kind-{}", line.id), suggestion.kind.as_str()));
    }
    StaffForm {
        heading: "These are surely gifts".to_owned(),
        lead: "For which fund is each of them?".to_owned(),
        action: path(import),
        fields,
        hidden,
        button: match exact.len() {
            1 => "Take this one".to_owned(),
            n => format!("Take all {n}"),
        },
        ..StaffForm::default()
    }
}

fn line_table(
    state: &AppState,
    lines: &[BankLine],
    suggestions: &[Option<Suggestion>],
    open: bool,
) -> TableSection {
    let locale = locale(state);
    let row = |(n, line): (usize, &BankLine)| {
        let last = match (line.state, suggestions.get(n).and_then(Option::as_ref), &line.gift_id) {
            (BankLineState::Matched, _, Some(gift)) => Cell::link("A gift", format!("/staff/gifts/{gift}")),
            (BankLineState::Ignored, ..) => Cell {
                note: line.why.clone().unwrap_or_default(),
                ..Cell::chip(Chip::new(ChipTone::Info, "Not a gift"))
            },
            (_, Some(s), _) => Cell {
                note: s.why.in_words(),
                ..Cell::link(s.donor.name(), format!("/staff/donors/{}", s.donor.id))
            },
            (_, None, _) => Cell::new("Nobody we know"),
        };
        vec![
            Cell::link(dates::long(line.booked_on.0, locale), format!("/staff/offline/lines/{}", line.id)),
            Cell::new(line.payer.as_str()),
            Cell::new(line.reference.as_str()),
            last,
            Cell::new(line.amount().display(locale)),
        ]
    };
    TableSection {
        heading: if open { "Lines to look at" } else { "Lines looked at" }.to_owned(),
        table: DataTable {
            caption: "Lines of the file".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Booked", false),
                column("Payer", false),
                column("Reference", false),
                column(if open { "Perhaps" } else { "Is" }, false),
                column("Sum", true),
            ],
            rows: lines.iter().enumerate().map(row).collect(),
            totals: Vec::new(),
        },
        empty: Some(Empty {
            title: if open { "Every line was looked at" } else { "No line was looked at yet" }.to_owned(),
            text: String::new(),
            action: Some(Link::new("Enter gifts", HERE)),
        }),
        ..TableSection::default()
    }
}

fn pager(import: &Import, lines: &[BankLine], asked: &Asked, open: bool) -> Option<Pager> {
    let full = i64::try_from(lines.len()).unwrap_or(0) == PAGE;
    let last = lines.last().filter(|_| full);
    let here = if open { path(import) } else { format!("{}?show=done", path(import)) };
    let mark = if open { '?' } else { '&' };
    (last.is_some() || asked.after > 0).then(|| Pager {
        shown: format!("{} on this page", counted(i64::try_from(lines.len()).unwrap_or(0), "line")),
        newer: if asked.after > 0 { here.clone() } else { String::new() },
        older: last.map(|l| format!("{here}{mark}after={}", l.position)).unwrap_or_default(),
        ..Pager::default()
    })
}

/// Makes the lines gifts that were chosen together.
///
/// # Errors
/// 404 when there is no such file, or a fund is not its entity's.
pub async fn take_all(
    State(state): State<AppState>,
    staff: Staff,
    Path(import): Path<String>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, AppError> {
    let get = |name: &str| sent.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap_or_default();
    let after = get("after").parse().unwrap_or(0);
    let id: BankImportId = id(&import)?;
    let mut read = state.deps.store.read().await.map_err(store)?;
    let import = bank::import(&mut read, &id).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    let open = bank::lines_of(&mut read, &id, true, after, PAGE).await.map_err(store)?;
    drop(read);
    let offered = offered(&state).await?;
    let mut choices = Vec::new();
    for line in &open {
        let fund = get(&format!("fund-{}", line.id));
        if fund.is_empty() {
            continue;
        }
        let is_theirs = charity(&state).fund(fund).is_some_and(|f| f.is_offered_by(&import.entity_id));
        let donor = get(&format!("donor-{}", line.id)).parse::<DonorId>();
        let kind = get(&format!("kind-{}", line.id)).parse::<OfflineKind>();
        let (true, Ok(donor), Ok(kind)) = (is_theirs, donor, kind) else { return Err(AppError::not_found()) };
        if !BANK_KINDS.contains(&kind) {
            return Err(AppError::not_found());
        }
        // Closed while the page was open: the line stays, to be looked at again.
        if !offered.fund_is_open(fund, Some(line.booked_on.0)) {
            continue;
        }
        let said = Said { kind, fund_id: fund.to_owned(), campaign_id: None };
        choices.push(Choice { line: line.id.clone(), donor, said });
    }
    let taken = lines::take_all(&state.deps, &staff.actor, &open, &choices).await?;
    Ok(Redirect::to(&format!("{}?done=taken&taken={taken}", path(&import))).into_response())
}

/// Takes a file back, none of whose lines is a gift.
///
/// # Errors
/// 404 when there is no such file.
pub async fn take_back(
    State(state): State<AppState>,
    staff: Staff,
    Path(text): Path<String>,
    Form(sent): Form<Why>,
) -> Result<Response, AppError> {
    let id: BankImportId = id(&text)?;
    let mut read = state.deps.store.read().await.map_err(store)?;
    let file = bank::import(&mut read, &id).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    drop(read);
    let mut wrong = Mistakes::new();
    let why = forms::line(&mut wrong, "why", &sent.why, LINE_AT_MOST, Some("Say why the file is taken back"));
    if !wrong.is_empty() {
        return another_look(&lines_page(&state, &staff, &text, &Asked::default(), &sent, &wrong).await?);
    }
    let done = import::take_back(&state.deps, &staff.actor, &file, &why).await?;
    let to = if done { format!("{HERE}?done=taken-back") } else { format!("{}?done=kept", path(&file)) };
    Ok(Redirect::to(&to).into_response())
}
