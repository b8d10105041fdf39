//! Some giving to look at: two and a half months of it, through the same services as real giving.

use std::time::Duration;

use super::World;
use crate::domain::donor::{Address, DonorDetails, Tribute};
use crate::domain::fee;
use crate::domain::frequency::Frequency;
use crate::domain::money::Money;
use crate::domain::states::{DonorKind, TributeKind};
use crate::sandbox::{PayOutcome, TestMethod};
use crate::services::give::{self, GiveCommand, Started};

const DAYS: u64 = 75;
const DAY: Duration = Duration::from_secs(86_400);

/// How far back the giving begins, in microseconds.
pub const SPAN_MICROS: i64 = (DAYS * 86_400 * 1_000_000) as i64;

struct Act {
    day: u64,
    who: (&'static str, &'static str),
    organisation: Option<&'static str>,
    entity: &'static str,
    frequency: Frequency,
    amount: &'static str,
    cover: bool,
    aid: bool,
    method: TestMethod,
    tribute: Option<&'static str>,
    /// Given back later, in minor units; 0 is all of it.
    refund: Option<i64>,
}

const PLAIN: Act = Act {
    day: 0,
    who: ("Ada", "Example"),
    organisation: None,
    entity: "uk",
    frequency: Frequency::Once,
    amount: "25.00",
    cover: false,
    aid: false,
    method: TestMethod::CardSuccess,
    tribute: None,
    refund: None,
};

/// Invented people; the order is the order of days.
const ACTS: &[Act] = &[
    Act {
        day: 0,
        who: ("Ada", "Marsh"),
        frequency: Frequency::Monthly,
        amount: "25.00",
        cover: true,
        aid: true,
        ..PLAIN
    },
    Act { day: 2, who: ("Bilal", "Noor"), amount: "100.00", aid: true, ..PLAIN },
    Act {
        day: 5,
        who: ("Carmen", "Ortiz"),
        entity: "us",
        frequency: Frequency::Monthly,
        amount: "40.00",
        ..PLAIN
    },
    Act {
        day: 9,
        who: ("David", "Okafor"),
        frequency: Frequency::Monthly,
        amount: "15.00",
        method: TestMethod::BacsSuccess,
        aid: true,
        ..PLAIN
    },
    Act { day: 14, who: ("Elin", "Berg"), amount: "250.00", tribute: Some("Grace Berg"), ..PLAIN },
    Act { day: 20, who: ("Farid", "Haddad"), entity: "ca", amount: "75.00", ..PLAIN },
    Act { day: 26, who: ("Grace", "Liu"), amount: "50.00", refund: Some(2000), ..PLAIN },
    Act {
        day: 31,
        who: ("Harriet", "Stone"),
        organisation: Some("Stone & Sons Bakery"),
        amount: "500.00",
        ..PLAIN
    },
    Act { day: 38, who: ("Idris", "Cole"), amount: "30.00", refund: Some(0), ..PLAIN },
    Act {
        day: 44,
        who: ("Jana", "Novak"),
        frequency: Frequency::Quarterly,
        amount: "60.00",
        aid: true,
        ..PLAIN
    },
    Act { day: 52, who: ("Kofi", "Mensah"), frequency: Frequency::Yearly, amount: "120.00", ..PLAIN },
    Act { day: 60, who: ("Lena", "Fischer"), amount: "10.00", method: TestMethod::Card3ds, ..PLAIN },
    Act { day: 68, who: ("Mia", "Rossi"), amount: "20.00", aid: true, ..PLAIN },
    Act { day: 73, who: ("Noah", "Park"), amount: "45.00", method: TestMethod::BacsSuccess, ..PLAIN },
];

/// Gives, settles, refunds and lets the days pass.
pub async fn run(world: &World) -> anyhow::Result<()> {
    for day in 0..DAYS {
        for act in ACTS.iter().filter(|a| a.day == day) {
            perform(world, act).await?;
        }
        world.deps.clock.advance(DAY);
        world.settle().await?;
    }
    Ok(())
}

async fn perform(world: &World, act: &Act) -> anyhow::Result<()> {
    let command = command(world, act)?;
    let started = give::start(&world.deps, command).await?;
    let Started::Checkout(url) = started else { anyhow::bail!("the demo's gift was there already") };
    let session = url.rsplit('/').next().unwrap_or_default().to_owned();
    let paid = world.sandbox.pay(&session, act.method).await.map_err(anyhow::Error::msg)?;
    if matches!(paid, PayOutcome::Needs3ds { .. }) {
        world.sandbox.confirm_3ds(&session, true).await.map_err(anyhow::Error::msg)?;
    }
    world.settle().await?;
    if let Some(part) = act.refund {
        let session = world.sandbox.object(&session).await.unwrap_or_default();
        let intent = session["payment_intent"].as_str().unwrap_or_default().to_owned();
        world.sandbox.refund(&intent, (part > 0).then_some(part)).await.map_err(anyhow::Error::msg)?;
        world.settle().await?;
    }
    Ok(())
}

fn command(world: &World, act: &Act) -> anyhow::Result<GiveCommand> {
    let charity = &world.deps.config.charity;
    let entity = charity.entity(act.entity).ok_or_else(|| anyhow::anyhow!("no entity {}", act.entity))?;
    let currency = entity.default_currency();
    let amount = Money::parse_typed(act.amount, currency)?;
    let rule = entity.cover_fee.as_ref().filter(|_| act.cover);
    let fee_cover = match rule.and_then(|r| Some((r.percent, r.fixed_in(currency)?))) {
        Some((percent, fixed)) => fee::cover(amount, percent, fixed.minor())?,
        None => Money::zero(currency),
    };
    let fund = charity.funds_of(&entity.id).nth(usize::try_from(act.day % 2)?);
    let fund = fund.or_else(|| charity.funds_of(&entity.id).next());
    let (given, family) = act.who;
    let donor = DonorDetails {
        kind: if act.organisation.is_some() { DonorKind::Organisation } else { DonorKind::Individual },
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        organisation: act.organisation.map(str::to_owned),
        email: format!("{}.{}@donors.example", given.to_lowercase(), family.to_lowercase()),
        address: Some(Address {
            line1: "1 Example Street".to_owned(),
            city: "Exampleton".to_owned(),
            postcode: "EX1 1AA".to_owned(),
            country: entity.country.as_str().to_owned(),
            ..Address::default()
        }),
        locale: entity.locale.clone(),
    };
    Ok(GiveCommand {
        form_nonce: crate::domain::ids::unguessable(&world.deps.random),
        entity_id: entity.id.clone(),
        frequency: act.frequency,
        fund_id: fund.map(|f| f.id.clone()).unwrap_or_default(),
        campaign_id: None,
        amount,
        fee_cover,
        donor,
        note: None,
        tribute: act.tribute.map(|name| Tribute { kind: TributeKind::Memory, name: name.to_owned() }),
        gift_aid: act.aid,
        consents: Vec::new(),
        account: None,
        customer: None,
    })
}
