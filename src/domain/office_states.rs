//! The states of what the office does: staff, gifts entered by hand, corrections, refunds, exports.

use super::states::text_enums;

text_enums! {
    /// What a member of staff is for.
    Role {
        /// Finds, resends, notes.
        Support = "support",
        /// Money, corrections, exports.
        Finance = "finance",
        /// People and settings.
        Admin = "admin",
    }
    /// Where a member of staff stands.
    StaffState {
        /// Has yet to follow the invitation.
        Invited = "invited",
        /// May sign in.
        Active = "active",
        /// May not any more.
        Disabled = "disabled",
    }
    /// How far a browser has come at the staff door.
    StaffStage {
        /// The password was right.
        Password = "password",
        /// The second factor was, too.
        Inside = "inside",
    }
    /// Where a donor's wish to be forgotten stands.
    ErasureState {
        /// Written down; something is still under way.
        Asked = "asked",
        /// Forgotten, but for what the law wants kept.
        Done = "done",
    }
    /// On what terms a donor record stands.
    Standing {
        /// Gave from a mailbox without signing in.
        Guest = "guest",
        /// Has an account.
        Account = "account",
        /// Gave by cheque, in cash or by bank transfer.
        Offline = "offline",
    }
    /// What became of a gift, in one word.
    GiftState {
        /// It is here.
        Received = "received",
        /// All of it went back to the donor.
        Refunded = "refunded",
        /// Some of it did.
        PartRefunded = "part_refunded",
        /// The donor's bank wants it back, and has not decided.
        Disputed = "disputed",
        /// The donor's bank took it back.
        TakenBack = "taken_back",
        /// It came without Stripe, and its bank did not pay.
        Returned = "returned",
    }
    /// Whose file is brought in.
    ImportSource {
        /// Our own template.
        Template = "template",
        /// GiveWP's export of donations.
        GiveWp = "givewp",
        /// Donorbox's export of donations.
        Donorbox = "donorbox",
        /// Our own template of Gift Aid declarations.
        Declarations = "declarations",
    }
    /// Where a file of another system stands.
    ImportState {
        /// Its rows are being written down.
        Reading = "reading",
        /// Looked at; nothing is in the books.
        Checked = "checked",
        /// Being brought in.
        Running = "running",
        /// In the books.
        Done = "done",
        /// Being taken back.
        RollingBack = "rolling_back",
        /// Out of the books again.
        RolledBack = "rolled_back",
        /// Let go before it was brought in.
        Dropped = "dropped",
    }
    /// Where a row of such a file stands.
    ImportRowState {
        /// It can be brought in.
        Ready = "ready",
        /// Something is wrong with it.
        Problem = "problem",
        /// Not a gift, or not to be brought in.
        LeftOut = "left_out",
        /// An earlier file brought it in.
        Known = "known",
        /// It is a gift.
        Done = "done",
        /// Its gift was taken back.
        Gone = "gone",
    }
    /// How a gift came that Stripe knows nothing of.
    OfflineKind {
        /// By cheque.
        Cheque = "cheque",
        /// In cash.
        Cash = "cash",
        /// By bank transfer.
        BankTransfer = "bank_transfer",
        /// By standing order.
        StandingOrder = "standing_order",
        /// Brought in from another system.
        Imported = "imported",
    }
    /// Where a batch of such gifts stands.
    BatchState {
        /// Lines are entered.
        Open = "open",
        /// Its lines are gifts.
        Posted = "posted",
        /// Given up; nothing came of it.
        Dropped = "dropped",
    }
    /// What became of a line of a bank's file.
    BankLineState {
        /// Nobody has said yet.
        Open = "open",
        /// It is a gift.
        Matched = "matched",
        /// It is none.
        Ignored = "ignored",
    }
    /// What a correction of a gift is about.
    CorrectionKind {
        /// Whose.
        Donor = "donor",
        /// For what.
        Fund = "fund",
        /// On which day.
        Date = "date",
        /// How much; only of gifts that came without Stripe.
        Amount = "amount",
    }
    /// Why money goes back, in Stripe's codes (docs.stripe.com/api/refunds/create, `reason`; RC-11).
    RefundReason {
        /// The donor asked for it.
        Requested = "requested_by_customer",
        /// It was given twice by mistake.
        Duplicate = "duplicate",
        /// Somebody else used the donor's card or account; Stripe blocks both from then on.
        Fraudulent = "fraudulent",
    }
    /// Where a refund stands that staff ask for.
    RefundRequestState {
        /// A second person has yet to agree.
        Awaiting = "awaiting",
        /// Stripe is asked, or about to be.
        Asked = "asked",
        /// Stripe has made it.
        Made = "made",
        /// Stripe would not.
        Refused = "refused",
        /// Taken back, or not agreed to.
        Dropped = "dropped",
    }
    /// How far a file of exported data has come.
    ExportState {
        /// Asked for.
        Asked = "asked",
        /// Being written.
        Running = "running",
        /// Complete, with its totals and hash.
        Done = "done",
        /// It could not be written.
        Failed = "failed",
    }
    /// What can be taken out.
    ExportKind {
        /// Money received.
        Gifts = "gifts",
        /// Who gave.
        Donors = "donors",
        /// Monthly, quarterly and yearly gifts.
        Plans = "plans",
        /// What went back, or is contested.
        Refunds = "refunds",
        /// Every receipt, the replaced ones too.
        Receipts = "receipts",
        /// Annual statements, every version.
        Statements = "statements",
        /// Gift Aid declarations.
        Declarations = "declarations",
        /// Choices about e-mail.
        Consents = "consents",
        /// Money received, as Salesforce's NPSP loads it.
        Npsp = "npsp",
    }
    /// What an exported file is.
    ExportFormat {
        /// Comma-separated values.
        Csv = "csv",
        /// Excel's workbook.
        Xlsx = "xlsx",
        /// Documents in one archive.
        Zip = "zip",
        /// Documents one after another in a single one.
        Pdf = "pdf",
    }
    /// What can be offered for a time.
    OfferKind {
        /// A fund.
        Fund = "fund",
        /// A campaign.
        Campaign = "campaign",
    }
}
