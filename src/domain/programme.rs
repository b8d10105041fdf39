//! The programme of monthly gifts over months: what began, rose, fell, was lost; who stayed; what is to come. Worth is what a
//! plan brings in a year, in minor units of its currency, so that monthly, quarterly and yearly gifts add up without a
//! remainder.

use super::closing::Month;
use super::frequency::Frequency;
use super::ids::PledgeId;
use super::money::Currency;
use super::schedule::Schedule;
use super::states::EndedWhy;
use crate::clock::Ts;

/// Months after which a cohort is looked at.
pub const LOOKED_AT: [u32; 5] = [1, 3, 6, 12, 24];
/// Charges of one plan that a year can hold.
const CHARGES_A_YEAR: usize = 13;

/// What charges of `minor` in a rhythm bring in a year.
pub fn worth(minor: i64, frequency: Frequency) -> i64 {
    minor.saturating_mul(i64::from(12 / frequency.months().unwrap_or(12).max(1)))
}

/// A change of what a plan is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it was known to be done.
    pub at: Ts,
    /// By how much a year; negative when it fell.
    pub by: i64,
}

/// A plan's life.
#[derive(Clone, Debug)]
pub struct Life {
    /// Which plan.
    pub id: PledgeId,
    /// To which entity.
    pub entity_id: String,
    /// In which currency.
    pub currency: Currency,
    /// When it began.
    pub started_at: Ts,
    /// When it ended and why, if it has.
    pub ended: Option<(Ts, EndedWhy)>,
    /// What it is worth now, or was at its end.
    pub worth: i64,
    /// What each charge takes now, in minor units.
    pub charge: i64,
    /// Changes of its worth, the first one first.
    pub steps: Vec<Step>,
    /// When it charges; none once it has ended, or before Stripe was first looked at.
    pub schedule: Option<Schedule>,
}

impl Life {
    /// Whether it goes on at an instant.
    pub fn goes_on_at(&self, at: Ts) -> bool {
        self.started_at < at && self.ended.is_none_or(|(ended, _)| ended >= at)
    }

    /// What it was worth at an instant: what it is worth now without what changed since.
    pub fn worth_at(&self, at: Ts) -> i64 {
        let since: i64 = self.steps.iter().filter(|s| s.at >= at).map(|s| s.by).sum();
        self.worth.saturating_sub(since)
    }
}

/// How many, and what they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub plans: i64,
    /// What they are worth a year, or the charges they stand for come to.
    pub minor: i64,
}

impl Count {
    /// One more.
    pub fn add(&mut self, minor: i64) {
        self.plans += 1;
        self.minor = self.minor.saturating_add(minor);
    }
}

/// What happened to plans in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// It began.
    New,
    /// It brings more.
    Raised,
    /// It brings less.
    Lowered,
    /// It ended, for this reason.
    Lost(EndedWhy),
}

impl Move {
    /// All of them, in the order they are read in.
    pub const ALL: [Move; 7] = [
        Move::New,
        Move::Raised,
        Move::Lowered,
        Move::Lost(EndedWhy::Asked),
        Move::Lost(EndedWhy::Failed),
        Move::Lost(EndedWhy::Date),
        Move::Lost(EndedWhy::Elsewhere),
    ];

    /// Whether it takes away.
    pub fn takes(self) -> bool {
        matches!(self, Move::Lowered | Move::Lost(_))
    }
}

/// A month with the instants at which it begins and ends.
pub type Span = (Month, Ts, Ts);

/// A month of the programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which month.
    pub month: Month,
    /// What went on as it began.
    pub opening: Count,
    /// What happened: each move with how often, and by how much; never negative.
    pub moves: Vec<(Move, Count)>,
    /// What went on as it ended.
    pub closing: Count,
}

impl Row {
    /// One move; nothing when it did not happen.
    pub fn of(&self, wanted: Move) -> Count {
        self.moves.iter().find(|(m, _)| *m == wanted).map(|(_, c)| *c).unwrap_or_default()
    }

    /// What was lost, for whatever reason.
    pub fn lost(&self) -> Count {
        let mut all = Count::default();
        for (_, count) in self.moves.iter().filter(|(m, _)| matches!(m, Move::Lost(_))) {
            all.plans += count.plans;
            all.minor = all.minor.saturating_add(count.minor);
        }
        all
    }
}

/// What happened to one plan in a span: each move with by how much a year.
pub fn moves_of(life: &Life, starts: Ts, ends: Ts) -> Vec<(Move, i64)> {
    let within = |at: Ts| at >= starts && at < ends;
    let mut moves = Vec::new();
    if within(life.started_at) {
        moves.push((Move::New, life.worth_at(life.started_at)));
    }
    // What Stripe tells of a plan that is over changes nothing any more.
    let lived = |at: Ts| at >= life.started_at && life.ended.is_none_or(|(ended, _)| at < ended);
    for step in life.steps.iter().filter(|s| within(s.at) && lived(s.at)) {
        match step.by {
            0 => {}
            by if by > 0 => moves.push((Move::Raised, by)),
            by => moves.push((Move::Lowered, by.saturating_neg())),
        }
    }
    if let Some((at, why)) = life.ended
        && within(at)
    {
        moves.push((Move::Lost(why), life.worth_at(at)));
    }
    moves
}

