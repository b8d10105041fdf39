//! How our types are held by each database: ids and codes as text, instants as fixed-width text or TIMESTAMPTZ.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type};

use crate::clock::Ts;
use crate::domain::closing::{CloseState, Month};
use crate::domain::frequency::Frequency;
use crate::domain::ids::*;
use crate::domain::money::Currency;
use crate::domain::role::Roles;
use crate::domain::states::*;

/// A civil day, in the receiving entity's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub jiff::civil::Date);

/// Columns of text that read and write through `FromStr` and a text form.
macro_rules! text_columns {
    ($($name:ty => |$value:ident| $text:expr;)*) => {$(
        impl<DB: Database> Type<DB> for $name where String: Type<DB> {
            fn type_info() -> DB::TypeInfo {
                <String as Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <String as Type<DB>>::compatible(ty)
            }
        }
        impl<'q, DB: Database> Encode<'q, DB> for $name where String: Encode<'q, DB> {
            fn encode_by_ref(&self, buf: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                let $value = self;
                let text: String = $text;
                text.encode(buf)
            }
        }
        impl<'r, DB: Database> Decode<'r, DB> for $name where String: Decode<'r, DB> {
            fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let text = String::decode(value)?;
                text.parse::<$name>().map_err(|_| format!("{} cannot be {text:?}", stringify!($name)).into())
            }
        }
    )*};
}

text_columns! {
    DonorId => |v| v.as_str().to_owned();
    PaymentId => |v| v.as_str().to_owned();
    PledgeId => |v| v.as_str().to_owned();
    ChangeId => |v| v.as_str().to_owned();
    MethodChangeId => |v| v.as_str().to_owned();
    RecoveryId => |v| v.as_str().to_owned();
    ReconcileRunId => |v| v.as_str().to_owned();
    DriftId => |v| v.as_str().to_owned();
    PauseKind => |v| v.as_str().to_owned();
    EndedWhy => |v| v.as_str().to_owned();
    ChangeKind => |v| v.as_str().to_owned();
    ChangeState => |v| v.as_str().to_owned();
    ChangeOrigin => |v| v.as_str().to_owned();
    MethodChangeState => |v| v.as_str().to_owned();
    RecoveryState => |v| v.as_str().to_owned();
    FailureReason => |v| v.as_str().to_owned();
    GiftId => |v| v.as_str().to_owned();
    RefundId => |v| v.as_str().to_owned();
    DisputeId => |v| v.as_str().to_owned();
    PayoutId => |v| v.as_str().to_owned();
    CloseId => |v| v.as_str().to_owned();
    CloseState => |v| v.as_str().to_owned();
    Month => |v| v.to_string();
    EntryId => |v| v.as_str().to_owned();
    ReceiptId => |v| v.as_str().to_owned();
    DeclarationId => |v| v.as_str().to_owned();
    ConsentId => |v| v.as_str().to_owned();
    ProofId => |v| v.as_str().to_owned();
    AddressId => |v| v.as_str().to_owned();
    ImportId => |v| v.as_str().to_owned();
    ImportSource => |v| v.as_str().to_owned();
    ImportState => |v| v.as_str().to_owned();
    ImportRowState => |v| v.as_str().to_owned();
    MergeId => |v| v.as_str().to_owned();
    ErasureId => |v| v.as_str().to_owned();
    ErasureState => |v| v.as_str().to_owned();
    MailId => |v| v.as_str().to_owned();
    JobId => |v| v.as_str().to_owned();
    AuditId => |v| v.as_str().to_owned();
    StaffId => |v| v.as_str().to_owned();
    InvitationId => |v| v.as_str().to_owned();
    PasskeyId => |v| v.as_str().to_owned();
    NoteId => |v| v.as_str().to_owned();
    PauseId => |v| v.as_str().to_owned();
    BatchId => |v| v.as_str().to_owned();
    BatchLineId => |v| v.as_str().to_owned();
    MappingId => |v| v.as_str().to_owned();
    BankImportId => |v| v.as_str().to_owned();
    BankLineId => |v| v.as_str().to_owned();
    CorrectionId => |v| v.as_str().to_owned();
    RefundRequestId => |v| v.as_str().to_owned();
    ExportId => |v| v.as_str().to_owned();
    DeclarationEventId => |v| v.as_str().to_owned();
    BenefitId => |v| v.as_str().to_owned();
    RateId => |v| v.as_str().to_owned();
    ClaimId => |v| v.as_str().to_owned();
    ClaimRowId => |v| v.as_str().to_owned();
    AdjustmentId => |v| v.as_str().to_owned();
    ReceiptEventId => |v| v.as_str().to_owned();
    StatementId => |v| v.as_str().to_owned();
    StatementRunId => |v| v.as_str().to_owned();
    Roles => |v| v.to_text();
    StaffState => |v| v.as_str().to_owned();
    StaffStage => |v| v.as_str().to_owned();
    Standing => |v| v.as_str().to_owned();
    OfflineKind => |v| v.as_str().to_owned();
    BatchState => |v| v.as_str().to_owned();
    BankLineState => |v| v.as_str().to_owned();
    CorrectionKind => |v| v.as_str().to_owned();
    RefundReason => |v| v.as_str().to_owned();
    RefundRequestState => |v| v.as_str().to_owned();
    ExportState => |v| v.as_str().to_owned();
    ExportKind => |v| v.as_str().to_owned();
    ExportFormat => |v| v.as_str().to_owned();
    OfferKind => |v| v.as_str().to_owned();
    Currency => |v| v.code().to_owned();
    Frequency => |v| v.as_str().to_owned();
    PaymentState => |v| v.as_str().to_owned();
    PledgeState => |v| v.as_str().to_owned();
    RefundState => |v| v.as_str().to_owned();
    DisputeState => |v| v.as_str().to_owned();
    PayoutState => |v| v.as_str().to_owned();
    EntryKind => |v| v.as_str().to_owned();
    DonorKind => |v| v.as_str().to_owned();
    ProofPurpose => |v| v.as_str().to_owned();
    ConsentPurpose => |v| v.as_str().to_owned();
    TributeKind => |v| v.as_str().to_owned();
}

