//! How figures and the text part of a mail are set.

use super::views::MailRow;

/// The lines that have a value.
pub(super) fn rows(lines: &[(&str, &str)]) -> Vec<MailRow> {
    lines
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| MailRow::new(*label, one_line(value)))
        .collect()
}

/// A subject or a figure stays on one line, whatever was typed.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Breaks the lines of a text part at 76 columns (never inside a word or an address) and leaves one empty line between parts.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 2;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            if empty < 2 {
                out.push('\n');
            }
            continue;
        }
        empty = 0;
        let indent =
            line.find("  ").map_or(0, |at| line[at..].find(|c| c != ' ').map_or(0, |more| at + more));
        let indent = if line[..indent].chars().count() <= 24 { line[..indent].chars().count() } else { 0 };
        let mut width = 0;
        for (n, word) in line.split(' ').enumerate() {
            let length = word.chars().count();
            if n > 0 && width + 1 + length > 76 && width > indent {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                width = indent;
            } else if n > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
