//! Ids that explain themselves: a prefix and 26 time-ordered characters, as in `gift_01jd…`.

use crate::clock::Ts;
use crate::random::Random;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 48 bits of milliseconds and 80 random bits in Crockford's base 32: sorts by time of making.
fn time_ordered(at: Ts, random: &Random) -> String {
    let millis = (at.as_micros() / 1000) as u128 & ((1 << 48) - 1);
    let mut noise = [0u8; 10];
    random.fill(&mut noise);
    let noise = noise.iter().fold(0u128, |acc, b| acc << 8 | u128::from(*b));
    base32(millis << 80 | noise, 26)
}

fn base32(mut value: u128, width: usize) -> String {
    let mut out = vec![b'0'; width];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// 128 random bits as 26 characters, for references that must not be guessed (thank-you page, tokens).
pub fn unguessable(random: &Random) -> String {
    let mut noise = [0u8; 16];
    random.fill(&mut noise);
    base32(u128::from_be_bytes(noise), 26)
}

/// Not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} id")]
pub struct WrongId(pub &'static str);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The prefix, with its underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, ordered by `at`.
            pub fn new(at: Ts, random: &Random) -> Self {
                Self(format!("{}{}", $prefix, time_ordered(at, random)))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = WrongId;
            fn from_str(text: &str) -> Result<Self, WrongId> {
                let body = text.strip_prefix($prefix).ok_or(WrongId($prefix))?;
                let fits = body.len() == 26 && body.bytes().all(|b| ALPHABET.contains(&b));
                if fits { Ok(Self(text.to_owned())) } else { Err(WrongId($prefix)) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// One donor: a person or an organisation that gives.
    DonorId = "dnr_";
    /// One donor's act of giving on the form; its id is also Stripe's idempotency key.
    PaymentId = "pay_";
    /// A monthly (quarterly, yearly) gift's plan.
    PledgeId = "plg_";
    /// One wish about a plan; its id is also Stripe's idempotency key.
    ChangeId = "chg_";
    /// One time a donor leaves another card or account; its id is also Stripe's idempotency key.
    MethodChangeId = "mch_";
    /// One walk over Stripe's objects.
    ReconcileRunId = "rec_";
    /// Something of Stripe's that no event had told.
    DriftId = "drf_";
    /// One failed charge of a plan and what became of it.
    RecoveryId = "rcv_";
    /// Money received.
    GiftId = "gift_";
    /// Money given back.
    RefundId = "rfd_";
    /// Money contested at the donor's bank.
    DisputeId = "dsp_";
    /// A transfer from Stripe to the charity's bank.
    PayoutId = "pyt_";
    /// The close of a month.
    CloseId = "cls_";
    /// One line of the ledger.
    EntryId = "ent_";
    /// A receipt.
    ReceiptId = "rct_";
    /// A Gift Aid declaration.
    DeclarationId = "dec_";
    /// One choice about e-mail, given or withdrawn.
    ConsentId = "cns_";
    /// A question sent to a mailbox.
    ProofId = "prf_";
    /// One postal address of a donor, for as long as it held.
    AddressId = "adr_";
    /// A mail to send.
    MailId = "mail_";
    /// A piece of work for the worker.
    JobId = "job_";
    /// One line of the audit chain.
    AuditId = "aud_";
    /// A member of staff.
    StaffId = "stf_";
    /// A link that sets a member of staff up.
    InvitationId = "inv_";
    /// A passkey of a member of staff.
    PasskeyId = "psk_";
    /// A note about a donor.
    NoteId = "nte_";
    /// A donor's wish to be forgotten.
    ErasureId = "era_";
    /// A file of another system.
    ImportId = "imp_";
    /// Two records of one donor that staff made one.
    MergeId = "mrg_";
    /// A time in which mail to a donor rests.
    PauseId = "pse_";
    /// Gifts entered together that came without Stripe.
    BatchId = "bat_";
    /// A line of such a batch.
    BatchLineId = "bln_";
    /// How one bank's files are read.
    MappingId = "map_";
    /// A bank's file.
    BankImportId = "bim_";
    /// A sum that reached the bank account.
    BankLineId = "bkl_";
    /// What a gift was found to be.
    CorrectionId = "cor_";
    /// A refund that staff ask for; its id is also Stripe's idempotency key.
    RefundRequestId = "rrq_";
    /// A file of exported data.
    ExportId = "exp_";
    /// Something that happened to a declaration.
    DeclarationEventId = "dev_";
    /// What a donor got for a gift.
    BenefitId = "bnf_";
    /// A gift in sterling at the rate of its day.
    RateId = "fxr_";
    /// A Gift Aid claim.
    ClaimId = "gac_";
    /// A gift in a claim.
    ClaimRowId = "gar_";
    /// Tax given back in a claim.
    AdjustmentId = "gaa_";
    /// Something that happened to a receipt.
    ReceiptEventId = "rce_";
    /// An annual statement.
    StatementId = "stm_";
    /// The statements of one entity and year, issued together.
    StatementRunId = "str_";
}

impl NoteId {
    /// The id of the note that one form writes: however often it is sent, there is one. `None` for no nonce of ours.
    pub fn of_nonce(nonce: &str) -> Option<NoteId> {
        let bits = u128::from_str_radix(nonce, 16).ok()?;
        Some(NoteId(format!("{}{}", NoteId::PREFIX, base32(bits, 26))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_refuse_strangers() {
        let random = Random::seeded(7);
        let early = GiftId::new(Ts::from_micros(1_000_000), &random);
        let late = GiftId::new(Ts::from_micros(2_000_000), &random);
        assert!(early < late);
        assert_eq!(early.as_str().parse::<GiftId>(), Ok(early.clone()));
        assert!(early.as_str().parse::<PledgeId>().is_err());
        assert!("gift_".parse::<GiftId>().is_err());
        assert!("gift_'; DROP TABLE gift;--xxxx".parse::<GiftId>().is_err());
    }
}
