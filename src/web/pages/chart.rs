//! A chart of bars: on the page, and as a picture of its own to be put into a report.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One bar of a chart.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    /// "November 2026".
    pub label: String,
    /// The label under the bar: "Nov".
    pub short: String,
    /// The figure: "£1,240.00".
    pub value: String,
    /// Its height in percent of the tallest, 0 to 100.
    pub share: u8,
    /// Whether it is the one to look at (this month).
    pub strong: bool,
}

/// A chart of bars, with the same figures as a table.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// What it shows: "Given by month".
    pub title: String,
    /// What it says, in a sentence: "December was the strongest month with £2,400.00."
    pub text: String,
    /// The heading of the labels: "Month".
    pub label_heading: String,
    /// The heading of the figures: "Given".
    pub value_heading: String,
    /// The figure at the top of the scale: "£2,400".
    pub top: String,
    /// The bars, in order.
    pub bars: Vec<Bar>,
}

/// From the left edge of the picture to the first bar, and from the last one to the right edge.
const MARGIN: u32 = 32;
/// What lies between the margins of a picture 960 wide.
const PLOT: u32 = 896;
/// From the top of the scale to its foot.
const SCALE: u32 = 300;
const FOOT: u32 = 410;

#[derive(Template)]
#[template(path = "components/chart.svg", escape = "html")]
struct Picture<'a> {
    chart: &'a Chart,
    columns: Vec<Drawn<'a>>,
    width: u32,
    height: u32,
}

struct Drawn<'a> {
    bar: &'a Bar,
    x: u32,
    middle: u32,
    y: u32,
    height: u32,
}

impl Chart {
    /// The chart as an SVG of its own: light, with its figures in the titles of the bars.
    ///
    /// # Errors
    /// When the template refuses.
    pub fn svg(&self) -> askama::Result<String> {
        let count = u32::try_from(self.bars.len().max(1)).unwrap_or(u32::MAX);
        let place = PLOT / count;
        let width = (place * 3 / 4).clamp(1, 72);
        let drawn = |(at, bar)| {
            let bar: &Bar = bar;
            let left = MARGIN + place * at + (place - width) / 2;
            let height = SCALE * u32::from(bar.share.min(100)) / 100;
            Drawn { bar, x: left, middle: left + width / 2, y: FOOT - height, height }
        };
        let columns = (0_u32..).zip(&self.bars).map(drawn).collect();
        Picture { chart: self, columns, width, height: 456 }.render()
    }

    /// The same as an address that holds it whole, for a link that saves it; empty when it cannot be drawn.
    pub fn picture(&self) -> String {
        match self.svg() {
            Ok(svg) => format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)),
            Err(_) => String::new(),
        }
    }

    /// The name of the file: the title in small letters.
    pub fn file_name(&self) -> String {
        let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        format!("{}.svg", self.title.chars().map(word).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_bar_for_each_figure_and_no_markup_of_anybody() {
        let bar = |label: &str, share| Bar {
            label: label.to_owned(),
            short: label.to_owned(),
            value: "£1.00".to_owned(),
            share,
            strong: share == 100,
        };
        let bars = vec![bar("A <script> & co", 100), bar("B", 50), bar("C", 0)];
        let chart = Chart { title: "Given by fund".to_owned(), bars, ..Chart::default() };
        let svg = chart.svg().expect("draws");
        assert_eq!(svg.matches("<rect x=").count(), 3);
        assert!(
            svg.contains("height=\"300\"") && svg.contains("height=\"150\"") && !svg.contains("<script>"),
            "{svg}"
        );
        assert_eq!(chart.file_name(), "given-by-fund.svg");
        assert!(chart.picture().starts_with("data:image/svg+xml;base64,"));
    }
}
