//! Several files in one, as ZIP. What goes in is compressed already or small.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The archive could not be written.
#[derive(Debug, thiserror::Error)]
#[error("archive: {0}")]
pub struct ArchiveError(String);

/// One archive with these files, in this order. The same files give the same bytes.
///
/// # Errors
/// When two have the same name, or the archive grows beyond what the format holds.
pub fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ArchiveError> {
    let told = |e: &dyn std::fmt::Display| ArchiveError(e.to_string());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        archive.start_file(name.as_str(), options).map_err(|e| told(&e))?;
        archive.write_all(bytes).map_err(|e| told(&e))?;
    }
    Ok(archive.finish().map_err(|e| told(&e))?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_and_names_are_there_once() {
        let files = vec![("a.pdf".to_owned(), b"one".to_vec()), ("b.pdf".to_owned(), b"two".to_vec())];
        let bytes = zip(&files).expect("written");
        assert_eq!(bytes, zip(&files).expect("written"));
        let mut read = zip::ZipArchive::new(Cursor::new(bytes)).expect("reads");
        assert_eq!(read.file_names().collect::<Vec<_>>().len(), 2);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut read.by_name("b.pdf").expect("there"), &mut text).expect("reads");
        assert_eq!(text, "two");
        assert!(zip(&[("a".to_owned(), Vec::new()), ("a".to_owned(), Vec::new())]).is_err());
    }
}