impl Type<Sqlite> for Ts {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &<Sqlite as Database>::TypeInfo) -> bool {
        <String as Type<Sqlite>>::compatible(ty)
    }
}
impl Encode<'_, Sqlite> for Ts {
    fn encode_by_ref(&self, buf: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <String as Encode<Sqlite>>::encode(self.to_fixed_text(), buf)
    }
}
impl<'r> Decode<'r, Sqlite> for Ts {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<Sqlite>>::decode(value)?;
        Ts::parse(text).ok_or_else(|| format!("not an instant: {text:?}").into())
    }
}
impl Type<Postgres> for Ts {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <time::OffsetDateTime as Type<Postgres>>::type_info()
    }
}
impl Encode<'_, Postgres> for Ts {
    fn encode_by_ref(&self, buf: &mut <Postgres as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let nanos = i128::from(self.as_micros()) * 1000;
        <time::OffsetDateTime as Encode<Postgres>>::encode(
            time::OffsetDateTime::from_unix_timestamp_nanos(nanos)?,
            buf,
        )
    }
}
impl<'r> Decode<'r, Postgres> for Ts {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let at = <time::OffsetDateTime as Decode<Postgres>>::decode(value)?;
        Ok(Ts::from_micros(i64::try_from(at.unix_timestamp_nanos() / 1000)?))
    }
}

impl Type<Sqlite> for Day {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &<Sqlite as Database>::TypeInfo) -> bool {
        <String as Type<Sqlite>>::compatible(ty)
    }
}
impl Encode<'_, Sqlite> for Day {
    fn encode_by_ref(&self, buf: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <String as Encode<Sqlite>>::encode(self.0.to_string(), buf)
    }
}
impl<'r> Decode<'r, Sqlite> for Day {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Day(<&str as Decode<Sqlite>>::decode(value)?.parse()?))
    }
}
impl Type<Postgres> for Day {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <time::Date as Type<Postgres>>::type_info()
    }
}
impl Encode<'_, Postgres> for Day {
    fn encode_by_ref(&self, buf: &mut <Postgres as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let month = time::Month::try_from(self.0.month() as u8)?;
        let date = time::Date::from_calendar_date(i32::from(self.0.year()), month, self.0.day() as u8)?;
        <time::Date as Encode<Postgres>>::encode(date, buf)
    }
}
impl<'r> Decode<'r, Postgres> for Day {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let date = <time::Date as Decode<Postgres>>::decode(value)?;
        let civil = jiff::civil::Date::new(
            i16::try_from(date.year())?,
            u8::from(date.month()) as i8,
            date.day() as i8,
        )?;
        Ok(Day(civil))
    }
}
