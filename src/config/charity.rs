//! The charity file: brand, legal entities, funds, campaigns and wording, read from TOML and checked whole.

mod accounts;
mod amounts;
mod brand;
mod colour;
mod country;
mod entity;
mod fund;
mod logo;
mod reader;
mod staff;
mod statements;
mod tax;
#[cfg(test)]
mod tests;
mod upkeep;
mod wording;
mod wording_rules;

use std::path::Path;

use jiff::civil::Date;

pub use accounts::Accounts;
pub use brand::Brand;
pub use colour::Rgb;
pub use country::Country;
pub use entity::{AddressRule, Ask, AskSet, CoverFee, Entity, Registration};
pub use fund::{Campaign, Fund, Restriction};
pub use staff::StaffRules;
pub use statements::StatementRules;
pub use upkeep::Upkeep;
pub use wording::{Wording, WordingBook, WordingKey};

use crate::domain::receipt::sha256_hex;
use reader::{Problems, Reader};

const VERSION_LETTERS: usize = 12;
/// The file that ships with the product.
const EXAMPLE: &str = include_str!("../../charity.example.toml");
/// Its logo.
const EXAMPLE_LOGO: &str = include_str!("../../assets/logo-demo.svg");

/// Everything that makes the product this charity's own.
#[derive(Clone, Debug)]
pub struct Charity {
    /// Name, words, colours, logo.
    pub brand: Brand,
    /// At least one; the first is the default.
    pub entities: Vec<Entity>,
    /// Each entity has at least one unrestricted fund.
    pub funds: Vec<Fund>,
    /// May be empty.
    pub campaigns: Vec<Campaign>,
    /// Words with legal weight, in versions.
    pub wording: WordingBook,
    /// When monthly givers are written to of our own accord.
    pub upkeep: Upkeep,
    /// When the office asks for a fresh proof or a second person.
    pub staff: StaffRules,
    /// How annual statements reach donors.
    pub statements: StatementRules,
    /// The accounts that journals name.
    pub accounts: Option<Accounts>,
    /// Names this text of the file: the beginning of its SHA-256.
    pub version: String,
}

impl Charity {
    /// Reads a charity file; `logo` in it is relative to `base_dir`.
    ///
    /// # Errors
    /// Every problem at once, each as `[entity.uk] field: what to do`.
    pub fn parse(toml: &str, base_dir: &Path) -> Result<Charity, Vec<String>> {
        Charity::parse_with(toml, &|logo| {
            std::fs::read_to_string(base_dir.join(logo)).map_err(|e| format!("cannot be read: {e}"))
        })
    }

    /// The shipped example, "Lantern Freedom Trust".
    ///
    /// # Panics
    /// Never in a build that passed its tests: they read the same two files.
    #[allow(clippy::panic, reason = "both files are compiled in, and a test reads them")]
    pub fn example() -> Charity {
        match Charity::parse_with(EXAMPLE, &|_| Ok(EXAMPLE_LOGO.to_owned())) {
            Ok(charity) => charity,
            Err(problems) => panic!("charity.example.toml: {}", problems.join("; ")),
        }
    }

    fn parse_with(toml: &str, logo: &dyn Fn(&str) -> Result<String, String>) -> Result<Charity, Vec<String>> {
        let table: toml::Table = toml.parse().map_err(|e: toml::de::Error| vec![syntax_problem(toml, &e)])?;
        let problems = Problems::default();
        let charity = read(table, logo, &problems);
        let problems = problems.into_inner();
        match charity {
            Some(charity) if problems.is_empty() => {
                Ok(Charity { version: sha256_hex(toml)[..VERSION_LETTERS].to_owned(), ..charity })
            }
            _ => Err(problems),
        }
    }

    /// The entity with this id.
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        self.entities.iter().find(|e| e.id == id)
    }

    /// The fund with this id.
    pub fn fund(&self, id: &str) -> Option<&Fund> {
        self.funds.iter().find(|f| f.id == id)
    }

    /// The campaign with this id.
    pub fn campaign(&self, id: &str) -> Option<&Campaign> {
        self.campaigns.iter().find(|c| c.id == id)
    }

    /// The funds that the entity `id` offers, in the file's order.
    pub fn funds_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Fund> {
        self.funds.iter().filter(move |f| f.is_offered_by(id))
    }

    /// The texts an entity needs but has no version of on the day `on`, as `uk: receipt`; for a check at start.
    pub fn missing_wording(&self, on: Date) -> Vec<String> {
        let pairs = self.entities.iter().flat_map(|e| WordingKey::ALL.map(|key| (e, key)));
        pairs
            .filter(|(e, key)| {
                wording_rules::is_required(*key, e) && self.wording.current(*key, e, on).is_none()
            })
            .map(|(e, key)| format!("{}: {}", e.id, key.as_str()))
            .collect()
    }

    /// One line for `almoner config check`.
    pub(super) fn summary(&self) -> String {
        let ids: Vec<&str> = self.entities.iter().map(|e| e.id.as_str()).collect();
        let (funds, campaigns) = (self.funds.len(), self.campaigns.len());
        format!("{}: entities {}; funds {funds}; campaigns {campaigns}", self.brand.name, ids.join(", "))
    }
}

/// One line: where the file stops being TOML, and why.
fn syntax_problem(toml: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let why = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    format!("is not TOML: line {line}, column {column}: {why}")
}