/// The months of a programme, each beginning with what the one before ended with.
pub fn roll(lives: &[&Life], spans: &[Span]) -> Vec<Row> {
    let standing = |at: Ts| {
        let mut count = Count::default();
        for life in lives.iter().filter(|l| l.goes_on_at(at)) {
            count.add(life.worth_at(at));
        }
        count
    };
    let mut rows = Vec::with_capacity(spans.len());
    let mut opening = spans.first().map(|(_, starts, _)| standing(*starts)).unwrap_or_default();
    for (month, starts, ends) in spans {
        let mut moves = Move::ALL.map(|m| (m, Count::default()));
        for (happened, by) in lives.iter().flat_map(|l| moves_of(l, *starts, *ends)) {
            if let Some((_, count)) = moves.iter_mut().find(|(m, _)| *m == happened) {
                count.add(by);
            }
        }
        let mut closing = opening;
        for (happened, count) in &moves {
            let (plans, minor) = match happened {
                Move::New => (count.plans, count.minor),
                Move::Raised => (0, count.minor),
                Move::Lowered => (0, -count.minor),
                Move::Lost(_) => (-count.plans, -count.minor),
            };
            closing.plans += plans;
            closing.minor = closing.minor.saturating_add(minor);
        }
        rows.push(Row { month: *month, opening, moves: moves.to_vec(), closing });
        opening = closing;
    }
    rows
}

/// The plans that began in one month, and how many still go on some months later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// When they began.
    pub month: Month,
    /// How many.
    pub began: i64,
    /// Of those, how many went on at the end of the month so many months later; `None`: that is still to come.
    pub stayed: [Option<i64>; LOOKED_AT.len()],
}

