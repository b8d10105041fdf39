//! Files of the bank that are not taken: none of their lines are kept.

use super::bank::{COLUMNS, PATH, send_kept, send_new, set};
use super::send_file;
use crate::support::story;

const GOOD: &[u8] = b"Date,Name,Memo,Amount\n02/11/2026,A,x,5.00\n";

story! {
    async fn bad_files_are_refused_with_their_rows(app: &TestApp) {
        let office = app.staff("finance").await;
        send_new(&office, "good.csv", GOOD, &[]).await;
        let cases: [(&[u8], &str); 12] = [
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,5.00\n31/02/2026,A,x,5.00\n", "Row 3: \"31/02/2026\" is not a day"),
            (b"Date,Name,Memo,Amount\n23/11/2026,A,x,5.00\n", "Row 2: 23/11/2026 is still to come"),
            (b"Date,Name,Memo,Amount\n,A,x,5.00\n", "Row 2: there is no day"),
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,five\n", "Row 2: \"five\" is not a sum"),
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,\"5,00\"\n", "comma where decimals begin"),
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,5.001\n", "2 decimals of GBP"),
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,\n", "Row 2: there is no sum"),
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,5.00,more\n", "Row 2: 5 columns, but the headings have 4"),
            (b"Day,Name,Memo,Amount\n02/11/2026,A,x,5.00\n", "no column \"Date\""),
            (b"Date,Name,Memo,Amount\n02/11/2026,Zo\xc3\xab J\xf6rg,x,5.00\n", "UTF-8 and others are not"),
            (b"Date,Name,Memo,Amount\n02/11/2026,\x81,x,5.00\n", "in which encoding"),
            (b"Date,Name,Memo,Amount\n02/11/2026,A,x,-5.00\n", "it holds no credits"),
        ];
        for (bytes, words) in cases {
            let refused = send_kept(app, &office, "bad.csv", bytes).await;
            assert_eq!(refused.status, 422, "{words}");
            assert!(refused.has(words) && refused.has("none of its lines are kept"), "{words}: {}", refused.words());
        }
        let empty = send_kept(app, &office, "empty.csv", b"").await;
        assert!(empty.errors()[0].contains("Choose the file"), "{:?}", empty.errors());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_line").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_import").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'bank.file_read'").await, 1);
    }
}

story! {
    async fn columns_are_named_well_or_asked_for_again(app: &TestApp) {
        let office = app.staff("finance").await;
        let again = send_new(&office, "good.csv", GOOD, &[("date", ""), ("name", "")]).await;
        assert_eq!((again.status, again.errors().len()), (422, 2), "{:?}", again.errors());
        let form = again.form(PATH);
        let kept = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
        assert_eq!((kept("amount"), kept("payer")), ("Amount".to_owned(), "Name".to_owned()), "what was chosen is kept");
        let mut fields = form.clone();
        set(&mut fields, COLUMNS);
        set(&mut fields, &[("account", "")]);
        let nameless = send_file(&office, &fields, "good.csv", GOOD).await;
        assert!(nameless.errors()[0].contains("which account"), "{:?}", nameless.errors());
        set(&mut fields, &[("account", "1"), ("date_format", "%Q")]);
        let odd = send_file(&office, &fields, "good.csv", GOOD).await;
        assert!(odd.errors()[0].contains("how the day is written"), "{:?}", odd.errors());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_mapping").await, 0);
        set(&mut fields, &[("date_format", "%d/%m/%Y")]);
        let read = send_file(&office, &fields, "good.csv", GOOD).await;
        assert!(read.has("The file is read: 1 line."), "{}", read.words());
        let taken = send_file(&office, &fields, "other.csv", b"Date,Name,Memo,Amount\n03/11/2026,A,x,5.00\n").await;
        assert!(taken.errors()[0].contains("This name is taken"), "{:?}", taken.errors());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_import").await, 1);
    }
}

story! {
    async fn a_file_too_large_is_told_so(app: &TestApp) {
        let office = app.staff("finance").await;
        let page = office.open(PATH).await;
        let large = vec![b'x'; 20 * 1024 * 1024 + 1];
        let refused = send_file(&office, &page.form(PATH), "large.csv", &large).await;
        assert_eq!(refused.status, 413);
        assert!(refused.errors()[0].contains("larger than 20 MB"), "{:?}", refused.errors());
        let other = office.post("/staff/offline/new", &[("note", &"x".repeat(100_000))]).await;
        assert_eq!(other.status, 413, "other forms stay small");
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_import").await, 0);
    }
}
