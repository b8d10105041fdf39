//! The text of a file that a bank wrote, whatever it wrote it in; what leaves a doubt is refused.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Refusal;

/// The text of a file: UTF-8 or UTF-16 by its mark, UTF-16 by its shape, UTF-8 when it is, else Windows-1252.
///
/// # Errors
/// When the file holds what no text holds, or could be read in two ways.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    let decoded = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => strictly(encoding, bytes.get(mark..).unwrap_or_default()),
        None => without_mark(bytes),
    }?;
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if decoded.contains(odd) || decoded.contains('\u{fffd}') {
        return Err(unreadable());
    }
    Ok(decoded)
}

fn unreadable() -> Refusal {
    Refusal::of(
        "We cannot tell in which encoding this file is written. Save it as \"CSV UTF-8\" and choose it again",
    )
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, Refusal> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned).ok_or_else(unreadable)
}

fn without_mark(bytes: &[u8]) -> Result<String, Refusal> {
    if let Some(encoding) = utf_16_by_shape(bytes) {
        return strictly(encoding, bytes);
    }
    let Err(broken) = std::str::from_utf8(bytes) else {
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    };
    // Letters beyond ASCII that are UTF-8, and others that are not: the file was put together from two.
    let readable = bytes.get(..broken.valid_up_to()).unwrap_or_default();
    let rest = bytes.get(broken.valid_up_to()..).unwrap_or_default();
    if !readable.is_ascii() || has_utf_8_letter(rest) {
        return Err(Refusal::of(
            "Parts of this file are UTF-8 and others are not. Save it as \"CSV UTF-8\" and choose it again",
        ));
    }
    strictly(WINDOWS_1252, bytes)
}

/// Text in Latin letters has a zero in every second byte.
fn utf_16_by_shape(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes.len().min(4096) / 2;
    let zeros = |odd: usize| bytes.iter().take(pairs * 2).skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    match pairs {
        0 => None,
        n if second * 2 > n && first == 0 => Some(UTF_16LE),
        n if first * 2 > n && second == 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether a whole letter of two or three bytes stands somewhere: chance makes few of them in Windows-1252.
fn has_utf_8_letter(bytes: &[u8]) -> bool {
    let follows = |b: Option<&u8>| b.is_some_and(|b| (0x80..=0xbf).contains(b));
    bytes.iter().enumerate().any(|(at, b)| match b {
        0xc2..=0xdf => follows(bytes.get(at + 1)),
        0xe0..=0xef => follows(bytes.get(at + 1)) && follows(bytes.get(at + 2)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_banks_write_is_read() {
        let plain = "Date;Name\n1;Zoë Müller\n";
        assert_eq!(decode(plain.as_bytes()).unwrap(), plain);
        assert_eq!(decode(&[b"\xef\xbb\xbf", plain.as_bytes()].concat()).unwrap(), plain);
        let latin: Vec<u8> = WINDOWS_1252.encode(plain).0.into_owned();
        assert_eq!(decode(&latin).unwrap(), plain);
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide).unwrap(), plain);
        assert_eq!(decode(&[&[0xff, 0xfe], wide.as_slice()].concat()).unwrap(), plain);
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&[&[0xfe, 0xff], wide.as_slice()].concat()).unwrap(), plain);
    }

    #[test]
    fn what_leaves_a_doubt_is_refused() {
        for bad in [
            &b"Date;Name\n1;Zo\xc3\xab and J\xf6rg\n"[..],
            b"Date;Name\n1;J\xf6rg and Zo\xc3\xab\n",
            b"PK\x03\x04\x14\x00\x06\x00",
            b"Date;Name\n1;\x81\x8d\n",
            b"\xff\xfeD\x00a",
            b"\xef\xbb\xbfDate\xff",
        ] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }
}
