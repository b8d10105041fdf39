//! Batches.

use super::{OWEN, TILDA, first_choice, post_form, send};
use crate::support::browser::{Browser, Shown};
use crate::support::story;

async fn open(office: &Browser<'_>, count: &str, sum: &str) -> Shown {
    let page = office.open("/staff/offline/batches/new").await;
    let typed = [
        ("name", "Slip 118"),
        ("kind", "cheque"),
        ("to", "uk:GBP"),
        ("received_on", "2026-11-20"),
        ("control_count", count),
        ("amount", sum),
    ];
    office.fill(&page, "/staff/offline/batches/new", &typed).await
}

async fn line(office: &Browser<'_>, path: &str, typed: &[(&str, &str)]) -> Shown {
    let page = office.open(&format!("{path}?new_donor=yes")).await;
    send(office, path, post_form(&page, path), typed).await
}

fn bare(path: &str) -> String {
    path.split('?').next().unwrap_or_default().to_owned()
}

story! {
    async fn lines_are_posted_when_they_agree_and_only_once(app: &TestApp) {
        let office = app.staff("finance").await;
        let opened = open(&office, "2", "75.50").await;
        let path = bare(&opened.path);
        assert!(opened.has("0 gifts, £0.00") && opened.has("2 gifts and £75.50"), "{}", opened.words());
        let one = line(&office, &path, &[TILDA, &[("amount", "25.50"), ("reference", "000117")]].concat()).await;
        assert!(one.has("1 gift, £25.50") && one.has("1 gift and £50.00"), "{}", one.words());
        let early = office.post(&format!("{path}/post"), &[]).await;
        assert!(early.has("do not agree"), "{}", early.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        let wrong = line(&office, &path, &[OWEN, &[("amount", "51")]].concat()).await;
        assert!(wrong.has("the sums differ"), "{}", wrong.words());
        assert!(office.post(&format!("{path}/post"), &[]).await.has("do not agree"));
        let remove = format!("{path}/remove");
        let removed = office.fill(&wrong, &remove, &[]).await;
        assert!(removed.has("The line is taken out."), "{}", removed.words());
        let found = office.open(&format!("{path}?q=owen+reed")).await;
        let donor = first_choice(&found, "donor");
        let two = send(&office, &path, post_form(&found, &path), &[("donor", &donor), ("amount", "50")]).await;
        assert!(two.has("Post 2 gifts of £75.50"), "{}", two.words());
        assert!(office.open("/staff/offline").await.has("Slip 118"));
        let second = app.staff_named("second@staff.example", "finance").await;
        let post = format!("{path}/post");
        let (a, b) = tokio::join!(office.post(&post, &[]), second.post(&post, &[]));
        let posted = [&a, &b].iter().filter(|s| s.path.ends_with("done=posted")).count();
        assert_eq!(posted, 1, "{} {}", a.path, b.path);
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift WHERE method_kind = 'cheque'").await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM offline_line WHERE gift_id IS NOT NULL").await, 2);
        assert_eq!(app.mails().len(), 1, "one has a mailbox");
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'batch.posted'").await, 1);
        let after = office.open(&path).await;
        assert!(after.has("Posted") && !after.html.contains(&remove), "{}", after.words());
        let late = office.post(&path, &[("amount", "5"), ("donor", &donor), ("fund", "x")]).await;
        assert_eq!(late.status, 422);
        assert_eq!(app.count("SELECT COUNT(*) FROM offline_line").await, 2);
    }
}

story! {
    async fn a_batch_is_given_up_with_a_reason(app: &TestApp) {
        let office = app.staff("finance").await;
        let path = bare(&open(&office, "1", "25").await.path);
        let added = line(&office, &path, &[TILDA, &[("amount", "25")]].concat()).await;
        let drop = format!("{path}/drop");
        let silent = office.fill(&added, &drop, &[]).await;
        assert!(silent.status == 422 && silent.errors()[0].contains("Say why"), "{:?}", silent.errors());
        let dropped = office.fill(&added, &drop, &[("why", "counted again")]).await;
        assert!(dropped.has("The batch is given up."), "{}", dropped.words());
        assert!(office.post(&format!("{path}/post"), &[]).await.has("not open any more"));
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'batch.dropped' AND detail LIKE '%counted again%'").await, 1);
    }
}

