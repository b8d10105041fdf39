# Statements as HTML through WeasyPrint to tagged PDF, on as many processes as the first argument says. Reads a JSON list of
# frozen statements, prints the seconds it took to set them; starting Python and the processes is not counted.
import html
import json
import sys
import time
from multiprocessing import get_context

STYLE = """
@page { size: A4; margin: 20mm 22mm 23mm; @bottom-left { content: "Check code 3F9A-0C41-77B2-E5D0-9A16"; font-size: 8pt }
        @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 8pt } }
body { font: 10pt "Noto Sans", sans-serif; color: #22303c } h1 { font-size: 20pt } h2 { font-size: 12pt }
table { width: 100%; border-collapse: collapse; font-size: 8.5pt } th { text-align: left; border-bottom: 1pt solid }
td { border-bottom: .4pt solid #d5cec2; padding: 1.5mm 0 } .sum { text-align: right } tr { break-inside: avoid }
.panel { background: #f7f4ee; padding: 4mm; border-radius: 2mm } b { font-size: 17pt }
"""


def money(minor):
    return f"£{minor / 100:,.2f}"


def table(title, lines):
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(x)}" for x in (l["received_on"], l["fund"], l["kind"] + ", " + l["method"], l["receipt"]))
        + f"<td class=sum>{money(l['given'])}"
        for l in lines
    )
    head = "<thead><tr><th>Date<th>For<th>Gift<th>Receipt<th class=sum>Given</thead>"
    total = money(sum(l["given"] for l in lines))
    return f"<h2>{title}</h2><table>{head}<tbody>{rows}<tr><td colspan=4>Total<td class=sum>{total}</table>"


def page(s):
    lines, totals, donor = s["blocks"][0]["lines"], s["blocks"][0]["totals"], s["donor"]
    name = html.escape(donor["given_name"] + " " + donor["family_name"])
    return (
        f"<html lang=en><title>{s['number']}</title><style>{STYLE}</style><p>{s['entity']['legal_name']}<hr>"
        f"<p>{name}<br>{donor['address']['line1']}<p>{s['number']}<h1>Your giving in the tax year {s['tax_year']}</h1>"
        f"<div class=panel>You gave <b>{money(totals['counts'])}</b> Under Gift Aid {money(totals['gift_aided'])}, "
        f"with basic-rate tax {money(totals['grossed_up'])}, without Gift Aid {money(totals['other'])}</div>"
        + table("Gifts under Gift Aid", [l for l in lines if l["gift_aided"]])
        + table("Gifts without Gift Aid", [l for l in lines if not l["gift_aided"]])
        + f"<p>{html.escape(s['wording'][0])}"
    )


def set_one(statement):
    from weasyprint import HTML

    return len(HTML(string=page(statement)).write_pdf(pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    import weasyprint  # noqa: F401  Without it there is no yardstick.

    statements = json.load(sys.stdin)
    with get_context("fork").Pool(int(sys.argv[1])) as pool:
        pool.map(set_one, statements[: int(sys.argv[1])], chunksize=1)
        began = time.monotonic()
        assert all(size > 1000 for size in pool.map(set_one, statements, chunksize=1))
        print(time.monotonic() - began)
