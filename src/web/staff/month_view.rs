//! What the page of a month is made of.

use super::effects::{REASON_AT_MOST, gift_href};
use super::look::{Look, column, figures as figure_column};
use super::month_entries::{Of, entry_table, href as entries_href};
use super::months::{href, named};
use crate::config::Entity;
use crate::domain::closing::{Checked, Figures, Item, Share};
use crate::domain::money::{Currency, Money};
use crate::services::ServiceError;
use crate::services::closing::Standing;
use crate::store::closings::{Close, EntryRow, MovedGift};
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, DataTable, Fact, Facts, Field, FieldKind, FormField, Hidden, Link, Section,
    StaffForm, TableSection, Words,
};

/// What moved between months.
#[derive(Clone, Debug)]
pub struct Later {
    /// So many are named.
    pub most: usize,
    /// Booked in the month, though it happened before.
    pub booked_here: Vec<EntryRow>,
    /// Of the month, booked later.
    pub came_later: Vec<EntryRow>,
    /// Of the month, and for another fund since.
    pub moved: Vec<MovedGift>,
}

impl Later {
    /// How many rows the page names.
    pub fn shown(&self) -> usize {
        [self.booked_here.len(), self.came_later.len(), self.moved.len()]
            .iter()
            .map(|n| n.min(&self.most))
            .sum()
    }
}

/// What an item of the checklist asks, what is said when it is not green, and where it is solved.
fn item_words(item: Item, c: &Checked) -> (&'static str, String, &'static str) {
    let n = c.wrong;
    match item {
        Item::Over => ("The month is over", "It still runs".to_owned(), ""),
        Item::Before => (
            "The month before is closed",
            "Months are closed one after the other, from the first that was".to_owned(),
            "/staff/months",
        ),
        Item::Payouts => (
            "Payouts that reached the bank are explained to the penny",
            some(n, "is not", "are not"),
            "/staff/payouts",
        ),
        Item::Lines => (
            "Donors’ money in Stripe’s balance is in the books",
            some(n, "line is not, or not to the penny", "lines are not, or not to the penny"),
            "/staff/balance",
        ),
        Item::Gifts => (
            "Every gift through Stripe has its line of the balance",
            some(
                n,
                "has none yet; almoner reconcile --since reads older ones",
                "have none yet; almoner reconcile --since reads older ones",
            ),
            "/staff/balance",
        ),
        Item::Jobs => ("Nothing that Stripe told was given up", some(n, "was", "were"), "/staff/health"),
        Item::Drift => {
            ("Nothing found at Stripe waits to be settled", some(n, "waits", "wait"), "/staff/health")
        }
        Item::Batches => {
            ("No batch of gifts is half entered", some(n, "is open", "are open"), "/staff/offline")
        }
        Item::Refunds => ("No refund waits", some(n, "does", "do"), "/staff/refunds"),
    }
}

/// "One is open", "3 are open".
fn some(n: i64, one: &str, many: &str) -> String {
    if n == 1 { format!("One {one}") } else { format!("{n} {many}") }
}