story! {
    async fn bad_batches_and_lines_change_nothing(app: &TestApp) {
        let office = app.staff("finance").await;
        for (count, sum, words) in [("0", "5", "from 1 to 500"), ("501", "5", "from 1 to 500"), ("two", "5", "from 1 to 500"),
            ("1", "0", "above nothing"), ("1", "", "Enter the sum")] {
            let shown = open(&office, count, sum).await;
            assert!(shown.status == 422 && shown.errors()[0].contains(words), "{count} {sum}: {:?}", shown.errors());
        }
        let page = office.open("/staff/offline/batches/new").await;
        let future = office.fill(&page, "/staff/offline/batches/new", &[("name", "x"), ("received_on", "2027-01-01"),
            ("control_count", "1"), ("amount", "5")]).await;
        assert!(future.errors().iter().any(|e| e.contains("still to come")), "{:?}", future.errors());
        assert_eq!(app.count("SELECT COUNT(*) FROM offline_batch").await, 0);
        let page = office.open("/staff/offline/batches/new").await;
        let fields = page.form("/staff/offline/batches/new");
        let typed = [("name", "x"), ("received_on", "2026-11-20"), ("control_count", "1"), ("amount", "5")];
        for _ in 0..2 {
            let shown = send(&office, "/staff/offline/batches/new", fields.clone(), &typed).await;
            assert_eq!(shown.status, 200, "{}", shown.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM offline_batch").await, 1, "one form, one batch");
        let path = format!("/staff/offline/batches/{}", app.text("SELECT id FROM offline_batch").await);
        let page = office.open(&format!("{path}?new_donor=yes")).await;
        let fields = post_form(&page, &path);
        for _ in 0..2 {
            send(&office, &path, fields.clone(), &[TILDA, &[("amount", "2.50")]].concat()).await;
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM offline_line").await, 1, "one form, one line");
        assert_eq!(app.count("SELECT COUNT(*) FROM donor").await, 1);
        for (name, value) in [("amount", "0"), ("amount", "1.234"), ("fund", "none"), ("given_name", "")] {
            let shown = line(&office, &path, &[TILDA, &[("amount", "1"), (name, value)]].concat()).await;
            assert_eq!(shown.status, 422, "{name}={value}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM offline_line").await, 1);
    }
}

story! {
    async fn two_hundred_lines_are_posted_in_few_statements(app: &TestApp) {
        use almoner::domain::ids::StaffId;
        use almoner::domain::role::Roles;
        use almoner::services::offline_gifts::{batches, Giver};
        use almoner::services::staff::Actor;
        use almoner::store::db::meter;
        use almoner::store::offline_batches;

        let office = app.staff("finance").await;
        let path = bare(&open(&office, "200", "400").await.path);
        line(&office, &path, &[OWEN, &[("amount", "2")]].concat()).await;
        let staff: StaffId = app.text("SELECT id FROM staff").await.parse().expect("an id");
        let roles: Roles = "finance".parse().expect("roles");
        let from = std::net::Ipv4Addr::LOCALHOST.into();
        let actor = Actor { id: staff, name: "Sam Office".to_owned(), roles, from };
        let id = app.text("SELECT id FROM offline_batch").await.parse().expect("an id");
        let donor = app.text("SELECT id FROM donor").await;
        let fund = app.text("SELECT fund_id FROM offline_line").await;
        let batch = {
            let mut read = app.deps.store.read().await.expect("reads");
            offline_batches::batch(&mut read, &id).await.expect("reads").expect("a batch")
        };
        for n in 0..199 {
            let giver = Giver::Known(donor.parse().expect("an id"));
            let amount = almoner::domain::money::Money::new(200, batch.currency);
            let line = batches::Line { nonce: format!("n{n}"), giver, amount, fund_id: fund.clone(), campaign_id: None, reference: String::new() };
            batches::add(&app.deps, &actor, &batch, line).await.expect("is added");
        }
        let (became, statements) = meter::counting(batches::post(&app.deps, &actor, &id)).await;
        assert_eq!(became.expect("is posted"), batches::Posting::Done);
        assert_eq!(app.count("SELECT COUNT(*) FROM receipt").await, 200);
        assert!(statements < 1_050, "{statements} statements: five for each receipt with its mail, and a few for all");
    }
}

story! {
    async fn a_posted_batch_that_does_not_add_up_is_named(app: &TestApp) {
        use almoner::services::verify;

        let office = app.staff("finance").await;
        let path = bare(&open(&office, "1", "25").await.path);
        line(&office, &path, &[TILDA, &[("amount", "25")]].concat()).await;
        assert!(office.post(&format!("{path}/post"), &[]).await.has("The batch is posted."));
        let broken = async || {
            let checks = verify::of(&app.deps).await.expect("verify runs");
            checks.into_iter().filter(|c| !c.problems.is_empty()).map(|c| c.id).collect::<Vec<_>>()
        };
        assert_eq!(broken().await, Vec::<&str>::new());
        for (damage, repair) in [
            ("UPDATE offline_batch SET control_minor = 2600", "UPDATE offline_batch SET control_minor = 2500"),
            ("UPDATE offline_batch SET control_count = 2", "UPDATE offline_batch SET control_count = 1"),
            ("UPDATE offline_batch SET state = 'dropped'", "UPDATE offline_batch SET state = 'posted'"),
        ] {
            app.damage(damage).await.expect(damage);
            assert_eq!(broken().await, vec!["I1"], "{damage}");
            app.damage(repair).await.expect(repair);
        }
    }
}
