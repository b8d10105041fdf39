//! Walks an XML file without ever holding more of it than the path to where it is. No document type, no entities.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use super::Refusal;

/// No message nests deeper.
const DEPTH_AT_MOST: usize = 40;

/// What the walk comes by.
#[derive(Debug)]
pub(super) enum Seen<'a> {
    /// An element that holds text, with its currency.
    Text(&'a [String], &'a str, Option<&'a str>),
    /// The end of an element, whatever it held.
    End(&'a [String]),
}

struct Open {
    text: String,
    currency: Option<String>,
    has_children: bool,
}

/// Walks through `xml`, which must be a CAMT.053 message of version 02 to 08.
///
/// # Errors
/// When it is not, is damaged, or `on` refuses.
pub(super) fn walk(xml: &str, mut on: impl FnMut(Seen<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut open): (Vec<String>, Vec<Open>) = (Vec::new(), Vec::new());
    let mut has_root = false;
    loop {
        let event = reader.read_event().map_err(|_| damaged(&reader))?;
        match event {
            Event::DocType(_) => {
                return Err(Refusal::of("The file declares a document type, which no bank's message does"));
            }
            Event::Start(start) => {
                begin(&mut path, &mut open, &start)?;
                if !has_root {
                    check_root(&start)?;
                    has_root = true;
                }
            }
            Event::Empty(start) => {
                begin(&mut path, &mut open, &start)?;
                end(&mut path, &mut open, &mut on)?;
            }
            Event::End(_) => end(&mut path, &mut open, &mut on)?,
            Event::Text(text) => say(&mut open, &text.xml10_content()),
            Event::CData(text) => say(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| damaged(&reader))?;
                match (character, resolve_xml_entity(&reference)) {
                    (Some(c), _) => say(&mut open, c.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => say(&mut open, text),
                    (None, None) => {
                        return Err(Refusal::of("The file uses an entity that it would have to declare"));
                    }
                }
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if !has_root || !path.is_empty() {
        return Err(Refusal::of("The file ends in the middle"));
    }
    Ok(())
}

fn damaged(reader: &Reader<&[u8]>) -> Refusal {
    Refusal::of(format!("The file is damaged at byte {}", reader.error_position()))
}

fn begin(path: &mut Vec<String>, open: &mut Vec<Open>, start: &BytesStart<'_>) -> Result<(), Refusal> {
    if path.len() >= DEPTH_AT_MOST {
        return Err(Refusal::of("The file nests deeper than any bank's message"));
    }
    if let Some(parent) = open.last_mut() {
        parent.has_children = true;
    }
    let currency = start.try_get_attribute("Ccy").ok().flatten();
    let currency = currency.map(|c| c.value.trim().to_owned());
    path.push(start.local_name().as_ref().to_owned());
    open.push(Open { text: String::new(), currency, has_children: false });
    Ok(())
}

fn check_root(start: &BytesStart<'_>) -> Result<(), Refusal> {
    const SPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.";
    let spaces = start.attributes().flatten().filter(|a| a.key.as_ref().starts_with("xmlns"));
    let versions: Vec<String> =
        spaces.filter_map(|a| a.value.strip_prefix(SPACE).map(str::to_owned)).collect();
    let known = |v: &String| matches!(v.as_str(), "02" | "03" | "04" | "05" | "06" | "07" | "08");
    if start.local_name().as_ref() == "Document" && versions.iter().any(known) {
        return Ok(());
    }
    Err(Refusal::of(
        "This is not a bank statement in CAMT.053, version 02 to 08. Ask your bank for that, or take a CSV file",
    ))
}

fn say(open: &mut [Open], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn end(
    path: &mut Vec<String>,
    open: &mut Vec<Open>,
    on: &mut impl FnMut(Seen<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let Some(element) = open.pop() else { return Err(Refusal::of("The file is damaged")) };
    if !element.has_children {
        on(Seen::Text(path, element.text.trim(), element.currency.as_deref()))?;
    }
    on(Seen::End(path))?;
    path.pop();
    Ok(())
}
