//! What finance takes out for the year's end: statements as rows and as documents, declarations, choices about e-mail.

use std::io::{Cursor, Read};

use almoner::sandbox::TestMethod;

use super::stage::{ask, csv_rows, file};
use crate::statements::{issue, next_spring};
use crate::support::{TestApp, story};

/// A gift of £100 with Gift Aid and two choices about e-mail, and one of £40 from somebody else without either.
async fn a_year(app: &TestApp) {
    let form = app
        .form("")
        .await
        .filled("100")
        .with_gift_aid()
        .set("updates_stories", "yes")
        .set("updates_help", "yes");
    let session = app.to_checkout(&form).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    let form = app.form("").await.filled("40").set("email", "bo@donors.example").set("given_name", "Bo");
    let session = app.to_checkout(&form).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    app.settle().await;
}

story! {
    async fn the_statements_of_a_year_come_out_as_rows_and_as_documents(app: &TestApp) {
        a_year(app).await;
        next_spring(app).await;
        let finance = app.staff("finance").await;
        issue(app, &finance).await;
        let rows = csv_rows(&file(&finance, &ask(&finance, &[("kind", "statements"), ("tax_year", "2026-27")]).await).await);
        assert_eq!(rows.len(), 2);
        let ada = rows.iter().find(|r| r["E-mail"] == "ada@donors.example").expect("Ada’s");
        for (column, value) in [("State", "Counts"), ("Version", "1"), ("Tax year", "2026-27"), ("From", "2026-04-06"),
            ("Currency", "GBP"), ("Gifts", "1"), ("Remains given", "100.00"), ("Under Gift Aid", "100.00"), ("Grossed up", "125.00")] {
            assert_eq!(ada[column], value, "{column}");
        }
        // A refund makes a second version: the first one is superseded.
        let gift = app.text("SELECT g.stripe_payment_intent FROM gift g WHERE g.amount_minor = 10000").await;
        app.sandbox.refund(&gift, Some(2_500)).await.expect("refunded");
        app.settle().await;
        let rows = csv_rows(&file(&finance, &ask(&finance, &[("kind", "statements")]).await).await);
        let mut states: Vec<(&str, &str)> = rows.iter().map(|r| (r["State"].as_str(), r["Remains given"].as_str())).collect();
        states.sort_unstable();
        assert_eq!(states, [("Counts", "40.00"), ("Counts", "75.00"), ("Superseded", "100.00")]);
        let page = ask(&finance, &[("kind", "statements"), ("format", "zip"), ("state", "statements:current")]).await;
        app.settle().await;
        let done = finance.open(&page.path).await;
        assert!(done.has("Complete") && done.has("2 of 2"), "{}", done.words());
        let bytes = file(&finance, &page).await;
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut names: Vec<String> = archive.file_names().map(|n| n.expect("a name").into_owned()).collect();
        names.sort();
        assert_eq!(names.len(), 3, "{names:?}");
        assert_eq!(names[2], "statements.csv");
        for name in &names[..2] {
            let mut pdf = Vec::new();
            archive.by_name(name).expect(name).read_to_end(&mut pdf).expect("reads");
            assert!(pdf.starts_with(b"%PDF-") && name.ends_with(".pdf"), "{name}");
        }
        let mut list = Vec::new();
        archive.by_name("statements.csv").expect("the list").read_to_end(&mut list).expect("reads");
        assert_eq!(csv_rows(&list).len(), 2);
        // The same in one PDF, to print.
        let page = ask(&finance, &[("kind", "statements"), ("format", "pdf"), ("state", "statements:current")]).await;
        app.settle().await;
        let bound = file(&finance, &page).await;
        let read = hayro_write::hayro_syntax::Pdf::new(bound).expect("reads");
        assert_eq!(read.pages().len(), 2, "a page each");
        // What cannot be had is said at its field.
        for (typed, says) in [
            (&[("kind", "gifts"), ("format", "zip")][..], "Only annual statements are documents"),
            (&[("kind", "gifts"), ("tax_year", "2026-27")][..], "Only annual statements have a tax year"),
            (&[("kind", "statements"), ("tax_year", "last year")][..], "Enter the year like 2025-26"),
        ] {
            let again = ask(&finance, typed).await;
            assert_eq!(again.status, 422);
            assert!(again.errors().concat().contains(says), "{says}: {:?}", again.errors());
        }
        let none = ask(&finance, &[("kind", "statements"), ("tax_year", "2019-20")]).await;
        assert!(csv_rows(&file(&finance, &none).await).is_empty());
    }
}

