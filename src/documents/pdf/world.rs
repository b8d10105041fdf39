//! What the typesetter may see: the templates, one file of facts, the typefaces, a day. No disk, no network, no packages.

use std::sync::LazyLock;

use jiff::civil::Date;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::FONTS;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// Read once; a document only borrows them.
struct Templates {
    base: Source,
    letter: Source,
    pattern: Source,
    data: FileId,
}

static TEMPLATES: LazyLock<Option<Templates>> = LazyLock::new(|| {
    let source = |name, text: &str| Some(Source::new(file(name)?, text.to_owned()));
    Some(Templates {
        base: source("base.typ", include_str!("../../../templates/documents/base.typ"))?,
        letter: source("letter.typ", include_str!("../../../templates/documents/letter.typ"))?,
        pattern: source("pattern.typ", include_str!("../../../templates/documents/pattern.typ"))?,
        data: file("data.json")?,
    })
});

fn file(name: &str) -> Option<FileId> {
    Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(name).ok()?).intern())
}

/// Which template sets a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// Receipts and statements.
    Letter,
    /// The German tax office's form.
    Pattern,
}

/// A document to be set.
pub(super) struct Sheet {
    templates: &'static Templates,
    main: FileId,
    data: Bytes,
    day: Datetime,
}

impl Sheet {
    /// A sheet that prints `facts` (JSON) as of `day`; `None` for a day before year 0 and when the templates have no names.
    pub(super) fn new(template: Template, facts: Vec<u8>, day: Date) -> Option<Sheet> {
        let templates = TEMPLATES.as_ref()?;
        let main = match template {
            Template::Letter => templates.letter.id(),
            Template::Pattern => templates.pattern.id(),
        };
        Some(Sheet { templates, main, data: Bytes::new(facts), day: midnight(day)? })
    }

    /// The moment the document bears: the beginning of the day, so that it does not depend on when it is printed.
    pub(super) fn bears(&self) -> Datetime {
        self.day
    }
}

fn midnight(day: Date) -> Option<Datetime> {
    let (month, date) = (u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    Datetime::from_ymd_hms(i32::from(day.year()), month, date, 0, 0, 0)
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let Templates { base, letter, pattern, .. } = self.templates;
        let found = [base, letter, pattern].into_iter().find(|source| source.id() == id);
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.templates.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.all.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        Some(self.day)
    }
}