/// Who stayed, by the month they began in; months in which nothing began are left out. `end_of` gives the instant at which a
/// month ends.
pub fn cohorts(lives: &[&Life], spans: &[Span], now: Ts, end_of: impl Fn(Month) -> Ts) -> Vec<Cohort> {
    let mut all = Vec::new();
    for (month, starts, ends) in spans {
        let began: Vec<&&Life> =
            lives.iter().filter(|l| l.started_at >= *starts && l.started_at < *ends).collect();
        if began.is_empty() {
            continue;
        }
        let stayed = LOOKED_AT.map(|after| {
            let at = end_of((0..after).fold(*month, |m, _| m.next()));
            (at <= now)
                .then(|| count(began.iter().filter(|l| l.ended.is_none_or(|(ended, _)| ended >= at)).count()))
        });
        all.push(Cohort { month: *month, began: count(began.len()), stayed });
    }
    all
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The charges to come in each of some months, by the plans' own schedules: pauses left out, last days kept. No plan is
/// assumed to be lost, and none to begin.
pub fn forecast(lives: &[&Life], spans: &[Span]) -> Vec<(Month, Count)> {
    let mut all: Vec<(Month, Count)> = spans.iter().map(|(m, _, _)| (*m, Count::default())).collect();
    for (at, charge) in lives.iter().flat_map(|l| charges_of(l)) {
        let slot = spans.iter().position(|(_, starts, ends)| at >= *starts && at < *ends);
        if let Some(slot) = slot {
            all[slot].1.add(charge);
        }
    }
    all
}

/// The coming charges of one plan within a year, each with what it takes.
pub fn charges_of(life: &Life) -> Vec<(Ts, i64)> {
    let Some(schedule) = life.schedule.filter(|_| life.ended.is_none()) else { return Vec::new() };
    schedule.coming(CHARGES_A_YEAR).into_iter().filter(|c| !c.skipped).map(|c| (c.at, life.charge)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::super::schedule::Pause;
    use super::*;
    use crate::random::Random;

    fn at(text: &str) -> Ts {
        Ts::parse(&format!("{text}T12:00:00Z")).expect(text)
    }

    fn spans(from: &str, n: usize) -> Vec<Span> {
        let mut month: Month = from.parse().expect(from);
        let mut all = Vec::new();
        for _ in 0..n {
            let (starts, ends) = month.bounds(&TimeZone::UTC);
            all.push((month, starts, ends));
            month = month.next();
        }
        all
    }

    fn life(nth: u64, started: Ts, ended: Option<(Ts, EndedWhy)>, worth: i64, steps: Vec<Step>) -> Life {
        Life {
            id: PledgeId::new(started, &Random::seeded(nth)),
            entity_id: "uk".to_owned(),
            currency: Currency::GBP,
            started_at: started,
            ended,
            worth,
            charge: worth / 12,
            steps,
            schedule: None,
        }
    }

    #[test]
    fn what_is_monthly_quarterly_and_yearly_adds_up() {
        assert_eq!(worth(2_500, Frequency::Monthly), 30_000);
        assert_eq!(worth(2_500, Frequency::Quarterly), 10_000);
        assert_eq!(worth(2_500, Frequency::Yearly), 2_500);
    }

    #[test]
    fn a_plan_that_rose_and_was_lost_is_told_month_by_month() {
        let rose = vec![Step { at: at("2026-02-10"), by: 12_000 }];
        let one = life(1, at("2026-01-05"), Some((at("2026-03-20"), EndedWhy::Failed)), 42_000, rose);
        let rows = roll(&[&one], &spans("2026-01", 4));
        assert_eq!(rows[0].of(Move::New), Count { plans: 1, minor: 30_000 });
        assert_eq!(rows[1].of(Move::Raised), Count { plans: 1, minor: 12_000 });
        assert_eq!(rows[1].closing, Count { plans: 1, minor: 42_000 });
        assert_eq!(rows[2].of(Move::Lost(EndedWhy::Failed)), Count { plans: 1, minor: 42_000 });
        assert_eq!((rows[3].opening, rows[3].closing), (Count::default(), Count::default()));
    }

    #[test]
    fn who_stayed_is_told_for_months_that_are_over() {
        let lives = [
            life(1, at("2026-01-05"), None, 1_200, Vec::new()),
            life(2, at("2026-01-25"), Some((at("2026-03-01"), EndedWhy::Asked)), 1_200, Vec::new()),
        ];
        let lives: Vec<&Life> = lives.iter().collect();
        let end_of = |m: Month| m.bounds(&TimeZone::UTC).1;
        let all = cohorts(&lives, &spans("2026-01", 6), at("2026-06-15"), end_of);
        assert_eq!(all.len(), 1, "nothing began later");
        assert_eq!((all[0].began, all[0].stayed), (2, [Some(2), Some(1), None, None, None]));
    }

    #[test]
    fn a_forecast_leaves_out_what_is_paused_and_what_has_a_last_day() {
        let schedule = Schedule {
            anchor: at("2026-01-31"),
            months: 1,
            next: at("2026-02-28"),
            pause: Pause::Until(at("2026-03-20")),
            ends_at: Some(at("2026-05-31")),
        };
        let one = Life { schedule: Some(schedule), ..life(1, at("2026-01-31"), None, 30_000, Vec::new()) };
        let all = forecast(&[&one], &spans("2026-02", 5));
        let plans: Vec<i64> = all.iter().map(|(_, c)| c.plans).collect();
        assert_eq!(plans, [0, 1, 1, 0, 0]);
        assert_eq!(all[1].1.minor, 2_500);
    }

    fn any_life() -> impl Strategy<Value = Life> {
        let steps = prop::collection::vec((0i64..400, -5_000i64..5_000), 0..4);
        (0u64..1_000, 0i64..400, prop::option::of((0i64..400, 0usize..4)), 10_000i64..90_000, steps).prop_map(
            |(nth, begins, ends, worth, steps)| {
                let day =
                    |n: i64| at("2026-01-01").plus(std::time::Duration::from_secs(86_400 * n.unsigned_abs()));
                let whys = [EndedWhy::Asked, EndedWhy::Failed, EndedWhy::Date, EndedWhy::Elsewhere];
                let ended = ends.map(|(n, why)| (day(begins + n), whys[why]));
                let mut steps: Vec<Step> = steps
                    .into_iter()
                    .map(|(n, by)| Step { at: day(begins + n), by })
                    .filter(|s| ended.is_none_or(|(end, _)| s.at < end))
                    .collect();
                steps.sort_by_key(|s| s.at);
                life(nth, day(begins), ended, worth, steps)
            },
        )
    }

    proptest! {
        /// What a month ends with is what goes on then, counted plan by plan: the roll-forward loses nothing.
        #[test]
        fn every_month_ends_with_what_goes_on(lives in prop::collection::vec(any_life(), 0..20)) {
            let lives: Vec<&Life> = lives.iter().collect();
            let spans = spans("2026-03", 18);
            for (row, (_, _, ends)) in roll(&lives, &spans).iter().zip(&spans) {
                let going: Vec<&&Life> = lives.iter().filter(|l| l.goes_on_at(*ends)).collect();
                prop_assert_eq!(row.closing.plans, count(going.len()));
                prop_assert_eq!(row.closing.minor, going.iter().map(|l| l.worth_at(*ends)).sum::<i64>());
            }
        }

        /// The plans behind a figure come to the figure.
        #[test]
        fn a_figure_is_the_sum_of_its_plans(lives in prop::collection::vec(any_life(), 0..20)) {
            let lives: Vec<&Life> = lives.iter().collect();
            let spans = spans("2026-01", 12);
            for (row, (_, starts, ends)) in roll(&lives, &spans).iter().zip(&spans) {
                for wanted in Move::ALL {
                    let mut sum = Count::default();
                    for (_, by) in lives.iter().flat_map(|l| moves_of(l, *starts, *ends)).filter(|(m, _)| *m == wanted) {
                        sum.add(by);
                    }
                    prop_assert_eq!(row.of(wanted), sum);
                }
            }
        }
    }
}