story! {
    async fn declarations_and_choices_come_out_with_what_became_of_them(app: &TestApp) {
        a_year(app).await;
        let finance = app.staff("finance").await;
        let declared = csv_rows(&file(&finance, &ask(&finance, &[("kind", "declarations")]).await).await);
        assert_eq!(declared.len(), 1);
        for (column, value) in [("State", "In force"), ("Postcode", "SW1A 1AA"), ("Made by", "web"), ("Claimed gifts", "0"), ("Lives abroad", "no")] {
            assert_eq!(declared[0][column], value, "{column}");
        }
        let chosen = csv_rows(&file(&finance, &ask(&finance, &[("kind", "consents"), ("state", "consents:holds")]).await).await);
        let mut purposes: Vec<&str> = chosen.iter().map(|c| c["Purpose"].as_str()).collect();
        purposes.sort_unstable();
        assert_eq!(purposes, ["help", "stories"]);
        // Withdrawn in the portal: the earlier choice holds no more, and stays on record.
        let ada = app.browser();
        ada.sign_in_by_link("ada@donors.example").await;
        let page = ada.open("/portal/preferences").await;
        ada.fill(&page, "/portal/preferences", &[("updates_stories", "yes"), ("updates_help", "yes"), ("way", "stop")]).await;
        let all = csv_rows(&file(&finance, &ask(&finance, &[("kind", "consents")]).await).await);
        let holding: Vec<&str> = all.iter().filter(|c| c["Holds"] == "yes").map(|c| c["Basis"].as_str()).collect();
        assert!(holding.iter().all(|b| *b == "withdrawn") && holding.len() >= 2, "{all:?}");
        assert_eq!(all.iter().filter(|c| c["Basis"] == "consent").count(), 2);
    }
}

story! {
    async fn gifts_come_out_as_salesforce_loads_them(app: &TestApp) {
        a_year(app).await;
        let whole = app.text("SELECT stripe_payment_intent FROM gift WHERE amount_minor = 4000").await;
        app.sandbox.refund(&whole, None).await.expect("refunded");
        app.settle().await;
        let finance = app.staff("finance").await;
        let rows = csv_rows(&file(&finance, &ask(&finance, &[("kind", "npsp")]).await).await);
        assert_eq!(rows.len(), 2);
        let ada = rows.iter().find(|r| r["npsp__Contact1_Personal_Email__c"] == "ada@donors.example").expect("Ada’s");
        for (column, value) in [("npsp__Donation_Amount__c", "100.00"), ("npsp__Donation_Date__c", "2026-11-22"), ("npsp__Donation_Stage__c", "Closed Won"),
            ("npsp__Donation_Donor__c", "Contact1"), ("npsp__Payment_Method__c", "Credit Card"), ("npsp__GAU_Allocation_1_Amount__c", "100.00")] {
            assert_eq!(ada[column], value, "{column}");
        }
        let bo = rows.iter().find(|r| r["npsp__Contact1_Firstname__c"] == "Bo").expect("Bo’s");
        assert_eq!((bo["npsp__Donation_Stage__c"].as_str(), bo["npsp__Donation_Amount__c"].as_str()), ("Closed Lost", "0.00"));
        assert!(rows.iter().all(|r| r["Almoner_Gift_Id__c"].starts_with("gift_") && r["Almoner_Donor_Id__c"].starts_with("dnr_")));
    }
}