/// The checklist.
pub fn checklist(look: Look<'_>, entity: &Entity, standing: &Standing) -> TableSection {
    let row = |c: &Checked| {
        let (asks, not_green, solved) = item_words(c.item, c);
        let what = match solved {
            "" => Cell::new(asks),
            "/staff/months" => Cell::link(asks, href(&entity.id, standing.month.before())),
            "/staff/balance" => Cell::link(asks, format!("/staff/balance?month={}", standing.month)),
            path => Cell::link(asks, path),
        };
        let state = match (c.is_green(), c.of, c.item) {
            (false, _, _) => {
                Cell { note: not_green, ..Cell::chip(Chip::new(ChipTone::Attention, "Not yet")) }
            }
            // Nothing to look at is no proof of anything.
            (true, Some(0), Item::Payouts | Item::Lines | Item::Gifts) => {
                Cell::chip(Chip::new(ChipTone::Info, "None there"))
            }
            (true, Some(n), Item::Payouts | Item::Lines | Item::Gifts) => {
                Cell { note: format!("All {n}"), ..Cell::chip(Chip::new(ChipTone::Success, "In order")) }
            }
            (true, _, _) => Cell::chip(Chip::new(ChipTone::Success, "In order")),
        };
        vec![what, state]
    };
    let by_hand = standing.payouts.iter().filter(|p| !p.automatic).count();
    TableSection {
        heading: format!("Before {} is closed", named(look, standing.month)),
        lead: match by_hand {
            0 => String::new(),
            1 => "One payout was made by hand or at once: Stripe ties it to nothing, and it is looked at in the balance.".to_owned(),
            n => format!("{n} payouts were made by hand or at once: Stripe ties them to nothing, and they are looked at in the balance."),
        },
        table: DataTable {
            caption: "The checklist".to_owned(),
            quiet_caption: true,
            columns: vec![column("What"), column("How it stands")],
            rows: standing.checklist.iter().map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    }
}

/// The button that closes the month, when everything is in order.
pub fn close_form(look: Look<'_>, entity: &Entity, standing: &Standing, may: bool) -> Option<Section> {
    if !standing.is_green() || !may {
        return None;
    }
    let month = named(look, standing.month);
    Some(Section::Words(Words {
        heading: format!("Close {month}"),
        paragraphs: vec![format!(
            "Everything is in order. Once it is closed, the figures below stay; what becomes known later is booked in {} \
             or after. Two people can open it again.",
            named(look, standing.month.next())
        )],
        acts: vec![Act::new(format!("Close {month}"), format!("{}/close", href(&entity.id, standing.month)))],
        ..Words::default()
    }))
}

/// When and by whom it was closed.
pub fn closed(look: Look<'_>, close: &Close) -> Facts {
    let mut rows = vec![
        Fact::new("Closed", look.moment(close.closed_at)),
        Fact::new("By", close.closed_by_name.as_str()),
    ];
    if close.version > 1 {
        rows.push(Fact::new("Version", close.version.to_string()));
    }
    rows.push(
        Fact::new("Fingerprint of its figures", &close.figures_sha256[..16])
            .noted("The beginning of their SHA-256"),
    );
    Facts { rows, ..Facts::default() }
}

/// The figures by fund, in each currency.
///
/// # Errors
/// When what was frozen cannot be read.
pub fn figures(look: Look<'_>, entity: &Entity, standing: &Standing) -> Result<Vec<Section>, AppError> {
    let frozen = standing.close().map(Close::figures).transpose().map_err(ServiceError::from)?;
    let shown = frozen.as_ref().unwrap_or(&standing.figures);
    let several = shown.currencies().len() > 1;
    let table = |currency| Section::Table(figure_table(look, entity, standing, shown, currency, several));
    let mut sections: Vec<Section> = shown.currencies().into_iter().map(table).collect();
    if sections.is_empty() {
        sections.push(Section::Words(Words {
            heading: "Figures".to_owned(),
            paragraphs: vec!["Nothing moved.".to_owned()],
            ..Words::default()
        }));
    }
    Ok(sections)
}

fn figure_table(
    look: Look<'_>,
    entity: &Entity,
    standing: &Standing,
    shown: &Figures,
    currency: Currency,
    several: bool,
) -> TableSection {
    let cell = |fund: Option<&str>, share: Option<Share>| {
        let sum = Money::new(shown.sum(currency, fund, share), currency);
        if sum.is_zero() {
            return Cell::new(look.money(sum));
        }
        let sum = look.money(sum);
        Cell::link(sum, entries_href(&entity.id, standing.month, Of { fund, campaign: "", currency, share }))
    };
    let shares = [Some(Share::Gross), Some(Share::Fees), Some(Share::Back), None];
    let mut funds: Vec<&str> = shown.funds();
    funds.retain(|fund| shown.0.iter().any(|f| f.currency == currency && f.fund_id == *fund));
    let row = |fund: &&str| {
        let mut row = vec![Cell::new(look.fund(fund))];
        row.extend(shares.iter().map(|share| cell(Some(fund), *share)));
        row
    };
    let mut totals = vec![Cell::new("All funds")];
    totals.extend(shares.iter().map(|share| cell(None, *share)));
    TableSection {
        heading: match several {
            true => format!("Figures in {}", currency.code()),
            false => "Figures".to_owned(),
        },
        lead: "Each sum opens the movements it is made of.".to_owned(),
        table: DataTable {
            caption: format!("Figures in {}", currency.code()),
            quiet_caption: true,
            columns: vec![
                column("Fund"),
                figure_column("Given"),
                figure_column("Fees"),
                figure_column("Went back"),
                figure_column("Net"),
            ],
            rows: funds.iter().map(row).collect(),
            totals,
        },
        ..TableSection::default()
    }
}

/// What moved between months, each kind under its heading; what there is none of is left out.
pub fn later(look: Look<'_>, entity: &Entity, standing: &Standing, later: &Later) -> Vec<Section> {
    let mut sections = Vec::new();
    let month = named(look, standing.month);
    let some = |rows: &[EntryRow]| rows.iter().take(later.most).cloned().collect::<Vec<_>>();
    if !later.booked_here.is_empty() {
        let all = format!("{}/entries?late=1", href(&entity.id, standing.month));
        sections.push(Section::Table(TableSection {
            heading: format!("Booked in {month}, though it belongs to a closed month"),
            lead: "It became known after that month was closed. It is in the figures above.".to_owned(),
            table: entry_table(look, "Booked here", &some(&later.booked_here)),
            links: (later.booked_here.len() > later.most)
                .then(|| Link::new("All of them", all))
                .into_iter()
                .collect(),
            ..TableSection::default()
        }));
    }
    if !later.came_later.is_empty() {
        let more = later.came_later.len() > later.most;
        sections.push(Section::Table(TableSection {
            heading: format!("Belongs to {month}, and is booked later"),
            lead: match more {
                true => format!("The latest {}. None of it is in the figures above.", later.most),
                false => "It is not in the figures above.".to_owned(),
            },
            table: entry_table(look, "Booked later", &some(&later.came_later)),
            ..TableSection::default()
        }));
    }
    if !later.moved.is_empty() {
        sections.push(Section::Table(moved(look, later)));
    }
    sections
}

fn moved(look: Look<'_>, later: &Later) -> TableSection {
    let row = |m: &MovedGift| {
        vec![
            Cell::link(look.money(Money::new(m.amount_minor, m.currency)), gift_href(&m.gift_id)),
            Cell::new(look.day(m.received_on.0)),
            Cell::new(look.fund(&m.fund_id)),
            Cell { note: m.why.clone(), ..Cell::new(look.day_of(m.made_at)) },
        ]
    };
    TableSection {
        heading: "For another fund since it was closed".to_owned(),
        lead: "The figures above have each gift under the fund of that day.".to_owned(),
        table: DataTable {
            caption: "For another fund since".to_owned(),
            quiet_caption: true,
            columns: vec![
                figure_column("Gift"),
                column("Received"),
                column("Goes to now"),
                column("Said on"),
            ],
            rows: later.moved.iter().take(later.most).map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    }
}

/// Versions that were opened again, and what changed since.
///
/// # Errors
/// When what was frozen cannot be read.
pub fn earlier(look: Look<'_>, standing: &Standing) -> Result<Option<Section>, AppError> {
    let mut rows = Vec::new();
    let frozen = standing.close().map(Close::figures).transpose().map_err(ServiceError::from)?;
    let mut after = frozen.unwrap_or_else(|| standing.figures.clone());
    for close in standing.earlier() {
        let then = close.figures().map_err(ServiceError::from)?;
        let changes: Vec<String> = after
            .currencies()
            .into_iter()
            .map(|c| Money::new(after.sum(c, None, None) - then.sum(c, None, None), c))
            .filter(|difference| !difference.is_zero())
            .map(|difference| look.money(difference))
            .collect();
        let changes = if changes.is_empty() { "Nothing".to_owned() } else { changes.join(", ") };
        rows.push(vec![
            Cell::new(close.version.to_string()),
            Cell { note: close.closed_by_name.clone(), ..Cell::new(look.day_of(close.closed_at)) },
            Cell {
                note: [&close.reopen_asked_by_name, &close.reopened_by_name]
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(" and "),
                ..Cell::new(close.reopened_at.map(|at| look.day_of(at)).unwrap_or_default())
            },
            Cell::new(close.reopen_why.clone().unwrap_or_default()),
            Cell::new(changes),
        ]);
        after = then;
    }
    Ok((!rows.is_empty()).then(|| {
        Section::Table(TableSection {
            heading: "Closed before, and opened again".to_owned(),
            table: DataTable {
                caption: "Earlier versions".to_owned(),
                quiet_caption: true,
                columns: vec![
                    figure_column("Version"),
                    column("Closed"),
                    column("Opened again"),
                    column("Why"),
                    figure_column("Net changed since"),
                ],
                rows,
                totals: Vec::new(),
            },
            ..TableSection::default()
        })
    }))
}

/// How a closed month is opened again.
pub fn reopening(
    look: Look<'_>,
    entity: &Entity,
    standing: &Standing,
    close: &Close,
    typed: &str,
    wrong: &Mistakes,
) -> Option<Section> {
    let month = named(look, standing.month);
    let action = format!("{}/reopen", href(&entity.id, standing.month));
    if standing.latest() != Some(standing.month) {
        return None;
    }
    let Some(asked_by) = &close.reopen_asked_by else {
        let why = Field { value: typed.to_owned(), error: wrong.get("why").cloned() };
        return Some(Section::Form(Box::new(StaffForm {
            heading: format!("Open {month} again"),
            lead: "A second person has to agree. What was booked later stays where it is.".to_owned(),
            action,
            fields: vec![FormField::new(
                "why",
                "Why it has to be opened",
                FieldKind::Area(REASON_AT_MOST),
                why,
            )],
            hidden: vec![Hidden::new("act", "ask")],
            button: "Ask for it".to_owned(),
            look: "quiet",
            ..StaffForm::default()
        })));
    };
    let own = *asked_by == look.staff.actor.id;
    let name = close.reopen_asked_by_name.clone().unwrap_or_default();
    let why = close.reopen_why.clone().unwrap_or_default();
    let mut acts = vec![Act::new("Leave it closed", action.as_str()).with("act", "keep")];
    if !own {
        acts.insert(0, Act::new(format!("Agree, and open {month}"), action).with("act", "agree"));
    }
    let waits = if own { "You asked for it; a second person has to agree." } else { "It needs your word." };
    Some(Section::Words(Words {
        heading: format!("{month} is to be opened again"),
        paragraphs: vec![format!("{name} asked for it: “{why}”"), waits.to_owned()],
        acts,
        ..Words::default()
    }))
}