fn read(
    table: toml::Table,
    logo: &dyn Fn(&str) -> Result<String, String>,
    problems: &Problems,
) -> Option<Charity> {
    let mut top = Reader::new(table, "", problems);
    let brand_table = top.table("brand");
    let upkeep = upkeep::read(top.table("upkeep"), problems);
    let staff = staff::read(top.table("staff"), problems);
    let statements = statements::read(top.table("statements"), problems);
    let accounts = accounts::read(top.table("accounts"), problems);
    let (entities, funds) = (top.tables("entity"), top.tables("fund"));
    let (campaigns, wording) = (top.tables("campaign"), top.tables("wording"));
    if brand_table.is_none() {
        top.note("[brand]", "is missing");
    }
    if entities.is_empty() {
        top.note("[[entity]]", "is missing: there must be at least one");
    }
    top.finish();
    let brand = brand_table.map(|t| brand::read(Reader::new(t, "brand", problems), logo));
    let locale = brand.as_ref().map_or("en-GB", |b| b.locale.as_str());
    let has_phone = brand.as_ref().is_none_or(|b| b.contact_phone.is_some());
    let count = entities.len();
    let entity_ids: Vec<String> = ids_of(&entities);
    let entities: Vec<Entity> =
        numbered(entities, "entity", problems).filter_map(|r| entity::read(r, locale, problems)).collect();
    let funds: Vec<Fund> = numbered(funds, "fund", problems).filter_map(fund::read_fund).collect();
    let campaigns: Vec<Campaign> =
        numbered(campaigns, "campaign", problems).map(fund::read_campaign).collect();
    let blocks: Vec<wording::Block> =
        numbered(wording, "wording", problems).filter_map(|r| wording::read(r, has_phone)).collect();
    let unknown = blocks.iter().filter_map(|b| b.entity.as_ref().map(|e| (b, e)));
    for (block, id) in unknown.filter(|(_, id)| !entity_ids.contains(id)) {
        let (key, version) = (block.key.as_str(), &block.version);
        problems.borrow_mut().push(format!("[wording.{key} {version}] entity: there is no entity {id:?}"));
    }
    let names = Names { entity_ids, problems };
    check_names(&names, &entities, &funds, &campaigns);
    let brand = brand?;
    let wording = WordingBook::new(blocks, &brand);
    for e in &entities {
        wording_rules::check(&wording, e, problems);
    }
    (entities.len() == count).then_some(Charity {
        brand,
        entities,
        funds,
        campaigns,
        wording,
        upkeep,
        staff,
        statements,
        accounts,
        version: String::new(),
    })
}

fn numbered<'a>(
    tables: Vec<toml::Table>,
    kind: &'a str,
    problems: &'a Problems,
) -> impl Iterator<Item = Reader<'a>> {
    tables.into_iter().enumerate().map(move |(i, t)| Reader::with_id(t, kind, i, problems))
}

fn ids_of(tables: &[toml::Table]) -> Vec<String> {
    tables.iter().filter_map(|t| t.get("id")?.as_str().map(str::to_owned)).collect()
}

/// The ids the file declares, even of entities that have problems of their own.
struct Names<'a> {
    entity_ids: Vec<String>,
    problems: &'a Problems,
}

impl Names<'_> {
    fn note(&self, place: &str, problem: String) {
        self.problems.borrow_mut().push(format!("[{place}] {problem}"));
    }

    fn unique<'b>(&self, kind: &str, field: &str, values: impl Iterator<Item = &'b str>) {
        let mut seen: Vec<&str> = Vec::new();
        for value in values.filter(|v| !v.is_empty()) {
            if seen.contains(&value) {
                self.note(kind, format!("{field}: {value:?} is there twice"));
            }
            seen.push(value);
        }
    }

    fn entities_exist(&self, place: &str, ids: &[String]) {
        for id in ids.iter().filter(|id| !self.entity_ids.contains(id)) {
            self.note(place, format!("entities: there is no entity {id:?}"));
        }
    }
}

/// Ids are unique, references lead somewhere, every entity has an unrestricted fund.
fn check_names(names: &Names<'_>, entities: &[Entity], funds: &[Fund], campaigns: &[Campaign]) {
    names.unique("entity", "id", names.entity_ids.iter().map(String::as_str));
    names.unique("entity", "receipt_prefix", entities.iter().map(|e| e.receipt_prefix.as_str()));
    names.unique("fund", "id", funds.iter().map(|f| f.id.as_str()));
    names.unique("campaign", "id", campaigns.iter().map(|c| c.id.as_str()));
    for fund in funds {
        names.entities_exist(&format!("fund.{}", fund.id), &fund.entities);
    }
    for campaign in campaigns {
        check_campaign(names, campaign, funds);
    }
    for id in &names.entity_ids {
        let free = |f: &Fund| f.restriction == Restriction::Unrestricted && f.is_offered_by(id);
        if !funds.iter().any(free) {
            names.note(&format!("entity.{id}"), "must have at least one unrestricted fund".to_owned());
        }
    }
}

fn check_campaign(names: &Names<'_>, campaign: &Campaign, funds: &[Fund]) {
    let place = format!("campaign.{}", campaign.id);
    names.entities_exist(&place, &campaign.entities);
    let Some(id) = &campaign.fund else { return };
    let Some(fund) = funds.iter().find(|f| f.id == *id) else {
        names.note(&place, format!("fund: there is no fund {id:?}"));
        return;
    };
    let runs = names.entity_ids.iter().filter(|e| campaign.is_offered_by(e));
    for entity in runs.filter(|e| !fund.is_offered_by(e)) {
        names.note(&place, format!("fund: {id:?} is not offered by entity {entity:?}"));
    }
}
