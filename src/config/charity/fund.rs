//! Funds, which say what money may be used for, and campaigns, which ask for it.

use std::str::FromStr;

use jiff::civil::Date;

use super::accounts::unfit;
use super::entity::read_id;
use super::reader::Reader;

/// Longest id of a fund or campaign.
const ID_MAX: usize = 40;

/// A purpose a gift can be given for (AC-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// Short name in addresses and records, unique.
    pub id: String,
    /// The name donors see.
    pub name: String,
    /// What it is used for, in a sentence.
    pub description: String,
    /// How tightly the money is bound.
    pub restriction: Restriction,
    /// The entities that offer it; empty means all.
    pub entities: Vec<String>,
    /// The account that journals book its gifts to; `None`: the one for all income.
    pub account: Option<String>,
    /// What it is called where the books track funds; `None`: its name.
    pub tracking: Option<String>,
}

impl Fund {
    /// True when the entity `id` offers it.
    pub fn is_offered_by(&self, id: &str) -> bool {
        self.entities.is_empty() || self.entities.iter().any(|e| e == id)
    }
}

/// How tightly the money of a fund is bound (AC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Restriction {
    /// Wherever it is needed most.
    Unrestricted,
    /// Set aside by the trustees, who may change their mind; counts as unrestricted.
    Designated,
    /// Bound by what the donor was told.
    Restricted,
    /// Kept as capital.
    Endowment,
}

impl Restriction {
    /// The word in files and records: `unrestricted`, `designated`, `restricted`, `endowment`.
    pub fn as_str(self) -> &'static str {
        match self {
            Restriction::Unrestricted => "unrestricted",
            Restriction::Designated => "designated",
            Restriction::Restricted => "restricted",
            Restriction::Endowment => "endowment",
        }
    }
}

impl FromStr for Restriction {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Restriction::Unrestricted, Restriction::Designated, Restriction::Restricted, Restriction::Endowment]
            .into_iter()
            .find(|r| r.as_str() == word)
            .ok_or("must be unrestricted, designated, restricted or endowment")
    }
}

/// A reason to give for a time, with its own words above the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Short name in addresses and records, unique.
    pub id: String,
    /// The name staff see.
    pub name: String,
    /// Instead of the brand's heading.
    pub heading: Option<String>,
    /// Instead of the brand's lead.
    pub lead: Option<String>,
    /// The fund its gifts go to; `None` lets the donor choose.
    pub fund: Option<String>,
    /// The entities that run it; empty means all.
    pub entities: Vec<String>,
    /// First day, in the receiving entity's zone; `None` means always.
    pub starts: Option<Date>,
    /// Last day; `None` means without end.
    pub ends: Option<Date>,
}

impl Campaign {
    /// True when the entity `id` runs it.
    pub fn is_offered_by(&self, id: &str) -> bool {
        self.entities.is_empty() || self.entities.iter().any(|e| e == id)
    }

    /// True from its first to its last day, both included.
    pub fn is_open_on(&self, day: Date) -> bool {
        self.starts.is_none_or(|s| s <= day) && self.ends.is_none_or(|e| day <= e)
    }
}

/// Reads one `[[fund]]`.
pub(super) fn read_fund(mut r: Reader<'_>) -> Option<Fund> {
    let id = read_id(&mut r, ID_MAX);
    let (name, description) = (r.text("name"), r.text("description"));
    let restriction: Option<Restriction> = r.parsed("restriction");
    let entities = r.lines("entities");
    let (account, tracking) = (r.text_opt("account"), r.text_opt("tracking"));
    if let Some(problem) = account.as_deref().and_then(unfit) {
        r.note("account", problem);
    }
    r.finish();
    Some(Fund { id, name, description, restriction: restriction?, entities, account, tracking })
}

/// Reads one `[[campaign]]`.
pub(super) fn read_campaign(mut r: Reader<'_>) -> Campaign {
    let id = read_id(&mut r, ID_MAX);
    let name = r.text("name");
    let (heading, lead) = (r.text_opt("heading"), r.text_opt("lead"));
    let fund = r.text_opt("fund");
    let entities = r.lines("entities");
    let (starts, ends) = (r.date_opt("starts"), r.date_opt("ends"));
    if let (Some(s), Some(e)) = (starts, ends)
        && e < s
    {
        r.note("ends", "must not be before starts");
    }
    r.finish();
    Campaign { id, name, heading, lead, fund, entities, starts, ends }
}
