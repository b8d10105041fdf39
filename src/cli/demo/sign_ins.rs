//! The donors of the demo whom a visitor may become.

use std::net::Ipv4Addr;

use secrecy::SecretString;

use crate::domain::donor::normalise_email;
use crate::domain::ids::unguessable;
use crate::domain::states::ProofPurpose;
use crate::services::Deps;
use crate::services::accounts::{self, Ask, Knock, Outcome, Told, secrets};
use crate::store::accounts::by_mailbox;

/// Someone with a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    /// Short name: `much`, `little`, `every`, `new`.
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

/// Much, little and nothing given, and monthly gifts in every state. The seeding gives in all names but the last.
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
        who: "every",
        given_name: "Mina",
        family_name: "Okoro",
        email: "mina.okoro@donors.example",
        says: "Monthly gifts in every state: skipped, paused, ending, failed, stopped",
    },
    SignIn {
        who: "new",
        given_name: "Noor",
        family_name: "Haddad",
        email: "noor.haddad@donors.example",
        says: "No gift yet",
    },
];

/// The password of all of them: four words that anybody can type.
pub const PASSWORD: &str = "paper boats at noon";

/// Opens the accounts, as donors would: by answering the mail that asks their mailbox. Those that are open stay as they
/// are.
///
/// # Errors
/// When the database refuses.
pub async fn create(deps: &Deps) -> anyhow::Result<()> {
    for sign_in in SIGN_INS {
        let known = {
            let mut read = deps.store.read().await?;
            by_mailbox(&mut read, &normalise_email(sign_in.email)).await?
        };
        if known.is_some() {
            continue;
        }
        let browser = unguessable(&deps.random);
        let told = Told {
            given_name: sign_in.given_name.to_owned(),
            family_name: sign_in.family_name.to_owned(),
            password_hash: Some(deps.passwords.hash(&SecretString::from(PASSWORD)).await?),
            next: String::new(),
        };
        let asked = accounts::ask(
            deps,
            Ask {
                email: sign_in.email,
                purpose: ProofPurpose::SignUp,
                browser: &browser,
                knock: Knock { from: Ipv4Addr::LOCALHOST.into(), browser: None },
                told,
                donor: None,
                for_donor: None,
            },
        );
        let Outcome::Done(question) = asked.await? else { anyhow::bail!("asked too often") };
        let key = &deps.config.session_secret;
        let link = secrets::token(&question, &secrets::link_secret(key, &question));
        accounts::by_link(deps, &link, Some(&browser), None).await?;
    }
    Ok(())
}
