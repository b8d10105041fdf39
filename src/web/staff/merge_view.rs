//! What the pages of merges show: two donors side by side, who may be the same, what counts for somebody already.

use super::look::{Look, column};
use super::merge::Raw;
use super::paging::href;
use crate::domain::ids::DonorId;
use crate::services::care::merge::{Alike, Pair, Refusal, Side};
use crate::store::merges::Merge;
use crate::store::office_donor::DonorRecord;
use crate::store::office_donors;
use crate::store::offline_donors::Described;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Cell, DataTable, Empty, Field, FieldKind, FormField, Hidden, Link, Section, StaffForm, TableSection,
    Words,
};

pub(super) fn merge_href(id: &DonorId) -> String {
    format!("/staff/donors/{id}/merge")
}

pub(super) fn refusal_words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchDonor => {
            "One of the two is not there any more, or counts for somebody already. Search again."
        }
        Refusal::Same => "These are one record already.",
        Refusal::Kinds => {
            "One is a person, the other an organisation. Put their details right first, if that is wrong."
        }
        Refusal::KeepTheAccount => {
            "The other one signs in and this one does not. Begin from the other one, so that the account stays."
        }
        Refusal::Undone => "That merge was undone already.",
        Refusal::Forgotten => "One of the two asked to be forgotten: what is kept of them stays as it is.",
        Refusal::LaterFirst => "There is a later merge. Undo that first: they part from the last one back.",
    }
}

pub(super) fn pair_href(kept: &DonorId, other: &DonorId) -> String {
    href(&merge_href(kept), &[("donor", other.as_str())])
}

pub(super) fn search(donor: &DonorRecord, raw: &Raw) -> StaffForm {
    StaffForm {
        heading: "Who is the same".to_owned(),
        lead: "Find the other record of this donor. What was given through it counts here from then on; nothing that was issued \
               changes, and it can be undone."
            .to_owned(),
        action: merge_href(&donor.id),
        asks: true,
        fields: vec![
            FormField::new("q", "Find a donor", FieldKind::Text, Field::of(raw.q.as_str()))
                .hinted("Words of their name, of their organisation, or their e-mail address"),
        ],
        button: "Find".to_owned(),
        look: "quiet",
        cancel: Some(Link::new("Leave it", format!("/staff/donors/{}", donor.id))),
        ..StaffForm::default()
    }
}

pub(super) fn signs(alike: &Alike) -> String {
    match alike.signs.as_slice() {
        [] => "Only the name".to_owned(),
        signs => format!("The name and {}", signs.join(" and ")),
    }
}

pub(super) fn place(d: &Described) -> String {
    d.details
        .address
        .as_ref()
        .map(|a| format!("{} {}", a.city, a.postcode).trim().to_owned())
        .unwrap_or_default()
}

