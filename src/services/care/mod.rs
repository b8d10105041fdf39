//! Care for donors, by staff: what went astray is sent again, a mistyped mailbox is mended, mail rests, notes are kept.
//! Nobody here touches how a donor signs in.

mod again;
mod details;
mod mailbox;
pub mod merge;
mod notes;
mod pause;

pub use again::{LinkSent, Resent, resend_mail, resend_receipt, send_sign_in_link};
pub use details::{Details, PutRight, put_right};
pub use mailbox::{Mended, is_mended_lately, mend_mailbox};
pub use notes::{NewNote, WORDS_AT_MOST, remove_note, write_note};
pub use pause::{begin_again, pause_mail};

use super::{Deps, Result};
use crate::domain::ids::DonorId;
use crate::store::office_donor::{self, DonorRecord};

/// The donor of an id, as the record that others count for; `None` when there is none.
///
/// # Errors
/// When the database refuses.
async fn donor(deps: &Deps, id: &DonorId) -> Result<Option<DonorRecord>> {
    let mut read = deps.store.read().await?;
    Ok(office_donor::record(&mut read, id).await?.filter(|d| d.owner_id == d.id))
}
