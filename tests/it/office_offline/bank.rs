//! Files of the bank: what they hold becomes gifts.

use super::{OWEN, TILDA, enter, first_choice, post_form, send, send_file};
use crate::support::browser::{Browser, Shown};
use crate::support::{TestApp, story};

pub const PATH: &str = "/staff/offline/bank";

/// Columns of the bank of the stories.
pub const COLUMNS: &[(&str, &str)] = &[
    ("name", "Fern Bank"),
    ("date", "Date"),
    ("date_format", "%d/%m/%Y"),
    ("amount", "Amount"),
    ("payer", "Name"),
    ("reference", "Memo"),
];

/// The form for a file of the entity's account in pounds.
pub async fn file_form(office: &Browser<'_>) -> Vec<(String, String)> {
    let mut fields = office.open(PATH).await.form(PATH);
    set(&mut fields, &[("to", "uk:GBP")]);
    fields
}

/// Sends a CSV file whose columns nobody has named, and names them.
pub async fn send_new(office: &Browser<'_>, name: &str, bytes: &[u8], columns: &[(&str, &str)]) -> Shown {
    let mut fields = file_form(office).await;
    set(&mut fields, &[("account", "12-34-56 00000001")]);
    let asked = send_file(office, &fields, name, bytes).await;
    assert!(asked.has("Name the columns"), "{} {}", asked.status, asked.words());
    let mut fields = asked.form(PATH);
    set(&mut fields, COLUMNS);
    set(&mut fields, columns);
    send_file(office, &fields, name, bytes).await
}

/// Sends a file that is read as one before.
pub async fn send_kept(app: &TestApp, office: &Browser<'_>, name: &str, bytes: &[u8]) -> Shown {
    let kept = app.text("SELECT id FROM bank_mapping").await;
    let mut fields = file_form(office).await;
    set(&mut fields, &[("account", "12-34-56 00000001"), ("how", &kept)]);
    send_file(office, &fields, name, bytes).await
}

