// The giving form keeps its words true while someone fills it in. Everything works without it.
(function () {
  "use strict";
  var form = document.getElementById("give");
  var summary = document.getElementById("error-summary");
  if (summary) summary.focus();
  if (!form) return;
  var own = form.elements.amount_other;
  var fee = form.elements.cover_fee;
  var button = document.getElementById("give-button");
  var exponent = Number(form.dataset.exponent);
  var one = Math.pow(10, exponent);

  function money(minor) {
    var figure = (minor / one).toLocaleString(document.documentElement.lang || undefined, { minimumFractionDigits: exponent, maximumFractionDigits: exponent });
    return form.dataset.prefix + figure + form.dataset.suffix;
  }

  // What was typed, in minor units; NaN when it is not an amount.
  function minor(text) {
    var s = text.replace(/[^\d.,]/g, "");
    var parts = exponent ? /^(.*?)(?:[.,](\d{1,2}))?$/.exec(s) : ["", s];
    if (!s) return NaN;
    return Math.round(Number((parts[1] || "0").replace(/[.,]/g, "") + "." + (parts[2] || "0")) * one);
  }

  function frequency() {
    return form.querySelector("[name=frequency]:checked") || form.querySelector("[name=frequency][type=hidden]");
  }

  function cards(which) {
    return form.querySelectorAll("[name=amount_" + which.value + "]");
  }

  function tell() {
    var often = frequency();
    if (!often) return;
    var card = form.querySelector("[name=amount_" + often.value + "]:checked");
    var amount = own.value.trim() ? minor(own.value) : card ? minor(card.value) : NaN;
    if (own.hasAttribute("aria-invalid") && own.value === own.defaultValue) amount = NaN;
    var known = amount > 0;
    var extra = 0;
    if (fee && known) {
      var rate = Math.round(Number(fee.dataset.percent) * 100);
      extra = Math.ceil(((amount + Number(fee.dataset.fixed)) * 10000) / (10000 - rate)) - amount;
    }
    var total = amount + (fee && fee.checked ? extra : 0);
    var small = fee && fee.dataset.minor && extra < one ? extra + fee.dataset.minor : money(extra);
    form.querySelectorAll("[data-live]").forEach(function (now) {
      var main = now.dataset.live === "button";
      var pattern = main ? often.dataset.button : now.dataset.live;
      var sum = fee && now.closest(".fee") ? amount : total;
      var bonus = Math.floor((total * Number(now.dataset.percent || 0)) / 100);
      var text = pattern.replace("{amount}", money(sum)).replace("{fee}", small).replace("{worth}", money(total + bonus));
      var words = known ? text : now.nextElementSibling.textContent;
      if (now.textContent !== words) now.textContent = words;
    });
  }

  form.addEventListener("input", function (event) {
    var often = frequency();
    var name = event.target.name || "";
    if (event.target === own && own.value.trim() && often) cards(often).forEach(function (card) { card.checked = false; });
    else if (name !== "amount_other" && name.indexOf("amount_") === 0) own.value = "";
    tell();
  });

  // A second press while the first is on its way does nothing.
  form.addEventListener("submit", function (event) {
    if (button.hasAttribute("aria-disabled")) return event.preventDefault();
    button.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", function () {
    button.removeAttribute("aria-disabled");
    tell();
  });

  form.classList.add("is-live");
  tell();
})();
