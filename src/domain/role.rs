//! What members of staff may do: rights are named verb and object, roles are sets of rights.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::states::Role;

/// One thing a member of staff may do. A page asks for a right, never for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// Be there: see what needs doing, keep one's own sign-in in order.
    BeInside,
    /// Find donors, gifts and plans, and look at them.
    FindDonors,
    /// See addresses and telephone numbers of donors whole.
    SeeContact,
    /// Send receipts and sign-in links again, mend mistyped addresses, rest mail, write notes.
    CareForDonors,
    /// Look at disputes, refunds and what failed.
    SeeMoney,
    /// Close months, and open them again with a second person.
    CloseMonths,
    /// Give money back.
    RefundGifts,
    /// Say that a gift was another's, for something else, on another day or of another sum.
    CorrectGifts,
    /// Enter gifts that came without Stripe.
    EnterGifts,
    /// Write declarations down that came on paper or by word of mouth, and end them.
    KeepDeclarations,
    /// Claim Gift Aid, issue statements, say what a donor got for a gift.
    ManageTax,
    /// Give donors a copy of what is held about them, and forget them.
    HonourRights,
    /// Take data out.
    ExportData,
    /// Say again what was given up.
    ReplayJobs,
    /// Read the audit chain.
    SeeAudit,
    /// Invite staff, change what they may do, end it.
    ManageStaff,
    /// Open and close funds and campaigns, see the charity file.
    ManageSettings,
}

impl Right {
    /// All of them.
    pub const ALL: [Right; 17] = [
        Right::BeInside,
        Right::FindDonors,
        Right::SeeContact,
        Right::CareForDonors,
        Right::SeeMoney,
        Right::CloseMonths,
        Right::RefundGifts,
        Right::CorrectGifts,
        Right::EnterGifts,
        Right::KeepDeclarations,
        Right::ManageTax,
        Right::HonourRights,
        Right::ExportData,
        Right::ReplayJobs,
        Right::SeeAudit,
        Right::ManageStaff,
        Right::ManageSettings,
    ];

    /// Whose it is. Money and people are apart: who manages staff moves no money.
    fn belongs_to(self) -> &'static [Role] {
        use Role::{Admin, Finance, Support};
        match self {
            Right::BeInside | Right::FindDonors => &[Support, Finance, Admin],
            Right::SeeContact | Right::CareForDonors | Right::KeepDeclarations => &[Support, Finance],
            Right::SeeMoney
            | Right::CloseMonths
            | Right::RefundGifts
            | Right::CorrectGifts
            | Right::EnterGifts
            | Right::ManageTax
            | Right::HonourRights
            | Right::ExportData => &[Finance],
            Right::ReplayJobs | Right::SeeAudit => &[Finance, Admin],
            Right::ManageStaff | Right::ManageSettings => &[Admin],
        }
    }
}

/// The roles of one member of staff: at least one. Held as `finance support`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<&'static str>);

impl Roles {
    /// From a choice of roles; `None` when there is none.
    pub fn of(roles: &[Role]) -> Option<Roles> {
        let set: BTreeSet<&'static str> = roles.iter().map(|r| r.as_str()).collect();
        (!set.is_empty()).then_some(Roles(set))
    }

    /// Whether one of the roles has the right.
    pub fn allow(&self, right: Right) -> bool {
        right.belongs_to().iter().any(|role| self.has(*role))
    }

    /// Whether it is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(role.as_str())
    }

    /// `finance, support`: for people.
    pub fn in_words(&self) -> String {
        self.0.iter().copied().collect::<Vec<_>>().join(", ")
    }

    /// `finance support`: as it is held.
    pub fn to_text(&self) -> String {
        self.0.iter().copied().collect::<Vec<_>>().join(" ")
    }
}

/// A text that names no roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be support, finance or admin, or several of them")]
pub struct UnknownRoles;

impl FromStr for Roles {
    type Err = UnknownRoles;

    fn from_str(text: &str) -> Result<Roles, UnknownRoles> {
        let words = text.split([' ', ',']).filter(|w| !w.is_empty());
        let roles: Result<Vec<Role>, _> =
            words.map(|w| w.parse::<Role>().map_err(|_| UnknownRoles)).collect();
        Roles::of(&roles?).ok_or(UnknownRoles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_people_are_apart() {
        let roles = |text: &str| text.parse::<Roles>().expect("roles");
        for right in Right::ALL {
            assert!(roles("support finance admin").allow(right), "{right:?} belongs to nobody");
        }
        assert!(!roles("admin").allow(Right::RefundGifts) && !roles("admin").allow(Right::ExportData));
        assert!(!roles("finance").allow(Right::ManageStaff) && !roles("support").allow(Right::SeeMoney));
        assert_eq!(roles("support,finance").to_text(), "finance support");
        assert_eq!("".parse::<Roles>(), Err(UnknownRoles));
        assert_eq!("owner".parse::<Roles>(), Err(UnknownRoles));
    }
}
