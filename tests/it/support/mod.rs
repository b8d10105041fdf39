//! What the stories stand on.

pub mod app;
pub mod browser;
pub mod form;
pub mod openapi;
pub mod postgres;
pub mod staff;

pub use app::TestApp;

/// On which database a story runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Tells a story on both databases, and checks afterwards that nothing is left behind and every invariant holds.
macro_rules! story {
    ($(#[$attr:meta])* async fn $name:ident($app:ident: &TestApp) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every story needs its file's imports")]
            use super::*;

            async fn tell($app: &$crate::support::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let app = $crate::support::TestApp::spawn($crate::support::Database::Sqlite).await;
                let app = app.expect("SQLite is always there");
                tell(&app).await;
                app.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let Some(app) = $crate::support::TestApp::spawn($crate::support::Database::Postgres).await else { return };
                tell(&app).await;
                app.finish().await;
            }
        }
    };
}
pub(crate) use story;
