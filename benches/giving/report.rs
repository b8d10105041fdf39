//! The table at the end.

/// The raw loop may differ this much within one benchmark before the run says nothing any more.
const WIDEST_SPREAD: f64 = 4.0;

/// What a figure is held against.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
    /// Only told.
    None,
}

impl Goal {
    fn met(self, value: f64) -> &'static str {
        match self {
            Goal::AtLeast(least) if value >= least => "met",
            Goal::AtMost(most) if value <= most => "met",
            Goal::AtLeast(_) | Goal::AtMost(_) => "MISSED",
            Goal::None => "",
        }
    }

    fn words(self) -> String {
        match self {
            Goal::AtLeast(least) => format!(">= {}", figure(least)),
            Goal::AtMost(most) => format!("<= {}", figure(most)),
            Goal::None => String::new(),
        }
    }
}

/// One turn: our figure and the yardstick's.
pub type Turn = (f64, f64);

/// Gathers figures.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<[String; 6]>,
    notes: Vec<String>,
    raw: Vec<(&'static str, Vec<f64>)>,
}

impl Report {
    /// The benchmark that the figures from here on belong to.
    pub fn begin(&mut self, name: &'static str) {
        self.raw.push((name, Vec::new()));
    }

    /// One turn of the raw loop.
    pub fn raw(&mut self, rate: f64) -> f64 {
        if let Some((_, rates)) = self.raw.last_mut() {
            rates.push(rate);
        }
        rate
    }

    /// A sentence under the table.
    pub fn note(&mut self, text: String) {
        eprintln!("   {text}");
        self.notes.push(text);
    }

    /// A row of turns: ours, the yardstick's, and the median of their ratios with its spread.
    pub fn ratio(&mut self, what: &str, unit: &str, yardstick: &str, turns: &[Turn], goal: Goal) {
        let own: Vec<f64> = turns.iter().map(|(own, _)| *own).collect();
        let yard: Vec<f64> = turns.iter().map(|(_, yard)| *yard).collect();
        let ratios: Vec<f64> = turns.iter().map(|(own, yard)| own / yard).collect();
        let middle = median(&ratios);
        self.row([
            what.to_owned(),
            format!("{} {unit}", spread(&own)),
            format!("{} {yardstick}", spread(&yard)),
            format!("{} x", spread(&ratios)),
            goal.words(),
            goal.met(middle).to_owned(),
        ]);
    }

    /// A row without a yardstick: a figure in itself.
    pub fn plain(&mut self, what: &str, unit: &str, figures: &[f64], goal: Goal) {
        let own = format!("{} {unit}", spread(figures));
        let met = goal.met(median(figures)).to_owned();
        self.row([what.to_owned(), own, String::new(), String::new(), goal.words(), met]);
    }

    fn row(&mut self, row: [String; 6]) {
        eprintln!("   {}", row.iter().filter(|c| !c.is_empty()).cloned().collect::<Vec<_>>().join("  |  "));
        self.rows.push(row);
    }

    /// Prints everything; `false` when the run is invalid.
    pub fn print(&self) -> bool {
        let head = ["figure", "own: median (min–max)", "yardstick: median (min–max)", "ratio", "goal", ""];
        let head = head.map(str::to_owned);
        let width = |column: usize| {
            self.rows.iter().chain([&head]).map(|r| r[column].chars().count()).max().unwrap_or(0)
        };
        let widths: [usize; 6] = std::array::from_fn(width);
        let line = |row: &[String; 6]| {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("| {} |", cells.join(" | "));
        };
        println!();
        line(&head);
        println!("|{}|", widths.map(|w| "-".repeat(w + 2)).join("|"));
        self.rows.iter().for_each(line);
        println!();
        self.notes.iter().for_each(|note| println!("- {note}"));
        let mut valid = true;
        for (name, rates) in self.raw.iter().filter(|(_, rates)| rates.len() > 1) {
            let (low, high) = ends(rates);
            let apart = high / low;
            println!("- {name}: the raw loop's own spread was {apart:.1} x ({} syncs/s).", spread(rates));
            if apart > WIDEST_SPREAD {
                valid = false;
                println!(
                    "- {name}: INVALID RUN. The disk was not quiet (limit {WIDEST_SPREAD} x): run it again."
                );
            }
        }
        valid
    }
}

/// The middle figure, or the mean of the two in the middle.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => f64::NAN,
        (middle, 0) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        (middle, _) => sorted[middle],
    }
}

fn ends(figures: &[f64]) -> (f64, f64) {
    let low = figures.iter().copied().fold(f64::INFINITY, f64::min);
    (low, figures.iter().copied().fold(0.0, f64::max))
}

fn spread(figures: &[f64]) -> String {
    let (low, high) = ends(figures);
    if figures.len() < 2 {
        return figure(median(figures));
    }
    format!("{} ({}–{})", figure(median(figures)), figure(low), figure(high))
}

/// Three figures or so, whatever the size.
fn figure(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v < 0.1 && v > 0.0 => format!("{value:.4}"),
        _ => format!("{value:.2}"),
    }
}
