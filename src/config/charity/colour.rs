//! Brand colours and the contrast they must have to be read (WCAG 2, 1.4.3).

use std::fmt;
use std::str::FromStr;

/// Least contrast of text with what is behind it.
pub(super) const MIN_CONTRAST: f64 = 4.5;
/// Text on the accent colour.
pub(super) const WHITE: Rgb = Rgb(255, 255, 255);
/// The light page.
pub(super) const PAPER: Rgb = Rgb(0xfb, 0xf9, 0xf5);
/// The lightest surface of the dark page.
pub(super) const DARK: Rgb = Rgb(0x1a, 0x20, 0x27);

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// As CSS writes it: `#0b5f5a`.
    pub fn css(self) -> String {
        self.to_string()
    }

    /// WCAG contrast ratio with `other`, from 1 (none) to 21 (black on white).
    pub fn contrast(self, other: Rgb) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This colour when it can be read on every one of `grounds`.
    ///
    /// # Errors
    /// The nearest colour, made darker, that can.
    pub(super) fn readable_on(self, grounds: &[Rgb]) -> Result<Rgb, Rgb> {
        if self.passes(grounds) { Ok(self) } else { Err(self.shifted(Rgb(0, 0, 0), grounds)) }
    }

    /// The nearest colour, made lighter where needed, that can be read on [`DARK`].
    pub(super) fn for_dark(self) -> Rgb {
        if self.passes(&[DARK]) { self } else { self.shifted(WHITE, &[DARK]) }
    }

    fn passes(self, grounds: &[Rgb]) -> bool {
        grounds.iter().all(|g| self.contrast(*g) >= MIN_CONTRAST)
    }

    /// The first colour on the way to `end` that passes.
    fn shifted(self, end: Rgb, grounds: &[Rgb]) -> Rgb {
        (1..=255).map(|step| self.mixed(end, step)).find(|c| c.passes(grounds)).unwrap_or(end)
    }

    fn mixed(self, end: Rgb, step: u16) -> Rgb {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (255 - step) + u16::from(to) * step;
            u8::try_from(sum / 255).unwrap_or(u8::MAX)
        };
        Rgb(mix(self.0, end.0), mix(self.1, end.1), mix(self.2, end.2))
    }

    fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl FromStr for Rgb {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = text.strip_prefix('#').and_then(|digits| hex::decode(digits).ok());
        match bytes.as_deref() {
            Some([r, g, b]) => Ok(Rgb(*r, *g, *b)),
            _ => Err(format!("must be a colour such as \"#0b5f5a\", not {text:?}")),
        }
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_agrees_with_the_published_values() {
        assert!((Rgb(0, 0, 0).contrast(WHITE) - 21.0).abs() < 0.001);
        assert!((Rgb(0x76, 0x76, 0x76).contrast(WHITE) - 4.54).abs() < 0.01);
        assert!(Rgb(0x77, 0x77, 0x77).contrast(WHITE) < MIN_CONTRAST);
    }

    #[test]
    fn a_failing_colour_names_one_that_passes_and_is_near() {
        let near = Rgb(0x77, 0x77, 0x77).readable_on(&[WHITE]).unwrap_err();
        assert_eq!(near, Rgb(0x76, 0x76, 0x76));
        let yellow = "#ffd400".parse::<Rgb>().unwrap().readable_on(&[WHITE, PAPER]).unwrap_err();
        assert!(yellow.readable_on(&[WHITE, PAPER]).is_ok());
        assert!(Rgb(0x0b, 0x5f, 0x5a).for_dark().contrast(DARK) >= MIN_CONTRAST);
    }
}
