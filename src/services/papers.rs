//! Printing what is frozen: receipts and statements become PDF on threads of their own, a few at a time, so that a crowd
//! of downloads slows downloads and nothing else (P13).

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Deps, Result, ServiceError};
use crate::documents::pdf::{self, PaperStanding, PdfError, Stamp};
use crate::domain::receipt::{ReceiptContent, check_code};
use crate::domain::statement::StatementContent;

/// How many documents are printed at once: one a core.
#[derive(Clone, Debug)]
pub struct Papers(Arc<Semaphore>);

impl Papers {
    /// One printer a core.
    pub fn start() -> Papers {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Papers(Arc::new(Semaphore::new(cores)))
    }

    async fn print<F>(&self, work: F) -> Result<Vec<u8>>
    where
        F: FnOnce() -> std::result::Result<Vec<u8>, PdfError> + Send + 'static,
    {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let turn = turn.map_err(|_| ServiceError::Unexpected("the printers have stopped".to_owned()))?;
        let printed = tokio::task::spawn_blocking(move || {
            let printed = work();
            drop(turn);
            printed
        });
        let printed = printed.await.map_err(|e| ServiceError::Unexpected(format!("printing: {e}")))?;
        Ok(printed?)
    }
}

/// The PDF of a receipt, from what was frozen. The same release gives the same bytes. `copy`: it says so (RC-8).
///
/// # Errors
/// When the content lacks what the law wants, or cannot be laid out.
pub async fn receipt_pdf(
    deps: &Deps,
    content: &ReceiptContent,
    sha256: &str,
    standing: PaperStanding,
    copy: bool,
) -> Result<Vec<u8>> {
    let (content, code) = (content.clone(), check_code(sha256));
    let check_url = deps.config.base_url.join("/check");
    deps.papers
        .print(move || {
            pdf::receipt(&content, &Stamp { code: &code, check_url: &check_url, standing: &standing, copy })
        })
        .await
}

/// The PDF of a statement, from what was frozen. The same release gives the same bytes.
///
/// # Errors
/// When it cannot be laid out.
pub async fn statement_pdf(
    deps: &Deps,
    content: &StatementContent,
    sha256: &str,
    standing: PaperStanding,
) -> Result<Vec<u8>> {
    let (content, code) = (content.clone(), check_code(sha256));
    let check_url = deps.config.base_url.join("/check");
    deps.papers
        .print(move || {
            pdf::statement(
                &content,
                &Stamp { code: &code, check_url: &check_url, standing: &standing, copy: false },
            )
        })
        .await
}
