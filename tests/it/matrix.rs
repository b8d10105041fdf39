//! Every route, with who may use it (S23): the committed table, held against the router and against what the routes do.
//! A new route without a row fails here, and so does a row that is no longer true.

use almoner::sandbox::TestMethod;
use almoner::web::routes;

use crate::support::browser::Browser;
use crate::support::{TestApp, story};

const TABLE: &str = include_str!("matrix.txt");
const ADA: &str = "ada@donor.example";
const PASSWORD: &str = "vq8 mulberry seven k";
/// In this order in the table; the last two ask for what is Ada's, as Ada and as another donor.
const COLUMNS: [&str; 7] = ["anybody", "donor", "support", "finance", "admin", "own", "other"];

/// What a route lets somebody do: `yes`, `no` (led to a sign-in page, or refused), `404`; where the answers to GET and to an
/// empty POST differ, both.
async fn answer(browser: &Browser<'_>, path: &str, sign_in: &str) -> String {
    let app = browser.app;
    let mut seen = Vec::new();
    for post in [false, true] {
        let request = if post {
            let form =
                app.http.post(app.url(path)).header("Content-Type", "application/x-www-form-urlencoded");
            form.header("Origin", &app.base).body("")
        } else {
            app.http.get(app.url(path))
        };
        let response = browser.send(request).await;
        let to = response.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let status = response.status().as_u16();
        assert!(status < 500, "{path}: {status}");
        seen.push(match status {
            405 => continue,
            403 => "no",
            303 if to.starts_with(sign_in) => "no",
            404 => "404",
            _ => "yes",
        });
    }
    seen.dedup();
    seen.join("/")
}

/// A path with something that is not there in every place.
fn absent(path: &str) -> String {
    let none = "00000000000000000000000000";
    let mut out = path.replace("{*path}", "almoner.css").replace("{part}", "name").replace("{act}", "amount");
    for (name, prefix) in [("{gift}", "gift_"), ("{pledge}", "plg_")] {
        out = out.replace(name, &format!("{prefix}{none}"));
    }
    while let (Some(open), Some(close)) = (out.find('{'), out.find('}')) {
        out.replace_range(open..=close, none);
    }
    out
}

async fn table(app: &TestApp) -> String {
    let ada = app.account(ADA, PASSWORD).await;
    let (gift, plan) = ada_gives(app, &ada).await;
    let bo = app.account("bo@donor.example", PASSWORD).await;
    let anybody = app.browser();
    let staff = [app.staff("support").await, app.staff("finance").await, app.staff("admin").await];
    let mut lines =
        vec![format!("{:<48} {}", "route", COLUMNS.map(|c| format!("{c:<8}")).concat().trim_end())];
    let mut paths: Vec<&str> = routes().map(|r| r.path).collect();
    paths.sort_unstable();
    for path in paths.into_iter().filter(|p| !p.contains("sign-out")) {
        let none = absent(path);
        let sign_in = if path.starts_with("/staff") { "/staff/sign-in" } else { "/sign-in?" };
        let mut cells = vec![answer(&anybody, &none, sign_in).await, answer(&bo, &none, sign_in).await];
        for member in &staff {
            cells.push(answer(member, &none, sign_in).await);
        }
        if path.starts_with("/portal/") && path.contains(['{']) && !path.contains("{part}") {
            let owned = path.replace("{gift}", &gift).replace("{pledge}", &plan).replace("{act}", "amount");
            // Whoever does not own it asks first: the owner's own acts may change it.
            let other = answer(&bo, &owned, sign_in).await;
            cells.extend([answer(&ada, &owned, sign_in).await, other]);
        }
        let cells: String = cells.iter().map(|c| format!("{c:<8}")).collect();
        lines.push(format!("{path:<48} {}", cells.trim_end()));
    }
    lines.join("\n") + "\n"
}

/// A gift and a plan of Ada's.
async fn ada_gives(app: &TestApp, ada: &Browser<'_>) -> (String, String) {
    let page = ada.open("/give").await;
    app.deps.clock.advance(std::time::Duration::from_secs(30));
    let away = ada.fill(&page, "/give", &[("frequency", "monthly"), ("amount_other", "25")]).await;
    let session = away.path.rsplit('/').next().expect("a session").to_owned();
    app.pay(&session, TestMethod::CardSuccess).await;
    (app.text("SELECT id FROM gift").await, app.text("SELECT id FROM pledge").await)
}

story! {
    async fn every_route_lets_in_whom_the_table_says(app: &TestApp) {
        let seen = table(app).await;
        assert!(seen == TABLE, "tests/it/matrix.txt is not what the routes do:\n{seen}");
    }
}