pub fn set(fields: &mut Vec<(String, String)>, typed: &[(&str, &str)]) {
    for (name, value) in typed {
        fields.retain(|(n, _)| n != name);
        if !value.is_empty() {
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
}

story! {
    async fn a_file_is_read_and_its_lines_become_gifts(app: &TestApp) {
        let office = app.staff("finance").await;
        enter(&office, "", &[OWEN, &[("kind", "standing_order")]].concat()).await;
        enter(&office, "", TILDA).await;
        app.settle().await;
        let receipt = app.text("SELECT r.number FROM receipt r JOIN gift g ON g.id = r.gift_id WHERE g.method_kind = 'standing_order'").await;
        let file = format!("Date,Name,Memo,Amount\n02/11/2026,O REED,{},25.00\n03/11/2026,MRS TILDA FERN,thank you,10.00\n\
            04/11/2026,COFFEE SHOP,lunch,-4.50\n05/11/2026,BANK,interest,0.13\n", receipt.to_lowercase().replace('-', " "));
        let read = send_new(&office, "november.csv", file.as_bytes(), &[]).await;
        assert!(read.has("The file is read: 3 lines."), "{} {}", read.status, read.words());
        assert!(read.has("the name is the same") && read.has("the reference holds LFT-2026-"), "{}", read.words());
        assert!(read.has("Nobody we know") && read.has("Take this one"), "{}", read.words());
        let import = read.path.split('?').next().expect("a path").to_owned();
        let taken = office.fill(&read, &import, &[]).await;
        assert!(taken.has("1 line is a gift now."), "{}", taken.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift g JOIN donor d ON d.id = g.donor_id JOIN offline_gift o \
            ON o.gift_id = g.id WHERE d.family_name = 'Reed' AND o.bank_line IS NOT NULL AND o.kind = 'standing_order' \
            AND g.amount_minor = 2500").await, 1);
        let again = office.fill(&read, &import, &[]).await;
        assert!(again.has("No line became a gift."), "{}", again.words());
        let fern = line_link(app, "FERN").await;
        let page = office.open(&fern).await;
        assert!(page.has("Perhaps Tilda Fern, because the name is the same."), "{}", page.words());
        let done = send(&office, &fern, post_form(&page, &fern), &[]).await;
        assert!(done.errors().is_empty() && done.has("The line is a gift now."), "{} {:?}", done.words(), done.errors());
        let twice = send(&office, &fern, post_form(&page, &fern), &[]).await;
        assert!(twice.has("Somebody has said before"), "{}", twice.words());
        let bank = line_link(app, "BANK").await;
        let page = office.open(&bank).await;
        let ignore = format!("{bank}/ignore");
        let silent = office.fill(&page, &ignore, &[]).await;
        assert!(silent.status == 422 && silent.errors()[0].contains("Say what it is"), "{:?}", silent.errors());
        let aside = office.fill(&page, &ignore, &[("why", "interest")]).await;
        assert!(aside.has("put aside") && aside.has("Every line was looked at"), "{}", aside.words());
        let done = office.open(&format!("{import}?show=done")).await;
        assert!(done.has("Not a gift") && done.has("interest") && done.has("A gift"), "{}", done.words());
        let page = office.open(&bank).await;
        let open = office.fill(&page, &format!("{bank}/reopen"), &[]).await;
        assert!(open.has("It is no gift"), "{}", open.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 4);
        app.settle().await;
    }
}

/// The page of the line whose payer holds a word.
async fn line_link(app: &TestApp, payer: &str) -> String {
    let id = match payer {
        "FERN" => app.text("SELECT id FROM bank_line WHERE payer LIKE '%FERN%'").await,
        _ => app.text("SELECT id FROM bank_line WHERE payer = 'BANK'").await,
    };
    format!("/staff/offline/lines/{id}")
}

story! {
    async fn a_payer_is_known_the_next_time(app: &TestApp) {
        let office = app.staff("finance").await;
        enter(&office, "", OWEN).await;
        let read = send_new(&office, "one.csv", b"Date;Name;Memo;Amount\n02/11/2026;REED HOLDINGS;x;25,00\n", &[("decimal_comma", "yes")]).await;
        assert!(read.has("Nobody we know"), "{}", read.words());
        let line = format!("/staff/offline/lines/{}", app.text("SELECT id FROM bank_line").await);
        let page = office.open(&format!("{line}?q=owen")).await;
        let donor = first_choice(&page, "donor");
        let campaign = send(&office, &line, post_form(&page, &line), &[("donor", &donor), ("campaign", "nothing")]).await;
        assert!(campaign.status == 422 && campaign.errors()[0].contains("campaign"), "{:?}", campaign.errors());
        let done = send(&office, &line, post_form(&page, &line), &[("donor", &donor)]).await;
        assert!(done.has("is a gift now"), "{}", done.words());
        let next = send_kept(app, &office, "two.csv", b"Date;Name;Memo;Amount\n01/11/2026;Reed  Holdings;y;30,00\n").await;
        assert!(next.has("this payer gave before"), "{}", next.words());
        assert!(!next.has("Take this one"), "the payer has another name than the donor: {}", next.words());
        let line = format!("/staff/offline/lines/{}", app.text("SELECT id FROM bank_line WHERE state = 'open'").await);
        let page = office.open(&format!("{line}?new_donor=yes")).await;
        let new = send(&office, &line, post_form(&page, &line), TILDA).await;
        assert!(new.has("is a gift now"), "{}", new.words());
        let third = send_kept(app, &office, "three.csv", b"Date;Name;Memo;Amount\n03/11/2026;REED HOLDINGS;z;5,00\n").await;
        assert!(third.has("Nobody we know"), "two donors paid so: {}", third.words());
    }
}

story! {
    async fn the_same_file_and_the_same_line_are_taken_once(app: &TestApp) {
        let office = app.staff("finance").await;
        let first = b"Date,Name,Memo,Amount\n02/11/2026,A,x,5.00\n02/11/2026,A,x,5.00\n03/11/2026,B,y,6.00\n";
        let read = send_new(&office, "first.csv", first, &[]).await;
        assert!(read.has("The file is read: 3 lines."), "{}", read.words());
        let again = send_kept(app, &office, "renamed.csv", first).await;
        assert_eq!(again.status, 422);
        assert!(again.errors()[0].contains("read before, as first.csv by Sam Office on 22 November 2026"), "{:?}", again.errors());
        let overlap = b"Date,Name,Memo,Amount\n04/11/2026,C,z,7.00\n03/11/2026,B,y,6.00\n02/11/2026,A,x,5.00\n02/11/2026,A,x,5.00\n02/11/2026,A,x,5.00\n";
        let read = send_kept(app, &office, "second.csv", overlap).await;
        assert!(read.has("The file is read: 5 lines.") && read.has("3 already known from another file"), "{}", read.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_line").await, 5, "three of A, one of B, one of C");
        let next = b"Date,Name,Memo,Amount\n05/11/2026,D,z,7.00\n".to_vec();
        let (a, b) = tokio::join!(send_kept(app, &office, "a.csv", &next), send_kept(app, &office, "b.csv", &next));
        let done = [&a, &b].iter().filter(|s| s.has("The file is read: 1 line.")).count();
        assert_eq!(done, 1, "{} {}", a.words(), b.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_import").await, 3);
        assert!(office.open("/staff/offline").await.has("second.csv"));
    }
}

story! {
    async fn encodings_of_banks_are_understood(app: &TestApp) {
        let office = app.staff("finance").await;
        let text = |n: u32| format!("Date\tName\tMemo\tAmount\n0{n}/11/2026\tZoë Müller\té\t5.00\n");
        let read = send_new(&office, "utf8.csv", text(1).as_bytes(), &[]).await;
        assert!(read.has("Zoë Müller"), "{}", read.words());
        let latin: Vec<u8> = text(2).chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
        let read = send_kept(app, &office, "latin.csv", &latin).await;
        assert!(read.has("Zoë Müller"), "{}", read.words());
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text(3).encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let read = send_kept(app, &office, "wide.csv", &wide).await;
        assert!(read.has("Zoë Müller"), "{}", read.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_line WHERE payer_norm = 'zoe muller'").await, 3);
    }
}

story! {
    async fn a_statement_in_camt_is_read_without_being_told_how(app: &TestApp) {
        let office = app.staff("finance").await;
        let camt = camt("25.00");
        let unsaid = send_file(&office, &office.open(PATH).await.form(PATH), "statement.xml", camt.as_bytes()).await;
        assert!(unsaid.status == 422 && unsaid.errors()[0].contains("whose account"), "{:?}", unsaid.errors());
        let form = file_form(&office).await;
        let read = send_file(&office, &form, "statement.xml", camt.as_bytes()).await;
        assert!(read.has("The file is read: 2 lines.") && read.has("GB00LANT01"), "{} {}", read.status, read.words());
        assert_eq!(app.count("SELECT CAST(SUM(amount_minor) AS BIGINT) FROM bank_line").await, 2500);
        let wrong = send_file(&office, &form, "wrong.xml", camt.replace("<Sum>25.00", "<Sum>26.00").as_bytes()).await;
        assert!(wrong.status == 422 && wrong.has("sums its credits to something else"), "{}", wrong.words());
        let mut fields = form.clone();
        set(&mut fields, &[("to", "uk:EUR")]);
        let euros = send_file(&office, &fields, "wrong.xml", camt.replace("A MARSH", "B MARSH").as_bytes()).await;
        assert!(euros.status == 422 && euros.has("not in EUR"), "{}", euros.words());
        let bomb = format!("<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>{}", camt.replace("A MARSH", "&y;"));
        let bomb = send_file(&office, &form, "bomb.xml", bomb.as_bytes()).await;
        assert!(bomb.status == 422 && bomb.has("document type"), "{}", bomb.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_import").await, 1);
    }
}

story! {
    async fn a_line_that_the_bank_tells_apart_is_another_line(app: &TestApp) {
        let office = app.staff("finance").await;
        let form = file_form(&office).await;
        for (name, id) in [("one.xml", "B-1"), ("two.xml", "B-2")] {
            let file = camt("25.00").replace("<NtryDtls>", &format!("<AcctSvcrRef>{id}</AcctSvcrRef><NtryDtls>"));
            let read = send_file(&office, &form, name, file.as_bytes()).await;
            assert!(read.has("The file is read: 2 lines."), "{} {}", read.status, read.words());
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_line").await, 4);
    }
}

story! {
    async fn a_file_is_taken_back_while_none_of_its_lines_is_a_gift(app: &TestApp) {
        let office = app.staff("finance").await;
        enter(&office, "", OWEN).await;
        let bytes = b"Date,Name,Memo,Amount\n02/11/2026,MR OWEN REED,x,25.00\n";
        let read = send_new(&office, "wrong.csv", bytes, &[]).await;
        let import = read.path.split('?').next().expect("a path").to_owned();
        let back = format!("{import}/take-back");
        let silent = office.fill(&read, &back, &[]).await;
        assert!(silent.status == 422 && silent.errors()[0].contains("Say why"), "{:?}", silent.errors());
        let gone = office.fill(&read, &back, &[("why", "another account's")]).await;
        assert!(gone.has("The file is taken back.") && gone.has("No file was read yet"), "{}", gone.words());
        assert_eq!(app.count("SELECT (SELECT COUNT(*) FROM bank_line) + (SELECT COUNT(*) FROM bank_import)").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'bank.file_taken_back'").await, 1);
        assert_eq!(office.post(&back, &[("why", "twice")]).await.status, 404);
        let again = send_kept(app, &office, "wrong.csv", bytes).await;
        assert!(again.has("The file is read: 1 line."), "{}", again.words());
        let import = again.path.split('?').next().expect("a path").to_owned();
        let line = format!("/staff/offline/lines/{}", app.text("SELECT id FROM bank_line").await);
        let page = office.open(&line).await;
        let done = send(&office, &line, post_form(&page, &line), &[]).await;
        assert!(done.has("is a gift now") && !done.has("Take this file back"), "{}", done.words());
        let kept = office.post(&format!("{import}/take-back"), &[("why", "too late")]).await;
        assert!(kept.has("A line of this file is a gift by now."), "{}", kept.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM bank_line").await, 1);
        app.settle().await;
    }
}

fn camt(sum: &str) -> String {
    let part = |amount: &str, payer: &str| {
        format!(
            "<TxDtls><AmtDtls><TxAmt><Amt Ccy=\"GBP\">{amount}</Amt></TxAmt></AmtDtls><RltdPties><Dbtr><Nm>{payer}</Nm>\
             </Dbtr></RltdPties></TxDtls>"
        )
    };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>GB00LANT01</IBAN>\
         </Id></Acct><TxsSummry><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>{sum}</Sum></TtlCdtNtries></TxsSummry>\
         <Ntry><Amt Ccy=\"GBP\">25.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-02</Dt></BookgDt>\
         <NtryDtls>{}{}</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>",
        part("20.00", "A MARSH"),
        part("5.00", "O REED")
    )
}