pub(super) fn alike_table(look: Look<'_>, donor: &DonorRecord, alike: &[Alike]) -> TableSection {
    let rows = alike.iter().map(|a| {
        let d = &a.described;
        vec![
            Cell::link(look.called(&d.details.receipt_name(), &d.details.email), pair_href(&donor.id, &d.id)),
            Cell::new(look.email(&d.details.email)),
            Cell::new(place(d)),
            Cell::new(signs(a)),
        ]
    });
    TableSection {
        heading: "May be the same".to_owned(),
        lead: "By name, and by what else is alike. Whether they are one, you know.".to_owned(),
        table: DataTable {
            caption: "May be the same".to_owned(),
            quiet_caption: true,
            columns: ["Donor", "Mailbox", "Where", "Alike"].map(column).to_vec(),
            rows: rows.collect(),
            ..DataTable::default()
        },
        empty: Some(Empty {
            title: "Nobody else has this name".to_owned(),
            text: "Search, if the other record is under another one.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

pub(super) fn not_one(donor: &DonorRecord, other: &DonorId, refusal: Refusal) -> Section {
    let mut links = vec![Link::new("Search again", merge_href(&donor.id))];
    if refusal == Refusal::KeepTheAccount {
        links.insert(0, Link::new("Begin from the other one", pair_href(other, &donor.id)));
    }
    Section::Words(Words {
        heading: "These two stay apart".to_owned(),
        paragraphs: vec![refusal_words(refusal).to_owned()],
        links,
        ..Words::default()
    })
}

/// A line of the comparison: what it is, and how it is on each side.
type Compared = (&'static str, fn(Look<'_>, &Side) -> String);

fn counted(n: i64, none: &str) -> String {
    if n == 0 { none.to_owned() } else { n.to_string() }
}

const COMPARED: [Compared; 9] = [
    ("Name", |look, s| look.called(&s.donor.name(), &s.donor.email)),
    ("Mailbox", |look, s| look.email(&s.donor.email)),
    ("Address", |_, s| s.address.as_ref().map(|a| a.lines().join(", ")).unwrap_or_default()),
    ("Known since", |look, s| look.day_of(s.donor.created_at)),
    ("Signs in", |_, s| if s.held.has_account { "Yes".to_owned() } else { "No".to_owned() }),
    ("Gifts", |_, s| counted(s.held.gifts, "None")),
    ("Monthly gifts under way", |_, s| counted(s.held.plans, "None")),
    ("Receipts and statements", |_, s| counted(s.held.receipts + s.held.statements, "None")),
    ("Gift Aid declarations", |_, s| counted(s.held.declarations, "None")),
];

pub(super) fn pair_sections(look: Look<'_>, pair: &Pair, raw: &Raw, wrong: &Mistakes) -> Vec<Section> {
    let rows = COMPARED
        .iter()
        .map(|(label, of)| {
            vec![Cell::new(*label), Cell::new(of(look, &pair.kept)), Cell::new(of(look, &pair.other))]
        })
        .collect();
    let (kept, other) = (&pair.kept.donor, &pair.other.donor);
    let mut links = vec![Link::new("Choose somebody else", merge_href(&kept.id))];
    if kept.account_since.is_none() || other.account_since.is_some() {
        links.insert(0, Link::new("Keep the other one instead", pair_href(&other.id, &kept.id)));
    }
    let table = TableSection {
        heading: "Two that become one".to_owned(),
        table: DataTable {
            caption: "The two donors".to_owned(),
            quiet_caption: true,
            columns: ["What", "Stays", "Counts for it from then on"].map(column).to_vec(),
            rows,
            ..DataTable::default()
        },
        links,
        ..TableSection::default()
    };
    vec![
        Section::Table(table),
        Section::Words(Words {
            heading: "What changes".to_owned(),
            paragraphs: changes(look, pair),
            ..Words::default()
        }),
        Section::Form(Box::new(StaffForm {
            heading: "Make them one".to_owned(),
            lead: "It can be undone at any time: what is given in between goes with the record it is given through.".to_owned(),
            action: merge_href(&kept.id),
            fields: vec![
                FormField::new("why", "How you know", FieldKind::Text, field(wrong, "why", &raw.why))
                    .hinted("“They told us by telephone”. No names: it is kept for good"),
            ],
            hidden: vec![look.token(), Hidden::new("donor", other.id.as_str())],
            button: "Make them one".to_owned(),
            look: "grave",
            cancel: Some(Link::new("Leave them apart", format!("/staff/donors/{}", kept.id))),
            ..StaffForm::default()
        })),
    ]
}

/// What a merge changes, sentence by sentence.
fn changes(look: Look<'_>, pair: &Pair) -> Vec<String> {
    let (kept, other) = (&pair.kept, &pair.other);
    let mut all = Vec::new();
    if kept.held.has_account {
        all.push(format!(
            "Whoever signs in as {} sees what was given through both.",
            look.email(&kept.donor.email)
        ));
    }
    if other.held.has_account {
        all.push(format!(
            "{} leads to the same account from then on; who is signed in there now is signed out. Its password rests.",
            look.email(&other.donor.email)
        ));
    }
    if other.held.plans > 0 {
        all.push("The monthly gift goes on as it is, from the same card.".to_owned());
    }
    if kept.held.statements + other.held.statements > 0 {
        all.push(
            "Statements that were issued stay readable. Where the year’s sums are others now, a new version says so and is sent."
                .to_owned(),
        );
    }
    if kept.held.declarations + other.held.declarations > 0 {
        all.push("A Gift Aid declaration of either covers the gifts of both, within its dates. Claims that were sent stay.".to_owned());
    }
    all.push(match kept.held.receipts + other.held.receipts {
        0 => "Neither has a receipt.".to_owned(),
        1 => "The receipt keeps its number, name and address.".to_owned(),
        n => format!("{n} receipts keep their numbers, names and addresses."),
    });
    all.push("The latest choice about e-mail holds, whichever record it was made on. Mail that rests for one rests for both.".to_owned());
    all
}

fn merged_name(look: Look<'_>, m: &Merge) -> String {
    look.called(&office_donors::name(&m.given_name, &m.family_name, m.organisation.as_deref()), &m.email)
}

/// What was merged into a donor, each with the way to undo it.
pub(super) fn before(look: Look<'_>, donor: &DonorRecord, merges: &[Merge]) -> Option<Section> {
    let rows = merges.iter().map(|m| {
        vec![
            Cell { note: look.email(&m.email), ..Cell::new(merged_name(look, m)) },
            Cell { note: m.by_name.clone(), ..Cell::new(look.day_of(m.made_at)) },
            Cell::new(m.why.as_str()),
            Cell::link("Make them two again", href(&merge_href(&donor.id), &[("merge", m.id.as_str())])),
        ]
    });
    (!merges.is_empty()).then(|| {
        Section::Table(TableSection {
            heading: "Counts for them already".to_owned(),
            table: DataTable {
                caption: "Merged records".to_owned(),
                quiet_caption: true,
                columns: ["Record", "Since", "How it was known", "Undo"].map(column).to_vec(),
                rows: rows.collect(),
                ..DataTable::default()
            },
            ..TableSection::default()
        })
    })
}

pub(super) fn undo_form(
    look: Look<'_>,
    donor: &DonorRecord,
    m: &Merge,
    raw: &Raw,
    wrong: &Mistakes,
) -> StaffForm {
    StaffForm {
        heading: format!("Make {} a donor of their own again", merged_name(look, m)),
        lead: format!(
            "Merged on {} by {}: {}. What was given through that record since goes with it. Both are signed out, statements whose \
             sums change are issued anew.",
            look.day_of(m.made_at),
            m.by_name,
            m.why.trim_end_matches('.')
        ),
        action: format!("/staff/donors/{}/unmerge", donor.id),
        fields: vec![
            FormField::new("why", "Why it is undone", FieldKind::Text, field(wrong, "why", &raw.why))
                .hinted("No names: it is kept for good"),
        ],
        hidden: vec![Hidden::new("merge", m.id.as_str())],
        button: "Make them two again".to_owned(),
        look: "grave",
        cancel: Some(Link::new("Leave it", merge_href(&donor.id))),
        ..StaffForm::default()
    }
}
