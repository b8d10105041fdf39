//! Staff of the stories: invited by the command line's service, set up and signed in through the pages.

use std::time::Duration;

use almoner::domain::role::Roles;
use almoner::services::staff::{invite, totp};
use almoner::store::staff;

use super::TestApp;
use super::browser::{Browser, Shown};

pub const STAFF_PASSWORD: &str = "seven kettles hum softly";

impl TestApp {
    /// The path of a new invitation.
    pub async fn invitation(&self, email: &str, roles: &str) -> String {
        let roles: Roles = roles.parse().expect("roles");
        let link = invite::invite(&self.deps, email, &roles).await.expect("an invitation");
        link.strip_prefix(&self.base).expect("on this site").to_owned()
    }

    /// The code that the authenticator of an invitation shows now.
    pub async fn invited_code(&self, path: &str) -> String {
        let token = path.rsplit('/').next().expect("a token");
        let (invitation, _) =
            invite::open(&self.deps, token).await.expect("reads").expect("an open invitation");
        totp::code_at(
            &totp::offered(&self.deps, &invitation.id),
            self.deps.clock.now().plus(Duration::from_secs(1)),
        )
        .expect("a code")
    }

    /// The next unused code of somebody's authenticator; half a minute passes.
    pub async fn next_code(&self, email: &str) -> String {
        self.deps.clock.advance(Duration::from_secs(30));
        let member = {
            let mut read = self.deps.store.read().await.expect("a connection");
            staff::by_mailbox(&mut read, email).await.expect("reads").expect("a member of staff")
        };
        let sealed = member.totp_sealed.expect("an authenticator");
        let secret = totp::opened(&self.deps, &member.id, &sealed).expect("opens");
        totp::code_at(&secret, self.deps.clock.now().plus(Duration::from_secs(1))).expect("a code")
    }

    /// Somebody with these roles (`finance`, `support admin`), set up and inside, by the name of the roles.
    pub async fn staff(&self, roles: &str) -> Browser<'_> {
        let email = format!("{}@staff.example", roles.replace([' ', ','], "."));
        self.staff_named(&email, roles).await
    }

    /// As [`TestApp::staff`], under a mailbox of one's own.
    pub async fn staff_named(&self, email: &str, roles: &str) -> Browser<'_> {
        let path = self.invitation(email, roles).await;
        let browser = self.browser();
        let page = browser.open(&path).await;
        let code = self.invited_code(&path).await;
        let typed = [("name", "Sam Office"), ("password", STAFF_PASSWORD), ("code", code.as_str())];
        let inside = browser.fill(&page, &path, &typed).await;
        assert_eq!(inside.heading(), "You are set up", "{}", inside.words());
        browser
    }
}

impl Browser<'_> {
    /// Signs in to the office with password and code.
    pub async fn sign_in_to_office(&self, email: &str) -> Shown {
        let page = self.open("/staff/sign-in").await;
        let asked =
            self.fill(&page, "/staff/sign-in", &[("email", email), ("password", STAFF_PASSWORD)]).await;
        assert_eq!(asked.heading(), "One more proof that it is you", "{}", asked.words());
        let code = self.app.next_code(email).await;
        self.fill(&asked, "/staff/second-factor", &[("code", &code)]).await
    }

    /// Proves once more who sits here, so that grave acts are open for ten minutes.
    pub async fn prove(&self, email: &str) {
        let page = self.open("/staff/prove").await;
        let code = self.app.next_code(email).await;
        let done = self.fill(&page, "/staff/prove", &[("code", &code)]).await;
        assert_eq!(done.path, "/staff", "{}", done.words());
    }
}
