//! Many documents in one, to be printed: their pages one after another, with a table of contents in the margin. What a screen
//! reader needs stays with the single documents.

use hayro_write::hayro_syntax::Pdf as Read;
use hayro_write::{ChunkSettings, ExtractionQuery, extract};
use pdf_writer::types::PageMode;
use pdf_writer::{Finish, Pdf, Ref, TextStr};

use super::PdfError;

/// One document of many.
struct Part {
    title: String,
    pages: Ref,
    first: Ref,
    count: i32,
}

/// Documents that are put together.
pub struct Bound {
    pdf: Pdf,
    next: Ref,
    catalogue: Ref,
    root: Ref,
    parts: Vec<Part>,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bound({} documents)", self.parts.len())
    }
}

impl Default for Bound {
    /// None yet.
    fn default() -> Bound {
        let mut next = Ref::new(1);
        let (catalogue, root) = (next.bump(), next.bump());
        Bound { pdf: Pdf::new(), next, catalogue, root, parts: Vec::new() }
    }
}

impl Bound {
    /// Adds the pages of a document. `title` stands in the margin.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn add(&mut self, title: &str, bytes: Vec<u8>) -> Result<(), PdfError> {
        let failed = |what: &str| PdfError::Setting(format!("putting a document together: {what}"));
        let read = Read::new(bytes).map_err(|_| failed("it cannot be read"))?;
        let queries: Vec<ExtractionQuery> = (0..read.pages().len()).map(ExtractionQuery::new_page).collect();
        let next = &mut self.next;
        let new_ref = Box::new(|| next.bump());
        // Of use to documents that become pictures alone.
        let nothing = |_: &mut pdf_writer::writers::Group<'_>| {};
        let taken = extract(&read, new_ref, ChunkSettings::default(), nothing, &queries);
        let taken = taken.map_err(|_| failed("a page is not there"))?;
        let pages: Vec<Ref> = taken.root_refs.iter().filter_map(|page| page.ok()).collect();
        let first = *pages.first().ok_or_else(|| failed("it has no page"))?;
        let count = i32::try_from(pages.len()).map_err(|_| failed("it has too many pages"))?;
        self.pdf.pages(taken.page_tree_parent_ref).parent(self.root).kids(pages).count(count);
        self.pdf.extend(&taken.chunk);
        let part = Part { title: title.to_owned(), pages: taken.page_tree_parent_ref, first, count };
        self.parts.push(part);
        Ok(())
    }

    /// The whole, under a title.
    pub fn finish(mut self, title: &str) -> Vec<u8> {
        let outline = self.next.bump();
        let items: Vec<Ref> = self.parts.iter().map(|_| self.next.bump()).collect();
        let pages = self.parts.iter().map(|p| p.count).sum();
        self.pdf.pages(self.root).kids(self.parts.iter().map(|p| p.pages)).count(pages);
        let count = i32::try_from(items.len()).unwrap_or(i32::MAX);
        let mut contents = self.pdf.outline(outline);
        if let (Some(first), Some(last)) = (items.first(), items.last()) {
            contents.first(*first).last(*last).count(count);
        }
        contents.finish();
        for (at, (part, item)) in self.parts.iter().zip(&items).enumerate() {
            let mut entry = self.pdf.outline_item(*item);
            entry.title(TextStr(&part.title)).parent(outline);
            if let Some(before) = at.checked_sub(1).and_then(|before| items.get(before)) {
                entry.prev(*before);
            }
            if let Some(after) = items.get(at + 1) {
                entry.next(*after);
            }
            entry.dest().page(part.first).fit();
        }
        let info = self.next.bump();
        self.pdf.document_info(info).title(TextStr(title)).creator(TextStr("Almoner"));
        let mut catalogue = self.pdf.catalog(self.catalogue);
        catalogue.pages(self.root).outlines(outline).page_mode(PageMode::UseOutlines);
        catalogue.finish();
        self.pdf.finish()
    }
}
