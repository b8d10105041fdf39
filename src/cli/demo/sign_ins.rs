//! The donors of the demo whom a visitor may become.

/// Someone with a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    /// Short name: `much`, `little`, `new`.
    pub who: &'static str,
    /// First name.
    pub given_name: &'static str,
    /// Last name.
    pub family_name: &'static str,
    /// Mailbox.
    pub email: &'static str,
    /// What there is to see, in a few words.
    pub says: &'static str,
}

/// Much, little and nothing given. The seeding gives in the first two names; the third has no gift.
pub const SIGN_INS: &[SignIn] = &[
    SignIn {
        who: "much",
        given_name: "Ada",
        family_name: "Marsh",
        email: "ada.marsh@donors.example",
        says: "Years of giving: a monthly gift, one that ended, single gifts, a refund, Gift Aid",
    },
    SignIn {
        who: "little",
        given_name: "Jonah",
        family_name: "Reed",
        email: "jonah.reed@donors.example",
        says: "One gift",
    },
    SignIn {
        who: "new",
        given_name: "Noor",
        family_name: "Haddad",
        email: "noor.haddad@donors.example",
        says: "No gift yet",
    },
];
